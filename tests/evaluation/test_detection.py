import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from readingroom.core.errors import EvaluationError
from readingroom.core.seeds import generator
from readingroom.evaluation import Matches, average_precision, froc, match_boxes, proportion

SQUARE = [0, 0, 10, 10]

# pycocotools 2.0.11, COCOeval with one threshold, on `scene(seed)`: AP at IoU 0.5 and 0.3.
COCO = {0: (0.25222145527896117, 0.49916069193126217), 1: (0.16530547063922985, 0.32186886891454125)}


def scene(seed: int, images: int = 12) -> list[np.ndarray]:
    """Drawn boxes, marks near them, some twice, and marks elsewhere: what `match_boxes` takes, in its order."""
    random = np.random.default_rng(seed)
    references, marks = [], []

    def draw() -> np.ndarray:
        corner, sides = random.integers(0, 80, 2), random.integers(8, 40, 2)
        return np.r_[corner, corner + sides]

    for image in range(images):
        for _ in range(random.integers(0, 4)):
            references.append((image, draw()))
            for _ in range(random.integers(0, 3)):
                near = np.clip(references[-1][1] + random.integers(-6, 6, 4), 0, 200)
                marks.append((image, near, round(float(random.random()), 6)))
        marks += [(image, draw(), round(float(random.random()), 6)) for _ in range(random.integers(0, 3))]
    image, box, score = (np.array(column) for column in zip(*marks, strict=True))
    box[:, 2:] = np.maximum(box[:, 2:], box[:, :2] + 1)
    reference_image, reference_box = (np.array(column) for column in zip(*references, strict=True))
    return [np.arange(images), image, score, box, reference_image, reference_box]


def flags(hits: list[int], score: list[float], boxes: int) -> Matches:
    """One image with ``boxes`` boxes, of which marks hit as told."""
    called = np.array(hits, dtype=bool)
    hit = np.where(called, np.cumsum(called) - 1, -1)
    none = np.zeros(len(hits), dtype=np.int64)
    where = np.zeros(boxes, dtype=np.int64)
    return Matches(
        np.array(score), none, hit, none.astype(bool), where, np.arange(boxes), np.zeros(1, dtype=np.int64), ""
    )


@pytest.mark.parametrize("seed", COCO)
@pytest.mark.parametrize(("at_least", "column"), [(0.5, 0), (0.3, 1)])
def test_average_precision_is_that_of_pycocotools(seed: int, at_least: float, column: int) -> None:
    ours = average_precision(match_boxes(*scene(seed), at_least=at_least), method="coco", replicates=0)
    assert ours.value == pytest.approx(COCO[seed][column], abs=1e-12)


# Padilla's worked example of VOC's two rules (Object-Detection-Metrics): 24 marks, 15 boxes, 24.56 % and 26.84 %.
PADILLA = [1, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(("method", "value"), [("all-point", 0.24568668), ("voc11", 0.26839827)])
def test_average_precision_of_the_worked_example_is_voc_s(method: str, value: float) -> None:
    marks = flags(PADILLA, list(np.linspace(0.9, 0.1, 24)), 15)
    assert average_precision(marks, method=method, replicates=0).value == pytest.approx(value, abs=1e-8)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9)), min_size=1, max_size=40), st.integers(0, 5))
def test_in_steps_it_is_scikit_learn_s_times_the_share_of_boxes_found(rows, missed: int) -> None:
    hits, score = ([row[i] for row in rows] for i in (0, 1))
    boxes = sum(hits) + missed
    ours = average_precision(flags(hits, score, boxes), method="step", replicates=0).value
    if boxes == 0:
        assert ours is None
    else:
        theirs = average_precision_score(hits, score) if any(hits) else 0.0
        assert ours == pytest.approx(theirs * sum(hits) / boxes)


def test_marks_of_one_score_count_together_whatever_their_order() -> None:
    values = {average_precision(flags(hits, [0.5, 0.5], 1), replicates=0).value for hits in ([0, 1], [1, 0])}
    assert values == {0.5}


def test_a_second_mark_on_a_box_is_false_or_ignored_as_told() -> None:
    marks = match_boxes(["a"], ["a"] * 3, [0.9, 0.8, 0.7], [SQUARE, SQUARE, [20, 0, 30, 10]], ["a"] * 2,
                        [SQUARE, [20, 0, 30, 10]])  # fmt: skip
    assert average_precision(marks, replicates=0).value == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(marks, repeats="ignored", replicates=0).value == 1
    assert froc(marks, replicates=0).false_positives.tolist() == [0, 0, 0]
    assert froc(marks, repeats="false", replicates=0).false_positives.tolist() == [0, 0, 1, 1]


