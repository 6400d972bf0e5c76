"""Small networks, and the folder of the test networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from karvan.flows import LinkTable, read_network, read_trips

if TYPE_CHECKING:
    from collections.abc import Callable

NETWORKS = Path(__file__).resolve().parents[4] / "shared" / "data" / "networks"


@pytest.fixture
def braess() -> LinkTable:
    """Braess (1968): 6 go from 1 to 2; the link from 3 to 4 makes it worse for all."""
    frame = pd.DataFrame({
        "from_node": ["1", "1", "3", "3", "4"], "to_node": ["3", "4", "2", "4", "2"],
        "free_flow_time": [1e-8, 50.0, 50.0, 10.0, 1e-8], "b": [1e9, 0.02, 0.02, 0.1, 1e9],
        "capacity": 1.0, "power": 1.0,
    })  # fmt: skip
    return LinkTable.of(frame, zones=["1", "2"], name="braess")


@pytest.fixture
def six() -> np.ndarray:
    return np.array([[0.0, 6.0], [0.0, 0.0]])


@pytest.fixture
def network() -> Callable[[str], tuple[LinkTable, np.ndarray]]:
    """Read one of the test networks, which are not part of the package."""

    def read(name: str) -> tuple[LinkTable, np.ndarray]:
        folder = NETWORKS / name
        if not folder.is_dir():
            pytest.skip(f"no test network at {folder}")
        links = read_network(next(folder.glob("*_net.tntp")))
        return links, read_trips(next(folder.glob("*_trips.tntp")), links.zones)[0]

    return read
