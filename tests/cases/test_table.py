from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

from readingroom.cases.folders import natural_key
from readingroom.cases.table import LOOSE_IMAGE, OTHER_CLASS, CaseTable, join_cases, load_cases
from readingroom.core.errors import CaseTableError
from readingroom.core.tables import CASE_COLUMNS


def write_images(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"only its name is looked at")


def write_cases(root: Path, rows: dict[str, list[object]], *, files: bool = True) -> Path:
    if files:
        write_images(root, *{str(name) for name in rows.get("image", []) if name})
    pd.DataFrame(rows).to_csv(root / "cases.csv", index=False)
    return root / "cases.csv"


def problems_of(path: Path, **options: object) -> list[str]:
    with pytest.raises(CaseTableError) as caught:
        load_cases(path, **options)  # type: ignore[arg-type]
    return [str(problem) for problem in caught.value.problems]


def only_problem(path: Path, **options: object) -> str:
    problems = problems_of(path, **options)
    assert len(problems) == 1, problems
    return problems[0]


def test_class_folders_become_a_table_in_natural_order(tmp_path: Path) -> None:
    write_images(tmp_path, "Rf10/a.jfif", "Rf2/image10.PNG", "Rf2/image2.png", "Rf2/deeper/b.tif")
    cases = load_cases(tmp_path)
    assert cases.classes == ("Rf2", "Rf10")
    assert list(cases.frame["image"]) == ["Rf2/deeper/b.tif", "Rf2/image2.png", "Rf2/image10.PNG", "Rf10/a.jfif"]
    assert list(cases.frame["label"]) == ["Rf2", "Rf2", "Rf2", "Rf10"]
    assert cases.path("Rf10/a.jfif") == tmp_path / "Rf10/a.jfif"


def test_folders_below_a_class_are_kept_as_a_fact(tmp_path: Path) -> None:
    write_images(tmp_path, "polyp/patient 1/a.jpg", "polyp/b.jpg", "normal/c.jpg")
    folder = load_cases(tmp_path).frame.set_index("image")["folder"]
    assert folder["polyp/patient 1/a.jpg"] == "patient 1"
    assert folder.isna().sum() == 2


def test_hidden_files_are_skipped_and_other_files_are_noted(tmp_path: Path) -> None:
    write_images(
        tmp_path, "a/1.jpg", "a/.2.jpg", "a/.hidden/3.jpg", "b/4.jpg", "b/notes.txt", "b/Thumbs.db", ".c/5.jpg"
    )
    cases = load_cases(tmp_path)
    assert list(cases.frame["image"]) == ["a/1.jpg", "b/4.jpg"]
    assert [str(note) for note in cases.notes] == [
        "Files that are not images by their name were left aside: 2, by ending .db (1), .txt (1)."
    ]


def test_an_image_beside_the_class_folders_is_counted_as_left_out(tmp_path: Path) -> None:
    write_images(tmp_path, "a/1.jpg", "b/2.jpg", "preview.jpg")
    assert load_cases(tmp_path).excluded == ((LOOSE_IMAGE, 1),)


def test_columns_without_any_cell_are_text_too(tmp_path: Path) -> None:
    empty = {name: ["", ""] for name in CASE_COLUMNS if name not in {"image", "label"}}
    cases = load_cases(write_cases(tmp_path, {"image": ["1.jpg", "2.jpg"], "label": ["a", "b"], **empty}))
    assert not cases.has_patients
    assert {str(cases.frame[name].dtype) for name in empty if name != "patient"} == {"str"}


def test_file_names_that_are_not_utf_8_are_refused_with_their_bytes(tmp_path: Path) -> None:
    write_images(tmp_path, "a/1.jpg", "b/2.jpg")
    try:
        Path(os.fsdecode(os.fsencode(tmp_path / "b") + b"/\xc4\xe3.jpg")).touch()
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    with pytest.raises(CaseTableError, match=r"not UTF-8: 1\..*\n.*b/\\xc4\\xe3\.jpg"):
        load_cases(tmp_path)


