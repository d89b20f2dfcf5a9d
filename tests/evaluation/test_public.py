import readingroom.evaluation as evaluation

PROMISED = [
    "proportion",
    "confusion",
    "diagnostic_table",
    "at_prevalence",
    "roc_curve",
    "auc",
    "delong",
    "delong_test",
    "partial_auc",
    "operating_point",
    "sensitivity_at",
    "specificity_at",
    "hand_till",
    "one_against_rest",
    "clustered_auc",
    "clustered_auc_test",
    "clustered_proportion",
    "bootstrap",
    "permutation_test",
    "mcnemar",
    "cochran_q",
    "compare_predictive_values",
    "holm",
    "non_inferiority",
    "compare_over_classes",
    "multireader",
    "pooled_readers",
    "cohen_kappa",
    "fleiss_kappa",
    "grade_table",
    "limits_of_agreement",
    "among_raters",
    "grade_values",
    "expected_grade",
    "nearest_grade",
    "compare_grades",
    "krippendorff_alpha",
    "icc",
    "brier",
    "calibration_curve",
    "calibration_line",
    "expected_calibration_error",
    "hosmer_lemeshow",
    "temperature",
    "net_benefit",
    "overlap",
    "match_boxes",
    "froc",
    "average_precision",
    "lesion_outcome",
    "sample_size",
]


def test_the_public_list_equals_what_can_be_imported() -> None:
    modules = {name for name in vars(evaluation) if f"readingroom.evaluation.{name}" in __import__("sys").modules}
    own = {name for name in vars(evaluation) if not name.startswith("_")}
    functions_that_share_a_module_name = {"confusion", "limits_of_agreement"}
    assert set(evaluation.__all__) == (own - modules) | functions_that_share_a_module_name


def test_every_promised_function_is_public_and_documented() -> None:
    assert len(PROMISED) == 51
    for name in PROMISED:
        assert name in evaluation.__all__
        assert len(getattr(evaluation, name).__doc__) > 40


def test_the_public_list_is_sorted_and_names_nothing_twice() -> None:
    names = evaluation.__all__
    assert len(names) == len(set(names))
    assert sorted(names, key=lambda n: (not n.isupper(), not n[0].isupper(), n)) == names
