"""Truncated and hostile files: refused with the place and what to do, and never followed out of their folder."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from readingroom.annotation import (
    FORMATS,
    Annotations,
    audit_annotations,
    features_of,
    read_annotations,
    write_annotations,
)
from readingroom.annotation.names import image_name
from readingroom.core.errors import AnnotationError

Draw = Callable[[Iterable[str]], Annotations]


def _coco(**changes: object) -> dict:
    return {
        "images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 8}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[1, 1, 5, 1, 5, 5]]}],
        "categories": [{"id": 1, "name": "polyp"}],
        **changes,
    }


def _read(path: Path, document: object, **options: object) -> Annotations:
    path.write_text(json.dumps(document), encoding="utf-8")
    return read_annotations(path, **options)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_truncated_coco_file_says_where_it_breaks(share: float, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    text = json.dumps(_coco(), indent=1)
    path.write_text(text[: int(len(text) * share)])
    with pytest.raises(AnnotationError, match=r"breaks at line \d+, column \d+") as caught:
        read_annotations(path)
    assert "truncated" in caught.value.fix
    assert caught.value.file == str(path)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_file_of_every_format_may_be_truncated(name: str, drawn: Draw, pictures: Path, tmp_path: Path) -> None:
    before = drawn(FORMATS[name].holds)
    write_annotations(before, tmp_path / "whole", name, images=pictures)
    whole = tmp_path / "whole"
    files = sorted(path for path in whole.rglob("*") if path.is_file()) if whole.is_dir() else [whole]
    assert files
    for file in files:
        data = file.read_bytes()
        if len(data) < 3 or file.suffix in {".txt", ".csv"} or "SegmentationClass" in file.parts:
            continue  # a shorter text is a text; the pixels of classes follow from those of objects and are not read
        file.write_bytes(data[: len(data) * 2 // 3])
        with pytest.raises(AnnotationError):
            read_annotations(whole, kind=name, images=pictures)
        file.write_bytes(data)


BOMB = """<?xml version="1.0"?>
<!DOCTYPE annotations [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<annotations><image id="0" name="&b;" width="9" height="9"/></annotations>"""
OUTSIDE = """<?xml version="1.0"?>
<!DOCTYPE annotation [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<annotation><filename>&x;</filename></annotation>"""


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, BOMB.replace("utf-8", "utf-16")])
@pytest.mark.parametrize("name", ["cvat", "voc"])
def test_xml_with_entities_is_refused(text: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(AnnotationError, match="entities"):
        read_annotations(tmp_path / "a.xml", kind=name)
    with pytest.raises(AnnotationError, match="entities"):
        read_annotations(tmp_path / "a.xml")


@pytest.mark.parametrize(
    "name",
    ["../a.png", "/etc/passwd", "C:\\a.png", "a/../../b.png", "", ".", "~/a.png", "a\0b.png", "file:///etc/a.png"],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    assert image_name(name) is None
    images = [{"id": 1, "file_name": name, "width": 9, "height": 8}]
    with pytest.raises(AnnotationError) as caught:
        _read(tmp_path / "a.json", _coco(images=images))
    assert "images[0]" in str(caught.value)
    assert "--images" in caught.value.problems[0].fix


def test_a_whole_path_inside_the_folder_of_images_is_taken(tmp_path: Path) -> None:
    (tmp_path / "img").mkdir()
    images = [{"id": 1, "file_name": str(tmp_path / "img" / "b" / "a.png"), "width": 9, "height": 8}]
    found = _read(tmp_path / "a.json", _coco(images=images), images=tmp_path / "img")
    assert found.images[0].image == "b/a.png"


def test_a_mask_named_outside_its_folder_is_not_opened(tmp_path: Path) -> None:
    lesion = {"label": "a", "mask": "../secret.png", "value": 1}
    document = {"schema": 1, "images": [{"image": "a.png", "width": 9, "height": 8, "lesions": [lesion]}]}
    (tmp_path / "annotations.json").write_text(json.dumps(document))
    with pytest.raises(AnnotationError, match="leads out of the folder"):
        read_annotations(tmp_path)


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        7,
        _coco(images=None),
        _coco(annotations={}),
        _coco(categories=[{"id": 1}]),
        _coco(images=[{"id": 1, "file_name": "a.png"}]),
        _coco(images=[{"id": 1, "file_name": "a.png", "width": 1e400, "height": 8}]),
        _coco(images=[{"id": 1, "file_name": "a.png", "width": 10**6, "height": 10**6}]),
        _coco(images=[{"id": [1], "file_name": "a.png", "width": 9, "height": 8}]),
        _coco(images=_coco()["images"] * 2),
        _coco(annotations=[7]),
        _coco(annotations=[{"image_id": [1]}]),
    ],
)
def test_a_document_that_is_no_coco_is_an_error_and_no_crash(document: object, tmp_path: Path) -> None:
    with pytest.raises(AnnotationError):
        _read(tmp_path / "a.json", document, kind="coco")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"segmentation": [[1, 1, 5, 1]]}, "fewer than three corners"),
        ({"segmentation": [[1, 1, 5, 1, 5]]}, "odd number"),
        ({"segmentation": [[1, 1, 5, 1, 5, "x"]]}, "'x' where a coordinate should be"),
        ({"segmentation": {"size": [9, 8], "counts": [72]}}, r"a mask of \[9, 8\] \(height, width\) on an image of"),
        ({"segmentation": {"size": [8, 9], "counts": [70]}}, "the runs hold 70 pixels"),
        ({"segmentation": {"size": [8, 9], "counts": "oo"}}, "stops within a number"),
        ({"segmentation": [], "bbox": [1, 1, 0, 5]}, "without area"),
        ({"category_id": 9}, "no category has the id 9"),
        ({"image_id": 9}, "no image has the id 9"),
        ({"keypoints": [1, 2, 3]}, "neither text nor number"),
    ],
)
def test_an_annotation_that_is_none_is_named_or_left_out_with_its_reason(
    changes: dict, said: str, tmp_path: Path
) -> None:
    document = _coco(annotations=[*_coco()["annotations"], {**_coco()["annotations"][0], "id": 2, **changes}])
    with pytest.raises(AnnotationError, match=said) as caught:
        _read(tmp_path / "a.json", document)
    assert "annotations[1]" in str(caught.value)
    found = _read(tmp_path / "a.json", document, allow_loss=True)
    assert len(found.images[0].lesions) >= 1
    assert len(found.left_out) == 1


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    bad = [{"id": n, "image_id": 1, "category_id": 1, "segmentation": [[1, 1]]} for n in range(30)]
    with pytest.raises(AnnotationError, match=r"30 parts \(the first 20 are listed\) cannot be taken in") as caught:
        _read(tmp_path / "a.json", _coco(annotations=bad))
    assert len(caught.value.problems) == 20


@pytest.mark.parametrize("name", ["a.txt", "a.json", "a.xml", "a.zip"])
def test_what_is_in_no_known_format_says_which_are_known(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text({"a.json": '{"a": 1}', "a.xml": "<a/>"}.get(name, "x"))
    with pytest.raises(AnnotationError, match=r"known format|an archive"):
        read_annotations(tmp_path / name)
    with pytest.raises(AnnotationError, match="The formats are: coco"):
        read_annotations(tmp_path / name, kind="cocoa")
    with pytest.raises(AnnotationError, match="no such file"):
        read_annotations(tmp_path / "none.json")


def test_chinese_text_of_older_tools_is_read(tmp_path: Path) -> None:
    document = json.dumps(_coco(categories=[{"id": 1, "name": "息肉"}]), ensure_ascii=False)
    (tmp_path / "a.json").write_bytes(document.encode("gb18030"))
    assert read_annotations(tmp_path / "a.json").classes == ("息肉",)
    (tmp_path / "b.json").write_bytes(document.encode("utf-8-sig"))
    assert read_annotations(tmp_path / "b.json").classes == ("息肉",)


def test_an_empty_file_and_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(" ")
    with pytest.raises(AnnotationError, match="empty"):
        read_annotations(tmp_path / "a.json")
    (tmp_path / "a.json").write_text('{"images": [NaN]}')
    with pytest.raises(AnnotationError, match="NaN is not a number"):
        read_annotations(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("[" * 100_000)
    with pytest.raises(AnnotationError):
        read_annotations(tmp_path / "a.json")


JUNK = (None, [], {}, 0, -1, 1e308, "", True, "x", [1], [[1, 2]], {"a": 1}, 2**70, "../x", 0.5)


@pytest.mark.parametrize("name", ["coco", "labelme", "label-studio", "masks"])
@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_value_that_is_none_is_an_error_and_no_crash_wherever_it_stands(
    name: str, data: st.DataObject, drawn: Draw, pictures: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    out = tmp_path_factory.mktemp("junk") / "out"
    write_annotations(drawn(FORMATS[name].holds), out, name)
    file = out if out.is_file() else min(out.rglob("*.json"))
    document = json.loads(file.read_text(encoding="utf-8"))
    *way, last = data.draw(st.sampled_from([way for way in _ways(document) if way]))
    place = document
    for step in way:
        place = place[step]
    place[last] = data.draw(st.sampled_from(JUNK))
    file.write_text(json.dumps(document), encoding="utf-8")
    for allow_loss in (False, True):
        with suppress(AnnotationError):
            found = read_annotations(out, kind=name, allow_loss=allow_loss)
            audit_annotations(found)
            features_of(found)


def _ways(value: Any) -> Iterator[tuple]:
    """The way to every value in a document."""
    yield ()
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, below in steps:
        yield from ((step, *way) for way in _ways(below))
