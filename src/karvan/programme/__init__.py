"""Who does what by when: bodies, agreements, commitments and events, and what is overdue."""

from karvan.programme.record import Record, overdue_days, read_record

__all__ = ["Record", "overdue_days", "read_record"]
