"""What tests of several rooms share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# Several test processes share the cores; a thread pool in each would only make them wait for each other.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The trials of learning take longest: begun first, they leave no process waiting for another at the end."""
    items.sort(key=lambda item: item.path.name != "test_learning.py")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real images and reference values beside the project; tests of it are skipped where it is absent."""
    folder = Path(__file__).resolve().parents[1].parent / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared with real images and reference values beside the project")
    return folder
