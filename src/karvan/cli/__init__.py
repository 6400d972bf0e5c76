"""The command line. Heavy rooms are imported inside the commands that need them, so that ``--help`` answers at once."""

from karvan.cli.app import app, main

__all__ = ["app", "main"]
