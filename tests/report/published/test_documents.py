"""The documents' own tables: every note that a careful reader made of them is found."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from readingroom.core.errors import CaseTableError
from readingroom.core.translations import Translator
from readingroom.evaluation.published import Counts
from readingroom.report.published import DOCUMENTS, Check, Finding, check_table, read_document
from readingroom.report.published.check import CheckedRow


@cache
def checked(name: str) -> Check:
    return check_table(read_document(name).table, Translator("en"))


def found(name: str, kind: str) -> list[Finding]:
    return [finding for finding in checked(name).findings if finding.kind == kind]


def row(name: str, reader: str, **where: str) -> CheckedRow:
    rows = [one for one in checked(name).rows if one.solved.row.name == reader]
    return next(one for one in rows if all(getattr(one.solved.row, key) == value for key, value in where.items()))


def mentions(text: str, parts: Iterable[str]) -> bool:
    return all(part in text for part in parts)


def test_the_fistula_rates_rest_on_99_and_99_images_not_on_680() -> None:
    (finding,) = found("anal-fistula-mri", "size")
    assert finding.level == "contradiction"
    assert mentions(finding.text, ["680", "1/99", "99 positives and 99 negatives", "80.80%"])


def test_every_fistula_auc_is_the_mean_of_sensitivity_and_specificity() -> None:
    (finding,) = found("anal-fistula-mri", "auc-of-labels")
    assert mentions(finding.text, ["Every AUC (8 of 8)", "(82.83% + 100.00%) / 2 = 0.914", "it is no AUC"])
    assert finding.lines == tuple(range(2, 10))


def test_the_counts_behind_the_best_fistula_network_are_found() -> None:
    assert row("anal-fistula-mri", "ResNet-34 transfer").solved.counts == Counts(96, 5, 3, 94)


def test_two_fistula_figures_were_cut_off_and_the_abstract_differs_from_the_table() -> None:
    assert [finding.lines for finding in found("anal-fistula-mri", "cut")] == [(5,), (5,), (10,)]
    (twice,) = found("anal-fistula-mri", "printed-twice")
    assert mentions(twice.text, ["94.95% (table 2)", "94.94% (abstract)", "once rounded and once cut off"])


def test_convmixer_can_only_have_one_table() -> None:
    solved = row("internal-haemorrhoids", "ConvMixer", group="task A").solved
    assert solved.counts == Counts(tp=64, fp=6, fn=3, tn=156)
    (finding,) = found("internal-haemorrhoids", "only-table")
    assert "TP 64, FP 6, FN 3, TN 156" in finding.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (2, ["220 against 218 right of 229", "p = 0.82 (Fisher's exact test)", "p from 0.50 to 0.82 (McNemar"]),
        (6, ["92 against 89 right of 101", "p = 0.65 (Fisher's exact test)", "p from 0.25 to 0.66 (McNemar"]),
    ],
)
def test_better_than_the_senior_doctor_may_be_chance_and_was_not_tested(line: int, said: list[str]) -> None:
    finding = next(f for f in found("internal-haemorrhoids", "claim") if f.lines[0] == line and "senior" in f.text)
    assert finding.level == "warning"
    assert mentions(finding.text, [*said, "Whatever the overlap, the difference may be chance", "prints no test"])


def test_no_gastric_row_is_one_class_against_the_rest() -> None:
    findings = found("gastric-lesions", "own-class")
    assert [finding.lines for finding in findings] == [(2,), (3,), (4,), (5,), (6,), (7,)]
    early = findings[2].text
    assert mentions(early, ["Not one against the rest", "32 + 10 = 42", "195 negatives", "6/10 is 60.0%"])
    assert "31.3 to 83.2" in early


def test_rates_without_counts_show_the_same() -> None:
    solved = row("gastric-lesions", "ResNet-34", place="discussion").solved
    assert (solved.origin, solved.counts) == ("own class", Counts(27, 4, 5, 6))


@pytest.mark.parametrize(("line", "mean", "top1"), [(2, "97.60%", "64.0%"), (3, "99.34%", "90.1%")])
def test_a_mean_accuracy_over_thirty_sites_means_a_top1_accuracy(line: int, mean: str, top1: str) -> None:
    finding = next(finding for finding in found("upper-gi-sites", "top1") if finding.lines == (line,))
    assert mentions(finding.text, [f"Accuracy {mean}", "30 classes", f"top-1 accuracy of {top1}"])


def test_the_sites_sensitivity_is_a_median_where_the_abstract_says_mean() -> None:
    (finding,) = found("upper-gi-sites", "median-as-mean")
    assert mentions(finding.text, ["75.58%", "99.57%", "called a mean (abstract)", "a median (table 1)"])
    (no_mean,) = found("upper-gi-sites", "no-mean")
    assert mentions(no_mean.text, ["99.57% cannot well be a mean", "210 wrong answers"])


def test_the_sites_were_tested_unpaired() -> None:
    (finding,) = found("upper-gi-sites", "unpaired-test")
    assert mentions(finding.text, ["rank-sum", "30 classes", "signed-rank"])


def test_the_lowest_figures_of_the_sites_contradict_the_others() -> None:
    (impossible,) = found("upper-gi-sites", "contradiction")
    assert mentions(impossible.text, ["98.08%", "2,119"])
    (missed,) = found("upper-gi-sites", "misses")
    assert mentions(missed.text, ["92.86%", "at most 151", "about 210"])


SEEDS = {
    "000_fistula": "anal-fistula-mri",
    "001_hemorrhoids": "internal-haemorrhoids",
    "002_gastric": "gastric-lesions",
}


def test_recomputed_intervals_agree_with_the_reference(shared: Path) -> None:
    reference = pd.read_csv(shared / "reference" / "seeds_proportions.csv", dtype={"printed": str})
    frames = {name: check.to_frame() for name, check in ((name, checked(name)) for name in DOCUMENTS)}
    for _, expected in reference.iterrows():
        frame = frames[SEEDS[expected["doc"]]]
        own = frame[(frame["count"] == expected["k"]) & (frame["n"] == expected["n"])]
        own = own[own["printed"].str.rstrip("%").astype(float) == float(expected["printed"])]
        measure = str(expected["metric"]).split("_")[0].replace("recall", "sensitivity").replace("precision", "ppv")
        own = own[own["measure"] == measure]
        assert len(own) >= 1, expected.to_dict()
        assert own["low"].to_numpy() == pytest.approx(expected["wilson_lo"], abs=1e-9)
        assert own["high"].to_numpy() == pytest.approx(expected["wilson_hi"], abs=1e-9)
        assert (own["cut_off"] == (not expected["ok"])).all()
    assert len(reference) == 55


def test_every_document_has_its_facts_and_is_known_by_name() -> None:
    for name in DOCUMENTS:
        document = read_document(name)
        assert set(document.table.groups) >= set(document.tasks)
        assert document.table.unused == ()
    with pytest.raises(CaseTableError, match="there is no document 'x'"):
        read_document("x")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_findings_are_said_in_chinese(name: str) -> None:
    class Recorder(Translator):
        def __call__(self, text: str, /, **values: object) -> str:
            assert text in self._texts, text
            return super().__call__(text, **values)

    check = check_table(read_document(name).table, Recorder("zh"))
    assert [finding.kind for finding in check.findings] == [finding.kind for finding in checked(name).findings]
