"""What the methods section says of the analyses that were done, each with its convention and its source."""

from __future__ import annotations

from collections.abc import Iterator

from readingroom.core.translations import Translator
from readingroom.report.analyses.all import Analyses
from readingroom.report.results import Results
from readingroom.report.wording import joined


def analysis_sentences(results: Results, say: Translator) -> Iterator[str]:
    """A sentence for each analysis that found something to analyse, and the conventions where programs differ."""
    found = results.analyses
    if any(reader.has_scores for reader in results.readers):
        yield say(
            "A call is positive at a score at or above the threshold; thresholds lie midway between neighbouring "
            "scores. Intervals of an AUC are cut to [0, 1]."
        )
    if found.modalities or found.pools:
        yield say(
            "Means over people and differences between modalities are by Obuchowski and Rockette with the degrees of "
            "freedom of Hillis; a negative difference of covariances counts as zero. Readers and cases are random; "
            "with fewer than three readers, readers are fixed."
        )
    if found.agreements:
        yield _agreement(results, say)
    if found.grades:
        yield _grades(results, say)
    if found.scores:
        yield _scores(results, say)
    if found.raters:
        yield say(
            "Networks were set among the people who graded: the mean quadratic weighted kappa of a network with each "
            "person less that of the people with each other, with a bootstrap of patients (2000 draws), for these "
            "people."
        )
    if found.time_ratios:
        yield say("Reading times were compared as ratios of geometric means, by paired t tests of their logarithms.")
    if found.subgroups:
        facts = list(dict.fromkeys(one.fact for one in found.subgroups))
        yield say(
            "Subgroups by {facts}: levels of at least 10 images, numbers in thirds; differences between levels by "
            "Cochran's Q, with Holm's correction over the facts.",
            facts=joined(facts, say),
        )
    yield from _usefulness(found, say)
    if found.external:
        yield say("The external part was compared with the test part as two independent samples, by normal tests.")


def _usefulness(found: Analyses, say: Translator) -> Iterator[str]:
    if found.calibrations:
        yield say(
            "Calibration: Brier score, slope and intercept of the logistic calibration line, expected calibration "
            "error over 10 bins of equal width, Hosmer–Lemeshow test over 10 groups; the temperature was fitted on "
            "the validation readings only."
        )
    if found.decision_curves:
        yield say("Net benefit is that of Vickers and Elkin (2006), acting at a probability at or above the threshold.")
    if found.documentations:
        yield say(
            "A site of an examination counts as documented if one picture is of it by the reference standard, or by "
            "the reader's answers; sensitivity and specificity over all sites and examinations with Rao and Scott's "
            "intervals, numbers of sites with a bootstrap, both clustered by patient."
        )


def _grades(results: Results, say: Translator) -> str:
    clustered = any(one.measures["quadratic_kappa"].beside is not None for one in results.analyses.grades)
    return say(
        "Grades were compared with the reference by the quadratic weighted kappa, the mean absolute error in grades "
        "and the share within one grade; intervals of kappa and error are bootstrap intervals over patients (2000 "
        "draws)."
        if clustered
        else "Grades were compared with the reference by the quadratic weighted kappa (interval of Fleiss, Cohen and "
        "Everitt), the mean absolute error in grades (bootstrap interval, 2000 draws) and the share within one grade."
    )


def _scores(results: Results, say: Translator) -> str:
    repeated = any(one.limits.patients < one.limits.n for one in results.analyses.scores)
    text = say(
        "Scores between the grades (of networks the expected grade) were compared with the reference by limits of "
        "agreement (Bland and Altman): bias ± 1.96 SD of the differences, and the slope of the difference on the mean."
    )
    return (
        text
        + say(" ")
        + say(
            "As patients have several images, the variance is the sum of components between and within patients, "
            "with intervals by MOVER (Zou 2013)."
            if repeated
            else "Intervals of the limits are exact (Carkeet 2015)."
        )
    )


def _agreement(results: Results, say: Translator) -> str:
    kinds = dict.fromkeys(one.kind for one in results.analyses.agreements)
    weighted = any("quadratic" in one.estimate.method for one in results.analyses.agreements)
    names = {
        "cohen": "Cohen's kappa with quadratic weights" if weighted else "Cohen's kappa",
        "fleiss": "Fleiss' kappa",
        "krippendorff": "Krippendorff's alpha",
        "icc": "the intraclass correlation ICC(A,1)",
    }
    return say("Agreement: {list}.", list=joined([say(names[kind]) for kind in kinds], say))