def test_an_empty_class_folder_is_noted(tmp_path: Path) -> None:
    write_images(tmp_path, "a/1.jpg", "b/2.jpg", "c/notes.txt")
    cases = load_cases(tmp_path)
    assert cases.classes == ("a", "b")
    assert "empty-class-folder" in [note.code for note in cases.notes]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "no images in the class folders"),
        (("1.jpg",), "no class folders with images"),
        (("cases.csv", "images/1.jpg"), "holds a case table, cases.csv"),
    ],
)
def test_a_folder_without_class_folders_says_what_it_holds(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    write_images(tmp_path, *names)
    with pytest.raises(CaseTableError, match=message):
        load_cases(tmp_path)


def test_natural_order_takes_any_digits() -> None:
    assert sorted(["a10", "a9", "²", "a", "10", "9"], key=natural_key) == ["9", "10", "a", "a9", "a10", "²"]


def test_labels_with_spaces_and_chinese_characters_work(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["图 1.jpg", "图 2.jpg"], "诊断": ["早期 胃癌", "正常"]})
    cases = load_cases(path, label="诊断", classes=["正常", "早期 胃癌"])
    assert cases.classes == ("正常", "早期 胃癌")
    assert list(cases.frame["label"]) == ["早期 胃癌", "正常"]


def test_the_study_names_the_label_column_and_another_label_moves_aside(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg"], "label": ["x", "x"], "rf": ["Rf0", "Rf1"]})
    frame = load_cases(path, label="rf").frame
    assert list(frame["label"]) == ["Rf0", "Rf1"]
    assert list(frame["other_label"]) == ["x", "x"]


def test_rows_of_other_classes_are_left_out_and_counted(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg", "3.jpg", "4.jpg"], "label": ["b", "c", "a", "c"]})
    cases = load_cases(path, classes=["b", "a"])
    assert list(cases.frame["image"]) == ["1.jpg", "3.jpg"]
    assert cases.excluded == ((OTHER_CLASS, 2),)
    assert "c (2)" in str(cases.notes[0])


def test_rows_with_a_reason_are_left_out_before_anything_of_them_is_checked(tmp_path: Path) -> None:
    rows = {
        "image": ["1.jpg", "2.jpg", "3.jpg", "", ""],
        "label": ["a", "b", "a", "", ""],
        "patient": ["p", "q", "p", "r", "s"],
        "excluded": ["", "", "pregnancy", "surgery", "surgery"],
    }
    cases = load_cases(write_cases(tmp_path, rows))
    assert len(cases) == 2
    assert dict(cases.excluded) == {"surgery": 2, "pregnancy": 1}
    assert dict(cases.excluded_patients) == {"surgery": 2}


def test_a_no_in_the_column_of_exclusions_is_refused(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg"], "label": ["a", "b"], "excluded": ["0", "1"]})
    assert "Leave the cell empty where a row stays" in only_problem(path)


def test_a_missing_image_column_suggests_the_nearest(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"Images": ["1.jpg"], "label": ["a"]})
    assert only_problem(path) == "cases.csv, row 1: no column 'image'. Rename the column 'Images'"


def test_missing_columns_are_reported_together(tmp_path: Path) -> None:
    assert len(problems_of(write_cases(tmp_path, {"文件": ["1.jpg"], "grade": ["a"]}), label="rf", split="part")) == 3


def test_an_empty_image_and_a_missing_file_are_named_by_row_and_column(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "", "3.jpg"], "label": ["a", "b", "b"]})
    (tmp_path / "3.jpg").unlink()
    problems = problems_of(path)
    assert problems[0].startswith("cases.csv, row 3, column image: no image")
    assert problems[1].startswith("cases.csv, row 4, column image: no such file '3.jpg'")


def test_only_twenty_missing_files_are_listed_and_the_rest_counted(tmp_path: Path) -> None:
    rows = {"image": [f"{number}.jpg" for number in range(50)], "label": ["a", "b"] * 25}
    problems = problems_of(write_cases(tmp_path, rows, files=False))
    assert len(problems) == 21
    assert problems[-1] == "cases.csv, column image: the same in 30 more rows"


@pytest.mark.parametrize("name", ["x" * 5000 + ".jpg", "nul\0.jpg", ".", "a\\b.jpg"])
def test_hostile_paths_are_missing_files(tmp_path: Path, name: str) -> None:
    write_images(tmp_path, "1.jpg", "2.jpg")
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg", name], "label": ["a", "b", "b"]}, files=False)
    assert "row 4, column image: no such file" in only_problem(path)


def test_a_path_may_leave_the_root_when_the_file_exists(tmp_path: Path) -> None:
    (tmp_path / "table").mkdir()
    write_images(tmp_path, "elsewhere/1.jpg", "table/2.jpg")
    path = write_cases(tmp_path / "table", {"image": ["../elsewhere/1.jpg", "2.jpg"], "label": ["a", "b"]}, files=False)
    cases = load_cases(path)
    assert cases.path(cases.frame["image"][0]).is_file()


