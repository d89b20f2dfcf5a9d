"""Documented: which sites of each examination a reader's answers document, against the reference standard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from readingroom.cases.sites import SiteName, document_sites, load_sites, site_classes
from readingroom.evaluation import Estimate
from readingroom.evaluation.completeness import Completeness
from readingroom.evaluation.documented import DocumentedAgreement, compare_documented
from readingroom.report.analyses.answers import Answers

LISTS = ("sites", "sss", "esge")
"""The thirty sites, and the two shorter lists of places they are mapped to."""

MEASURES = ("sensitivity", "specificity", "ppv", "npv")


@dataclass(frozen=True)
class DocumentedPlace:
    """A site, or a place of a list, over all examinations.

    Args:
        place: its key.
        reference: examinations in which the reference standard has a picture of it.
        answered: examinations in which the reader answered it.
        both: of both.
        measures: ``sensitivity, specificity, ppv, npv`` of *documented*, as far as they are defined.
    """

    place: str
    reference: int
    answered: int
    both: int
    measures: dict[str, Estimate]


@dataclass(frozen=True)
class DocumentedExam:
    """An examination: its places in four groups.

    Args:
        exam: its name, or that of its patient.
        patient: whose; None where the unit is the patient.
        images: pictures read.
        both: documented by the reference standard and by the reader.
        overlooked: documented, and the reader says missing.
        claimed: missing, and the reader says documented.
        missing: by both.
    """

    exam: str
    patient: str | None
    images: int
    both: tuple[str, ...]
    overlooked: tuple[str, ...]
    claimed: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Documentation:
    """One reader on one part: which places of each examination its answers document, against the reference standard.

    Args:
        reader, split: who, and on which part.
        unit: ``exam``, or ``patient`` where the table names no examinations.
        asked: ``sites`` (the thirty), ``sss`` (22 places) or ``esge`` (10).
        n, patients: examinations, and patients.
        places: that can be documented, in the order of an examination.
        undocumentable: places of the list that no class of this study documents.
        measures: ``sensitivity, specificity, ppv, npv`` of *documented*, over all examinations and places; intervals
            count patients.
        mean_reference, mean_answered, mean_difference: places documented of an examination, and answered − reference.
        complete_reference, complete_answered: examinations with every place.
        by_place: each place over all examinations.
        exams: each examination.
    """

    reader: str
    split: str
    unit: str
    asked: str
    n: int
    patients: int
    places: tuple[str, ...]
    undocumentable: tuple[str, ...]
    measures: dict[str, Estimate]
    mean_reference: Estimate
    mean_answered: Estimate
    mean_difference: Estimate
    complete_reference: int
    complete_answered: int
    by_place: tuple[DocumentedPlace, ...]
    exams: tuple[DocumentedExam, ...]


def documentations(
    answers: Sequence[Answers], classes: Sequence[str], level: float, *, patients_known: bool = True
) -> Iterator[Documentation]:
    """Every reader's, by every list; none where the classes are not sites or the table names no patients.

    Args:
        answers: of the judged parts.
        classes: of the study; sites by `readingroom.cases.sites.site_classes`.
        level: confidence level.
        patients_known: False where groups of near-duplicates stand for patients.
    """
    named = site_classes(classes)
    for one in answers if named and patients_known else ():
        exams = _exams(one.rows)
        if exams is not None and one.rows["predicted"].notna().any():
            yield from (_documentation(one, exams, named, asked, level) for asked in LISTS)


def _exams(rows: pd.DataFrame) -> pd.DataFrame | None:
    """The ``exam``, ``patient`` and ``unit`` of each image; None where a patient is not known."""
    if "patient" not in rows or rows["patient"].isna().any():
        return None
    patient = rows["patient"].astype(str)
    if "exam" not in rows or rows["exam"].isna().any():
        return pd.DataFrame({"exam": patient, "patient": patient, "unit": "patient"})
    exam = rows["exam"].astype(str)
    # Numbering may start anew with each patient.
    if len(pd.DataFrame({"exam": exam, "patient": patient}).drop_duplicates()) > exam.nunique():
        exam = patient + " / " + exam
    return pd.DataFrame({"exam": exam, "patient": patient, "unit": "exam"})


def _documentation(
    one: Answers, exams: pd.DataFrame, named: Mapping[str, SiteName], asked: str, level: float
) -> Documentation:
    said = {column: _documented(one, exams, named, column, asked, level) for column in ("truth", "predicted")}
    whose = exams.drop_duplicates("exam").set_index("exam")["patient"]
    found = compare_documented(said["truth"], said["predicted"], patient=whose.to_numpy())
    by_patient = exams["unit"].iloc[0] == "patient"
    images = exams["exam"].value_counts()
    return Documentation(
        reader=one.reader,
        split=one.split,
        unit="patient" if by_patient else "exam",
        asked=asked,
        n=len(whose),
        patients=int(whose.nunique()),
        places=tuple(found.by_place),
        undocumentable=said["truth"].undocumentable,
        measures=_defined(found.overall),
        mean_reference=found.mean_reference,
        mean_answered=found.mean_answered,
        mean_difference=found.mean_difference,
        complete_reference=int(found.reference.all(axis=1).sum()),
        complete_answered=int(found.answered.all(axis=1).sum()),
        by_place=tuple(_place(found, place) for place in found.by_place),
        exams=tuple(_exam(found, e, None if by_patient else str(whose[e]), int(images[e])) for e in whose.index),
    )


def _documented(
    one: Answers, exams: pd.DataFrame, named: Mapping[str, SiteName], column: str, asked: str, level: float
) -> Completeness:
    keys = {name: site.key for name, site in named.items()}
    return document_sites(
        exams["exam"].tolist(),
        one.rows[column].map(keys).tolist(),
        protocol=None if asked == "sites" else asked,  # type: ignore[arg-type]
        among=set(keys.values()),
        level=level,
    )


def _defined(measures: Mapping[str, Estimate]) -> dict[str, Estimate]:
    return {name: measures[name] for name in MEASURES if measures[name].defined}


def _place(found: DocumentedAgreement, place: str) -> DocumentedPlace:
    real, said = found.reference[place], found.answered[place]
    counts = int(real.sum()), int(said.sum()), int((real & said).sum())
    return DocumentedPlace(place, *counts, _defined(found.by_place[place]))


def _exam(found: DocumentedAgreement, exam: str, patient: str | None, images: int) -> DocumentedExam:
    real, said = found.reference.loc[exam].to_numpy(bool), found.answered.loc[exam].to_numpy(bool)
    places = np.array(found.reference.columns, dtype=object)
    groups = (real & said, real & ~said, ~real & said, ~real & ~said)
    both, overlooked, claimed, missing = (tuple(map(str, places[group])) for group in groups)
    return DocumentedExam(exam, patient, images, both, overlooked, claimed, missing)


def place_name(place: str, asked: str, language: str) -> str:
    """What a place of one of the `LISTS` is called in a language; a site with its number."""
    return load_sites().place_name(place, None if asked == "sites" else asked, language)  # type: ignore[arg-type]
