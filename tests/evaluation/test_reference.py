"""The committed reference values: whose they are, and that they are the peers' own figures still."""

import json
from pathlib import Path

import pytest


def test_every_committed_value_names_its_peer(committed: Path) -> None:
    files = sorted(committed.glob("*_expected.json"))
    for file in files:
        assert json.loads(file.read_text(encoding="utf-8"))["_provenance"]["peer"], file.name
    assert len(files) == 8


def test_committed_copies_are_byte_for_byte_the_shared_ones(committed: Path, shared_folder: Path) -> None:
    originals = shared_folder / "committable"
    if not originals.is_dir():
        pytest.skip("../shared/reference/committable is not on this machine")
    copies = sorted(committed.iterdir())
    assert [copy.name for copy in copies] == sorted(original.name for original in originals.iterdir())
    for copy in copies:
        assert copy.read_bytes() == (originals / copy.name).read_bytes(), copy.name
    assert len(copies) == 15