def test_the_root_may_be_another_folder(tmp_path: Path) -> None:
    write_images(tmp_path, "store/1.jpg", "store/2.jpg")
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg"], "label": ["a", "b"]}, files=False)
    assert load_cases(path, root=tmp_path / "store").root == tmp_path / "store"


def test_a_missing_outline_is_a_missing_file(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg"], "label": ["a", "b"], "outline": ["", "masks/2.png"]})
    assert "row 3, column outline: no such file 'masks/2.png'" in only_problem(path)


def test_an_image_listed_twice_is_refused_and_differing_labels_are_said(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "./1.jpg", "2.jpg", "2.jpg"], "label": ["a", "a", "a", "b"]})
    problems = problems_of(path)
    assert "row 3, column image: the image './1.jpg' is in row 2 already. Keep" in problems[0]
    assert "row 5" in problems[1]
    assert "their labels differ ('b' here, 'a' there)" in problems[1]


def test_a_missing_label_is_refused_unless_the_cases_are_only_read(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg", "3.jpg"], "label": ["a", "b", ""]})
    assert "row 4, column label: no label" in only_problem(path)
    assert len(load_cases(path, labelled=False)) == 3


def test_images_that_are_only_read_need_no_label_column(tmp_path: Path) -> None:
    cases = load_cases(write_cases(tmp_path, {"image": ["1.jpg"]}), labelled=False)
    assert cases.frame["label"].isna().all()
    assert cases.classes == ()


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text("image,label\n")
    with pytest.raises(CaseTableError, match="no rows"):
        load_cases(tmp_path / "cases.csv")


def test_rows_without_a_cell_are_passed_over_and_noted(tmp_path: Path) -> None:
    write_images(tmp_path, "1.jpg", "2.jpg")
    (tmp_path / "cases.csv").write_text("image,label\n1.jpg,a\n,\n2.jpg,b\n,\n")
    cases = load_cases(tmp_path / "cases.csv")
    assert len(cases) == 2
    assert [note.as_dict()["values"]["n"] for note in cases.notes] == [2]


def test_one_class_only_is_refused_but_may_be_external(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg"], "label": ["a", "a"]})
    assert "all images are of one class, 'a'" in only_problem(path)
    assert load_cases(path, classes=["a", "b"], complete=False).classes == ("a", "b")


def test_a_class_without_rows_suggests_the_nearest_label(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg", "3.jpg"], "label": ["polyp", "caecum", "stool"]})
    assert "no row has the class 'polyps'. Did you mean 'polyp'?" in problems_of(path, classes=["polyps", "caecum"])[0]


def test_when_every_row_is_left_out_the_labels_are_said(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg"], "label": ["1", "2"]})
    problems = problems_of(path, classes=["benign", "malignant"])
    assert "every row is left out" in problems[0]
    assert "The labels are: '1', '2'" in problems[1]


def test_two_spellings_of_a_class_are_refused_unless_both_are_named(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg", "3.jpg"], "label": ["Polyp", "polyp", "normal"]})
    assert "one class in several spellings: 'Polyp', 'polyp'" in only_problem(path)
    assert load_cases(path, classes=["polyp", "Polyp"]).excluded == ((OTHER_CLASS, 1),)


def test_a_class_named_twice_is_refused(tmp_path: Path) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg"], "label": ["a", "b"]})
    with pytest.raises(CaseTableError, match="'a' is named twice"):
        load_cases(path, classes=["a", "b", "a"])


def test_a_patient_missing_in_some_rows_is_refused_and_in_all_rows_unknown(tmp_path: Path) -> None:
    rows = {"image": ["1.jpg", "2.jpg"], "label": ["a", "b"], "patient": ["p", ""]}
    assert "row 3, column patient" in only_problem(write_cases(tmp_path, rows))
    assert not load_cases(write_cases(tmp_path, rows | {"patient": ["", ""]})).has_patients


def test_split_values_and_patients_are_checked_where_a_split_column_is_used(tmp_path: Path) -> None:
    rows = {"image": ["1.jpg", "2.jpg"], "label": ["a", "b"], "patient": ["p", "p"], "split": ["train", "test"]}
    path = write_cases(tmp_path, rows)
    assert len(load_cases(path)) == 2
    unknown, divided = problems_of(path, split="split")
    assert "'train' is not a part of the partition. Write 'training'" in unknown
    assert "one patient is in several parts: 'p' with 'train', 'test'" in divided


@pytest.mark.parametrize("boxes", ["1 2 3", "5 5 1 1", "a b c d", "1 2 3 4 5", "1 2 3 4;;5 6 7 8 9"])
def test_boxes_that_cannot_be_read_are_refused(tmp_path: Path, boxes: str) -> None:
    path = write_cases(
        tmp_path, {"image": ["1.jpg", "2.jpg"], "label": ["a", "b"], "boxes": ["1 2 3 4; 5,6,7.5,8", boxes]}
    )
    assert "row 3, column boxes" in only_problem(path)


@pytest.mark.parametrize("date", ["31/03/2021", "2021-02-30", "spring"])
def test_dates_that_are_not_iso_are_refused(tmp_path: Path, date: str) -> None:
    path = write_cases(tmp_path, {"image": ["1.jpg", "2.jpg"], "label": ["a", "b"], "date": ["2021-03-31", date]})
    assert f"row 3, column date: '{date}' is not a date" in only_problem(path)


def test_a_lesion_of_two_patients_is_refused(tmp_path: Path) -> None:
    rows = {"image": ["1.jpg", "2.jpg"], "label": ["a", "b"], "patient": ["p", "q"], "lesion": ["1", "1"]}
    assert "one lesion belongs to several patients: '1' with 'p', 'q'" in only_problem(write_cases(tmp_path, rows))


def test_parquet_gives_the_same_table_as_csv(tmp_path: Path) -> None:
    rows = {
        "image": ["1.jpg", "2.jpg"],
        "label": [0, 1],
        "patient": [7.0, 8.0],
        "date": pd.to_datetime(["2021-03-31"] * 2),
    }
    write_cases(tmp_path, rows | {"patient": ["7", "8"]})
    pd.DataFrame(rows).to_parquet(tmp_path / "cases.parquet")
    csv, parquet = load_cases(tmp_path / "cases.csv"), load_cases(tmp_path / "cases.parquet")
    pd.testing.assert_frame_equal(csv.frame, parquet.frame)
    assert parquet.classes == ("0", "1")


def test_cells_are_stripped(tmp_path: Path) -> None:
    write_images(tmp_path, "1.jpg", "2.jpg")
    (tmp_path / "cases.csv").write_text("image, label\n 1.jpg, a　\n2.jpg,b \n", encoding="utf-8")
    assert load_cases(tmp_path / "cases.csv").classes == ("a", "b")


def test_many_problems_are_reported_at_once(tmp_path: Path) -> None:
    rows = {
        "image": ["1.jpg", "1.jpg", "none.jpg"],
        "label": ["a", "a", ""],
        "date": ["today"] * 3,
        "boxes": ["x", "", ""],
    }
    path = write_cases(tmp_path, rows)
    (tmp_path / "none.jpg").unlink()
    columns = [problem.split("column ")[1].split(":")[0] for problem in problems_of(path)]
    assert columns == ["image", "image", "label", "date", "date", "date", "boxes", "label"]


def test_an_external_table_joins_with_names_relative_to_the_first(tmp_path: Path) -> None:
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        write_cases(tmp_path / folder, {"image": ["1.jpg", "2.jpg"], "label": ["a", "b"]})
    here, there = load_cases(tmp_path / "here/cases.csv"), load_cases(tmp_path / "there/cases.csv")
    joined = join_cases(here, there)
    assert list(joined.frame["image"]) == ["1.jpg", "2.jpg", "../there/1.jpg", "../there/2.jpg"]
    assert all(joined.path(image).is_file() for image in joined.frame["image"])


def test_a_file_in_both_tables_is_refused(tmp_path: Path) -> None:
    cases = load_cases(write_cases(tmp_path, {"image": ["1.jpg", "2.jpg"], "label": ["a", "b"]}))
    with pytest.raises(CaseTableError, match="2 images are in"):
        join_cases(cases, cases)


def test_the_real_images_load() -> None:
    path = Path(__file__).resolve().parents[2].parent / "shared/data/hyperkvasir/cases.csv"
    if not path.is_file():
        pytest.skip("the real images are not here: ../shared/data/hyperkvasir")
    cases: CaseTable = load_cases(path, classes=["normal-cecum", "polyp"])
    assert len(cases) == 780
    assert cases.excluded == ((OTHER_CLASS, 425),)
