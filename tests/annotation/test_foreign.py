"""Files as the tools themselves write them, not as this program does."""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from readingroom.annotation import (
    AnnotatedImage,
    Annotations,
    Lesion,
    lesion_mask,
    read_annotations,
    trace,
    write_annotations,
)
from readingroom.annotation.runs import encode_brush
from readingroom.core.errors import AnnotationError

SQUARE = [[1, 1], [5, 1], [5, 4], [1, 4]]


def _picture(path: Path, width: int = 20, height: int = 10, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height)).save(path, **options)
    return path


def _dump(path: Path, document: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


# LabelMe and X-AnyLabeling


def _labelme(*shapes: dict, **changes: object) -> dict:
    whole = [{"group_id": None, "flags": {}, "shape_type": "polygon", "description": "", **shape} for shape in shapes]
    return {
        "version": "5.4.1",
        "flags": {},
        "shapes": whole,
        "imagePath": "a.jpg",
        "imageData": None,
        "imageHeight": 10,
        "imageWidth": 20,
        **changes,
    }


def test_labelme_shapes_of_a_group_are_one_lesion(tmp_path: Path) -> None:
    parts = [{"label": "polyp", "points": [[x, 1], [x + 2, 1], [x + 2, 3]], "group_id": 4} for x in (1, 6)]
    alone = {"label": "polyp", "points": [[11, 1], [13, 1], [13, 3]]}
    (image,) = read_annotations(_dump(tmp_path / "a.json", _labelme(*parts, alone))).images
    assert [len(lesion.polygons or ()) for lesion in image.lesions] == [2, 1]


def test_labelme_rectangles_circles_and_masks_are_read(tmp_path: Path) -> None:
    small = io.BytesIO()
    Image.fromarray(np.array([[1, 0, 1], [1, 1, 1]], np.uint8)).save(small, format="PNG")
    mask = {"label": "m", "points": [[4, 2], [6, 3]], "shape_type": "mask",
            "mask": base64.b64encode(small.getvalue()).decode()}  # fmt: skip
    box = {"label": "b", "points": [[9, 8], [3, 2]], "shape_type": "rectangle"}
    circle = {"label": "c", "points": [[10, 5], [13, 9]], "shape_type": "circle"}
    found = read_annotations(_dump(tmp_path / "a.json", _labelme(mask, box, circle)))
    masked, boxed, round_ = found.images[0].lesions
    assert lesion_mask(masked, 10, 20).nonzero()[0].tolist() == [2, 2, 3, 3, 3]
    assert boxed.drawn_box == (3, 2, 9, 8)
    assert round_.box == pytest.approx((5, 0, 15, 10), abs=1e-9)
    assert found.notes == ("a circle became a polygon of 72 corners",)


def test_labelme_points_and_lines_outline_nothing(tmp_path: Path) -> None:
    path = _dump(tmp_path / "a.json", _labelme({"label": "x", "points": [[1, 1]], "shape_type": "point"}))
    with pytest.raises(AnnotationError, match=r"a\.json, shapes\[0\]: a shape of the kind 'point' outlines nothing"):
        read_annotations(path)


def test_labelme_flags_descriptions_and_attributes_are_facts(tmp_path: Path) -> None:
    shape = {"label": "p", "points": SQUARE, "description": "flat", "flags": {"biopsy": True, "cut": False},
             "attributes": {"paris": "0-IIa"}, "score": None, "difficult": True}  # fmt: skip
    document = _labelme(shape, flags={"blurred": True, "dark": False})
    (image,) = read_annotations(_dump(tmp_path / "a.json", document)).images
    assert image.labels == ("blurred",)
    assert image.lesions[0].facts == {"description": "flat", "biopsy": True, "paris": "0-IIa", "difficult": True}


@pytest.mark.parametrize("written", ["..\\images\\a.jpg", "../images/a.jpg"])
def test_labelme_paths_to_a_folder_beside_are_the_files_own_place(written: str, tmp_path: Path) -> None:
    _dump(tmp_path / "sub" / "a.json", _labelme({"label": "p", "points": SQUARE}, imagePath="../../" + written))
    found = read_annotations(tmp_path)
    assert found.images[0].image == "sub/a.jpg"
    assert "another folder" in found.notes[0]


# CVAT

CVAT = """<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <job><id>7</id><labels>
      <label><name>polyp</name><color>#ff0000</color><type>any</type><attributes>
        <attribute><name>size_mm</name><mutable>False</mutable><input_type>number</input_type></attribute>
        <attribute><name>resected</name><mutable>False</mutable><input_type>checkbox</input_type></attribute>
        <attribute><name>code</name><mutable>False</mutable><input_type>text</input_type></attribute>
      </attributes></label>
      <label><name>blurred</name><attributes></attributes></label>
    </labels></job>
    <dumped>2026-01-01 00:00:00+00:00</dumped>
  </meta>
  <image id="0" name="dir/a.jpg" width="20" height="10" task_id="3" subset="default">
    <polygon label="polyp" source="manual" occluded="1" points="1.00,1.00;5.00,1.00;5.00,4.00" z_order="2">
      <attribute name="size_mm">12</attribute>
      <attribute name="resected">true</attribute>
      <attribute name="code">007</attribute>
    </polygon>
    <box label="polyp" source="manual" occluded="0" xtl="3.00" ytl="2.00" xbr="9.00" ybr="8.00" z_order="0"></box>
    <mask label="polyp" source="semi-auto" occluded="0" rle="1, 2, 3" left="4" top="2" width="3" height="2"></mask>
    <ellipse label="polyp" source="manual" occluded="0" cx="10" cy="5" rx="4" ry="2" rotation="90" z_order="0"/>
    <tag label="blurred" source="manual"></tag>
  </image>
  <image id="1" name="dir/b.jpg" width="20" height="10"></image>
</annotations>"""


def test_a_cvat_export_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "annotations.xml").write_text(CVAT)
    found = read_annotations(tmp_path / "annotations.xml")
    first, second = found.images
    drawn, boxed, masked, ellipse = first.lesions
    assert found.classes == ("polyp", "blurred")
    assert first.labels == ("blurred",)
    assert drawn.facts == {"occluded": True, "z_order": 2, "size_mm": 12, "resected": True, "code": "007"}
    assert boxed.drawn_box == (3, 2, 9, 8)
    assert lesion_mask(masked, 10, 20)[2:4, 4:7].astype(int).tolist() == [[0, 1, 1], [0, 0, 0]]
    assert ellipse.box == pytest.approx((8, 1, 12, 9))
    assert second.lesions == ()


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ('<polyline label="polyp" points="1,1;2,2"/>', "the kind 'polyline'"),
        ('<box label="polyp" xtl="1" ytl="1" xbr="4" ybr="4" rotation="30"/>', "the kind 'turned box'"),
        ('<polygon label="polyp" points="1,1;2,x;3,3"/>', "where a coordinate should be"),
        ('<mask label="polyp" rle="1, 2" left="4" top="2" width="3" height="2"/>', "the runs hold 3 pixels"),
        ('<mask label="polyp" rle="1, 5" left="19" top="2" width="3" height="2"/>', "reaches out of its image"),
    ],
)
def test_cvat_shapes_that_outline_nothing_are_named(shape: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(CVAT.replace("</image>", shape + "</image>", 1))
    with pytest.raises(AnnotationError, match=said):
        read_annotations(tmp_path / "a.xml")


def test_cvat_for_video_says_what_to_export_instead(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<annotations><version>1.1</version><track id='0' label='polyp'/></annotations>")
    with pytest.raises(AnnotationError, match="CVAT for images"):
        read_annotations(tmp_path / "a.xml")


# Label Studio


def _result(kind: str, value: dict, name: str = "r1", **changes: object) -> dict:
    return {"id": name, "type": kind, "from_name": "label", "to_name": "image", "original_width": 20,
            "original_height": 10, "image_rotation": 0, "value": value, "origin": "manual", **changes}  # fmt: skip


def _task(*results: dict, image: str = "/data/upload/1/0a1b2c3d-a%20b.jpg", annotator: object = 5) -> list:
    annotation = {"id": 1, "completed_by": annotator, "result": list(results), "was_cancelled": False}
    return [{"id": 9, "data": {"image": image}, "annotations": [annotation], "predictions": []}]


def test_label_studio_regions_with_their_answers_are_lesions_with_facts(tmp_path: Path) -> None:
    place = {"points": [[5, 10], [25, 10], [25, 40]], "closed": True}
    results = [
        _result("polygonlabels", {**place, "polygonlabels": ["polyp"]}),
        _result("choices", {**place, "choices": ["0-IIa"]}, from_name="paris"),
        _result("number", {**place, "number": 12.5}, from_name="size_mm"),
        _result("textarea", {**place, "text": ["flat", "red"]}, from_name="remark", meta={"text": ["seen twice"]}),
        _result("choices", {"choices": ["antrum"]}, name="whole", from_name="site"),
        _result("rectanglelabels", {"x": 50, "y": 20, "width": 25, "height": 50, "rotation": 0,
                                    "rectanglelabels": ["ulcer"]}, name="r2"),
    ]  # fmt: skip
    found = read_annotations(_dump(tmp_path / "a.json", _task(*results, annotator={"id": 3, "email": "w@x"})))
    (image,) = found.images
    outlined, boxed = image.lesions
    assert (image.image, image.annotator, image.labels) == ("a b.jpg", "w@x", ("antrum",))
    assert outlined.facts == {"paris": "0-IIa", "size_mm": 12.5, "remark": "flat; red", "text": "seen twice"}
    assert outlined.box == (1, 1, 5, 4)
    assert boxed.drawn_box == (10, 2, 15, 7)
    assert any("upload" in note for note in found.notes)


def test_label_studio_brushes_and_ellipses_are_outlines(tmp_path: Path) -> None:
    mask = np.zeros((10, 20), dtype=bool)
    mask[2:5, 3:9] = True
    brush = _result("brushlabels", {"format": "rle", "rle": encode_brush(mask), "brushlabels": ["polyp"]})
    ellipse = _result("ellipselabels", {"x": 50, "y": 50, "radiusX": 10, "radiusY": 20, "rotation": 0,
                                        "ellipselabels": ["polyp"]}, name="r2")  # fmt: skip
    (image,) = read_annotations(_dump(tmp_path / "a.json", _task(brush, ellipse))).images
    assert np.array_equal(lesion_mask(image.lesions[0], 10, 20), mask)
    assert image.lesions[1].box == pytest.approx((8, 3, 12, 7))


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (_result("polygonlabels", {"points": [[1, 1], [9, 9], [1, 9]], "polygonlabels": ["a", "b"]}), "2 labels"),
        (_result("keypointlabels", {"x": 1, "y": 1, "width": 1, "keypointlabels": ["a"]}), "a point outlines nothing"),
        (_result("rectanglelabels", {"x": 1, "y": 1, "width": 9, "height": 9, "rotation": 4, "rectanglelabels": ["a"]}),
         "turned"),
        (_result("textarea", {"text": ["bad"]}), "about the whole image"),
    ],
)  # fmt: skip
def test_label_studio_results_that_have_no_place_are_named(result: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match=said):
        read_annotations(_dump(tmp_path / "a.json", _task(result)))


