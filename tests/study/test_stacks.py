"""Stacks of planes through a whole study: clips of any length, views that may be missing, patches of volumes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import nibabel
import numpy as np
import pandas as pd
import pytest
import yaml

from readingroom.cases.cleaning import CleanSection, clean_resized, denoise
from readingroom.cases.stacks.choice import parse_stack
from readingroom.core.errors import StudyFileError
from readingroom.core.seeds import generator
from readingroom.reading.files import read_files
from readingroom.reading.pipeline import prepare_file
from readingroom.reading.preprocessing import Preprocessing
from readingroom.study import Run, Study
from readingroom.study.study_file import load_study_file

PATIENTS = 36
SIDE = 32


def _plane(random: np.random.Generator, *, lesion: bool) -> np.ndarray:
    plane = random.normal(90, 12, (SIDE, SIDE))
    if lesion:
        y, x = random.integers(8, SIDE - 8, 2)
        cv2.circle(plane, (int(x), int(y)), 5, 230.0, -1)
    return plane.clip(0, 255).astype(np.uint8)


def _case(number: int) -> tuple[str, bool, np.random.Generator]:
    return f"P{number:02d}", bool(number % 2), generator(5, "stack", number)


def clips(folder: Path) -> pd.DataFrame:
    """Clips of 3 to 9 frames, the lesion in two of them."""
    rows = []
    for number in range(PATIENTS):
        name, ill, random = _case(number)
        frames = int(random.integers(3, 10))
        shown = set(random.choice(frames, 2, replace=False).tolist()) if ill else set()
        (folder / name).mkdir(parents=True)
        for frame in range(frames):
            cv2.imwrite(str(folder / name / f"{frame}.png"), _plane(random, lesion=frame in shown))
        rows.append({"image": name, "label": "ill" if ill else "well", "patient": name, "frames": frames})
    return pd.DataFrame(rows)


def views(folder: Path) -> pd.DataFrame:
    """Two views, the lesion in one of them; every fifth patient lacks the other."""
    rows = []
    for number in range(PATIENTS):
        name, ill, random = _case(number)
        (folder / name).mkdir(parents=True)
        seen = int(random.integers(2))
        for place, view in enumerate(("ap", "lateral")):
            if number % 5 or place == seen:
                cv2.imwrite(str(folder / name / f"{view}.png"), _plane(random, lesion=ill and place == seen))
        rows.append({"image": name, "label": "ill" if ill else "well", "patient": name})
    return pd.DataFrame(rows)


def volumes(folder: Path) -> pd.DataFrame:
    """Volumes with two balls, of which the row's point names one; only the bright one is ill."""
    rows = []
    folder.mkdir(parents=True)
    for number in range(PATIENTS):
        name, ill, random = _case(number)
        voxels = random.normal(0, 20, (40, 40, 24))  # x, y, z
        grid = np.stack(np.meshgrid(*map(np.arange, voxels.shape), indexing="ij"), axis=-1)
        for middle, value in (((12, 12, 12), 400), ((28, 28, 12), 150)):
            voxels[np.linalg.norm(grid - np.array(middle), axis=-1) < 4] = value
        affine = np.diag([1.0, 1.0, 2.0, 1.0])
        nibabel.save(nibabel.Nifti1Image(voxels.astype(np.int16), affine), folder / f"{name}.nii.gz")
        x, y = (12, 12) if ill else (28, 28)
        point = f"{-x} {-y} 24"  # x and y turn their sign from the NIfTI's axes to DICOM's
        rows.append({"image": f"{name}.nii.gz", "point": point, "label": "ill" if ill else "well", "patient": name})
    return pd.DataFrame(rows)


def study_file(folder: Path, cases: pd.DataFrame, stack: dict[str, Any], readers: list[dict[str, Any]]) -> Path:
    cases.to_csv(folder / "cases.csv", index=False)
    values = {
        "study": "stacks",
        "cases": "cases.csv",
        "images": "images",
        "task": {"classes": ["well", "ill"]},
        "partition": {"training": 0.5, "validation": 0.2, "test": 0.3},
        "input": {"view": "whole", "size": SIDE, "stack": stack},
        "readers": readers,
        "training": {"epochs": 6, "batch": 8, "rate": 3e-3, "optimiser": "adamw", "monitor": "auc"},
    }
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def reader(**keys: Any) -> dict[str, Any]:
    return {"network": "test_resnet", "weights": "random", **keys}


