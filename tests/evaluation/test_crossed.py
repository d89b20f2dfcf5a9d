import pandas as pd

from readingroom.evaluation.crossed import crossed_readers, crossed_study

NAMES = ["reader", "modality", "case", "truth", "score"]


def test_the_cube_has_modality_reader_case_in_order_of_appearance() -> None:
    cells = [(reader, modality, case) for reader in "ba" for modality in ("with", "no") for case in ("c2", "c1")]
    rows = [(*cell, int(cell[2] == "c2"), score) for cell, score in zip(cells, [4, 3, 2, 1, 8, 7, 6, 5], strict=True)]
    study = crossed_study(pd.DataFrame(rows, columns=NAMES), NAMES, "random", 0.95)
    assert study.modalities == ["with", "no"]
    assert study.readers == ["b", "a"]
    assert study.truth.tolist() == [False, True]
    assert study.scores.tolist() == [[[3, 4], [7, 8]], [[1, 2], [5, 6]]]


def test_the_readers_of_one_modality_are_a_cube_with_one_layer() -> None:
    rows = [(reader, case, case % 2, 10 * case + i) for case in (1, 0) for i, reader in enumerate("ab")]
    panel = crossed_readers(pd.DataFrame(rows, columns=["reader", "case", "truth", "score"]), NAMES[:1] + NAMES[2:],
                            "random", 0.95)  # fmt: skip
    assert panel.scores.tolist() == [[[0, 10], [1, 11]]]
    assert panel.truth.tolist() == [False, True]
