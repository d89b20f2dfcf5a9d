"""Collecting: folders of DICOM files into a case table that a study takes, with labels and without names."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from readingroom.cases.catalogue import catalogue_images
from readingroom.cases.dicom.collect import SERIES_COLUMNS, collect_series, describe_slices
from readingroom.cases.dicom.patients import take_patients
from readingroom.cases.dicom.pseudonyms import load_pseudonyms
from readingroom.cases.table import load_cases
from readingroom.core.errors import CaseTableError, ImageError, OutputError
from readingroom.core.tables import read_table

pydicom = pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")


@pytest.fixture
def archive(tmp_path: Path, write_dicom: Any) -> Path:
    """Two patients with Chinese names, and much that is no slice."""
    folder = tmp_path / "PACS 导出"
    for number, (patient, name) in enumerate([("0012345", "张^三"), ("0067890", "李^四")]):
        facts = {"PatientID": patient, "PatientName": name, "PatientBirthDate": "19800101"}
        facts["SpecificCharacterSet"] = "GB18030"
        for at in range(4):
            pixels = np.full((8, 8), 100 * number + at, np.uint16)
            write_dicom(folder / f"d{number}" / f"IM{9 - at}", pixels, z=6.0 * at, number=at + 1, **facts)
        write_dicom(folder / f"d{number}" / "loc", z=3.0, SeriesInstanceUID=f"1.2.{number}", SeriesNumber=1,
                    ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"], **facts)  # fmt: skip
    (folder / "README.txt").write_text("no image")
    (folder / "torn").write_bytes((folder / "d0" / "IM9").read_bytes()[:300])
    shutil.copy(folder / "d0" / "IM9", folder / "copy.dcm")
    write_dicom(folder / "report", PixelData=None, Rows=None, Columns=None, SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11")
    return folder


def labels(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_folder_becomes_a_case_table_that_a_study_takes(archive: Path, tmp_path: Path) -> None:
    found = collect_series(archive, tmp_path / "t" / "cases.csv")
    written = read_table(tmp_path / "t" / "cases.csv")
    assert list(written) == ["image", "patient", "exam", "series", "slice", "position_mm"]
    assert written["slice"].tolist() == ["1", "2", "3", "4"] * 2
    assert written["series"].unique().tolist() == ["0012345-E1-S301", "0067890-E1-S301"]
    cases = load_cases(tmp_path / "t" / "cases.csv", labelled=False)
    assert all(cases.path(image).is_file() for image in cases.frame["image"])
    assert len(found.cases) == 8


def test_everything_left_out_is_counted_and_listed(archive: Path, tmp_path: Path) -> None:
    found = collect_series(archive, tmp_path / "cases.csv")
    reasons = found.left_out["reason"].str.partition(" (")[0].value_counts().to_dict()
    assert reasons == {
        "localiser": 2,
        "same image as another file": 1,
        "not an image": 1,
        "cut short, or without a picture": 1,
    }
    assert found.series["left_out"].sum() == len(found.left_out)
    assert list(read_table(tmp_path / "series.csv")) == list(SERIES_COLUMNS)
    assert read_table(tmp_path / "left-out.csv")["file"].tolist() == found.left_out["file"].tolist()
    assert any("not DICOM" in str(note) and "1" in str(note) for note in found.notes)


def test_how_a_series_was_taken_is_in_its_row(tmp_path: Path, write_dicom: Any) -> None:
    facts = {"RepetitionTime": 4.4, "EchoTime": 1.54, "FlipAngle": 10, "MagneticFieldStrength": 3}
    for at, z in enumerate((0.0, 6.0, 12.0, 24.0)):
        write_dicom(tmp_path / "d" / str(at), z=z, **facts)
    row = collect_series(tmp_path / "d", tmp_path / "cases.csv").series.iloc[0]
    assert row[["spacing_mm", "thickness_mm", "gap_mm", "tr_ms", "te_ms", "flip_deg", "field_t"]].tolist() == [
        6.0, 4.0, 2.0, 4.4, 1.54, 10.0, 3.0,
    ]  # fmt: skip
    assert (row["gaps"], row["gaps_mm"], row["orientation"]) == (1, "12 to 24", "axial")


def test_names_and_birth_dates_are_in_no_table_note_or_log(
    archive: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    found = collect_series(archive, tmp_path / "cases.csv", pseudonyms=load_pseudonyms(tmp_path / "key"))
    said = caplog.text + "".join(capfd.readouterr()) + "".join(map(str, found.notes))
    said += "".join(path.read_text(encoding="utf-8-sig") for path in tmp_path.glob("*.csv"))
    for secret in ("张", "三", "李", "四", "19800101", "0012345"):
        assert secret not in said
    assert found.cases["patient"].nunique() == 2


def test_a_key_is_made_once_for_its_owner_only_and_gives_the_same_pseudonyms(archive: Path, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "fistula.key"
    first = load_pseudonyms(key)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert load_pseudonyms(key) == first
    assert first.of("0012345") != load_pseudonyms(tmp_path / "other").of("0012345")
    (tmp_path / "wrong").write_text("0012345,P1")
    with pytest.raises(OutputError, match="not a key file"):
        load_pseudonyms(tmp_path / "wrong")


def test_ids_in_the_tables_or_in_their_paths_are_pointed_out(archive: Path, tmp_path: Path) -> None:
    plain = collect_series(archive, tmp_path / "cases.csv")
    assert any("--pseudonyms" in str(note) for note in plain.notes)
    (archive / "d0").rename(archive / "0012345")
    hidden = collect_series(archive, tmp_path / "cases.csv", pseudonyms=load_pseudonyms(tmp_path / "key"))
    assert any("paths of 3 images" in str(note) or "paths of 4 images" in str(note) for note in hidden.notes)


def test_labels_come_by_patient_and_range_and_the_rest_is_excluded(archive: Path, tmp_path: Path) -> None:
    source = labels(tmp_path, "patient,first_slice,last_slice,label,site\n0012345,2,3,fistula,6\n0067890,,,normal,\n")
    found = collect_series(archive, tmp_path / "cases.csv", labels=source)
    assert found.cases["label"].fillna("-").tolist() == ["-", "fistula", "fistula", "-", *["normal"] * 4]
    assert found.cases["site"].fillna("-").tolist()[:3] == ["-", "6", "6"]
    assert any("without a label: 2" in str(note) for note in found.notes)
    cases = load_cases(tmp_path / "cases.csv", classes=["normal", "fistula"])
    assert len(cases) == 6
    assert cases.excluded == (("no label", 2),)


def test_labels_come_by_series_number_and_name(archive: Path, tmp_path: Path) -> None:
    source = labels(tmp_path, "patient,series,label\n0012345,301,a\n0067890,0067890-E1-S301,b\n0012345,302,c\n")
    found = collect_series(archive, tmp_path / "cases.csv", labels=source)
    assert found.cases["label"].tolist() == ["a"] * 4 + ["b"] * 4
    assert any("name no slice" in str(note) and "rows 4" in str(note) for note in found.notes)


def test_labels_come_by_file_and_by_identifier(archive: Path, tmp_path: Path) -> None:
    names = collect_series(archive, tmp_path / "t" / "cases.csv").cases["image"].tolist()
    relative = [Path("t", name).as_posix() for name in names[4:]]
    text = "image,label\n" + "".join(f"{name},x\n" for name in names[:4]) + "".join(f"{name},y\n" for name in relative)
    by_file = collect_series(archive, tmp_path / "t" / "cases.csv", labels=labels(tmp_path, text))
    assert by_file.cases["label"].tolist() == ["x"] * 4 + ["y"] * 4
    uids = [pydicom.dcmread(tmp_path / "t" / name).SOPInstanceUID for name in names]
    text = "SOPInstanceUID,label\n" + "".join(f"{uid},{at}\n" for at, uid in enumerate(uids))
    by_uid = collect_series(archive, tmp_path / "t" / "cases.csv", labels=labels(tmp_path, text))
    assert by_uid.cases["label"].tolist() == [str(at) for at in range(8)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("patient,site\n0012345,6\n", "no column label"),
        ("label\nfistula\n", "no column to join by"),
        ("patient,first_slice,label\n0012345,two,a\n", "first_slice is 'two'"),
        ("patient,first_slice,last_slice,label\n0012345,1,3,a\n0012345,3,4,b\n", "named by row 2 too"),
        ("patient,label,position_mm\n0012345,a,3\n", "'position_mm' is one that the case table has already"),
    ],
)
def test_labels_that_cannot_be_joined_are_refused(archive: Path, tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(CaseTableError, match=said):
        collect_series(archive, tmp_path / "cases.csv", labels=labels(tmp_path, text))
    assert not (tmp_path / "cases.csv").exists()


def test_an_empty_folder_and_one_without_slices_say_so(tmp_path: Path, write_dicom: Any) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="no DICOM files"):
        collect_series(tmp_path / "empty", tmp_path / "cases.csv")
    with pytest.raises(ImageError, match="no such folder"):
        collect_series(tmp_path / "gone", tmp_path / "cases.csv")
    write_dicom(tmp_path / "d" / "a", ImageOrientationPatient=[0, 1, 0, 0, 0, -1])
    with pytest.raises(ImageError, match=r"no image stays .* other orientation \(sagittal\) \(1\).*--orientation any"):
        collect_series(tmp_path / "d", tmp_path / "cases.csv")
    with pytest.raises(OutputError, match="taken"):
        collect_series(tmp_path / "d", tmp_path / "series.csv")


def test_images_that_cannot_be_decoded_are_left_out_and_leave_a_gap(tmp_path: Path, write_dicom: Any) -> None:
    for at in range(5):
        cut = {"PixelData": b"\0\0"} if at == 2 else {}
        write_dicom(tmp_path / "d" / str(at), z=6.0 * at, **cut)
    found = collect_series(tmp_path / "d", tmp_path / "cases.csv")
    assert found.cases["position_mm"].tolist() == [0.0, 6.0, 18.0, 24.0]
    assert found.series["gaps_mm"].tolist() == ["6 to 18"]
    assert found.left_out["reason"].str.contains("damaged or truncated").all()


def test_an_examination_without_an_id_is_a_patient_of_its_own(tmp_path: Path, write_dicom: Any) -> None:
    for study in ("1.2.3", "1.2.4"):
        write_dicom(tmp_path / "d" / study, PatientID=None, StudyInstanceUID=study, SeriesInstanceUID=f"{study}.1")
    found = collect_series(tmp_path / "d", tmp_path / "cases.csv")
    assert found.cases["patient"].nunique() == 2
    assert any("without a patient's ID: 2" in str(note) for note in found.notes)


def test_one_id_for_many_examinations_is_pointed_out(tmp_path: Path, write_dicom: Any) -> None:
    for study in range(3):
        write_dicom(tmp_path / "d" / str(study), StudyInstanceUID=f"1.2.{study}", SeriesInstanceUID=f"1.3.{study}")
    found = collect_series(tmp_path / "d", tmp_path / "cases.csv")
    assert found.cases["exam"].tolist() == ["007-E1", "007-E2", "007-E3"]
    assert any("All 3 examinations" in str(note) for note in found.notes)


def test_a_dicomdir_is_no_image(tmp_path: Path, write_dicom: Any) -> None:
    write_dicom(tmp_path / "d" / "IM1", StudyDate="20200101", StudyTime="120000", StudyID="1")
    from pydicom.fileset import FileSet

    files = FileSet()
    files.add(tmp_path / "d" / "IM1")
    files.write(tmp_path / "set")
    found = collect_series(tmp_path / "set", tmp_path / "cases.csv")
    assert len(found.cases) == 1
    assert found.left_out["file"].tolist() == ["DICOMDIR"]


def test_files_are_described_for_a_table_of_readings(archive: Path) -> None:
    paths = [archive / "d0" / f"IM{n}" for n in (6, 9)] + [archive / "d0" / "loc", archive / "README.txt"]
    found = describe_slices(paths).set_index("path")
    assert found.loc[paths[0], ["patient", "slice", "position_mm"]].tolist() == ["0012345", 2, 18.0]
    assert found.loc[paths[1], "slice"] == 1
    assert pd.isna(found.loc[paths[2], "slice"])
    assert paths[3] not in found.index
    assert describe_slices([archive / "README.txt"]).empty


def test_a_table_without_patients_takes_them_from_its_dicom_files(archive: Path, tmp_path: Path) -> None:
    collect_series(archive, tmp_path / "cases.csv")
    read_table(tmp_path / "cases.csv")[["image"]].to_csv(tmp_path / "bare.csv", index=False)
    cases = load_cases(tmp_path / "bare.csv", labelled=False)
    known = take_patients(cases, catalogue_images(cases))
    assert known.frame.groupby("patient").size().tolist() == [4, 4]
    assert "0012345" not in known.frame.to_csv()
    assert "name 2 patients" in str(known.notes[-1])


def test_where_only_some_files_name_a_patient_the_table_stays_and_it_is_said(
    archive: Path, tmp_path: Path, write_dicom: Any
) -> None:
    write_dicom(archive / "d1" / "unnamed", PatientID=None)
    (tmp_path / "bare.csv").write_text("image\nPACS 导出/d0/IM9\nPACS 导出/d1/unnamed\n", encoding="utf-8")
    cases = load_cases(tmp_path / "bare.csv", labelled=False)
    known = take_patients(cases, catalogue_images(cases))
    assert not known.has_patients
    assert "only 1 of 2" in str(known.notes[-1])


def test_class_folders_of_dicom_files_are_cases(tmp_path: Path, write_dicom: Any) -> None:
    for name in ("normal/IM1", "normal/IM2.dcm", "fistula/IM1", "fistula/notes.txt"):
        if name.endswith("txt"):
            (tmp_path / "c" / name).write_text("no image")
        else:
            write_dicom(tmp_path / "c" / name)
    assert load_cases(tmp_path / "c").frame["image"].tolist() == ["fistula/IM1", "normal/IM1", "normal/IM2.dcm"]
