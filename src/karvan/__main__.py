"""``python -m karvan`` is the same as ``karvan``."""

from karvan.cli import main

if __name__ == "__main__":
    main()
