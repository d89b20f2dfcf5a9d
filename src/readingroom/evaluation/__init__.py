"""Arrays in, numbers with intervals and tests out."""

from readingroom.evaluation.aggregate import Aggregate, aggregate_calls, aggregate_scores, aggregate_truth
from readingroom.evaluation.areas import auc, delong, delong_test
from readingroom.evaluation.calibration import (
    CalibrationCurve,
    brier,
    calibration_curve,
    expected_calibration_error,
    hosmer_lemeshow,
)
from readingroom.evaluation.classwise import compare_over_classes
from readingroom.evaluation.clustered import (
    clustered_auc,
    clustered_auc_test,
    clustered_diagnostic_table,
    clustered_proportion,
)
from readingroom.evaluation.confusion import Confusion, at_prevalence, confusion, diagnostic_counts, diagnostic_table
from readingroom.evaluation.decision import NetBenefit, net_benefit
from readingroom.evaluation.detection import Froc, average_precision, froc
from readingroom.evaluation.grades import expected_grade, grade_values, nearest_grade
from readingroom.evaluation.intraclass import icc
from readingroom.evaluation.kappa import cohen_kappa, fleiss_kappa
from readingroom.evaluation.krippendorff import krippendorff_alpha
from readingroom.evaluation.lesions import LesionOutcome, lesion_outcome, summarise_lesions
from readingroom.evaluation.limits_of_agreement import LimitsOfAgreement, limits_of_agreement
from readingroom.evaluation.margins import NonInferiority, non_inferiority
from readingroom.evaluation.matching import Matches, box_iou, match_boxes
from readingroom.evaluation.multiclass import OneAgainstRest, Spread, hand_till, one_against_rest
from readingroom.evaluation.operating import Cost, OperatingPoint, operating_point
from readingroom.evaluation.ordered import compare_grades, grade_table
from readingroom.evaluation.overlaps import Overlap, overlap, summarise_overlaps
from readingroom.evaluation.paired import cochran_q, compare_calls, holm, mcnemar
from readingroom.evaluation.permutation import permutation_test
from readingroom.evaluation.planning import AreaGoal, ReaderGoal, SampleSize, ShareGoal, sample_size
from readingroom.evaluation.point_matching import match_points
from readingroom.evaluation.pooled import pooled_readers
from readingroom.evaluation.predictive import compare_predictive_values
from readingroom.evaluation.proportions import proportion, proportion_limits
from readingroom.evaluation.raters import AmongRaters, among_raters
from readingroom.evaluation.reader_study import MultiReader, multireader
from readingroom.evaluation.recalibration import calibration_line, temperature
from readingroom.evaluation.resampling import SamplesCompared, bootstrap, bootstrap_table, compare_samples
from readingroom.evaluation.results import NOT_DEFINED, Estimate, Estimates, Table, Test, Tests
from readingroom.evaluation.roc import RocCurve, partial_auc, roc_curve, sensitivity_at, specificity_at
from readingroom.evaluation.timing import compare_times

__all__ = [
    "NOT_DEFINED",
    "Aggregate",
    "AmongRaters",
    "AreaGoal",
    "CalibrationCurve",
    "Confusion",
    "Cost",
    "Estimate",
    "Estimates",
    "Froc",
    "LesionOutcome",
    "LimitsOfAgreement",
    "Matches",
    "MultiReader",
    "NetBenefit",
    "NonInferiority",
    "OneAgainstRest",
    "OperatingPoint",
    "Overlap",
    "ReaderGoal",
    "RocCurve",
    "SampleSize",
    "SamplesCompared",
    "ShareGoal",
    "Spread",
    "Table",
    "Test",
    "Tests",
    "aggregate_calls",
    "aggregate_scores",
    "aggregate_truth",
    "among_raters",
    "at_prevalence",
    "auc",
    "average_precision",
    "bootstrap",
    "bootstrap_table",
    "box_iou",
    "brier",
    "calibration_curve",
    "calibration_line",
    "clustered_auc",
    "clustered_auc_test",
    "clustered_diagnostic_table",
    "clustered_proportion",
    "cochran_q",
    "cohen_kappa",
    "compare_calls",
    "compare_grades",
    "compare_over_classes",
    "compare_predictive_values",
    "compare_samples",
    "compare_times",
    "confusion",
    "delong",
    "delong_test",
    "diagnostic_counts",
    "diagnostic_table",
    "expected_calibration_error",
    "expected_grade",
    "fleiss_kappa",
    "froc",
    "grade_table",
    "grade_values",
    "hand_till",
    "holm",
    "hosmer_lemeshow",
    "icc",
    "krippendorff_alpha",
    "lesion_outcome",
    "limits_of_agreement",
    "match_boxes",
    "match_points",
    "mcnemar",
    "multireader",
    "nearest_grade",
    "net_benefit",
    "non_inferiority",
    "one_against_rest",
    "operating_point",
    "overlap",
    "partial_auc",
    "permutation_test",
    "pooled_readers",
    "proportion",
    "proportion_limits",
    "roc_curve",
    "sample_size",
    "sensitivity_at",
    "specificity_at",
    "summarise_lesions",
    "summarise_overlaps",
    "temperature",
]
