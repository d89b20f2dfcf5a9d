"""The contract of all formats: everything that goes in comes out, or writing stops and says what would be lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from readingroom.annotation import (
    FEATURES,
    FORMATS,
    AnnotatedImage,
    Annotations,
    Lesion,
    difference,
    features_of,
    find_format,
    lesion_mask,
    read_annotations,
    trace,
    write_annotations,
)
from readingroom.core.errors import AnnotationError

Draw = Callable[[Iterable[str]], Annotations]
NAMES = sorted(FORMATS)
LACKS = [(name, feature) for name in NAMES for feature in sorted(FORMATS[name].lacks - {"corners"})]


def _out(folder: Path, name: str) -> Path:
    suffix = {"cvat": ".xml"}.get(name, "" if FORMATS[name].folder else ".json")
    return folder / f"导出 {name}{suffix}"


@pytest.mark.parametrize("name", NAMES)
def test_everything_a_format_holds_comes_out_again(name: str, drawn: Draw, pictures: Path, tmp_path: Path) -> None:
    before = drawn(FORMATS[name].holds)
    assert features_of(before) >= FORMATS[name].holds
    written = write_annotations(before, _out(tmp_path, name), name, images=pictures)
    after = read_annotations(written.path, images=pictures)
    assert not difference(before, after).losses
    assert before.counts() == after.counts()
    assert before.label_counts() == {label: after.label_counts()[label] for label in before.label_counts()}
    assert sorted(image.key for image in before.images) == sorted(image.key for image in after.images)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("feature", sorted(FEATURES))
def test_one_feature_alone_comes_out_or_is_refused(
    name: str, feature: str, drawn: Draw, pictures: Path, tmp_path: Path
) -> None:
    chosen = FORMATS[name]
    # Several annotators have names, so that a format without names can hold neither.
    before = drawn({feature} if feature != "corners" or feature in chosen.holds else ())
    if chosen.lacks & features_of(before):
        with pytest.raises(AnnotationError):
            write_annotations(before, _out(tmp_path, name), name, images=pictures)
    else:
        write_annotations(before, _out(tmp_path, name), name, images=pictures)


@pytest.mark.parametrize(("name", "feature"), LACKS)
def test_what_a_format_lacks_is_named_and_nothing_is_written(
    name: str, feature: str, drawn: Draw, pictures: Path, tmp_path: Path
) -> None:
    with pytest.raises(AnnotationError) as caught:
        write_annotations(drawn({feature}), _out(tmp_path, name), name, images=pictures)
    assert FEATURES[feature] in str(caught.value) or feature == "annotators"
    assert "Choose" in caught.value.fix or "choose" in caught.value.fix
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "feature"), [one for one in LACKS if one[1] != "annotators"])
def test_a_loss_that_is_allowed_is_listed(name: str, feature: str, drawn: Draw, pictures: Path, tmp_path: Path) -> None:
    written = write_annotations(drawn({feature}), _out(tmp_path, name), name, images=pictures, allow_loss=True)
    assert written.difference.losses
    assert written.path.exists()


@pytest.mark.parametrize("name", [name for name in NAMES if "corners" in FORMATS[name].lacks])
def test_formats_of_pixels_say_how_many_corners_they_rounded(
    name: str, drawn: Draw, pictures: Path, tmp_path: Path
) -> None:
    written = write_annotations(drawn({"corners"}), _out(tmp_path, name), name, images=pictures)
    assert written.difference.to_the_pixel == 1


@pytest.mark.parametrize("name", [name for name in NAMES if name != "dicom-seg"])
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_masks_of_any_shape_come_out_pixel_by_pixel(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    masks = data.draw(st.lists(arrays(np.bool_, (9, 11)).filter(np.any), min_size=1, max_size=3))
    labels = data.draw(st.lists(st.sampled_from(["息肉", "ulcer", 'a,b;c:d "e" <f>']), min_size=3, max_size=3))
    lesions = tuple(Lesion(label, trace(mask)) for label, mask in zip(labels, masks, strict=False))
    before = Annotations((AnnotatedImage("a b/c.png", 11, 9, lesions=lesions),))
    if features_of(before) & FORMATS[name].lacks:
        return
    path = _out(tmp_path_factory.mktemp("any"), name)
    write_annotations(before, path, name)
    (image,) = read_annotations(path).images
    assert [lesion.label for lesion in image.lesions] == [lesion.label for lesion in lesions]
    assert all(
        np.array_equal(lesion_mask(lesion, 9, 11), mask) for lesion, mask in zip(image.lesions, masks, strict=True)
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_format_is_known_by_its_content(name: str, drawn: Draw, pictures: Path, tmp_path: Path) -> None:
    write_annotations(drawn(()), _out(tmp_path, name), name, images=pictures)
    assert find_format(_out(tmp_path, name)).name == name


@pytest.mark.parametrize("first", NAMES)
@pytest.mark.parametrize("second", NAMES)
def test_what_two_formats_hold_passes_from_one_to_the_other(
    first: str, second: str, drawn: Draw, pictures: Path, tmp_path: Path
) -> None:
    before = drawn(FORMATS[first].holds & FORMATS[second].holds)
    write_annotations(before, tmp_path / "first", first, images=pictures)
    between = read_annotations(tmp_path / "first", kind=first, images=pictures)
    write_annotations(between, tmp_path / "second", second, images=pictures)
    after = read_annotations(tmp_path / "second", kind=second, images=pictures)
    assert not difference(before, after).losses


@pytest.mark.parametrize("name", [name for name in NAMES if FORMATS[name].folder])
def test_a_folder_that_holds_something_is_not_written_into(name: str, drawn: Draw, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(AnnotationError, match="already"):
        write_annotations(drawn(()), tmp_path, name)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("name", ["labelme", "yolo", "voc"])
def test_images_that_would_share_a_file_are_refused(name: str, tmp_path: Path) -> None:
    images = (AnnotatedImage("a.png", 9, 9), AnnotatedImage("a.jpg", 9, 9))
    with pytest.raises(AnnotationError, match=r"a\.png, a\.jpg would share"):
        write_annotations(Annotations(images), tmp_path / "out", name)


def test_an_outline_too_small_for_a_pixel_is_a_loss_in_a_format_of_pixels(tmp_path: Path) -> None:
    from readingroom.annotation import Polygon

    tiny = Lesion("a", (Polygon(((1.1, 1.1), (1.3, 1.1), (1.2, 1.4))),))
    annotations = Annotations((AnnotatedImage("a.png", 9, 9, lesions=(tiny,)),))
    with pytest.raises(AnnotationError, match="outlines 1"):
        write_annotations(annotations, tmp_path / "out", "masks")
    write_annotations(annotations, tmp_path / "out.json", "coco")


def test_an_outline_that_leaves_the_image_is_not_cut_off_in_silence(tmp_path: Path) -> None:
    from readingroom.annotation import Polygon

    out = Lesion("a", (Polygon(((2.0, 2.0), (15.0, 2.0), (2.0, 8.0))),))
    annotations = Annotations((AnnotatedImage("a.png", 9, 9, lesions=(out,)),))
    with pytest.raises(AnnotationError, match="outlines 1"):
        write_annotations(annotations, tmp_path / "out", "masks")
    write_annotations(annotations, tmp_path / "out.xml", "cvat")


def test_the_difference_finds_each_planted_fault(drawn: Draw) -> None:
    before = drawn(set(FEATURES) - {"annotators", "images without lesions"})
    first = before.images[0]
    lesion = first.lesions[0]
    faults = {
        "images": replace(before, images=before.images[1:]),
        "classes": replace(before, classes=("息肉", "ulcer")),
        **{
            kind: replace(before, images=(replace(first, **changes), *before.images[1:]))
            for kind, changes in {
                "sizes": {"width": 61},
                "image labels": {"labels": ("胃窦",)},
                "lesions": {"lesions": first.lesions[1:]},
                "labels": {"lesions": (replace(lesion, label="x"), *first.lesions[1:])},
                "lesion ids": {"lesions": (replace(lesion, id=""), *first.lesions[1:])},
                "facts": {"lesions": (replace(lesion, facts={}), *first.lesions[1:])},
                "outlines": {"lesions": (replace(lesion, polygons=lesion.polygons[1:]), *first.lesions[1:])},
                "boxes": {"lesions": tuple(replace(one, drawn_box=None) for one in first.lesions)},
                "annotators": {"annotator": ""},
            }.items()
        },
    }
    assert not difference(before, before).losses
    for kind, after in faults.items():
        assert kind in difference(before, after).by_kind(), kind


def test_the_patients_name_survives_another_character_set(drawn: Draw, pictures: Path, tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")
    write_annotations(drawn({"annotator"}), tmp_path / "seg", "dicom-seg", images=pictures)
    dataset = pydicom.dcmread(next((tmp_path / "seg").rglob("*.dcm")))
    assert str(dataset.PatientName) == "测试^甲"
    assert str(dataset.ContentCreatorName) == "王"
    assert dataset.PatientID == "P1"
