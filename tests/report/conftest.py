"""A drawn run folder: everything that the report reads, without training anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from readingroom.core.files import write_json, write_text
from readingroom.core.seeds import generator
from readingroom.core.tables import write_csv, write_parquet
from readingroom.core.translations import Translator
from readingroom.report import write_report
from readingroom.report.figures import style

NETWORKS = {"resnet18-imagenet-all": 1.9, "resnet18-random-all": 1.0, "convmixer_768_32-imagenet-head": 1.4}
PEOPLE = {"senior": 1.7, "junior": 1.0}


def draw_cases(classes: Sequence[str], patients: int, seed: int) -> pd.DataFrame:
    """A case table: patients with one to five images each, one lesion a patient, facts for Table 1."""
    random = generator(seed, "cases")
    rows = []
    for patient in range(patients):
        label = classes[patient % len(classes)]
        split = ("training", "training", "training", "validation", "test", "test")[patient // len(classes) % 6]
        facts = {"age": str(int(random.normal(58, 11))), "sex": str(random.choice(["F", "M"]))}
        for number in range(int(random.integers(1, 6))):
            image = f"images/p{patient:03d}-{number}.png"
            lesion = f"L{patient}-{number // 3}"
            row = {"image": image, "label": label, "patient": f"p{patient:03d}", "lesion": lesion, "split": split}
            rows.append({**row, **facts, "centre": str(random.choice(["North", "South"], p=[0.7, 0.3]))})
    return pd.DataFrame(rows)


def draw_readings(
    cases: pd.DataFrame, classes: Sequence[str], reader: str, skill: float, *, person: bool, seed: int
) -> pd.DataFrame:
    """One reader's readings of the validation and test images."""
    random = generator(seed, "readings", reader)
    read = cases[cases["split"].isin(["validation", "test"])].reset_index(drop=True)
    truth = read["label"].map({name: position for position, name in enumerate(classes)}).to_numpy()
    logits = random.normal(0, 1, (len(read), len(classes)))
    logits[np.arange(len(read)), truth] += skill
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    facts = read.drop(columns="label").assign(truth=read["label"], reader=reader, fold=1, repeat=1)
    facts["predicted"] = [classes[position] for position in scores.argmax(axis=1)]
    facts["time_ms"] = random.gamma(4, 700 if person else 3, len(read))
    facts["experience"] = (">10 years" if reader == "senior" else "<5 years") if person else pd.NA
    if not person:
        for position, name in enumerate(classes):
            facts[f"score_{name}"] = scores[:, position]
    return facts


def draw_history(seed: int, epochs: int = 20) -> pd.DataFrame:
    """Losses that fall and then part."""
    random = generator(seed, "history")
    epoch = np.arange(1, epochs + 1)
    train = 0.75 * np.exp(-epoch / 6) + 0.08 + random.normal(0, 0.008, epochs)
    validation = 0.65 * np.exp(-epoch / 5) + 0.2 + 0.006 * epoch + random.normal(0, 0.012, epochs)
    return pd.DataFrame(
        {
            "epoch": epoch,
            "train_loss": train,
            "validation_loss": validation,
            "validation_accuracy": 1 - validation / 2,
            "validation_auc": 1 - validation / 3,
            "rate": 1e-4,
            "seconds": 3.0,
            "fold": 1,
            "repeat": 1,
        }
    )


def draw_images(cases: pd.DataFrame, folder: Path, seed: int) -> None:
    """Small round views with a spot, so that the gallery has something to show."""
    random = generator(seed, "images")
    for image in cases["image"]:
        picture = np.zeros((96, 120, 3), np.uint8)
        tone = tuple(int(value) for value in random.integers([40, 60, 150], [80, 110, 220]))
        cv2.circle(picture, (66, 48), 44, tone, -1)
        spot = (int(random.integers(45, 85)), int(random.integers(30, 66)))
        cv2.circle(picture, spot, int(random.integers(4, 11)), (120, 150, 235), -1)
        path = folder / image
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imencode(".png", picture)[1].tofile(str(path))


