"""Reference values: the committed ones, and those that stay in the shared folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

# The same examples on every machine and every run; no deadline, for a busy machine is not a fault.
settings.register_profile("evaluation", max_examples=40, deadline=None, derandomize=True)
settings.load_profile("evaluation")

COMMITTED = Path(__file__).parent / "reference"
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "reference"

Load = Callable[[str], Any]


def _load(path: Path) -> Any:
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8"))
    return dict(np.load(path)) if path.suffix == ".npz" else pd.read_csv(path)


@pytest.fixture(scope="session")
def committed() -> Path:
    """The folder of the committed reference files."""
    return COMMITTED


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of those that may not all be copied; absent on most machines."""
    return SHARED


@pytest.fixture(scope="session")
def reference() -> Load:
    """Load a committed reference file by its name."""
    return lambda name: _load(COMMITTED / name)


@pytest.fixture(scope="session")
def shared() -> Load:
    """Load a reference file that may not be copied; skip where it is absent."""

    def load(name: str) -> Any:
        if not (SHARED / name).is_file():
            pytest.skip(f"../shared/reference/{name} is not on this machine")
        return _load(SHARED / name)

    return load


@pytest.fixture(scope="session")
def scores(reference: Load) -> pd.DataFrame:
    """Two readers of the same images, several images a patient, with ties."""
    return reference("scores.csv")
