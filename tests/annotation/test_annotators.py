"""Several annotators: joined, matched, compared, agreed; what experts must settle."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readingroom.annotation import (
    AnnotatedImage,
    Annotations,
    Exclusion,
    Lesion,
    find_consensus,
    join_annotators,
    lesion_dice,
    lesion_mask,
    match_lesions,
    measure_agreement,
    read_decisions,
    settle_table,
    staple,
    trace,
    write_settle,
)
from readingroom.annotation.model import Polygon
from readingroom.annotation.outlines import box_ring
from readingroom.core.errors import AnnotationError
from readingroom.core.tables import read_table
from readingroom.evaluation import cohen_kappa, fleiss_kappa, overlap

HEIGHT, WIDTH = 40, 50


def _square(x: float, y: float, side: float = 10, label: str = "polyp", **changes: object) -> Lesion:
    return Lesion(label, (Polygon(box_ring((x, y, x + side, y + side))),), **changes)


def _image(who: str, *lesions: Lesion, name: str = "a.png", labels: Iterable[str] = ()) -> AnnotatedImage:
    return AnnotatedImage(name, WIDTH, HEIGHT, who, tuple(labels), lesions)


def _joined(*images: AnnotatedImage) -> Annotations:
    return Annotations(images)


# Joining


def test_annotators_are_named_by_their_files_where_these_name_nobody() -> None:
    one, other = _joined(_image("", _square(1, 1))), _joined(_image("王", _square(1, 1)))
    assert join_annotators({"anna": one, "file": other}).annotators == ("anna", "王")


def test_declared_classes_that_differ_are_an_error_with_the_likely_twin() -> None:
    one = replace(_joined(_image("A")), classes=("polyp", "ulcer"))
    other = replace(_joined(_image("B")), classes=("polyps", "ulcer"))
    with pytest.raises(AnnotationError, match=r"only a has \['polyp'\], only b has \['polyps'\]") as caught:
        join_annotators({"a": one, "b": other})
    assert "'polyp' for 'polyps'" in str(caught.value)
    assert "--rename" in caught.value.fix
    assert join_annotators({"a": one, "b": other}, rename={"polyps": "polyp"}).classes == ("polyp", "ulcer")


@pytest.mark.parametrize(("label", "like"), [("Polyp", True), ("polyps", True), ("ＰＯＬＹＰ", True), ("ulcer", False)])
def test_undeclared_classes_differ_only_where_one_looks_like_another(label: str, like: bool) -> None:
    sets = {"a": _joined(_image("A", _square(1, 1))), "b": _joined(_image("B", _square(1, 1, label=label)))}
    if like:
        with pytest.raises(AnnotationError, match=f"a writes 'polyp', b writes '{label}'"):
            join_annotators(sets)
    else:
        assert join_annotators(sets).used_labels == ("polyp", "ulcer")


def test_a_class_that_one_never_used_is_no_difference() -> None:
    one = replace(_joined(_image("A", _square(1, 1))), classes=("polyp", "ulcer"))
    other = replace(_joined(_image("B", _square(1, 1))), classes=("polyp",))
    assert join_annotators({"a": one, "b": other}).classes == ("polyp", "ulcer")


def test_the_studys_classes_settle_what_is_one() -> None:
    sets = {"a": replace(_joined(_image("A", _square(1, 1))), classes=("polyp",)),
            "b": replace(_joined(_image("B", _square(1, 1, label="ulcer"))), classes=("ulcer",))}  # fmt: skip
    with pytest.raises(AnnotationError, match="different classes"):
        join_annotators(sets)
    assert join_annotators(sets, classes=("polyp", "ulcer")).classes == ("polyp", "ulcer")
    with pytest.raises(AnnotationError, match=r"b: 'ulcer' is none of the classes\. Did you mean 'ulcers'"):
        join_annotators(sets, classes=("polyp", "ulcers"))


def test_one_image_in_two_sizes_or_twice_by_one_is_an_error() -> None:
    other = replace(_image("B"), width=51)
    with pytest.raises(AnnotationError, match="A has it with 50 x 40 pixels, B with 51 x 40"):
        join_annotators({"a": _joined(_image("A")), "b": _joined(other)})
    with pytest.raises(AnnotationError, match="annotated it twice"):
        join_annotators({"a": _joined(_image("A"), _image("A")), "b": _joined(_image("B"))})
    with pytest.raises(AnnotationError, match="1 annotator"):
        join_annotators({"a": _joined(_image("A"))})


# Matching


def test_lesions_are_matched_by_where_they_are_and_not_by_their_label() -> None:
    images = [_image("A", _square(1, 1), _square(30, 20)), _image("B", _square(31, 21), _square(2, 1, label="ulcer"))]
    groups = match_lesions(images)
    assert [{who: lesion.box[:2] for who, lesion in group.items()} for group in groups] == [
        {"A": (1, 1), "B": (2, 1)},
        {"A": (30, 20), "B": (31, 21)},
    ]


def test_an_annotator_is_in_a_group_once_and_the_better_fit_wins() -> None:
    images = [_image("A", _square(10, 10)), _image("B", _square(13, 10), _square(11, 10))]
    assert [[(who, lesion.box[0]) for who, lesion in group.items()] for group in match_lesions(images)] == [
        [("A", 10), ("B", 11)],
        [("B", 13)],
    ]


@given(st.integers(0, 500), st.permutations(["A", "B", "C"]))
@settings(max_examples=60, deadline=None)
def test_every_lesion_is_in_one_group_whatever_the_order_of_annotators(seed: int, order: list[str]) -> None:
    random = np.random.default_rng(seed)
    drawn = {who: [_square(*random.random(2) * 25, label=f"{who}{n}") for n in range(random.integers(0, 4))]
             for who in "ABC"}  # fmt: skip
    found = [match_lesions([_image(who, *drawn[who]) for who in people]) for people in (["A", "B", "C"], order)]
    named = [{frozenset(lesion.label for lesion in group.values()) for group in groups} for groups in found]
    assert named[0] == named[1]
    assert sorted(label for group in named[0] for label in group) == sorted(
        lesion.label for lesions in drawn.values() for lesion in lesions
    )


def test_overlap_is_that_of_the_evaluation_room_and_of_boxes_where_one_has_no_outline() -> None:
    one, other, boxed = _square(5, 5), _square(8, 6), Lesion("p", drawn_box=(8.0, 6.0, 18.0, 16.0))
    masks = [lesion_mask(lesion, HEIGHT, WIDTH) for lesion in (one, other)]
    assert lesion_dice(one, other, _image("A")) == pytest.approx(overlap(*masks).dice)
    assert lesion_dice(one, boxed, _image("A")) == pytest.approx(overlap(*masks).dice)
    assert lesion_dice(one, _square(40, 30, 5), _image("A")) == 0


# Agreement


def test_the_measures_are_those_of_the_evaluation_room() -> None:
    random = np.random.default_rng(1)
    given_labels = {who: random.choice(["x", "y", "z"], 30).tolist() for who in "ABC"}
    images = [_image(who, _square(*random.random(2) * 3 + 5), name=f"{n}.png", labels=(given_labels[who][n],))
              for who in "ABC" for n in range(30)]  # fmt: skip
    found = measure_agreement(_joined(*images))
    table = found.table().set_index(["about", "annotators", "measure"])["value"]
    assert (found.images, found.lesions, found.marked_by) == (30, 30, {1: 0, 2: 0, 3: 30})
    fleiss = fleiss_kappa(np.array([given_labels[who] for who in "ABC"]).T)
    assert table["image label", "A / B / C", "Fleiss kappa"] == fleiss.value
    assert table["image label", "A / C", "Cohen kappa"] == cohen_kappa(given_labels["A"], given_labels["C"]).value
    masks = {image.key: lesion_mask(image.lesions[0], HEIGHT, WIDTH) for image in images}
    dice = [overlap(masks[f"{n}.png", "A"], masks[f"{n}.png", "B"]).dice for n in range(30)]
    assert table["outline", "A / B", "dice"] == pytest.approx(np.mean(dice))


def test_distances_are_in_mm_where_the_size_of_a_pixel_is_known() -> None:
    annotations = _joined(_image("A", _square(5, 5)), _image("B", _square(9, 5)))
    in_pixels, in_mm = (measure_agreement(annotations, spacing_mm=mm).table().set_index("measure")["value"]
                        for mm in (None, 0.5))  # fmt: skip
    assert in_mm["surface_distance (mm)"] == pytest.approx(in_pixels["surface_distance (px)"] / 2)


def test_lesions_that_one_saw_alone_count_as_unmatched() -> None:
    annotations = _joined(_image("A", _square(1, 1), _square(30, 20)), _image("B", _square(1, 1)))
    assert measure_agreement(annotations).marked_by == {1: 1, 2: 1}


def test_only_images_that_all_annotated_are_compared() -> None:
    annotations = _joined(_image("A", name="1"), _image("A", name="2"), _image("B", name="2", labels=("x",)))
    assert measure_agreement(annotations).images == 1
    with pytest.raises(AnnotationError, match="no image was annotated by all"):
        measure_agreement(_joined(_image("A", name="1"), _image("B", name="2")))


# STAPLE


def _four() -> np.ndarray:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.stack(
        [
            np.hypot(y - 20, x - 25) < 12,
            np.hypot(y - 21, x - 26) < 13,
            np.hypot(y - 18, x - 24) < 9,
            (abs(y - 20) < 10) & (abs(x - 30) < 8),
        ]
    )


def test_staple_agrees_with_itk() -> None:
    # SimpleITK 2.5.7, STAPLEImageFilter with foreground 1 and its own defaults, on the same four masks.
    found = staple(_four())
    assert found.sensitivity == pytest.approx([0.9238436666, 1.0, 0.5314803173, 0.5861829398], abs=1e-6)
    assert found.specificity == pytest.approx([0.9972728095, 0.9683334513, 1.0, 0.9932277579], abs=1e-6)
    assert int(found.mask.sum()) == 465
    assert float(found.probability.sum()) == pytest.approx(468.5027772, abs=1e-4)


def test_staple_by_patterns_is_staple_by_pixels() -> None:
    masks = _four()
    found = staple(masks)
    drawn, prior = masks.reshape(4, -1).astype(float), masks.mean()
    p = q = np.full(4, 0.99999)
    for _ in range(found.steps):
        inside = prior * np.prod(np.where(drawn, p[:, None], 1 - p[:, None]), axis=0)
        outside = (1 - prior) * np.prod(np.where(drawn, 1 - q[:, None], q[:, None]), axis=0)
        w = inside / (inside + outside)
        p, q = (drawn * w).sum(axis=1) / w.sum(), ((1 - drawn) * (1 - w)).sum(axis=1) / (1 - w).sum()
    assert found.probability.ravel() == pytest.approx(w, abs=1e-9)
    assert found.sensitivity == pytest.approx(p)


def test_staple_of_the_same_mask_is_that_mask_and_of_nothing_nothing() -> None:
    mask = _four()[0]
    assert np.array_equal(staple([mask] * 3).mask, mask)
    assert not staple(np.zeros((3, 4, 4))).mask.any()
    assert staple(np.ones((3, 4, 4))).mask.all()
    with pytest.raises(AnnotationError, match="shape"):
        staple([mask])


# Consensus


def test_unanimous_takes_an_image_only_if_all_say_the_same() -> None:
    votes = {"1.png": "xxx", "2.png": "xxy", "3.png": "xyz"}
    images = [_image(who, name=name, labels=(said,)) for name, said_by in votes.items()
              for who, said in zip("ABC", said_by, strict=True)]  # fmt: skip
    unanimous, majority = (find_consensus(_joined(*images), rule) for rule in ("unanimous", "majority"))
    assert [image.image for image in unanimous.agreed.images] == ["1.png"]
    assert unanimous.waiting == ("2.png", "3.png")
    assert [image.image for image in majority.agreed.images] == ["1.png", "2.png"]
    assert majority.agreed.images[1].labels == ("x",)
    assert majority.disputes[0].answers == {"A": "x", "B": "y", "C": "z"}
    assert unanimous.agreed.annotators == ("consensus",)


def test_the_flow_adds_up_whatever_happens() -> None:
    images = [_image(who, name=f"{n}.png", labels=("x" if n % 2 or who == "A" else "y",)) for who in "ABC"
              for n in range(6)]  # fmt: skip
    found = find_consensus(_joined(*images), "unanimous", decisions={"0.png": "A", "2.png": "exclude"})
    flow = found.flow()
    assert flow == {"annotated": 6, "agreed (unanimous)": 3, "settled by experts": 1, "excluded": 1, "to be settled": 1}
    assert sum(flow.values()) == 2 * flow["annotated"]
    assert found.excluded[0][0] == "2.png"


def test_unanimous_lesions_need_all_annotators_one_class_and_outlines_that_overlap() -> None:
    close = [_image(who, _square(5 + n, 5)) for n, who in enumerate("ABC")]
    assert len(find_consensus(_joined(*close), "unanimous").agreed.images[0].lesions) == 1
    cases = {
        "lesion": [*close[:2], _image("C")],
        "lesion label": [*close[:2], _image("C", _square(5, 5, label="ulcer"))],
        "outline": [*close[:2], _image("C", _square(10, 5))],
    }
    for question, images in cases.items():
        found = find_consensus(_joined(*images), "unanimous")
        assert [dispute.question for dispute in found.disputes] == [question]
        assert found.agreed.images == ()


def test_the_majority_keeps_what_more_than_half_drew_and_lists_what_it_drops() -> None:
    images = [
        _image("A", _square(5, 5), _square(30, 25)),
        _image("B", _square(6, 5)),
        _image("C", _square(7, 5)),
    ]
    found = find_consensus(_joined(*images), "majority")
    (lesion,) = found.agreed.images[0].lesions
    masks = np.stack([lesion_mask(image.lesions[0], HEIGHT, WIDTH) for image in images])
    assert np.array_equal(lesion_mask(lesion, HEIGHT, WIDTH), masks.sum(axis=0) >= 2)
    assert found.dropped == (("a.png", "a lesion (polyp) around x 35, y 30, marked by 1 of 3"),)
    assert found.excluded_table()["excluded"].tolist() == ["lesion"]


def test_half_of_the_annotators_is_a_dispute_and_no_majority() -> None:
    found = find_consensus(_joined(_image("A", _square(5, 5)), _image("B")), "majority")
    assert [(dispute.question, dispute.answers) for dispute in found.disputes] == [("lesion", {"A": "polyp", "B": ""})]


def test_the_staple_rule_takes_staples_outline() -> None:
    images = [AnnotatedImage("a.png", WIDTH, HEIGHT, f"{n}", lesions=(Lesion("p", trace(mask)),))
              for n, mask in enumerate(_four())]  # fmt: skip
    found = find_consensus(_joined(*images), "staple")
    (lesion,) = found.agreed.images[0].lesions
    assert np.array_equal(lesion_mask(lesion, HEIGHT, WIDTH), staple(_four()).mask)


def test_boxes_become_the_median_of_their_sides() -> None:
    boxes = [(1.0, 1.0, 10.0, 10.0), (2.0, 1.0, 11.0, 10.0), (3.0, 4.0, 11.0, 14.0)]
    images = [_image(who, Lesion("p", drawn_box=box)) for who, box in zip("ABC", boxes, strict=True)]
    assert find_consensus(_joined(*images)).agreed.images[0].lesions[0].drawn_box == (2.0, 1.0, 11.0, 10.0)


def test_facts_are_agreed_or_left_out_and_listed_without_stopping_the_image() -> None:
    facts = [
        {"size_mm": 10, "site": "antrum", "paris": "0-Is"},
        {"size_mm": 12, "site": "antrum", "paris": "0-IIa"},
        {"size_mm": 13.5, "site": "body", "paris": "0-IIc", "pathology": "adenoma"},
    ]
    images = [_image(who, _square(5, 5, facts=said, id="L1")) for who, said in zip("ABC", facts, strict=True)]
    found = find_consensus(_joined(*images), "unanimous")
    lesion = found.agreed.images[0].lesions[0]
    assert lesion.facts == {"size_mm": 12.0, "site": "antrum", "pathology": "adenoma"}
    assert lesion.id == "L1"
    assert [(dispute.question, dispute.blocks) for dispute in found.disputes] == [("fact", False)]
    assert found.waiting == ()


def test_an_image_that_somebody_did_not_annotate_waits_and_says_who() -> None:
    excluded = Exclusion("2.png", "B", "crossing", "the outline crosses itself")
    nobody = [Exclusion("3.png", who, "size", "annotated at another size") for who in "AB"]
    images = [_image("A", name="1.png"), _image("B", name="1.png"), _image("A", name="2.png")]
    found = find_consensus(_joined(*images), exclusions=[excluded, *nobody])
    assert found.disputes[0].reason == "no usable annotation by B (the outline crosses itself)"
    assert found.excluded == (("3.png", "annotated at another size"),)
    assert found.flow()["annotated"] == 3


def test_unknown_rules_and_decisions_are_errors() -> None:
    annotations = _joined(_image("A", labels=("x",)), _image("B", labels=("y",)))
    with pytest.raises(AnnotationError, match="The rules are: unanimous, majority, staple"):
        find_consensus(annotations, "most")
    with pytest.raises(AnnotationError, match="'Z' is none") as caught:
        find_consensus(annotations, decisions={"a.png": "Z"})
    assert "exclude, or whose annotation is right: A, B" in caught.value.fix
    with pytest.raises(AnnotationError, match="nobody annotated"):
        find_consensus(annotations, decisions={"b.png": "A"})


def test_the_list_goes_out_and_comes_back_with_decisions(tmp_path: Path) -> None:
    images = [
        _image(who, name=f"图 {n}.png", labels=(said,)) for n in range(3) for who, said in (("王", "x"), ("李", "y"))
    ]
    found = find_consensus(_joined(*images), "unanimous")
    write_settle(found, tmp_path / "settle.csv")
    table = read_table(tmp_path / "settle.csv")
    assert list(table.columns) == ["image", "question", "reason", "said by 王", "said by 李", "decision"]
    assert table["said by 王"].tolist() == ["x"] * 3
    assert read_decisions(tmp_path / "settle.csv") == {}
    table["decision"] = ["李", "exclude", None]
    table.to_csv(tmp_path / "settle.csv", index=False)
    decided = find_consensus(_joined(*images), "unanimous", decisions=read_decisions(tmp_path / "settle.csv"))
    assert [image.labels for image in decided.agreed.images] == [("y",)]
    assert decided.settled == ("图 0.png",)
    assert len(settle_table(decided)) == 1


def test_decisions_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    with (tmp_path / "s.csv").open("w", newline="") as opened:
        csv.writer(opened).writerows([["image", "decision"], ["a", "A"], ["a", "B"]])
    with pytest.raises(AnnotationError, match="contradict"):
        read_decisions(tmp_path / "s.csv")
    (tmp_path / "s.csv").write_text("image,verdict\na,A\n")
    with pytest.raises(AnnotationError, match="no column 'decision'"):
        read_decisions(tmp_path / "s.csv")
