"""What compiled code prints to stdout while a solver runs goes to stderr."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import ctypes
from concurrent.futures import ThreadPoolExecutor
from karvan.portfolio.mute import talk_to_stderr

c = ctypes.CDLL(None)

def talk(_):
    with talk_to_stderr():
        c.puts(b"from the solver")

print("before", end=" ")
with ThreadPoolExecutor(4) as pool:
    list(pool.map(talk, range(20)))
print("after")
"""


def test_stdout_keeps_to_the_data():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout == "before after\n"
    assert done.stderr == "from the solver\n" * 20


def test_a_stdout_that_is_shut_is_left_alone():
    code = "import os; os.close(1); from karvan.portfolio.mute import talk_to_stderr\nwith talk_to_stderr(): pass"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "OSError" not in done.stderr.partition("Exception ignored")[0]
