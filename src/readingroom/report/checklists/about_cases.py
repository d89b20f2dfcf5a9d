"""Answers about the cases: where they come from, who was left out, how they were divided, who they are."""

from __future__ import annotations

from pathlib import PurePath

import pandas as pd

from readingroom.core.translations import Translator
from readingroom.report.checklists.answers import Answer, Filler, answer
from readingroom.report.checklists.facts import Facts
from readingroom.report.headline import where_text
from readingroom.report.methods import partition_sentence, preprocessing_sentences
from readingroom.report.paragraphs import excluded_sentence, parts_sentence
from readingroom.report.wording import joined

_MOST_LISTED = 8


def sources(facts: Facts, say: Translator) -> Answer | None:
    """Where the data come from."""
    if facts.run is None or not facts.run.study.get("cases"):
        return None
    found = [say("The cases come from {file}.", file=_file(facts.run.study["cases"]))]
    external = facts.run.section("partition").get("external")
    if external:
        found.append(say("The external cases come from {file}.", file=_file(external)))
    if facts.run.manifest.get("phantoms"):
        found.append(say("All images are phantoms: drawn by the software, not taken from patients."))
    asked = "Say who collected the cases, where, for what purpose, and whether they are public."
    return answer(say, [*found, *_centres(facts, say)], ["study.yaml", "manifest.json", "partition.csv"], asked)


def _file(name: object) -> str:
    # The folders above it are the business of one machine.
    return PurePath(str(name)).name


def _centres(facts: Facts, say: Translator) -> list[str]:
    names = _values(facts, "centre")
    return [say("There are {n} centres: {list}.", n=len(names), list=_listed(names, say))] if names else []


def _values(facts: Facts, column: str) -> list[str]:
    frame = facts.run.partition if facts.run is not None else pd.DataFrame()
    return sorted(frame[column].dropna().astype(str).unique()) if column in frame else []


def _listed(names: list[str], say: Translator) -> str:
    more = [say("{n} more", n=len(names) - _MOST_LISTED)] if len(names) > _MOST_LISTED else []
    return joined([*names[:_MOST_LISTED], *more], say)


def dates(facts: Facts, say: Translator) -> Answer | None:
    """When the data were collected."""
    known = pd.to_datetime(pd.Series(_values(facts, "date"), dtype="object"), format="ISO8601", errors="coerce")
    # Of dates in several forms nobody knows which is the first.
    if known.empty or known.isna().any():
        return None
    first, last = known.min().date().isoformat(), known.max().date().isoformat()
    found = [say("The examinations are from {first} to {last}.", first=first, last=last)]
    return answer(say, found, ["partition.csv"], "Say when recruitment began and ended.")


def setting(facts: Facts, say: Translator) -> Answer | None:
    """In which hospitals."""
    return answer(say, _centres(facts, say), ["partition.csv"], "Say of which kind and where they are.")


def setting_and_dates(facts: Facts, say: Translator) -> Answer | None:
    """Where and when."""
    when = dates(facts, say)
    found = [*_centres(facts, say), when.text if when is not None else ""]
    return answer(say, found, ["partition.csv"], "Say where and when the participants were found.")


def eligibility(facts: Facts, say: Translator) -> Answer | None:
    """What was taken in and what left out."""
    if facts.run is None or not facts.run.audit:
        return None
    said = excluded_sentence(facts.content.parts, facts.content.excluded, say)
    found = [said or say("No image of the case table was left out.")]
    asked = "State the clinical criteria by which patients and images came into the case table, in their order."
    return answer(say, found, ["audit.json", facts.page("participants")], asked)


def preprocessing(facts: Facts, say: Translator) -> Answer | None:
    """From the file to the network's input."""
    if facts.run is None:
        return None
    found = list(preprocessing_sentences(facts.run, say))
    return answer(say, found, [facts.bundle("reader.yaml"), "study.yaml", facts.report("methods.md")])


def preparation(facts: Facts, say: Translator) -> Answer | None:
    """Preprocessing, and the checks of quality."""
    if facts.run is None or not facts.run.audit:
        return preprocessing(facts, say)
    found = [*preprocessing_sentences(facts.run, say), _unreadable(facts, say)]
    found.append(say("Every image was checked for blur, exposure and near-duplicates, the same way for all patients."))
    return answer(say, found, [facts.bundle("reader.yaml"), "audit.json", facts.page("audit")])


