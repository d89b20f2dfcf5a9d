"""What the methods say of readers that go by features: sources with their settings, selection, model, tuning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from readingroom.core.translations import Translator
from readingroom.report.run_folder import RunFolder
from readingroom.report.wording import joined

MODELS = {"logistic": "logistic regression", "boosting": "gradient boosting"}
SOURCES = {
    "radiomics": "radiomics",
    "network": "features of a frozen network",
    "text": "words of a text",
    "facts": "facts of the patient",
    "scores": "scores of other readers",
}
_RANKED = {"anova": "ANOVA", "mutual_information": "mutual information", "l1": "an L1-penalised logistic regression"}


def features_of(run: RunFolder) -> dict[str, dict[str, Any]]:
    """Settings and tuning of the readers that go by features, by name."""
    readers: dict[str, dict[str, Any]] = run.manifest.get("readers") or {}
    return {name: dict(facts["features"]) for name, facts in readers.items() if facts.get("features")}


def sources_of(features: Mapping[str, Any]) -> list[str]:
    """Names of the sources, in the order of `SOURCES`."""
    return [name for name in SOURCES if features.get(name) not in (None, False, [], ())]


def model_text(facts: Mapping[str, Any], say: Translator) -> str:
    """Model and sources in a few words; empty of a network."""
    features = facts.get("features")
    if not features:
        return ""
    sources = joined([say(SOURCES[name]) for name in sources_of(features)], say)
    return say("{model} on {sources}", model=say(MODELS[features["model"]]), sources=sources)


def models_sentence(run: RunFolder, say: Translator) -> Iterator[str]:
    """Which readers are classical models, on what."""
    found = features_of(run)
    if found:
        named = [f"{name} ({model_text({'features': one}, say)})" for name, one in found.items()]
        yield say("Classical models on features were {list}.", list=joined(named, say))


def features_sentences(run: RunFolder, say: Translator) -> Iterator[str]:
    """All that a run can prove of its features readers; nothing where it has none."""
    found = features_of(run)
    if not found:
        return
    yield from models_sentence(run, say)
    yield from _radiomics(found, say)
    yield from _texts(found, say)
    if any(one.get("network") for one in found.values()):
        text = "Features of a network are those of its frozen backbone, of the plain image, standardised."
        yield say(text)
    yield from _fitting(found, say)
    yield from _excluded(run, say)


def _radiomics(found: Mapping[str, Mapping[str, Any]], say: Translator) -> Iterator[str]:
    told: dict[str, None] = {}
    for one in found.values():
        if one.get("radiomics") is not None:
            told[" ".join(_settings(one["radiomics"], one.get("mirp"), say))] = None
    yield from told
    if any(one.get("features_unstable") for one in found.values()):
        parts = [
            say("{n} of {reader}", n=one["features_unstable"], reader=name)
            for name, one in found.items() if one.get("features_unstable")
        ]  # fmt: skip
        text = (
            "Features whose intraclass correlation under perturbed outlines of training images was below the limit "
            "were left out: {list}."
        )
        yield say(text, list=joined(parts, say))


def _settings(section: Mapping[str, Any], mirp: Any, say: Translator) -> Iterator[str]:
    yield say(
        "Radiomic features inside the outline were computed by mirp {version}, as the Image Biomarker Standardisation "
        "Initiative (IBSI) defines them (Zwanenburg et al. 2020; {families}).",
        version=mirp or "?",
        families=joined([say(name) for name in section["families"]], say),
    )  # fmt: skip
    if section.get("bin_width"):
        text = "Values were discretised by a fixed bin size of {width} from {low} on."
        yield say(text, width=f"{section['bin_width']:g}", low=f"{section['range'][0]:g}")
    else:
        yield say("Values were discretised into {bins} bins inside each outline.", bins=section.get("bins") or 32)
    if section.get("range"):
        low, high = section["range"]
        yield say("Values outside {low} to {high} were cut from the outline.", low=f"{low:g}", high=f"{high:g}")
    if section.get("spacing"):
        sides = " × ".join(f"{side:g}" for side in section["spacing"])
        yield say("Pixels were resampled to {sides} mm (cubic spline).", sides=sides)
    else:
        yield say("Pixels were not resampled; each was taken as 1 mm.")
    if section.get("filters"):
        yield say("The same features of filtered images: {list}.", list=joined(list(section["filters"]), say))


def _texts(found: Mapping[str, Mapping[str, Any]], say: Translator) -> Iterator[str]:
    texts = [one["text"] for one in found.values() if one.get("text")]
    for text in {repr(one): one for one in texts}.values():
        said = (
            "Texts (column {column}) were taken apart into runs of {words} words, in Chinese of {characters} "
            "characters, and weighed by TF-IDF; terms in fewer than {least} training texts were left out."
        )
        yield say(
            said,
            column=text["column"],
            words="–".join(map(str, text["ngrams"])),
            characters="–".join(map(str, text["characters"])),
            least=text["least"],
        )


def _fitting(found: Mapping[str, Mapping[str, Any]], say: Translator) -> Iterator[str]:
    folds = sorted({int(one.get("tuning_folds") or 0) for one in found.values() if not one.get("scores")} - {0})
    if folds:
        yield say(
            "Imputation of missing values by the median, selection of features, standardisation and the choice of the "
            "model's parameters happened inside the training part, by cross-validation over {folds} folds grouped by "
            "patient, and by the mean log loss.",
            folds=say("–").join(str(one) for one in dict.fromkeys((folds[0], folds[-1]))),
        )
    ranked = dict.fromkeys(
        (str(one.get("select")), str(one["by"]), float(one["correlation"]))
        for one in found.values()
        if one.get("radiomics")
    )
    for select, by, correlation in ranked:
        text = (
            "Of two radiomic features with an absolute correlation above {correlation} the later was left out; of the "
            "others the {n} that ranked highest by {by} were kept."
        )
        kept = say("all") if select == "None" else select.strip("[]()")
        yield say(text, correlation=f"{correlation:g}", n=kept, by=say(_RANKED[by]))
    if any(one.get("scores") for one in found.values()):
        yield say(
            "Stacked models learned from the other readers' scores on the validation part, which those readers had not "
            "been fitted on; their thresholds were chosen on scores out of fold there."
        )


def _excluded(run: RunFolder, say: Translator) -> Iterator[str]:
    audit = run.audit.get("features") or {}
    gone = len(audit.get("excluded") or ())
    if gone:
        reasons = [say("{reason} ({n})", reason=say(why), n=n) for why, n in (audit.get("reasons") or {}).items()]
        text = (
            "{n} images that a model could not describe were left out for all readers, so that all are compared on the "
            "same cases: {list}."
        )
        yield say(text, n=gone, list=joined(reasons, say))
