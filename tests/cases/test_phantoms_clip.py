"""Phantoms of clips: as long as the table says, and the polyp in sight in the frames that it names, and only there."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PIL import Image

from readingroom.cases.phantoms import draw_clip_phantoms, draw_clip_stills
from readingroom.cases.phantoms.clip.bowel import plan_clip
from readingroom.cases.phantoms.clip.frames import draw_frames
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.core.errors import OutputError
from readingroom.core.seeds import generator
from readingroom.core.tables import read_table

av = pytest.importorskip("av", reason="clips need the extra 'volumes'")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return draw_clip_phantoms(tmp_path_factory.mktemp("clips"), patients=12, size=(48, 56), frames=(12, 30), seed=5)


def frames(path):
    with av.open(str(path)) as clip:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)])


def scene(label, seed, count=30):
    meaning = difficulty_of(0.3)
    return plan_clip(label, count, meaning, generator(seed, "patient"), generator(seed, "clip"))


def test_a_file_has_the_frames_of_its_row(drawn):
    table = read_table(drawn)
    assert table["frames"].nunique() > 3
    for name, count in zip(table["image"], table["frames"].astype(int), strict=True):
        assert frames(drawn.parent / name).shape == (count, 48, 56, 3)


def test_the_polyp_is_in_sight_for_a_part_of_its_clips_only(drawn):
    table = read_table(drawn)
    ill = table["label"] == "polyp"
    assert (table["seen_from"].notna() == ill).all()
    first, last, count = (table.loc[ill, name].astype(float) for name in ("seen_from", "seen_to", "frames"))
    share = (last - first + 1) / count
    assert (first >= 0).all()
    assert (last < count).all()
    assert share.min() > 0.1
    assert share.max() < 0.7


def test_some_patients_have_several_clips_and_a_polyp_in_some_of_them(drawn):
    of = read_table(drawn).groupby("patient")["label"]
    assert of.size().max() == 3
    assert of.nunique().max() == 2


@pytest.mark.parametrize("seed", range(4))
def test_frames_differ_from_those_of_a_clip_without_the_polyp_only_where_it_is_seen(seed):
    from dataclasses import replace

    ill = scene("polyp", seed)
    well = replace(ill, mounds=tuple(one for one in ill.mounds if not one.polyp))
    pairs = zip(draw_frames(ill, (48, 56)), draw_frames(well, (48, 56)), strict=True)
    changed = [number for number, (one, two) in enumerate(pairs) if not np.array_equal(one, two)]
    assert (changed[0], changed[-1]) == ill.seen


def test_what_is_written_is_nearly_what_was_drawn(drawn, tmp_path):
    from readingroom.cases.phantoms.clip.film import write_film

    original = np.stack(list(draw_frames(scene("normal", 2, 10), (48, 56))))
    write_film(tmp_path / "a.mp4", original, (48, 56), 12)
    assert np.abs(frames(tmp_path / "a.mp4").astype(float) - original).mean() < 6


def test_an_odd_size_is_refused(tmp_path):
    from readingroom.core.errors import CaseTableError

    with pytest.raises(CaseTableError, match="even"):
        draw_clip_phantoms(tmp_path, patients=1, size=(33, 32))


def test_without_pyav_it_is_said_before_anything_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(OutputError, match=r"readingroom\[volumes\]"):
        draw_clip_phantoms(tmp_path / "none", patients=1)
    assert not (tmp_path / "none").exists()


def test_a_still_is_labelled_by_what_is_in_sight(tmp_path):
    table = read_table(draw_clip_stills(tmp_path / "图", patients=4, size=(48, 56), difficulty=0.0))
    of = table.groupby("patient")["label"]
    assert (of.size() == 12).all()
    assert sorted(of.nunique()) == [1, 1, 2, 2]
    redness = []
    for name in table["image"]:
        red, green, _ = np.moveaxis(np.asarray(Image.open(tmp_path / "图" / name).convert("RGB"), float), -1, 0)
        redness.append(
            np.percentile((red - green) / (red + green + 20), 99.5) - np.median((red - green) / (red + green + 20))
        )
    mixed = table["patient"].isin(of.nunique()[of.nunique() == 2].index)
    there = table["label"] == "polyp"
    assert np.median(np.array(redness)[mixed & there]) > np.median(np.array(redness)[mixed & ~there])
