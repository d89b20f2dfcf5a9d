"""The methods paragraph says what was done, and nothing that was not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from readingroom.core.translations import Translator
from readingroom.report import compute_results
from readingroom.report.methods import methods_paragraphs
from readingroom.report.run_folder import RunFolder

say = Translator("en")


def paragraphs(readings: pd.DataFrame, study: dict[str, object], manifest: dict[str, object]) -> str:
    results = compute_results(readings, classes=("normal", "polyp"), positive="polyp")
    run = RunFolder(Path("run"), study, manifest, pd.DataFrame(), pd.DataFrame(), {})
    return "\n".join(methods_paragraphs(run, results, say))


def test_folds_are_said(readings: pd.DataFrame) -> None:
    text = paragraphs(readings, {"partition": {"by": "patient", "folds": 5, "seed": 7}}, {})
    assert "divided by patient into 5 folds, stratified by class (seed 7)" in text


def test_the_protocol_as_published_is_said(readings: pd.DataFrame) -> None:
    text = paragraphs(readings, {"partition": {"protocol": "as-published"}}, {})
    assert "divided as published: by image, after augmentation" in text


def test_an_empty_study_gives_the_statistics_alone(readings: pd.DataFrame) -> None:
    text = paragraphs(readings, {}, {})
    assert text.startswith("Calls are compared with the reference standard; 95% confidence intervals.")
    assert "Obuchowski 1997" in text


def test_a_table_of_readings_alone_has_methods_too(readings: pd.DataFrame) -> None:
    results = compute_results(readings, classes=("normal", "polyp"), positive="polyp")
    assert len(methods_paragraphs(None, results, say)) == 1


def test_near_duplicates_that_stand_for_patients_are_called_so(readings: pd.DataFrame) -> None:
    results = compute_results(readings, classes=("normal", "polyp"), positive="polyp")
    study = {"partition": {"by": "patient", "folds": 5, "seed": 7}}
    audit = {"partition": {"by": "near-duplicates"}}
    run = RunFolder(Path("run"), study, {}, pd.DataFrame(), pd.DataFrame(), audit)
    assert "divided by near-duplicates into 5 folds" in "\n".join(methods_paragraphs(run, results, say))


def test_readers_that_were_trained_otherwise_are_named_with_what_differs(readings: pd.DataFrame) -> None:
    readers = [
        {"name": "plain", "network": "resnet18"},
        {"name": "long", "network": "resnet18", "epochs": 100, "augmentation": {}},
        {"name": "still", "network": "resnet18", "augmentation": {}},
        {"name": "grey", "network": "resnet18", "augmentation": {"jitter": {"brightness": 0.2}, "outside": "black"}},
    ]
    said = "Trained differently: long (epochs 100, not augmented); still (not augmented); grey (augmented by jitter)."
    assert said in paragraphs(readings, {"readers": readers}, {})
    assert "differently" not in paragraphs(readings, {"readers": readers[:1]}, {})


def test_without_copies_the_protocol_as_published_augments_while_training(readings: pd.DataFrame) -> None:
    published = {"protocol": "as-published", "copies": 0}
    study = {"partition": published, "augmentation": {"flip": True}, "training": {"epochs": 3}}
    said = paragraphs(readings, study, {})
    assert "Images were divided as published: by image." in said
    assert "augmented while training" in said
