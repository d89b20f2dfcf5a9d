"""Tables of completeness: what readers' answers say is documented, by list, by site and by examination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.analyses.documented import Documentation, DocumentedExam, place_name
from readingroom.report.results import Results
from readingroom.report.tables import AnyCell, Cell, EstimateCell, Table, methods_note
from readingroom.report.wording import MEASURE_NAMES, SPLIT_NAMES

LIST_NAMES = {"sites": "thirty sites", "sss": "SSS ({n} of 22)", "esge": "ESGE ({n} of 10)"}
_SHOWN = ("sensitivity", "specificity", "npv")


@dataclass(frozen=True)
class DocumentedTables:
    """The tables of a part; empty where the classes are not sites.

    Args:
        lead: what was counted, in a sentence.
        readers: every reader by every list.
        by_site, by_exam: one table a reader.
    """

    lead: str = ""
    readers: tuple[Table, ...] = ()
    by_site: tuple[Table, ...] = ()
    by_exam: tuple[Table, ...] = ()

    def tables(self) -> list[Table]:
        """All that there are."""
        return [*self.readers, *self.by_site, *self.by_exam]


def documented_tables(results: Results, say: Translator) -> DocumentedTables:
    """The tables of the part shown first; those of another part follow it."""
    found = results.analyses.documentations
    if not found:
        return DocumentedTables()
    parts = [split for split in results.splits if any(one.split == split for one in found)]
    sites = [one for one in found if one.asked == "sites" and one.split == parts[0]]
    order = [reader.name for reader in results.readers]
    return DocumentedTables(
        lead=_lead(sites[0], say),
        readers=tuple(_readers([one for one in found if one.split == split], split, say) for split in parts),
        by_site=tuple(_by_site(one, order.index(one.reader) + 1, say) for one in sites),
        by_exam=tuple(_by_exam(one, order.index(one.reader) + 1, say) for one in sites),
    )


def _lead(one: Documentation, say: Translator) -> str:
    counted = say(
        "{part}: the pictures of {n} examinations of {patients} patients."
        if one.unit == "exam"
        else "{part}: the pictures of {patients} patients.",
        part=say(SPLIT_NAMES[one.split]),
        n=one.n,
        patients=one.patients,
    )
    rule = say(
        "A site is documented if one picture is of it: by the reference standard, or by the reader's answers. Only "
        "pictures of this part count, and every answer counts, however sure."
    )
    return say(" ").join([counted, rule])


def _readers(found: Sequence[Documentation], split: str, say: Translator) -> Table:
    rows = tuple(_reader_row(one, say) for one in found)
    heads = ("Reader", "List", "Mean, reference", "Mean, reader", "Difference", "Complete")
    columns = tuple(say(head) for head in (*heads, "Sensitivity", "Specificity", "NPV"))
    estimates = [one.measures.get(name) for one in found for name in _SHOWN]
    note = say(
        "Mean: number of places documented in an examination (bootstrap over patients); difference: reader − "
        "reference. Complete: examinations with every place, by the reference / by the reader. Sensitivity and "
        "specificity take a documented place as positive, each place of each examination once; the NPV is how often a"
        " place that the reader reports as missing is missing. The thirty sites can document {sss} of the 22 places "
        "of the systematic screening protocol and {esge} of the 10 of the ESGE; the mapping is the software's, to be "
        "confirmed by an endoscopist.",
        sss=_countable(found, "sss"),
        esge=_countable(found, "esge"),
    )
    note = say(" ").join([note, methods_note(estimates, say)])
    return Table(f"documented-{split}", say(SPLIT_NAMES[split]), columns, rows, note, 2)


def _countable(found: Sequence[Documentation], asked: str) -> int:
    return next(len(one.places) for one in found if one.asked == asked)


def _reader_row(one: Documentation, say: Translator) -> tuple[AnyCell, ...]:
    return (
        Cell(one.reader),
        Cell(_list_name(one, say)),
        EstimateCell("documented", one.mean_reference, counted=False),
        EstimateCell("documented", one.mean_answered, counted=False),
        _difference_cell(one.mean_difference, say),
        Cell(f"{one.complete_reference} / {one.complete_answered}", say("of {n}", n=one.n)),
        *(EstimateCell(name, one.measures.get(name), counted=False) for name in _SHOWN),
    )


def _list_name(one: Documentation, say: Translator) -> str:
    if one.asked == "sites" and one.undocumentable:
        return say("{n} of thirty sites", n=len(one.places)).replace(" ", "\u00a0")
    return say(LIST_NAMES[one.asked], n=len(one.places)).replace(" ", "\u00a0")


def _difference_cell(found: Estimate, say: Translator) -> Cell:
    values = [None if value is None else f"{value:+.1f}" for value in (found.value, found.low, found.high)]
    value, low, high = (None if text is None else text.replace("-", "−").replace("+0.0", "0.0") for text in values)
    return Cell(value or "–", "" if low is None or high is None else f"{low}{say(' to ')}{high}")


def _by_site(one: Documentation, number: int, say: Translator) -> Table:
    rows: list[tuple[AnyCell, ...]] = []
    for place in one.by_place:
        name = place_name(place.place, one.asked, say.language)
        counts = (Cell(f"{place.reference}"), Cell(f"{place.answered}"), Cell(f"{place.both}"))
        cells = (EstimateCell(measure, place.measures.get(measure)) for measure in ("sensitivity", "specificity"))
        rows.append((Cell(name), *counts, *cells))
    heads = (say("Site"), say("By the reference"), say("By the reader"), say("By both"))
    measures = (say(MEASURE_NAMES["sensitivity"]), say(MEASURE_NAMES["specificity"]))
    estimates = [place.measures.get("sensitivity") for place in one.by_place]
    note = say("Of {n} examinations, how many document the site.", n=one.n)
    note = say(" ").join([note, methods_note(estimates, say)])
    return Table(f"documented-sites-{one.split}-{number}", one.reader, (*heads, *measures), tuple(rows), note)


def _by_exam(one: Documentation, number: int, say: Translator) -> Table:
    def named(places: Sequence[str]) -> Cell:
        return Cell(say("; ").join(place_name(place, one.asked, say.language) for place in places) or "–")

    total = len(one.places)
    rows = tuple(
        (
            Cell(exam.exam, _whose(exam)),
            Cell(f"{exam.images}"),
            Cell(f"{_of_reference(exam)} / {_of_reader(exam)}", say("of {n}", n=total)),
            named(exam.missing),
            named(exam.claimed),
            named(exam.overlooked),
        )
        for exam in one.exams
    )
    heads = (
        say("Examination") if one.unit == "exam" else say("Patient"),
        say("Images"),
        say("Sites, reference / reader"),
        say("Missing, and the reader says so"),
        say("Missing, and the reader says documented"),
        say("Documented, and the reader says missing"),
    )
    return Table(f"documented-exams-{one.split}-{number}", one.reader, heads, rows, "", len(heads))


def _of_reference(exam: DocumentedExam) -> int:
    return len(exam.both) + len(exam.overlooked)


def _of_reader(exam: DocumentedExam) -> int:
    return len(exam.both) + len(exam.claimed)


def _whose(exam: DocumentedExam) -> str:
    return "" if exam.patient is None or exam.exam.startswith(exam.patient) else exam.patient