def draw_study(classes: Sequence[str], positive: str | None) -> dict[str, Any]:
    """A study file as the run folder keeps it."""
    return {
        "study": "polyp-against-normal",
        "cases": "cases.csv",
        "task": {"kind": "classification", "label": "label", "classes": list(classes), "positive": positive},
        "partition": {
            "by": "patient",
            "training": 0.5,
            "validation": 0.17,
            "test": 0.33,
            "seed": 7,
            "protocol": "sound",
        },
        "input": {"view": "auto", "size": 224, "normalise": "training"},
        "augmentation": {"affine": {"rotate": 20, "shear": 5, "scale": [0.8, 1.2]}, "flip": True, "crop": [0.8, 1.0]},
        "readers": [
            {"network": "resnet18", "weights": "imagenet", "train": "all"},
            {"network": "resnet18", "weights": "random", "train": "all"},
            {"network": "convmixer_768_32", "weights": "imagenet", "train": "head", "head": [1024, 512, 256, 64]},
        ],
        "training": {"epochs": 20, "batch": 32, "optimiser": "adam", "rate": 1e-4, "seed": 7, "repeats": 1},
        "people": "people.csv",
        "evaluation": {
            "unit": ["image", "lesion", "patient"],
            "threshold": "youden",
            "interval": 0.95,
            "compare": "holm",
        },
    }


def draw_manifest() -> dict[str, Any]:
    """A manifest as the study room writes it."""
    readers = {
        name: {
            "network": name.split("-")[0],
            "weights": name.split("-")[1],
            "train": name.split("-")[2],
            "parameters": 11_177_538,
            "epochs_run": 20,
            "training_seconds": 61.5,
            "threshold": 0.5,
            "threshold_rule": "youden",
            "kept_epoch": 14,
            "leaks": [],
        }
        for name in NETWORKS
    }
    return {
        "schema_version": 1,
        "readingroom": "0.1.0",
        "created": "2026-03-01T09:00:00+00:00",
        "finished": "2026-03-01T09:12:30+00:00",
        "seeds": {"partition": 7, "training": 7},
        "libraries": {"torch": "2.14.0", "timm": "1.0.20", "numpy": "2.3.1"},
        "machine": {"cpu": "x86-64", "cores": 2, "memory_gib": 8.0, "gpu": None, "precision": "bfloat16"},
        "inputs": {"cases.csv": "9f" * 32},
        "readers": readers,
        "protocol": "sound",
        "people": list(PEOPLE),
        "has_patients": True,
        "phantoms": False,
        "language": "en",
    }


def draw_audit(cases: pd.DataFrame, classes: Sequence[str]) -> dict[str, Any]:
    """An audit as the cases room writes it, with one finding of each kind."""
    counted = {"images": "image", "groups": "patient", "patients": "patient", "lesions": "lesion"}

    def count(rows: pd.DataFrame) -> dict[str, int]:
        return {unit: rows[column].nunique() for unit, column in counted.items()}

    parts = [
        {
            "split": split,
            **count(rows),
            "classes": [{"label": name, **count(rows[rows["label"] == name])} for name in classes],
        }
        for split, rows in cases.groupby("split", sort=False)
    ]
    images = list(cases["image"])
    pair = {"a": images[0], "b": images[9], "split_a": "training", "split_b": "test", "distance": 2, "exact": False}
    pair |= {"label_a": classes[0], "label_b": classes[0], "patient_a": "p000", "patient_b": "p002", "fold": 1}
    none = {"total": 0, "exact": 0, "listed": []}
    shortcut = {"family": "frame size", "columns": ["width"], "auc": 0.81, "low": 0.75, "high": 0.86}
    shortcut |= {"by_class": {classes[-1]: 0.83}, "images": len(images), "groups": 72, "level": "warning"}
    return {
        "kind": "readingroom.audit",
        "schema_version": 1,
        "flow": {
            "rows": len(images) + 12,
            "excluded": [{"reason": "label is not among the study's classes", "rows": 10, "patients": 3}],
            "unreadable": 2,
            "analysed": count(cases),
        },
        "partition": {"by": "patient", "protocol": "sound", "folds": [{"fold": 1, "name": "1", "parts": parts}]},
        "duplicates": {
            "pairs": 3,
            "across_splits": {"total": 2, "exact": 0, "listed": [pair, pair]},
            "across_patients": none,
            "conflicting_labels": none,
        },
        "patients": {"known": True},
        "images": {
            "unreadable": [{"image": "images/broken.png", "reason": "the file is cut short"}],
            "conditions": {"blurred": {"total": 2, "worst": [{"image": images[3], "value": 0.2}]}},
        },
        "shortcuts": {"found": [shortcut], "left_out": [], "reason": ""},
        "warnings": [
            {
                "level": "warning",
                "code": "duplicates-across-splits",
                "text": "Pairs of duplicate images lie on two sides of the partition: {total}.",
                "values": {"total": 2},
                "fix": "Name patients in the table.",
            },
            {"level": "note", "code": "hostile", "text": "Class {label} is small.", "values": {"label": classes[-1]}},
        ],
    }