def test_label_studio_images_without_regions_need_their_size_from_the_images(tmp_path: Path) -> None:
    path = _dump(tmp_path / "a.json", _task(image="/data/local-files/?d=sub/a.png"))
    with pytest.raises(AnnotationError, match=r"the size of the image sub/a\.png is not known"):
        read_annotations(path)
    _picture(tmp_path / "img" / "sub" / "a.png")
    (image,) = read_annotations(path, images=tmp_path / "img").images
    assert (image.width, image.height, image.annotator) == (20, 10, "5")


# YOLO


def _yolo(root: Path, text: str = "1 0.5 0.5 0.5 0.4\n0 0.1 0.1 0.3 0.1 0.3 0.5\n") -> Path:
    (root / "labels" / "train").mkdir(parents=True)
    (root / "labels" / "train" / "a b.txt").write_text(text)
    (root / "data.yaml").write_text("path: ../x\ntrain: images/train\nnames: [polyp, ulcer]\n")
    return root


def test_yolo_takes_sizes_from_the_images_beside_the_labels(tmp_path: Path) -> None:
    _picture(_yolo(tmp_path) / "images" / "train" / "a b.jpg")
    (image,) = read_annotations(tmp_path).images
    assert image.image == "train/a b.jpg"
    assert [lesion.label for lesion in image.lesions] == ["ulcer", "polyp"]
    assert image.lesions[0].drawn_box == pytest.approx((5, 3, 15, 7))
    assert image.lesions[1].box == pytest.approx((2, 1, 6, 5))


