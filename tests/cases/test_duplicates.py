"""Near-duplicates: pairs, groups, and no chains."""

from __future__ import annotations

import cv2
import numpy as np
import pandas as pd
import pytest

from readingroom.cases.descriptor import SIDE, perceptual_hash
from readingroom.cases.duplicates import find_duplicates


def scene(seed: int) -> np.ndarray:
    """A smooth picture with fine structure, 64 x 64, so that it can be shifted before it is reduced."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.uniform(60, 200, (5, 5)).astype(np.float32), (64, 64), interpolation=cv2.INTER_CUBIC)
    fine = cv2.resize(rng.normal(0, 14, (24, 24)).astype(np.float32), (64, 64), interpolation=cv2.INTER_CUBIC)
    return coarse + fine


def thumbnail(picture: np.ndarray) -> np.ndarray:
    return np.rint(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA)).clip(1, 255).astype(np.uint8)


def row(
    name: str, cells: np.ndarray, *, pixels: str = "", colour: tuple[float, ...] = (150, 90, 80)
) -> dict[str, object]:
    red, green, blue = colour
    return {
        "image": name,
        "readable": True,
        "pixels_hash": pixels or name,
        "phash": perceptual_hash(cells),
        "thumbnail": cells.tobytes(),
        **{"red": red, "green": green, "blue": blue},
    }


def unreadable(name: str) -> dict[str, object]:
    missing = float("nan")
    return {"image": name, "readable": False, "pixels_hash": "", "phash": "", "thumbnail": None} | dict.fromkeys(
        ("red", "green", "blue"), missing
    )


def catalogue(*rows: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(rows)


def test_frames_of_one_scene_are_a_group_and_others_are_alone() -> None:
    rng = np.random.default_rng(0)
    noisy = [thumbnail(scene(1) + rng.normal(0, 4, (64, 64))) for _ in range(3)]
    others = [thumbnail(scene(seed)) for seed in range(10, 20)]
    found = find_duplicates(
        catalogue(*(row(f"same {n}", c) for n, c in enumerate(noisy)), *(row(f"{n}", c) for n, c in enumerate(others)))
    )
    assert set(found.groups[["same 1", "same 2"]]) == {found.groups["same 0"]}
    assert found.groups.nunique() == 11
    assert len(found.pairs) == 3
    assert found.pairs["linked"].all()
    assert not found.pairs["exact"].any()


def test_a_shifted_brighter_frame_is_still_found() -> None:
    picture = cv2.resize(scene(3), (80, 80), interpolation=cv2.INTER_CUBIC)
    a, b = thumbnail(picture[4:68, 4:68]), thumbnail(picture[8:72, 6:70] * 1.1 + 5)
    assert len(find_duplicates(catalogue(row("a", a), row("b", b))).pairs) == 1


def test_the_same_structure_in_another_colour_is_no_pair() -> None:
    cells = thumbnail(scene(4))
    found = find_duplicates(catalogue(row("a", cells), row("b", cells, colour=(150, 130, 40))))
    assert found.pairs.empty
    assert found.groups.nunique() == 2


def test_the_same_pixels_are_an_exact_pair_at_distance_zero() -> None:
    cells = thumbnail(scene(5))
    found = find_duplicates(catalogue(*(row(name, cells, pixels="p") for name in "abc")))
    assert set(found.groups) == {0}
    exact = found.pairs[found.pairs["exact"]]
    assert [(a, b) for a, b in zip(exact["a"], exact["b"], strict=True)] == [("a", "b"), ("a", "c")]
    assert (found.pairs["distance"] == 0).all()


def test_flat_images_are_alike_only_if_their_pixels_are() -> None:
    flat = np.full((SIDE, SIDE), 90, np.uint8)
    black = np.zeros((SIDE, SIDE), np.uint8)
    rows = [row("a", flat), row("b", flat), row("c", black), row("d", black, pixels="c")]
    found = find_duplicates(catalogue(*rows))
    assert found.groups.nunique() == 3
    assert found.pairs["exact"].tolist() == [True]


def test_unreadable_images_are_groups_of_their_own() -> None:
    cells = thumbnail(scene(6))
    found = find_duplicates(catalogue(unreadable("x"), row("a", cells), unreadable("y"), row("b", cells)))
    assert found.groups.index.tolist() == ["x", "a", "y", "b"]
    assert found.groups.nunique() == 3
    assert found.groups["a"] == found.groups["b"]


@pytest.mark.parametrize("count", [0, 1])
def test_tiny_catalogues_have_no_pairs(count: int) -> None:
    table = catalogue(row("a", thumbnail(scene(7))))[:count]
    found = find_duplicates(table)
    assert found.pairs.empty
    assert {"a", "b", "distance", "similarity", "exact", "linked"} <= set(found.pairs.columns)
    assert len(found.groups) == count


def test_a_chain_through_a_whole_collection_is_cut() -> None:
    """A film that turns slowly from one scene to the next, each frame like the one before."""
    stops = [scene(seed) for seed in range(40)]
    frames = [
        thumbnail(stops[stop] * (1 - part) + stops[stop + 1] * part)
        for stop in range(39)
        for part in np.linspace(0, 1, 5, endpoint=False)
    ]
    found = find_duplicates(catalogue(*(row(f"{n:03}", cells) for n, cells in enumerate(frames))))
    assert found.groups.value_counts().max() <= 50
    assert found.cut >= 1
    assert not found.pairs["linked"].all()


def test_images_of_a_standard_view_are_no_duplicates_but_a_copy_among_them_is() -> None:
    """Forty patients, all seen alike; of the first there is a copy under another name."""
    rng = np.random.default_rng(3)
    common, own = scene(1), [scene(seed) for seed in range(100, 140)]
    views = [thumbnail(0.75 * common + 0.25 * one) for one in own]
    copy = thumbnail(0.75 * common + 0.25 * own[0] + rng.normal(0, 1, (64, 64)))
    table = catalogue(*(row(f"{n:02}", cells) for n, cells in enumerate(views)), row("copy", copy))
    patients = pd.Series([*range(40), 40], index=table["image"])
    found = find_duplicates(table, patients=patients)
    assert found.similar > 0.8
    assert list(zip(found.pairs["a"], found.pairs["b"], strict=True)) == [("00", "copy")]
    unknown = find_duplicates(table)
    assert unknown.similar == 0.66
    assert len(unknown.pairs) > 300


def test_where_views_differ_patients_change_nothing() -> None:
    table = catalogue(*(row(f"{n:02}", thumbnail(scene(n % 30))) for n in range(40)))
    patients = pd.Series(range(40), index=table["image"])
    assert find_duplicates(table, patients=patients).similar > 0.65
    pd.testing.assert_frame_equal(find_duplicates(table, patients=patients).pairs, find_duplicates(table).pairs)


def test_two_places_in_one_volume_stay_together_and_are_no_pair() -> None:
    cells = thumbnail(scene(5))
    found = find_duplicates(catalogue(row("ct.nii@1,2,3", cells, pixels="p"), row("ct.nii@4,5,6", cells, pixels="p")))
    assert found.pairs.empty
    assert found.groups.iloc[0] == found.groups.iloc[1]


def test_blocks_give_what_a_plain_comparison_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    cells = [thumbnail(scene(n % 9) + rng.normal(0, 10, (64, 64))) for n in range(40)]
    table = catalogue(*(row(f"{n:02}", c) for n, c in enumerate(cells)))
    whole = find_duplicates(table)
    monkeypatch.setattr("readingroom.cases.duplicates._BLOCK", 7)
    pd.testing.assert_frame_equal(find_duplicates(table).pairs, whole.pairs)
    assert len(whole.pairs) > 20
