"""Other programs that assign traffic, each in an environment of its own: ``make peers`` makes it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from karvan.flows import LinkTable

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / ".venv-peers"
NETWORKS = ROOT.parent / "shared" / "data" / "networks"
#: What to say where the environment is missing.
NO_PEERS = "AequilibraE is not installed beside Karvan; `make peers` does it."


@dataclass(frozen=True)
class PeerRun:
    """What AequilibraE made of a network: seconds of the assignment alone, iterations, the gap it reports, and flows."""

    version: str
    seconds: float
    iterations: int
    gap: float
    flow: np.ndarray[Any, np.dtype[np.float64]]


def python() -> Path | None:
    """Return the Python of the peers' environment, if AequilibraE is there."""
    path = PEERS / "bin" / "python"
    return path if path.is_file() and (PEERS / ".done").is_file() else None


def run_aequilibrae(
    links: LinkTable, trips: np.ndarray[Any, np.dtype[np.float64]], *, gap: float, toll_factor: float = 0.0,
    distance_factor: float = 0.0, timeout_s: float = 600.0,
) -> PeerRun:  # fmt: skip
    """Assign with AequilibraE.

    Raises
    ------
    subprocess.TimeoutExpired
        It takes too long.
    """
    interpreter = python()
    if interpreter is None:
        raise RuntimeError(NO_PEERS)
    wanted = trips.copy()
    np.fill_diagonal(wanted, 0.0)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(
            source, from_node=links.from_node, to_node=links.to_node, capacity=links.capacity, b=links.b,
            free_flow_time=links.free_flow_time, power=links.power, through=links.through, zones=links.zones, trips=wanted,
            fixed=toll_factor * links.toll + distance_factor * links.length,
        )  # fmt: skip
        script = Path(__file__).with_name("peer_aequilibrae.py")
        done = subprocess.run([str(interpreter), str(script), str(source), str(target), str(gap)], cwd=folder, check=True,
                              capture_output=True, text=True, timeout=timeout_s)  # fmt: skip
        said = json.loads(done.stdout.strip().splitlines()[-1])
        return PeerRun(said["version"], said["seconds"], said["iterations"], said["gap"], np.load(target)["flow"])
