"""A table of readings from any program to results, tables and the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from readingroom.core.translations import Translator
from readingroom.report.compute import compute_results
from readingroom.report.content import gather
from readingroom.report.page import publish
from readingroom.report.published import read_document
from readingroom.report.submitted import read_submitted


def evaluate_table(
    path: Path,
    out: Path,
    language: str = "en",
    *,
    positive: str | None = None,
    subgroups: Sequence[str] | None = None,
    prevalence: float | None = None,
    level: float = 0.95,
    images: Path | None = None,
    published: str | None = None,
) -> Path:
    """Evaluate a table of readings: ``results.json``, tables, figures and the page go into ``out``.

    Args:
        path: CSV or Parquet, one row a reading: ``reader, image, truth`` and ``score_<class>``, or ``score`` of the
            positive class, or ``call``; optionally ``patient, lesion, split, fold, repeat, modality, time_ms,
            experience`` and facts. Readers with calls only get no AUC.
        out: folder to write into.
        language: ``en`` or ``zh``.
        positive: the positive class where there are two and the table does not make it plain.
        subgroups: columns that make subgroups; None takes every fact with a few levels.
        prevalence: of two classes, predictive values and decision curves are also given for this prevalence.
        level: confidence level.
        images: folder that the images are relative to, for the gallery of mistakes; None shows none.
        published: name of a document (`DOCUMENTS`) whose table stands beside the results.

    Returns:
        The path of ``index.html``.

    Raises:
        ReadingsError: anything is wrong with the table; all problems with their row and column.
        CaseTableError: there is no such document.

    Example:
        ``evaluate_table(Path("readings.csv"), Path("report"), positive="polyp")``
    """
    say = Translator(language)
    if published is not None:
        read_document(published)
    submitted = read_submitted(Path(path), positive=positive)
    results = compute_results(
        submitted.readings,
        classes=submitted.classes,
        positive=submitted.positive,
        study=Path(path).stem,
        facts=submitted.facts,
        patients_known=submitted.patients_known,
        notes=submitted.notes,
        subgroups=subgroups,
        prevalence=prevalence,
        level=level,
    )
    content = gather(
        results,
        submitted.readings,
        say,
        run=None,
        images_root=images,
        patients_known=submitted.patients_known,
        published=published,
    )
    return publish(content, Path(out), say)
