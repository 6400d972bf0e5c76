"""A Dask scheduler and workers as processes of their own on loopback, bounded in time and stopped by their ids."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_S = 40


class LocalCluster:
    """A scheduler, its address, and the workers that were started."""

    def __init__(self, folder: Path, path: str = "") -> None:
        self.folder, self.workers = folder, []
        self.environment = os.environ | {"PYTHONPATH": os.pathsep.join([path, os.environ.get("PYTHONPATH", "")])}
        self.file = folder / "scheduler.json"
        common = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file)]
        self.scheduler = self._start("scheduler", *common)
        until = time.monotonic() + START_S
        # the file is there before it is written
        while not (self.file.exists() and self.file.read_text(encoding="utf-8").rstrip().endswith("}")):
            assert time.monotonic() < until, "the scheduler did not start"
            time.sleep(0.05)
        self.address = json.loads(self.file.read_text(encoding="utf-8"))["address"]

    def add_worker(self, *, path: str | None = None) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, and wait until the scheduler knows it."""
        before = self.count()
        environment = self.environment | ({"PYTHONPATH": path} if path is not None else {})
        found = self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1",
                            "--death-timeout", "30", environment=environment)  # fmt: skip
        self.workers.append(found)
        until = time.monotonic() + START_S
        while self.count() <= before:
            assert time.monotonic() < until, "the worker did not start"
            assert found.poll() is None, "the worker ended"
            time.sleep(0.1)
        return found

    def count(self) -> int:
        """Return how many workers the scheduler knows."""
        from distributed import Client

        with Client(self.address, timeout=START_S, set_as_default=False) as client:
            return len(client.nthreads())

    def stop(self) -> None:
        """Stop what was started here, and nothing else."""
        for process in [*self.workers, self.scheduler]:
            process.terminate()
        for process in [*self.workers, self.scheduler]:
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, *arguments: str, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        with (self.folder / f"{arguments[0]}-{len(self.workers)}.log").open("wb") as log:
            return subprocess.Popen([sys.executable, "-m", "dask", *arguments], env=environment or self.environment, stdout=log,
                                    stderr=subprocess.STDOUT, cwd=self.folder)  # fmt: skip


@contextlib.contextmanager
def local_cluster(folder: Path, workers: int, *, path: str = "") -> Iterator[LocalCluster]:
    """Yield a cluster with so many workers, and stop it."""
    cluster = LocalCluster(folder, path)
    try:
        for _ in range(workers):
            cluster.add_worker()
        yield cluster
    finally:
        cluster.stop()