def _unreadable(facts: Facts, say: Translator) -> str:
    flow = (facts.run.audit.get("flow") or {}) if facts.run is not None else {}
    if "unreadable" not in flow:
        return ""
    n = int(flow["unreadable"])
    return say("{n} files could not be read as images and were left out." if n else "Every file could be read.", n=n)


def acquisition(facts: Facts, say: Translator) -> Answer | None:
    """How the images were taken, as far as files and case table tell."""
    formats = [str(one["format"]) for one in _formats(facts)]
    found = [say("The files are {list}.", list=_listed(formats, say))] if formats else []
    asked = "Name the devices with maker and model, and the settings of the examination."
    return answer(say, [*_devices(facts, say), *found], ["audit.json", "partition.csv"], asked)


def _formats(facts: Facts) -> list[dict[str, object]]:
    images = (facts.run.audit.get("images") or {}) if facts.run is not None else {}
    return list(images.get("formats") or [])


def _devices(facts: Facts, say: Translator) -> list[str]:
    names = _values(facts, "device")
    return [say("The devices are {list}.", list=_listed(names, say))] if names else []


def acquisition_and_preprocessing(facts: Facts, say: Translator) -> Answer | None:
    """Both in one item."""
    prepared = preprocessing(facts, say)
    if prepared is None:
        return None
    return Answer(prepared.text, prepared.proofs, say("Add how the images were taken: devices, settings, protocol."))


def subsets(facts: Facts, say: Translator) -> Answer | None:
    """Which part of each image was used."""
    view = facts.run.section("input").get("view") if facts.run is not None else None
    texts = {
        "auto": "Of each image the view that the software found was used; what lies outside it was blanked.",
        "whole": "Whole images were used.",
    }
    found = [say(texts[view])] if view in texts else []
    asked = "Say who chose the images of each examination, and by which rule."
    return answer(say, found, ["study.yaml", "catalogue.parquet"], asked)


def missing(facts: Facts, say: Translator) -> Answer | None:
    """What was done about missing data."""
    found = [_unreadable(facts, say)]
    if found[0]:
        found.append(say("Nothing was imputed."))
    asked = "Say how many examinations had no usable image, and why."
    return answer(say, found, ["audit.json"], asked)


def annotators(facts: Facts, say: Translator) -> Answer | None:
    """Who gave the labels."""
    names = _values(facts, "annotator")
    found = [say("The case table names {n} annotators.", n=len(names))] if names else []
    asked = "Give their training and experience, what they knew of the case, and how they worked."
    return answer(say, found, ["partition.csv"], asked)


def outcome(facts: Facts, say: Translator) -> Answer | None:
    """What is told apart."""
    if facts.run is None or not facts.results.classes:
        return None
    found = [say("The classes are {list}.", list=joined(list(facts.results.classes), say))]
    if facts.results.positive is not None:
        found.append(say("Positive is {positive}.", positive=facts.results.positive))
    asked = "Say how each class was established, by which criteria, and when."
    return answer(say, found, ["study.yaml", facts.report("results.json")], asked)


def partition(facts: Facts, say: Translator) -> Answer | None:
    """How cases were divided."""
    if facts.run is None or facts.run.partition.empty:
        return None
    found = [partition_sentence(facts.run, say), _sizes(facts, say)]
    return answer(say, found, ["partition.csv", "study.yaml", facts.report("tables/table1.csv")])


def _sizes(facts: Facts, say: Translator) -> str:
    return parts_sentence(facts.content.parts, facts.results, say, copies=facts.copies)


def disjoint(facts: Facts, say: Translator) -> Answer | None:
    """What no two parts share: counted, not believed."""
    frame = facts.run.partition if facts.run is not None else pd.DataFrame()
    if not {"group", "split"} <= set(frame.columns):
        return None
    folds = frame["fold"] if "fold" in frame else pd.Series(1, index=frame.index)
    sides = frame.groupby([folds, "group"])["split"].nunique()
    crossing = sides[sides > 1].index.get_level_values(-1).nunique()
    named = (facts.run.audit.get("partition") or {}).get("by") if facts.run is not None else None
    by = str(named or "patient")
    values = {"by": say(by), "n": f"{frame['group'].nunique():,}", "crossing": f"{crossing:,}"}
    text = "Images were divided by {by}: of {n} patients, or groups that stand for them, {crossing} are in two parts."
    found = [say(text, **values)]
    if not facts.content.patients_known:
        found.append(say("Patients are not known, so that leakage cannot be excluded."))
    return answer(say, found, ["partition.csv", "audit.json"])


