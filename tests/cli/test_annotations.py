import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from readingroom.annotation import AnnotatedImage, Annotations, Lesion, Polygon, read_annotations, write_annotations
from readingroom.cases.phantoms import draw_site_phantoms
from readingroom.cli import app
from readingroom.core.errors import AnnotationError

COMMANDS = ("info", "check", "convert", "agreement", "consensus")
runner = CliRunner()


def _run(*arguments: object) -> str:
    done = runner.invoke(app, ["annotations", *map(str, arguments)], env={"COLUMNS": "300"})
    if isinstance(done.exception, AnnotationError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def _lesion(x: float, label: str = "polyp", **changes: object) -> Lesion:
    return Lesion(label, (Polygon(((x, 5.0), (x + 20, 5.0), (x + 20, 25.0), (x, 25.0))),), **changes)


def _file(path: Path, *images: AnnotatedImage) -> Path:
    return write_annotations(Annotations(images), path, "coco").path


def _images(*lesions: Lesion) -> list[AnnotatedImage]:
    return [AnnotatedImage(f"{n}.png", 60, 40, lesions=(lesion,)) for n, lesion in enumerate(lesions)]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    output = runner.invoke(app, ["annotations", command, "--help"]).output
    assert f"readingroom annotations {command}" in output
    assert "Example" in output


def test_info_says_what_there_is(tmp_path: Path) -> None:
    output = _run("info", _file(tmp_path / "a.json", *_images(_lesion(1), _lesion(2, "ulcer"))))
    for word in ("COCO", "polyp", "ulcer", "outlines"):
        assert word in output


def test_convert_goes_from_tool_to_tool_and_stops_at_a_loss(tmp_path: Path) -> None:
    path = _file(tmp_path / "a.json", *_images(_lesion(1, facts={"size_mm": 7})))
    assert "Written" in _run("convert", path, tmp_path / "a.xml", "--to", "cvat")
    (image,) = read_annotations(tmp_path / "a.xml").images
    assert image.lesions[0].facts == {"size_mm": 7}
    with pytest.raises(AnnotationError, match="facts"):
        _run("convert", path, tmp_path / "yolo", "--to", "yolo")
    assert not (tmp_path / "yolo").exists()
    assert "Lost: 1" in _run("convert", path, tmp_path / "yolo", "--to", "yolo", "--allow-loss")


def test_convert_takes_one_annotator_and_renames_classes(tmp_path: Path) -> None:
    both = [AnnotatedImage("0.png", 60, 40, who, lesions=(_lesion(x),)) for who, x in (("A", 1), ("B", 9))]
    path = _file(tmp_path / "a.json", *both)
    _run("convert", path, tmp_path / "b.xml", "--to", "cvat", "--annotator", "B", "--rename", "polyp=adenoma")
    (image,) = read_annotations(tmp_path / "b.xml").images
    assert (image.annotator, image.lesions[0].label, image.lesions[0].box[0]) == ("B", "adenoma", 9)
    with pytest.raises(AnnotationError, match="There are: A, B"):
        _run("convert", path, tmp_path / "c.xml", "--to", "cvat", "--annotator", "C")


def test_convert_leaves_out_specks_only_where_asked_to_and_lists_them(tmp_path: Path) -> None:
    dot = Polygon(((50.0, 30.0), (52.0, 30.0), (52.0, 31.0), (50.0, 31.0)))
    lesion = _lesion(1)
    both = Lesion("polyp", (*(lesion.polygons or ()), dot))
    path = _file(tmp_path / "a.json", AnnotatedImage("0.png", 60, 40, lesions=(both, Lesion("polyp", (dot,)))))
    _run("convert", path, tmp_path / "b.json", "--to", "coco")
    assert [len(one.polygons or ()) for one in read_annotations(tmp_path / "b.json").images[0].lesions] == [2, 1]
    output = _run("convert", path, tmp_path / "c.json", "--to", "coco", "--smallest-px", 20)
    assert "Specks left out: 2" in output
    assert "lesion 1 (polyp): a part of 2 px" in output
    assert [len(one.polygons or ()) for one in read_annotations(tmp_path / "c.json").images[0].lesions] == [1]


def test_check_names_what_must_be_excluded_and_exits_with_1(tmp_path: Path) -> None:
    bow = Lesion("polyp", (Polygon(((1.0, 1.0), (30.0, 30.0), (30.0, 1.0), (1.0, 30.0))),))
    path = _file(tmp_path / "a.json", *_images(_lesion(1), bow))
    done = runner.invoke(app, ["annotations", "check", str(path), "--out", str(tmp_path / "out.csv")])
    assert done.exit_code == 1
    assert pd.read_csv(tmp_path / "out.csv")["reason"].tolist() == ["crossing"]
    assert "kept" in _run("check", _file(tmp_path / "b.json", *_images(_lesion(1))))


def test_agreement_prints_and_writes_its_table(tmp_path: Path) -> None:
    files = [_file(tmp_path / f"{who}.json", *_images(_lesion(x), _lesion(x + 1), _lesion(x, "ulcer")))
             for who, x in (("anna", 1), ("bo", 2), ("chen", 4))]  # fmt: skip
    output = _run("agreement", *files, "--out", tmp_path / "agreement.csv")
    assert "3 images were annotated by all of anna, bo, chen" in output
    table = pd.read_csv(tmp_path / "agreement.csv")
    assert {"Fleiss kappa", "Cohen kappa", "dice"} <= set(table["measure"])
    assert "anna / bo / chen" in set(table["annotators"])


def test_consensus_is_finished_with_the_experts_decisions(tmp_path: Path) -> None:
    files = [_file(tmp_path / f"{who}.json", *_images(_lesion(1), _lesion(2, label)))
             for who, label in (("anna", "polyp"), ("bo", "polyp"), ("chen", "ulcer"))]  # fmt: skip
    settle, out = tmp_path / "settle.csv", tmp_path / "agreed.json"
    output = _run("consensus", *files, "--rule", "unanimous", "--out", out, "--settle", settle)
    assert "In dispute: 1" in output
    assert [image.image for image in read_annotations(out).images] == ["0.png"]
    table = pd.read_csv(settle)
    table["decision"] = "chen"
    table.to_csv(settle, index=False)
    _run("consensus", *files, "--rule", "unanimous", "--out", out, "--decisions", settle,
         "--excluded", tmp_path / "excluded.csv")  # fmt: skip
    assert [image.lesions[0].label for image in read_annotations(out).images] == ["polyp", "ulcer"]


def test_files_of_one_name_are_told_apart_by_names_that_are_given(tmp_path: Path) -> None:
    paths = []
    for who in ("a", "b"):
        (tmp_path / who).mkdir()
        paths.append(_file(tmp_path / who / "annotations.json", *_images(_lesion(1))))
    with pytest.raises(AnnotationError, match="NAME=ANNOTATIONS"):
        _run("agreement", *paths)
    assert "all of Anna, Bo" in _run("agreement", f"Anna={paths[0]}", f"Bo={paths[1]}")


def test_a_truncated_file_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"images": [], "categories": []})[:-5])
    with pytest.raises(AnnotationError, match="not complete JSON"):
        _run("info", tmp_path / "a.json")


def test_consensus_writes_the_case_table_that_the_annotators_agree_on(tmp_path: Path) -> None:
    folder, table = tmp_path / "sites", tmp_path / "cases.csv"
    draw_site_phantoms(folder, patients=1, images_per_site=(1, 1), size=(32, 40), disagreement=0.4)
    words = ["consensus", folder / "annotations.json", "--rule", "unanimous", "--need", "label", "--images", folder]
    words += ["--out", tmp_path / "agreed.json", "--cases", folder / "cases.csv"]
    with pytest.raises(AnnotationError, match="go together"):
        _run(*words)
    _run(*words, "--cases-out", table)
    frame = pd.read_csv(table, keep_default_na=False)
    assert set(frame["excluded"]) == {"", "the annotators do not agree"}
    assert (frame.loc[frame["excluded"] == "", "label"] != "").all()
    assert (frame.loc[frame["excluded"] != "", "label"] == "").all()
