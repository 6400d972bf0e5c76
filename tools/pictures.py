"""Make the pictures of the README and the documentation with the program: docs/pictures/*.svg."""

from __future__ import annotations

import sys

from karvan.cli import main

PICTURES = {
    "karachi-baku.svg": ["routes", "karachi_port", "baku", "-k", "3"],
    "futures.svg": ["routes", "karachi_port", "tashkent", "--scenario", "open,today,both_shut"],
    "closures.svg": ["case", "futures"],
    "validation.svg": ["case", "validate"],
    "flows.svg": ["flows"],
    "trade.svg": ["trade", "--project", "P14,P13", "--scenario", "open"],
}


def make() -> None:
    """Draw every picture."""
    for name, command in PICTURES.items():
        try:
            main([*command, "--case", "pakistan_azerbaijan", "--plot", f"docs/pictures/{name}"])
        except SystemExit as leave:
            if leave.code:
                sys.exit(leave.code)


if __name__ == "__main__":
    make()