@pytest.fixture(scope="module")
def clip_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("clips")
    readers = [
        reader(name="attention", pool="attention"),
        reader(name="frozen", pool="gru", train="head", rate=1e-2, epochs=20),
    ]
    path = study_file(folder, clips(folder / "images"), {"kind": "frames", "planes": 6}, readers)
    return Study.load(path).run(out=folder / "runs")


def test_every_clip_is_read_whatever_its_length(clip_run: Run) -> None:
    readings = clip_run.readings
    assert set(readings["reader"]) == {"attention", "frozen"}
    assert readings[["score_well", "score_ill"]].sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-5)


def test_weights_of_the_planes_sum_to_one_and_missing_frames_have_none(clip_run: Run) -> None:
    planes = pd.read_parquet(clip_run.folder.planes("attention"))
    assert planes.groupby("image")["weight"].sum().to_numpy() == pytest.approx(1.0, abs=1e-5)
    frames = pd.read_csv(clip_run.folder.partition).set_index("image")["frames"].clip(upper=6)
    counts = planes.groupby("image").size()
    pd.testing.assert_series_equal(counts, frames.loc[counts.index], check_names=False, check_dtype=False)


def test_the_report_shows_the_planes_and_says_how_they_were_read(clip_run: Run) -> None:
    page = clip_run.report.read_text(encoding="utf-8")
    assert "Which planes carried the answers" in page
    assert "Of each sequence up to 6 frames at equal distances were read" in page
    assert "gated attention (Ilse 2018) over the planes" in page


def test_the_bundle_reads_new_clips_as_the_study_did(clip_run: Run, tmp_path: Path) -> None:
    where = clip_run.folder.path / "readers" / "attention"
    root = clip_run.folder.path.parent.parent / "images"
    readings, unread = read_files(where, [root], out=tmp_path / "readings.csv")
    assert not unread
    assert len(readings) == PATIENTS
    known = clip_run.readings.query("reader == 'attention'").set_index("image")["score_ill"]
    again = readings.set_index("image")["score_ill"].loc[known.index]
    assert again.to_numpy() == pytest.approx(known.to_numpy(), abs=1e-5)


def test_a_second_run_trains_nothing_again(clip_run: Run) -> None:
    weights = clip_run.folder.path / "readers" / "attention" / "weights.safetensors"
    before = weights.stat().st_mtime_ns
    Study.load(clip_run.folder.path.parent.parent / "study.yaml").run(out=clip_run.folder.path.parent)
    assert weights.stat().st_mtime_ns == before


def test_the_planes_of_a_stack_are_cleaned_one_by_one(tmp_path: Path) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    for frame in range(3):
        cv2.imwrite(str(folder / f"{frame}.png"), _plane(generator(1, frame), lesion=False))
    clean = CleanSection.model_validate({"denoise": "bilateral", "clahe": {}})
    plain = Preprocessing("whole", SIDE, "stretch", stack=parse_stack({"kind": "frames", "planes": 4}))
    cleaned = prepare_file(folder, replace(plain, clean=clean))
    for before, after in zip(prepare_file(folder, plain)[:3], cleaned[:3], strict=True):
        np.testing.assert_array_equal(after, clean_resized(denoise(before, clean.denoise), clean))
    assert not cleaned[3].any()


def test_a_patient_who_lacks_a_view_is_read_by_the_other(tmp_path: Path) -> None:
    stack = {"kind": "views", "names": ["ap", "lateral"]}
    path = study_file(tmp_path, views(tmp_path / "images"), stack, [reader(name="both", pool="attention")])
    run = Study.load(path).run(out=tmp_path / "runs")
    planes = pd.read_parquet(run.folder.planes("both"))
    assert set(planes["name"]) == {"ap", "lateral"}
    single = [name for name, own in planes.groupby("image") if len(own) == 1]
    assert single
    assert planes[planes["image"].isin(single)]["weight"].to_numpy() == pytest.approx(1.0)
    assert "The views ap and lateral of a patient were read together" in run.report.read_text(encoding="utf-8")


