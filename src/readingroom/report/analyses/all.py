"""All analyses of a table of readings together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from readingroom.report.analyses.agreement import Agreement, agreements
from readingroom.report.analyses.answers import Answers
from readingroom.report.analyses.arms import Arm, ArmDifference, arm_differences
from readingroom.report.analyses.boxed import BoxPerformance, FoundBoxes, arm_performances, box_performances
from readingroom.report.analyses.calibration import Calibration, calibrate
from readingroom.report.analyses.decision import DecisionCurve, decide
from readingroom.report.analyses.documented import Documentation, documentations
from readingroom.report.analyses.external import Shift, shifts
from readingroom.report.analyses.optimistic import Optimistic, flatter
from readingroom.report.analyses.ordered import GradePerformance, grade_performances
from readingroom.report.analyses.outlined import (
    OutlineDifference,
    OutlinePerformance,
    outline_differences,
    outline_performances,
)
from readingroom.report.analyses.over_classes import ClassComparison, ClassSpread, class_spreads, compare_classes
from readingroom.report.analyses.raters import RatersCompared, raters_compared
from readingroom.report.analyses.reader_study import (
    Modalities,
    Pool,
    TimeRatio,
    modalities,
    pools,
    time_ratios,
)
from readingroom.report.analyses.scored import ScoreAgreement, score_agreements
from readingroom.report.analyses.subgroups import Interaction, Subgroup, divide, interactions
from readingroom.report.measures import Performance

JUDGED = ("test", "external")
"""Parts that readers are judged on."""


@dataclass(frozen=True)
class Asked:
    """What the analyses are told beside the readings.

    Args:
        classes: all classes, in order.
        positive: the positive class where there are two.
        level: confidence level.
        prevalence: for the decision curve, where the sample's is not that of the clinic.
        facts: columns that make subgroups.
        ordered: the classes are grades.
        patients_known: False where groups of near-duplicates stand for patients.
        outlined: rows of what readers outlined; empty without any.
        size_edges: shares of the image that divide lesions by size; None takes thirds.
        boxes: what readers found as boxes; None without any.
        arms: the same study under other protocols.
        here: this study's own readings, to be compared with them.
    """

    classes: Sequence[str]
    positive: str | None
    level: float = 0.95
    prevalence: float | None = None
    facts: Sequence[str] = ()
    ordered: bool = False
    patients_known: bool = True
    outlined: pd.DataFrame = field(default_factory=pd.DataFrame)
    size_edges: Sequence[float] | None = None
    boxes: FoundBoxes | None = None
    arms: Sequence[Arm] = ()
    here: Arm = field(default_factory=lambda: Arm(""))


@dataclass(frozen=True)
class Analyses:
    """What the readings of the judged parts say beyond how well each reader did; images as units unless said.

    Args:
        calibrations: of every reader whose scores are probabilities.
        decision_curves: of every reader, with two classes.
        optimistic: the thresholds that the judged images themselves would choose.
        subgroups: every reader at every level of every fact.
        interactions: whether the levels of a fact differ.
        agreements: of readers with the reference standard, in pairs, and of people together.
        pools: people together, by modality and experience.
        modalities: with help and without, by the same people.
        time_ratios: reading times compared.
        external: the external part against the test part.
        outlines: of every reader that outlines.
        outline_differences: between these readers.
        boxes: of every reader that finds boxes, or marks lesions in volumes.
        arm_boxes: of readers that mark lesions in volumes, the same in each arm.
        arms: every reader under other protocols, against here.
        documentations: which sites of each examination every reader's answers document; where the classes are sites.
        grades: of every reader that gives a class, where the classes are three grades or more.
        scores: of every reader whose scores, or whose reference, lie between the grades.
        raters: networks among people, where the classes are three grades or more and two people read.
        class_spreads: every measure over the classes, with more than two classes.
        class_comparisons: readers compared over the classes, with six classes or more.
    """

    calibrations: tuple[Calibration, ...] = ()
    decision_curves: tuple[DecisionCurve, ...] = ()
    optimistic: tuple[Optimistic, ...] = ()
    subgroups: tuple[Subgroup, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    pools: tuple[Pool, ...] = ()
    modalities: tuple[Modalities, ...] = ()
    time_ratios: tuple[TimeRatio, ...] = ()
    external: tuple[Shift, ...] = ()
    outlines: tuple[OutlinePerformance, ...] = ()
    outline_differences: tuple[OutlineDifference, ...] = ()
    boxes: tuple[BoxPerformance, ...] = ()
    arm_boxes: tuple[BoxPerformance, ...] = ()
    arms: tuple[ArmDifference, ...] = ()
    documentations: tuple[Documentation, ...] = ()
    grades: tuple[GradePerformance, ...] = ()
    scores: tuple[ScoreAgreement, ...] = ()
    raters: tuple[RatersCompared, ...] = ()
    class_spreads: tuple[ClassSpread, ...] = ()
    class_comparisons: tuple[ClassComparison, ...] = ()


def analyse(answers: Mapping[str, Sequence[Answers]], performances: Sequence[Performance], asked: Asked) -> Analyses:
    """Do every analysis that the readings allow.

    Args:
        answers: by part of the partition, those of all readers.
        performances: of all readers, for the shift to the external part.
        asked: classes, level and the rest.
    """
    judged = [one for split in JUDGED for one in answers.get(split, ())]
    validation = {one.reader: one for one in answers.get("validation", ())}
    classes, positive, level = asked.classes, asked.positive, asked.level
    calibrated = (calibrate(one, validation.get(one.reader), classes, positive, level) for one in judged)
    decided = () if positive is None else (decide(one, classes, positive, level, asked.prevalence) for one in judged)
    flattered = () if positive is None else (flatter(one, classes, positive, level) for one in judged)
    divided = tuple(group for one in judged for group in divide(one, asked.facts, classes, positive, level))
    parts = [answers[split] for split in JUDGED if answers.get(split)]
    known = asked.patients_known
    by_part = [_shown(performances, split) for split in JUDGED]
    return Analyses(
        calibrations=tuple(one for one in calibrated if one is not None),
        decision_curves=tuple(one for one in decided if one is not None),
        optimistic=tuple(one for one in flattered if one is not None),
        subgroups=divided,
        interactions=interactions(divided),
        agreements=tuple(a for part in parts for a in agreements(part, classes, level, ordered=asked.ordered)),
        pools=tuple(p for part in parts for p in pools(part, classes, positive, level, patients_known=known)),
        modalities=tuple(m for part in parts for m in modalities(part, classes, positive, level, patients_known=known)),
        time_ratios=tuple(ratio for part in parts for ratio in time_ratios(part, level)),
        external=tuple(shifts(performances, level)),
        outlines=outline_performances(asked.outlined, level, asked.size_edges),
        outline_differences=outline_differences(asked.outlined, level),
        boxes=() if asked.boxes is None else box_performances(asked.boxes, level),
        arm_boxes=() if asked.boxes is None else arm_performances(asked.boxes, asked.arms, level),
        arms=arm_differences(
            asked.arms, asked.here, {one.reader: one.kind for one in answers.get("test", ())}, classes, positive, level
        ),
        documentations=tuple(documentations(judged, classes, level, patients_known=known)),
        grades=tuple(g for part in parts if asked.ordered for g in grade_performances(part, classes, level)),
        scores=tuple(s for part in parts if asked.ordered for s in score_agreements(part, classes, level)),
        raters=tuple(r for part in parts if asked.ordered for r in raters_compared(part, classes, level)),
        class_spreads=tuple(spread for part in by_part for spread in class_spreads(part)),
        class_comparisons=tuple(one for part in by_part for one in compare_classes(part, level)),
    )


def _shown(performances: Sequence[Performance], split: str) -> list[Performance]:
    """Those of a part that the report shows, by image: all folds together, the first repeat."""
    return [p for p in performances if (p.split, p.unit, p.fold, p.repeat) == (split, "image", 0, 1) and p.classes]
