from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from readingroom.annotation import (
    REASONS,
    AnnotatedImage,
    Annotations,
    LeftOut,
    Lesion,
    Polygon,
    audit_annotations,
    trace,
)
from readingroom.core.errors import AnnotationError

SQUARE = Polygon(((2.0, 2.0), (8.0, 2.0), (8.0, 8.0), (2.0, 8.0)))
BOW = Polygon(((1.0, 1.0), (8.0, 8.0), (8.0, 1.0), (1.0, 8.0)))
GOOD = Lesion("polyp", (SQUARE,))


def _image(*lesions: Lesion, name: str = "a.png", **changes: object) -> AnnotatedImage:
    return AnnotatedImage(name, 20, 10, lesions=lesions, **changes)


def _reasons(*lesions: Lesion, **options: object) -> list[str]:
    return [one.reason for one in audit_annotations(Annotations((_image(*lesions),)), **options).exclusions]


@pytest.mark.parametrize(
    ("lesion", "reason"),
    [
        (Lesion("p", (BOW,)), "crossing"),
        (Lesion("p", (Polygon(((2.0, 2.0), (25.0, 2.0), (2.0, 8.0))),)), "outside"),
        (Lesion("p", drawn_box=(-3.0, 1.0, 5.0, 5.0)), "outside"),
        (Lesion("p", ()), "empty"),
        (Lesion("p"), "no outline"),
        (Lesion("p", (Polygon(((1.1, 1.1), (1.3, 1.1), (1.2, 1.4))),)), "no pixel"),
    ],
)
def test_each_fault_of_a_lesion_is_named_and_excludes_its_image(lesion: Lesion, reason: str) -> None:
    audit = audit_annotations(Annotations((_image(GOOD, lesion), _image(GOOD, name="b.png"))))
    assert [(one.image, one.reason, one.lesion) for one in audit.exclusions] == [("a.png", reason, 2)]
    assert [image.image for image in audit.kept.images] == ["b.png"]
    assert "lesion 2 (p)" in audit.exclusions[0].what
    assert audit.exclusions[0].fix


def test_what_is_sound_is_kept_whole() -> None:
    slipped = Lesion("p", (Polygon(((-0.5, 2.0), (20.5, 2.0), (2.0, 10.5))),))
    boxed = Lesion("p", drawn_box=(0.0, 0.0, 20.0, 10.0))
    annotations = Annotations((_image(GOOD, slipped, boxed), _image(name="normal.png", labels=("normal",))))
    audit = audit_annotations(annotations)
    assert audit.exclusions == ()
    assert audit.kept == annotations
    assert audit.flow() == {"annotated": 2, "kept": 2}


def test_what_a_lesion_must_have_is_the_studys_to_say() -> None:
    boxed = Lesion("p", drawn_box=(0.0, 0.0, 9.0, 9.0))
    assert _reasons(boxed, Lesion("p")) == ["no outline"]
    assert _reasons(boxed, Lesion("p"), need="outline") == ["no outline", "no outline"]
    assert _reasons(boxed, Lesion("p"), need="label") == []


def test_classes_that_are_none_of_the_studys_are_named() -> None:
    image = _image(GOOD, Lesion("Polyp", (SQUARE,)), labels=("antrum",))
    audit = audit_annotations(Annotations((image,)), classes=("polyp", "ulcer"))
    assert [one.what for one in audit.exclusions] == [
        "'Polyp' is none of the classes",
        "'antrum' is none of the classes",
    ]


def test_annotations_of_another_size_than_the_image_are_named(tmp_path: Path) -> None:
    for name, size in (("a.png", (20, 10)), ("b.png", (10, 20)), ("c.png", (40, 20)), ("new.png", (4, 4))):
        Image.new("L", size).save(tmp_path / name)
    images = tuple(_image(GOOD, name=name) for name in ("a.png", "b.png", "c.png", "gone.png"))
    audit = audit_annotations(Annotations(images), images=tmp_path)
    assert [(one.image, one.reason) for one in audit.exclusions] == [
        ("b.png", "size"),
        ("c.png", "size"),
        ("gone.png", "image missing"),
    ]
    assert "width and height exchanged" in audit.exclusions[0].what
    assert audit.remarks == (("new.png", "the image has no annotation"),)


def test_an_image_of_which_a_part_could_not_be_read_is_excluded() -> None:
    left = LeftOut("a.json, annotations[3]", "an outline with fewer than three corners", "a.png")
    audit = audit_annotations(Annotations((_image(GOOD), _image(GOOD, name="b.png")), left_out=(left,)))
    assert [(one.image, one.reason) for one in audit.exclusions] == [("a.png", "left out")]


def test_facts_that_cannot_be_and_specks_deserve_a_look() -> None:
    speck = np.zeros((10, 20))
    speck[3, 3] = 1
    facts = {"size_mm": "about 5", "paris": "IIa", "pathology": "adenoma"}
    audit = audit_annotations(Annotations((_image(Lesion("p", trace(speck), facts=facts)),)))
    assert audit.exclusions == ()
    assert [text for _, text in audit.remarks] == [
        "lesion 1: size_mm is about 5, not a number above 0",
        "lesion 1: paris is IIa, not a Paris type such as 0-Is or 0-IIa+IIc",
        "lesion 1: 1 px in all: a slip of the pen?",
    ]


def test_the_flow_adds_up_and_counts_an_image_once() -> None:
    both = _image(Lesion("p", (BOW,)), Lesion("p", ()), name="both.png")
    images = (both, _image(Lesion("p", ()), name="empty.png"), _image(GOOD))
    flow = audit_annotations(Annotations(images)).flow()
    assert flow["annotated"] == 3 == sum(flow.values()) - flow["annotated"]
    assert flow[f"excluded: {REASONS['crossing']}"] == flow[f"excluded: {REASONS['empty']}"] == 1


def test_two_annotators_of_one_image_are_judged_apart() -> None:
    images = (_image(GOOD, annotator="A"), _image(Lesion("p", (BOW,)), annotator="B"))
    assert [image.annotator for image in audit_annotations(Annotations(images)).kept.images] == ["A"]


def test_the_table_has_a_row_for_each_exclusion_and_all_are_raised_at_once(tmp_path: Path) -> None:
    audit = audit_annotations(Annotations((_image(Lesion("p", (BOW,)), Lesion("p", ())),)))
    table = audit.table()
    assert table["reason"].tolist() == ["crossing", "empty"]
    assert table["lesion"].tolist() == [1, 2]
    with pytest.raises(AnnotationError, match="2 reasons to exclude images") as caught:
        audit.raise_exclusions(tmp_path / "a.json")
    assert len(caught.value.problems) == 2