def test_a_network_of_volumes_learns_which_ball_the_point_names(tmp_path: Path) -> None:
    stack = {"kind": "volume", "planes": 8, "spacing": [2, 1, 1], "around": "point"}
    cases = volumes(tmp_path / "images")
    path = study_file(tmp_path, cases, stack, [{"network": "resnet10_3d", "weights": "random", "name": "whole"}])
    loaded = Study.load(path)
    run = Study(loaded.file.model_copy(update={"input": loaded.file.input.model_copy(update={"size": 16})}),
                loaded.base).run(out=tmp_path / "runs")  # fmt: skip
    tested = run.readings.query("split == 'test'")
    ill, well = (tested.loc[tested["truth"] == name, "score_ill"] for name in ("ill", "well"))
    assert ill.min() > well.max()
    assert all("@" in image for image in tested["image"])
    assert "resampled once, linearly, to 2 mm between planes" in run.report.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("stack", "keys", "said"),
    [
        (None, {"pool": "attention"}, "need input.stack"),
        (None, {"network": "resnet18_3d"}, "need input.stack"),
        ({"kind": "frames"}, {}, "needs a pool over the planes"),
        ({"kind": "frames"}, {"network": "resnet18_3d"}, "does not read frames"),
        ({"kind": "volume"}, {"network": "resnet18_3d", "pool": "max"}, "leave pool out"),
        ({"kind": "volume"}, {"pool": "max", "decoder": "unet"}, "not with input.stack"),
        ({"kind": "films"}, {"pool": "max"}, "kind"),
        (None, {"network": None, "name": "f", "features": {"facts": ["age"]}, "pool": "max"}, "pool does not go"),
    ],
)
def test_what_does_not_go_with_the_planes_is_told_before_anything_is_read(
    tmp_path: Path, stack: dict[str, Any] | None, keys: dict[str, Any], said: str
) -> None:
    values = {"study": "s", "cases": "c.csv", "input": {"stack": stack}, "readers": [reader(**keys)]}
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(StudyFileError) as error:
        load_study_file(path)
    assert said in str(error.value)


def test_a_point_that_is_no_place_is_told_with_its_row(tmp_path: Path) -> None:
    cases = volumes(tmp_path / "images")
    cases.loc[3, "point"] = "1 2"
    stack = {"kind": "volume", "planes": 8, "spacing": [2, 1, 1], "around": "point"}
    path = study_file(tmp_path, cases, stack, [{"network": "resnet10_3d", "weights": "random"}])
    with pytest.raises(Exception, match="row 5, column point"):
        Study.load(path).check(out=tmp_path / "runs")


def test_radiomics_are_taken_of_whole_volumes(tmp_path: Path) -> None:
    pytest.importorskip("mirp", reason="radiomics need the extra 'radiomics'")
    cases = volumes(tmp_path / "images").drop(columns="point")
    grid = np.stack(np.meshgrid(np.arange(40), np.arange(40), np.arange(24), indexing="ij"), axis=-1)
    for name, label in zip(cases["image"], cases["label"], strict=True):
        middle = np.array([12, 12, 12] if label == "ill" else [28, 28, 12])
        around = (np.linalg.norm(grid - middle, axis=-1) < 6).astype(np.uint8)  # the ball and noise around it
        affine = nibabel.load(tmp_path / "images" / name).affine
        nibabel.save(nibabel.Nifti1Image(around, affine), tmp_path / "images" / f"mask-{name}")
    cases["outline"] = "mask-" + cases["image"]
    reader = {"name": "radiomics", "features": {"radiomics": {"families": ["statistics"]}, "select": 2}}
    path = study_file(tmp_path, cases, {"kind": "volume", "planes": 8}, [reader])
    tested = Study.load(path).run(out=tmp_path / "runs").readings.query("split == 'test'")
    ill, well = (tested.loc[tested["truth"] == name, "score_ill"] for name in ("ill", "well"))
    assert ill.min() > well.max()