# MONAI 1.6.1, compute_froc_curve_data and compute_froc_score, on the marks below.
HITS, FALSE = [0.95, 0.8, 0.55, 0.3], [0.9, 0.7, 0.6, 0.5, 0.45, 0.2, 0.1]
MONAI = {"0.25": 0.2, "0.5": 0.4, "1": 0.4, "2": 0.6, "4": 0.8, "mean": 0.48}


def froc_marks() -> Matches:
    """Two images, five lesions."""
    score = np.array(HITS + FALSE)
    hit = np.r_[np.arange(4), np.full(7, -1)]
    image, boxes = np.arange(11) % 2, np.array([0, 1, 0, 1, 1])
    repeat = np.zeros(11, dtype=bool)
    return Matches(score, image, hit, repeat, boxes, np.arange(5), np.array([0, 1]), "")


def test_the_curve_read_on_straight_lines_is_monai_s() -> None:
    ours = froc(froc_marks(), rates=[0.25, 0.5, 1, 2, 4], between="linear", replicates=0)
    assert {name: estimate.value for name, estimate in ours.by_lesion.items()} == pytest.approx(MONAI, abs=1e-12)


def test_steps_give_the_sensitivity_of_a_threshold_that_exists() -> None:
    marks = froc_marks()
    ours = froc(marks, rates=[0.25, 0.5, 1, 2, 4], replicates=0)
    for name, estimate in ours.by_lesion.items():
        if name != "mean":
            threshold = ours.threshold_at(float(name))
            assert estimate.value == np.mean(np.append(HITS, -np.inf) >= threshold)
            assert np.sum(np.array(FALSE) >= threshold) / 2 <= float(name)
            assert estimate.beside == proportion(round(5 * estimate.value), 5)


def test_the_curve_begins_with_nothing_and_holds_every_threshold() -> None:
    ours = froc(froc_marks(), replicates=0)
    assert ours.threshold[0] == np.inf
    assert ours.threshold[1:].tolist() == sorted(HITS + FALSE, reverse=True)
    assert (ours.false_positives[0], ours.sensitivity[0]) == (0, 0)
    assert (ours.false_positives[-1], ours.sensitivity[-1]) == (3.5, 0.8)


def test_a_patient_is_found_by_any_lesion_and_a_lesion_by_any_image() -> None:
    images = ["a", "b", "c", "d"]
    marks = match_boxes(
        images, ["b", "d"], [0.9, 0.8], [SQUARE] * 2, ["a", "b", "b", "c"], [SQUARE, SQUARE, [50, 50, 60, 60], SQUARE],
        patient=["p", "p", "q", "r"], lesion=["x", "x", "y", "x"],
    )  # fmt: skip
    ours = froc(marks, rates=[1], replicates=0)
    assert ours.by_lesion["1"].value == pytest.approx(1 / 3)
    assert ours.by_lesion.counts == {"found": 1, "all": 3}
    assert ours.by_patient["1"].value == pytest.approx(1 / 2)


def test_false_positives_are_counted_by_patient_as_if_each_patient_were_one_large_image() -> None:
    images, patient = ["a", "b", "c", "d"], ["p", "p", "q", "q"]
    box, score = [SQUARE, [50, 50, 60, 60], SQUARE, [70, 70, 80, 80]], [0.9, 0.8, 0.7, 0.6]
    apart = match_boxes(images, images, score, box, ["a", "c"], [SQUARE, SQUARE], patient=patient)
    beside = [np.add(one, [100, 0, 100, 0]) if place % 2 else one for place, one in enumerate(box)]
    joined = match_boxes(["p", "q"], patient, score, beside, ["p", "q"], [SQUARE, SQUARE])
    by_patient, large = froc(apart, per="patient", replicates=50), froc(joined, replicates=50)
    np.testing.assert_array_equal(by_patient.false_positives, large.false_positives)
    assert {rate: one.value for rate, one in by_patient.by_patient.items()} == {
        rate: one.value for rate, one in large.by_lesion.items()
    }
    assert by_patient.false_positives[-1] == 2 * froc(apart, replicates=0).false_positives[-1] == 1.0
    with pytest.raises(EvaluationError, match="per"):
        froc(apart, per="hospital")


PATIENT = np.array([0, 0, 1, 2, 2, 2, 3, 4, 5, 5, 6, 6])


