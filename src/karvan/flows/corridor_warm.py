"""Compile the kernels of the corridor solver: once, while Karvan is set up."""

from __future__ import annotations


def warm() -> None:
    """Assign the goods of the textbook case, which needs every kernel of the corridor solver."""
    from karvan.case import open_case  # noqa: PLC0415 - heavy
    from karvan.flows.corridor import assign_flows  # noqa: PLC0415 - compiles

    assign_flows(open_case("textbook"))