def draw_run(
    folder: Path,
    *,
    classes: Sequence[str],
    positive: str | None,
    patients: int = 72,
    people: bool = True,
    seed: int = 3,
) -> Path:
    """Write a run folder and its images (in ``folder/cases``); returns the run folder."""
    seed, run = 3, folder / "run"
    cases = draw_cases(classes, patients, seed)
    draw_images(cases, folder / "cases", seed)
    partition = cases.rename(columns={"patient": "group"})[["image", "group", "split"]]
    write_csv(partition.assign(fold=1, copy=0), run / "partition.csv")
    catalogue = pd.DataFrame({"image": cases["image"], "readable": True, "reason": ""})
    write_parquet(catalogue, run / "catalogue.parquet", kind="catalogue")
    write_text(run / "study.yaml", yaml.safe_dump(draw_study(classes, positive), allow_unicode=True))
    write_json(run / "manifest.json", draw_manifest())
    write_json(run / "audit.json", draw_audit(cases, classes))
    for position, (name, skill) in enumerate(NETWORKS.items()):
        readings = draw_readings(cases, classes, name, skill, person=False, seed=seed)
        write_parquet(readings, run / "readings" / f"{name}.parquet", kind="readings")
        write_csv(draw_history(position), run / "readers" / name / "history.csv")
        write_text(run / "readers" / name / "reader.yaml", f"name: {name}\nthreshold: 0.5\n")
    for name, skill in PEOPLE.items() if people else ():
        readings = draw_readings(cases, classes, name, skill, person=True, seed=seed)
        write_parquet(readings, run / "readings" / f"{name}.parquet", kind="readings")
    return run


@pytest.fixture(scope="session")
def draw_run_folder() -> Callable[..., Path]:
    """The function that draws a run folder."""
    return draw_run


@pytest.fixture(scope="session")
def binary_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes, three networks, two people."""
    return draw_run(tmp_path_factory.mktemp("binary"), classes=("normal", "polyp"), positive="polyp")


@pytest.fixture(scope="session")
def many_class_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five classes, with Chinese and hostile names; three networks, two people."""
    classes = ("normal", "消化性溃疡", "EGC + HGIN", "<script>alert(1)</script>", "SMT $x_2$")
    return draw_run(tmp_path_factory.mktemp("many"), classes=classes, positive=None, patients=90)


@pytest.fixture
def readings() -> pd.DataFrame:
    """Readings of two networks and a person on two classes."""
    classes = ("normal", "polyp")
    cases = draw_cases(classes, 72, 3)
    parts = [
        draw_readings(cases, classes, "a", 1.9, person=False, seed=3),
        draw_readings(cases, classes, "b", 1.0, person=False, seed=3),
        draw_readings(cases, classes, "senior", 1.7, person=True, seed=3),
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="session")
def english_report(many_class_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the run with five classes, in English, with small pictures."""
    return _report(many_class_run, tmp_path_factory.mktemp("english"), "en")


@pytest.fixture(scope="session")
def chinese_texts() -> set[str]:
    """English forms of every text that the Chinese page asked for."""
    return set()


@pytest.fixture(scope="session")
def chinese_report(binary_run: Path, tmp_path_factory: pytest.TempPathFactory, chinese_texts: set[str]) -> Path:
    """The page of the run with two classes, in Chinese, with small pictures."""
    say = Translator.__call__

    def listen(self: Translator, text: str, /, **values: Any) -> str:
        chinese_texts.add(text)
        return say(self, text, **values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Translator, "__call__", listen)
        return _report(binary_run, tmp_path_factory.mktemp("chinese"), "zh")


def _report(run: Path, out: Path, language: str) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "DPI", 30)
        return write_report(run, language=language, images_root=run.parent / "cases", out=out)