def copied(parts, drawn: np.ndarray) -> Matches:
    """The scene with every image of patient c there ``drawn[c]`` times, each copy of a patient of its own."""
    images, mark_image, score, box, reference_image, reference_box = parts

    def copies(at: np.ndarray) -> list[tuple[int, int, int]]:
        return [(row, image, k) for row, image in enumerate(at) for k in range(drawn[PATIENT[image]])]

    marks, boxes = copies(mark_image), copies(reference_image)
    mark_rows, box_rows = ([row for row, *_ in rows] for rows in (marks, boxes))
    return match_boxes(
        [f"{image} {k}" for _, image, k in copies(images)],
        [f"{image} {k}" for _, image, k in marks],
        score[mark_rows],
        box[mark_rows],
        [f"{image} {k}" for _, image, k in boxes],
        reference_box[box_rows],
        patient=[f"{PATIENT[image]} {k}" for _, image, k in copies(images)],
        at_least=0.3,
    )


@pytest.mark.parametrize("between", ["step", "linear"])
@pytest.mark.parametrize("kind", ["by_lesion", "by_patient"])
def test_intervals_are_those_of_patients_copied_as_often_as_drawn(between: str, kind: str) -> None:
    parts = scene(3)
    marks = match_boxes(*parts, patient=PATIENT, at_least=0.3)
    plain = [copied(parts, drawn) for drawn in generator(4, "bootstrap").multinomial(7, np.full(7, 1 / 7), size=40)]
    ours = getattr(froc(marks, rates=[0.25, 1], between=between, replicates=40, seed=4), kind)
    curves = [getattr(froc(one, rates=[0.25, 1], between=between, replicates=0), kind) for one in plain]
    for name, estimate in ours.items():
        ends = np.quantile([curve[name].value for curve in curves], [0.025, 0.975])
        assert (estimate.low, estimate.high) == pytest.approx(tuple(ends), abs=1e-12)


@pytest.mark.parametrize("method", ["all-point", "coco"])
def test_the_interval_of_average_precision_is_theirs_too(method: str) -> None:
    parts = scene(3)
    marks = match_boxes(*parts, patient=PATIENT, at_least=0.3)
    ours = average_precision(marks, method=method, replicates=40, seed=4)
    draws = generator(4, "bootstrap").multinomial(7, np.full(7, 1 / 7), size=40)
    plain = [average_precision(copied(parts, drawn), method=method, replicates=0).value for drawn in draws]
    assert (ours.low, ours.high) == pytest.approx(tuple(np.quantile(plain, [0.025, 0.975])), abs=1e-12)
    assert "7 patients" in ours.method


def test_without_a_box_nothing_is_defined_but_the_false_marks() -> None:
    marks = match_boxes(["a", "b"], ["a"], [0.5], [SQUARE], [], [])
    assert average_precision(marks, replicates=20).value is None
    ours = froc(marks, replicates=20)
    assert ours.by_lesion["1"].value is ours.by_patient["mean"].value is None
    assert ours.by_lesion["1"].note == "no reference box"
    assert ours.false_positives.tolist() == [0, 0.5]
    assert np.isnan(ours.sensitivity).all()


def test_without_a_mark_nothing_is_found() -> None:
    marks = match_boxes(["a", "b"], [], [], [], ["a"], [SQUARE])
    assert average_precision(marks, replicates=20).value == 0
    ours = froc(marks, replicates=20)
    assert ours.by_lesion["8"].value == ours.by_patient["8"].value == 0
    assert ours.by_lesion["8"].beside == proportion(0, 1)
    assert ours.sensitivity.tolist() == [0]


def test_replicates_without_a_box_are_left_out_and_counted() -> None:
    marks = match_boxes(["a", "b"], ["a"], [0.5], [SQUARE], ["a"], [SQUARE])
    ours = average_precision(marks, replicates=100)
    assert (ours.low, ours.high) == (1, 1)
    assert "of 100 replicates" in ours.note


@given(st.integers(0, 10**6))
@settings(max_examples=15)
def test_sensitivity_never_falls_with_the_rate(seed: int) -> None:
    ours = froc(match_boxes(*scene(seed, 6), at_least=0.3), replicates=0)
    for curve in (ours.sensitivity, [ours.by_lesion[name].value for name in ("0.125", "0.25", "0.5", "1", "8")]):
        assert (np.diff(curve) >= 0).all()


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"rates": [0]}, "rates"),
        ({"rates": []}, "rates"),
        ({"between": "spline"}, "between"),
        ({"repeats": "true"}, "repeats"),
        ({"replicates": 1}, "replicates"),
        ({"level": 95}, "level"),
    ],
)
def test_what_cannot_be_asked_is_a_clear_error(options, field: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        froc(froc_marks(), **options)
    assert caught.value.field == field
    if field in {"repeats", "replicates", "level"}:
        with pytest.raises(EvaluationError):
            average_precision(froc_marks(), **options)


def test_an_unknown_way_to_read_the_curve_names_the_known_ones() -> None:
    with pytest.raises(EvaluationError, match="all-point, coco, voc11, step"):
        average_precision(froc_marks(), method="auc")