def sample_size(facts: Facts, say: Translator) -> Answer | None:
    """How many cases there were; how many were planned only the authors know."""
    lead = facts.content.lead
    if lead is None:
        return None
    p = lead.performance
    found = [say("{where}, the readers were judged.", where=where_text(p, say))]
    if p.binary is not None:
        text = "Of these images {n} are {positive}."
        found.append(say(text, n=f"{p.binary.n_positive:,}", positive=p.binary.positive))
    asked = "State how many cases were planned, and how that number was found."
    return answer(say, found, [facts.report("results.json")], asked)


def flow(facts: Facts, say: Translator) -> Answer | None:
    """How many came in and how many left."""
    found = [excluded_sentence(facts.content.parts, facts.content.excluded, say), _sizes(facts, say)]
    proofs = [facts.report("figures/flow.svg"), facts.page("participants"), "audit.json"]
    if facts.run is None:
        return answer(say, found, proofs, "Say who was left out before the table of readings was made.")
    return answer(say, found, proofs)


def numbers(facts: Facts, say: Translator) -> Answer | None:
    """How many in each step."""
    proofs = [facts.report("tables/table1.csv"), "partition.csv"]
    return answer(say, [_sizes(facts, say)], proofs) if facts.run is not None else None


def characteristics(facts: Facts, say: Translator) -> Answer | None:
    """Who is in each part."""
    table = facts.content.table_one
    if table is None:
        return None
    proofs = [facts.report("tables/table1.csv"), facts.page("participants")]
    if len(table.rows) > _counted_rows(facts):
        text = "Table 1 gives numbers, classes and the facts of the case table for each part."
        asked = "" if facts.run is not None else "Describe the cases that the readers learned from."
        return answer(say, [say(text)], proofs, asked)
    asked = "Add age, sex and clinical facts as columns of the case table: Table 1 then shows them."
    return answer(say, [say("Table 1 gives numbers and classes for each part.")], proofs, asked)


def _counted_rows(facts: Facts) -> int:
    """Rows of Table 1 that are not facts: images, patients, lesions, classes."""
    parts = facts.content.parts
    units = 1 + any(part.patients is not None for part in parts) + any(part.lesions is not None for part in parts)
    return units + len(next((part.classes for part in parts if part.classes), {}))


def severity(facts: Facts, say: Translator) -> Answer | None:
    """How severe the disease was, where the classes are grades."""
    graded = facts.run is not None and facts.run.task.get("kind") == "grading"
    return _classes_by_part(facts, say) if graded else None


def alternatives(facts: Facts, say: Translator) -> Answer | None:
    """What the others had, where there are more than two classes."""
    several = len(facts.results.classes) > 2 and not (facts.run is not None and facts.run.task.get("kind") == "grading")
    return _classes_by_part(facts, say) if several else None


def _classes_by_part(facts: Facts, say: Translator) -> Answer | None:
    if facts.content.table_one is None:
        return None
    found = [say("Table 1 gives the number of each class in each part.")]
    asked = "Describe the diagnoses and grades that the classes do not tell apart."
    return answer(say, found, [facts.report("tables/table1.csv")], asked)


def prevalence(facts: Facts, say: Translator) -> Answer | None:
    """Whether the data are like the patients to come."""
    lead = facts.content.lead
    if lead is None or lead.performance.binary is None:
        return None
    p, table = lead.performance, lead.performance.binary
    share = f"{100 * table.n_positive / p.n:.1f}"
    found = [
        say("{share}% of the {part} images are {positive}.", share=share, part=say(p.split), positive=table.positive)
    ]
    asked = "Say how common it is among the patients that the test is meant for, and how these cases differ."
    return answer(say, found, [facts.report("results.json")], asked)


FILLERS: dict[str, Filler] = {
    "sources": sources,
    "dates": dates,
    "setting": setting,
    "setting_and_dates": setting_and_dates,
    "eligibility": eligibility,
    "preprocessing": preprocessing,
    "preparation": preparation,
    "acquisition": acquisition,
    "acquisition_and_preprocessing": acquisition_and_preprocessing,
    "subsets": subsets,
    "missing": missing,
    "annotators": annotators,
    "outcome": outcome,
    "partition": partition,
    "disjoint": disjoint,
    "sample_size": sample_size,
    "flow": flow,
    "numbers": numbers,
    "characteristics": characteristics,
    "severity": severity,
    "alternatives": alternatives,
    "prevalence": prevalence,
}
"""Fillers about the cases, by the names that the checklists use."""
