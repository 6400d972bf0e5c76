"""A server that is told to end, or is killed, leaves nothing behind that works on."""

from __future__ import annotations

import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from tests.app.conftest import Server, need

#: A process that ends does so at once; a machine that is busy takes longer.
PATIENCE_S = 60


def children(pid: int) -> set[int]:
    found = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return {int(one) for one in found.stdout.split()}


def lives(pid: int) -> bool:
    try:
        # a process that nobody has asked about is dead all the same
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_what_a_server_has_started_ends_with_it(
    front_end: None, told: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(Path("/proc/self/stat").is_file(), "no /proc to find the server's processes in")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    server = Server("textbook")
    for address, method in (("/api/case/runs", "POST"), ("/api/flows", "GET")):
        request = urllib.request.Request(f"{server.address}{address}", method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_S):
            pass
    begun = children(server.process.pid)
    assert len(begun) == 2
    server.process.send_signal(told)
    code = server.process.wait(timeout=PATIENCE_S)
    end = time.monotonic() + PATIENCE_S
    while any(map(lives, begun)) and time.monotonic() < end:
        time.sleep(0.05)
    assert [one for one in begun if lives(one)] == []
    assert code == (-told if told == signal.SIGKILL else 0)
    # one that is killed cannot clear up
    assert len(list(tmp_path.glob("karvan-runs-*"))) == (told == signal.SIGKILL)
    assert server.process.stderr is not None
    assert "Traceback" not in server.process.stderr.read()
    server.process.stderr.close()