def test_yolo_without_images_or_names_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="--images"):
        read_annotations(_yolo(tmp_path / "a"))
    (_yolo(tmp_path / "b") / "data.yaml").unlink()
    _picture(tmp_path / "b" / "images" / "train" / "a b.jpg")
    with pytest.raises(AnnotationError, match="--classes"):
        read_annotations(tmp_path / "b")
    assert read_annotations(tmp_path / "b", classes=("p", "u")).classes == ("p", "u")


@pytest.mark.parametrize("line", ["2 0.5 0.5 0.5 0.4", "0.5 0.5 0.5 0.5 0.4", "0 0.5 0.5", "0 a b c d", "0 nan 0 1 1"])
def test_yolo_lines_that_are_neither_box_nor_polygon_are_named(line: str, tmp_path: Path) -> None:
    _picture(_yolo(tmp_path, line + "\n") / "images" / "train" / "a b.jpg")
    with pytest.raises(AnnotationError, match=r"train/a b\.txt, row 1"):
        read_annotations(tmp_path)


def test_sizes_are_those_of_the_image_as_it_is_seen(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    _picture(_yolo(tmp_path) / "images" / "train" / "a b.jpg", exif=exif)
    (image,) = read_annotations(tmp_path).images
    assert (image.width, image.height) == (10, 20)


# Pascal VOC

VOC = """<annotation><folder>VOC2012</folder><filename>a.jpg</filename><path>D:\\secret\\a.jpg</path>
<source><database>Unknown</database></source><size><width>20</width><height>10</height><depth>3</depth></size>
<segmented>0</segmented><object><name>polyp</name><pose>Left</pose><truncated>1</truncated><difficult>0</difficult>
<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>20</xmax><ymax>10</ymax></bndbox></object></annotation>"""


def test_voc_counts_pixels_from_1_and_includes_the_last(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(VOC)
    (image,) = read_annotations(tmp_path).images
    assert image.lesions[0].drawn_box == (0, 0, 20, 10)
    assert image.lesions[0].facts == {"truncated": True, "pose": "Left"}


def test_voc_outlines_that_are_missing_are_named(tmp_path: Path) -> None:
    (tmp_path / "Annotations").mkdir()
    (tmp_path / "Annotations" / "a.xml").write_text(VOC.replace("<segmented>0", "<segmented>1"))
    with pytest.raises(AnnotationError, match="not in SegmentationObject"):
        read_annotations(tmp_path)


def test_voc_outlines_of_another_size_are_named(tmp_path: Path) -> None:
    (tmp_path / "Annotations").mkdir()
    (tmp_path / "SegmentationObject").mkdir()
    (tmp_path / "Annotations" / "a.xml").write_text(VOC)
    Image.fromarray(np.ones((20, 10), np.uint8)).save(tmp_path / "SegmentationObject" / "a.png")
    with pytest.raises(AnnotationError, match="width and height exchanged"):
        read_annotations(tmp_path)


# Mask folders


def test_masks_are_joined_with_their_images_by_name(tmp_path: Path) -> None:
    _picture(tmp_path / "img" / "polyp" / "a.jpg")
    mask = np.zeros((10, 20), np.uint8)
    mask[1:6, 1:6], mask[7, 15] = 255, 255
    (tmp_path / "masks").mkdir()
    Image.fromarray(mask).save(tmp_path / "masks" / "a_mask.png")
    found = read_annotations(tmp_path / "masks", images=tmp_path / "img", classes=["polyp"])
    (image,) = found.images
    assert image.image == "polyp/a.jpg"
    assert [lesion.label for lesion in image.lesions] == ["polyp", "polyp"]
    assert any("fewer than 20 pixels" in note for note in found.notes)


def test_values_are_lesions_or_where_classes_are_named_classes(tmp_path: Path) -> None:
    mask = np.zeros((10, 20), np.uint8)
    mask[1:6, 1:6], mask[1:6, 8:12], mask[7:10, 14:19] = 1, 1, 2
    Image.fromarray(mask).save(tmp_path / "a.png")
    assert len(read_annotations(tmp_path).images[0].lesions) == 2
    named = read_annotations(tmp_path, classes=["polyp", "ulcer"]).images[0].lesions
    assert [lesion.label for lesion in named] == ["polyp", "polyp", "ulcer"]
    with pytest.raises(AnnotationError, match="the value 2, and only 1 classes"):
        read_annotations(tmp_path, classes=["polyp"])


def test_masks_of_another_size_or_without_image_are_named(tmp_path: Path) -> None:
    _picture(tmp_path / "img" / "a.jpg", 30, 10)
    (tmp_path / "masks").mkdir()
    for name in ("a.png", "b.png"):
        Image.fromarray(np.ones((10, 20), np.uint8)).save(tmp_path / "masks" / name)
    with pytest.raises(AnnotationError) as caught:
        read_annotations(tmp_path / "masks", images=tmp_path / "img")
    assert "the mask has 20 x 10 pixels, its image 30 x 10" in str(caught.value)
    assert "no image, or several, of this name" in str(caught.value)


def test_the_masks_of_real_polyps_go_through_every_format_of_outlines(shared: Path, tmp_path: Path) -> None:
    root = shared / "data" / "hyperkvasir"
    (tmp_path / "masks").mkdir()
    for path in sorted((root / "masks").iterdir())[::80]:
        (tmp_path / "masks" / path.name).symlink_to(path.resolve())
    before = read_annotations(tmp_path / "masks", images=root / "images", classes=["polyp"])
    assert len(before.images) == 7
    assert all(image.image.startswith("polyp/") for image in before.images)
    for name in ("coco", "cvat", "labelme", "label-studio", "yolo", "voc", "masks"):
        written = write_annotations(before, tmp_path / "out" / name, name)
        assert read_annotations(tmp_path / "out" / name, kind=name).counts() == before.counts()
        assert written.difference.to_the_pixel == 0


# DICOM SEG


def test_a_lesion_on_several_slices_of_a_series_is_one_segment(shared: Path, tmp_path: Path) -> None:
    pydicom = pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")
    root = shared / "data" / "dicom" / "t1_head"
    names = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.dcm"))[100:103]
    header = pydicom.dcmread(root / names[0], stop_before_pixels=True)
    mask = np.zeros((header.Rows, header.Columns), dtype=bool)
    mask[20:40, 30:50] = True
    images = tuple(
        AnnotatedImage(name, header.Columns, header.Rows, lesions=(Lesion("tumour", trace(mask), id="L1"),))
        for name in names
    )
    write_annotations(Annotations(images), tmp_path / "seg", "dicom-seg", images=root)
    (file,) = (tmp_path / "seg").rglob("*.dcm")
    written = pydicom.dcmread(file)
    assert (len(written.SegmentSequence), written.NumberOfFrames) == (1, 3)
    assert written.StudyInstanceUID == header.StudyInstanceUID
    unnamed = read_annotations(tmp_path / "seg")
    assert sorted(image.image for image in unnamed.images) == sorted(
        f"{pydicom.dcmread(root / name, stop_before_pixels=True).SOPInstanceUID}.dcm" for name in names
    )


def test_a_segmentation_is_what_highdicom_reads(shared: Path, tmp_path: Path) -> None:
    highdicom = pytest.importorskip("highdicom", reason="DICOM needs the extra 'dicom'")
    pydicom = pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")
    root = shared / "data" / "dicom" / "t1_head"
    name = min(path.relative_to(root).as_posix() for path in root.rglob("*.dcm"))
    header = pydicom.dcmread(root / name, stop_before_pixels=True)
    mask = np.zeros((header.Rows, header.Columns), dtype=bool)
    mask[5:9, 7:20] = True
    images = (AnnotatedImage(name, header.Columns, header.Rows, lesions=(Lesion("结节", trace(mask)),)),)
    write_annotations(Annotations(images), tmp_path / "seg", "dicom-seg", images=root)
    theirs = highdicom.seg.segread(next((tmp_path / "seg").rglob("*.dcm")))
    pixels = theirs.get_pixels_by_source_instance([header.SOPInstanceUID], ignore_spatial_locations=True)
    assert np.array_equal(pixels[0, ..., 0], mask)
    assert theirs.get_segment_description(1).segment_label == "结节"


def test_images_that_lack_what_dicom_wants_are_segmented_all_the_same(shared: Path, tmp_path: Path) -> None:
    pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")
    root = shared / "data" / "dicom" / "synthetic_series"  # without sex, study time and slice thickness
    images = (AnnotatedImage("slice7.dcm", 128, 128, lesions=(Lesion("a", trace(np.eye(128))),)),)
    write_annotations(Annotations(images), tmp_path / "seg", "dicom-seg", images=root)
    assert read_annotations(tmp_path / "seg", images=root).images[0].image == "slice7.dcm"


def test_dicom_segmentations_of_pictures_say_what_to_choose(tmp_path: Path) -> None:
    _picture(tmp_path / "img" / "a.png")
    lesion = Lesion("p", trace(np.ones((4, 4))))
    annotations = Annotations((AnnotatedImage("a.png", 20, 10, lesions=(lesion,)),))
    with pytest.raises(AnnotationError, match="refers to DICOM images, this is none") as caught:
        write_annotations(annotations, tmp_path / "seg", "dicom-seg", images=tmp_path / "img")
    assert "coco" in caught.value.fix
    with pytest.raises(AnnotationError, match="--images"):
        write_annotations(annotations, tmp_path / "seg", "dicom-seg")


@pytest.mark.parametrize("kind", ["FRACTIONAL", "LABELMAP"])
def test_segmentations_of_shares_and_of_labels_are_read(kind: str, pictures: Path, tmp_path: Path) -> None:
    highdicom = pytest.importorskip("highdicom", reason="DICOM needs the extra 'dicom'")
    import pydicom
    from pydicom.sr.codedict import codes

    image = pydicom.dcmread(pictures / "three.dcm")
    pixels = np.zeros((1, 40, 60), np.float32 if kind == "FRACTIONAL" else np.uint8)
    pixels[0, 5:9, 7:20], pixels[0, 9, 7:20] = 1, 0.4
    about = highdicom.seg.SegmentDescription(
        1, "nodule", codes.SCT.MorphologicallyAbnormalStructure, codes.SCT.Lesion, "MANUAL"
    )
    about.SegmentDescription = "left of the vessel"
    uid = highdicom.UID
    highdicom.seg.Segmentation(
        [image], pixels, kind, [about], uid(), 1, uid(), 1, "maker", "model", "1", "0", content_creator_name="Doe^J"
    ).save_as(tmp_path / "seg.dcm")
    found = read_annotations(tmp_path / "seg.dcm", images=pictures)
    (lesion,) = found.images[0].lesions
    assert (found.images[0].image, found.images[0].annotator, lesion.label) == ("three.dcm", "Doe^J", "nodule")
    assert lesion.facts == {"description": "left of the vessel"}
    assert np.array_equal(lesion_mask(lesion, 40, 60), pixels[0] >= 0.5)
    assert bool(found.notes) is (kind == "FRACTIONAL")


def test_without_the_dicom_libraries_the_message_says_what_to_install(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "highdicom", None)
    with pytest.raises(AnnotationError, match="not installed") as caught:
        read_annotations(pictures, kind="dicom-seg")
    assert "readingroom[dicom]" in caught.value.fix
