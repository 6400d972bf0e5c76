"""Make the pictures of the README and the documentation with the program: docs/pictures/*.svg."""

from __future__ import annotations

import sys

from karvan.cli import main

PICTURES = {
    "karachi-baku.svg": ["karachi_port", "baku", "-k", "3"],
    "futures.svg": ["karachi_port", "tashkent", "--scenario", "open,today,both_shut"],
}


def make() -> None:
    """Draw every picture."""
    for name, question in PICTURES.items():
        try:
            main(["routes", *question, "--case", "pakistan_azerbaijan", "--plot", f"docs/pictures/{name}"])
        except SystemExit as leave:
            if leave.code:
                sys.exit(leave.code)


if __name__ == "__main__":
    make()
