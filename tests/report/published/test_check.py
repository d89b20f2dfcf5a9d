"""What is found in tables that nobody published."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readingroom.core.translations import Translator
from readingroom.evaluation.published import Counts, Sizes, read_printed
from readingroom.report.published import Check, PublishedRow, PublishedTable, check_table, read_published
from readingroom.report.published.columns import RATES

CheckLines = Callable[..., Check]


def said(check: Check, kind: str) -> list[str]:
    return [finding.text for finding in check.findings if finding.kind == kind]


def printed(table: Counts, name: str, decimals: int, rounding: str) -> str:
    count, n = table.ratio(name)
    share = Decimal(100 * count) / Decimal(n) if n else Decimal(0)
    return f"{share.quantize(Decimal(1).scaleb(-decimals), rounding)}%"


counts = st.builds(Counts, *(st.integers(0, 300) for _ in range(4))).filter(lambda t: t.positive and t.negative)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    st.lists(counts, min_size=1, max_size=3),
    st.sets(st.sampled_from(RATES[:6]), min_size=1),
    st.integers(0, 2),
    st.sampled_from([ROUND_HALF_UP, ROUND_DOWN]),
    st.sampled_from(["classes", "total", "nothing"]),
)
def test_a_table_that_was_printed_from_counts_is_never_called_contradictory(
    tables: list[Counts], names: set[str], decimals: int, rounding: str, known: str
) -> None:
    first = tables[0]
    rows = []
    for place, table in enumerate(tables):
        # All rows were read on one test set.
        own = Counts(
            min(table.tp, first.positive),
            first.negative - min(table.tn, first.negative),
            first.positive - min(table.tp, first.positive),
            min(table.tn, first.negative),
        )
        figures = {name: read_printed(printed(own, name, decimals, rounding)) for name in sorted(names)}
        sizes = {
            "classes": Sizes(own.positive, own.negative),
            "total": Sizes(total=own.positive + own.negative),
            "nothing": Sizes(),
        }[known]
        rows.append((own, PublishedRow(place + 2, f"reader {place}", sizes=sizes.settled(), figures=figures)))
    check = check_table(PublishedTable("drawn", tuple(row for _, row in rows)), Translator("en"))
    assert [finding.text for finding in check.findings if finding.level == "contradiction"] == []
    for (own, _), done in zip(rows, check.rows, strict=True):
        possible = done.solved.possible
        if known != "nothing" and possible is not None and rounding == ROUND_HALF_UP:
            assert all(low <= getattr(own, name) <= high for name, (low, high) in possible.limits.items())


def test_a_rate_that_its_cases_do_not_give_is_told_with_its_neighbours(check: CheckLines) -> None:
    found = check("row,class,n_positive,n_negative,sensitivity,specificity", "a,x,340,340,82.83,95.00")
    (text,) = said(found, "contradiction")
    assert text == "Sensitivity 82.83% cannot be had of 340 positives: 281/340 = 82.6471%, 282/340 = 82.9412%."


def test_stated_sizes_that_the_columns_do_not_allow_are_told(check: CheckLines) -> None:
    found = check("row,n_positive,n_negative,sensitivity,specificity", "a,340,340,82.83,9.09", "b,340,340,94.95,69.70")
    (text,) = said(found, "size")
    assert text.startswith("The stated 340 positives and 340 negatives do not give these rates: Sensitivity 82.83%")
    assert "multiple of 1/99" in text


def test_without_sizes_the_columns_give_them_away(check: CheckLines) -> None:
    found = check("row,accuracy", "a,0.911", "b,0.901", "c,0.891", "d,0.881", "e,0.871", "f,0.832")
    (text,) = said(found, "size")
    assert "multiple of 1/101" in text
    assert found.rows[0].figures[0].counts == (92, 92)
    assert said(check("row,accuracy", "a,95%", "b,90%"), "size") == []


def test_accuracy_outside_sensitivity_and_specificity_is_a_contradiction_whatever_the_size(check: CheckLines) -> None:
    (text,) = said(check("row,sensitivity,specificity,accuracy", "a,90.0,80.0,95.0"), "contradiction")
    assert text.endswith("accuracy lies between sensitivity and specificity.")


def test_f1_must_match_precision_and_recall(check: CheckLines) -> None:
    (text,) = said(check("row,recall,precision,f1", "a,0.955,0.914,0.943"), "contradiction")
    assert text.endswith("precision and recall give F1 from 0.9336 to 0.9351.")


def test_f1_of_rounded_figures_is_no_contradiction(check: CheckLines) -> None:
    found = check("row,n_positive,n_negative,recall,specificity,precision,f1", "a,60,60,0.85,0.90,0.89,0.86")
    assert found.count("contradiction") == 0
    assert len(said(found, "f1-rounded")) == 1


def test_predictive_values_must_match_the_number_of_cases(check: CheckLines) -> None:
    lines = ("row,n_positive,n_negative,sensitivity,specificity,ppv", "a,100,900,90.0,90.0,90.0")
    (text,) = said(check(*lines), "contradiction")
    assert text.startswith("Specificity 90.0% and PPV 90.0% contradict each other: no counts of 100 positives and 900")
    assert said(check(lines[0], "a,100,100,90.0,90.0,90.0"), "contradiction") == []


def test_a_total_that_cannot_be_divided_so_is_told(check: CheckLines) -> None:
    found = check("row,n,sensitivity,specificity", "a,20,33.33,33.33")
    (text,) = said(found, "size")
    assert text.startswith("No division of the stated 20 cases")


def test_an_area_that_no_curve_through_the_point_has_is_told(check: CheckLines) -> None:
    (text,) = said(check("row,sensitivity,specificity,auc", "a,90.0,80.0,0.99"), "auc-outside")
    assert "from 0.719 to 0.980" in text
    assert said(check("row,sensitivity,specificity,auc", "a,90.0,80.0,0.93"), "auc-of-labels") == []


def test_one_area_of_labels_among_others_is_named(check: CheckLines) -> None:
    found = check("row,sensitivity,specificity,auc", "a,90.12,80.34,0.9300", "b,82.83,71.05,0.7694")
    (text,) = said(found, "auc-of-labels")
    assert text.startswith("An AUC that is the mean of sensitivity and specificity: b, (82.83% + 71.05%) / 2 = 0.7694.")


def test_printed_counts_are_held_against_the_figures_beside_them(check: CheckLines) -> None:
    head = "row,sensitivity,specificity,ppv"
    found = said(check(head, "a,90.0% (36/41),80.0% (8/10),90.0% (36/40)"), "counts")
    assert found == [
        "Sensitivity 90.0% is printed beside 36/41, which is 87.805%.",
        "PPV is printed as 36/40, the counts of the other figures give 36/38.",
    ]


def test_the_four_counts_are_held_against_every_figure(check: CheckLines) -> None:
    (text,) = said(check("row,accuracy,f1,tp,fp,fn,tn", "a,96.1,0.91,64,6,3,156"), "counts")
    assert text == "F1 0.91 is printed, but the counts TP 64, FP 6, FN 3, TN 156 give 0.9343."


def test_a_row_that_is_not_better_is_told(check: CheckLines) -> None:
    found = check("row,n,accuracy,claim", "a,100,90%,better than b; 优于 c", "b,100,91%,", "c,100,60%,")
    first, second = (finding for finding in found.findings if finding.kind == "claim")
    assert first.level == "contradiction"
    assert first.text.endswith("It is not better.")
    assert second.level == "note"
    assert second.text.endswith("The difference is more than chance whatever the overlap.")


def test_the_figures_of_one_reader_that_no_share_gives_both_are_a_contradiction(check: CheckLines) -> None:
    found = check("row,place,n,accuracy", "a,abstract,50,92%", "a,table 1,50,94%")
    (text,) = said(found, "printed-twice")
    assert text == "Accuracy of a is printed as 92% (abstract) and as 94% (table 1): no share is printed as both."


def test_paired_tests_are_not_blamed(check: CheckLines) -> None:
    head = "row,n,accuracy,test,paired"
    assert said(check(head, "a,90,90%,McNemar's chi-squared test,yes", "b,90,80%,卡方检验,no"), "unpaired-test") == []
    assert len(said(check(head, "a,90,90%,卡方检验,是", "b,90,80%,,"), "unpaired-test")) == 1


def test_a_mean_accuracy_below_what_wrong_answers_give_is_impossible(check: CheckLines) -> None:
    (finding,) = check("row,classes,accuracy", "a,3,30%").findings
    assert (finding.kind, finding.level) == ("top1", "contradiction")


def test_a_table_without_fault_has_only_notes(check: CheckLines) -> None:
    found = check("row,n_positive,n_negative,sensitivity,specificity,ppv,auc", "a,50,100,92.0,91.0,83.6,0.953")
    assert [finding.kind for finding in found.findings] == ["only-table"]
    frame = found.to_frame()
    assert frame.loc[frame["measure"] == "sensitivity", ["count", "n"]].to_numpy().tolist() == [[46, 50]]


def test_counts_that_are_not_certain_have_the_widest_interval(check: CheckLines) -> None:
    (figure,) = check("row,n,accuracy", "a,900,95%").rows[0].figures
    assert figure.counts == (851, 859)
    assert figure.estimate is not None
    low, high = figure.estimate.low, figure.estimate.high
    assert low == pytest.approx(0.9287, abs=1e-3)
    assert high == pytest.approx(0.9669, abs=1e-3)


def test_the_check_is_told_as_json(save: Callable[..., Path]) -> None:
    found = check_table(read_published(save("row,n,accuracy,extra", "a,229,0.961,1")), Translator("en")).to_json()
    assert found["unused_columns"] == ["extra"]
    assert found["rows"][0]["figures"][0]["count"] == [220, 220]


def test_one_wrong_row_does_not_spoil_the_others(check: CheckLines) -> None:
    found = check("row,n_positive,n_negative,sensitivity,specificity", "a,58,122,93.1,91.0", "b,58,122,84.0,88.5")
    assert found.rows[0].solved.counts == Counts(54, 11, 4, 111)
    (text,) = said(found, "contradiction")
    assert text.startswith("Sensitivity 84.0% cannot be had of 58 positives: 48/58 = 82.759%, 49/58 = 84.483%.")
