from __future__ import annotations

import pandas as pd

from readingroom.reading.explained import choose_images


def read(wrong: dict[str, set[str]], images: dict[str, str]) -> pd.DataFrame:
    """Readings of readers who got some images wrong."""
    rows = [
        {"reader": reader, "image": image, "truth": truth, "predicted": "other" if image in missed else truth}
        for reader, missed in wrong.items()
        for image, truth in images.items()
    ]
    return pd.DataFrame(rows)


IMAGES = {f"{label}{number}": label for label in "ab" for number in range(9)}


def test_half_of_the_images_are_such_that_a_reader_got_wrong() -> None:
    readings = read({"r": {"a3"}, "s": {"b4", "b5"}}, IMAGES)
    for seed in range(5):
        chosen = choose_images(readings, ["a", "b"], 2, seed)
        assert [IMAGES[image] for image in chosen] == ["a", "a", "b", "b"]
        assert chosen[1] == "a3"
        assert chosen[3] in {"b4", "b5"}
        assert chosen[0] != "a3"


def test_where_nobody_was_wrong_all_are_right_and_where_all_were_wrong_the_least_missed_comes_first() -> None:
    readings = read({"r": set(IMAGES) - {f"a{n}" for n in range(9)}, "s": {f"b{n}" for n in range(8)}}, IMAGES)
    chosen = choose_images(readings, ["a", "b"], 2, seed=7)
    assert len(set(chosen)) == 4
    assert chosen[2] == "b8"


def test_the_choice_depends_on_the_seed_and_not_on_the_order_of_rows() -> None:
    readings = read({"r": {"a3"}}, IMAGES)
    assert choose_images(readings, ["a", "b"], 4, 7) == choose_images(readings.iloc[::-1], ["a", "b"], 4, 7)
    assert len({tuple(choose_images(readings, ["a"], 2, seed)) for seed in range(8)}) > 1


def test_a_class_of_few_images_gives_what_it_has() -> None:
    assert choose_images(read({"r": {"x"}}, {"x": "a"}), ["a", "b"], 4, 7) == ["x"]
