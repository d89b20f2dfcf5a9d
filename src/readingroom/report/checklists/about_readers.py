"""Answers about the readers: what they are, how they were trained and chosen, what they put out, what was kept."""

from __future__ import annotations

from readingroom.core.translations import Translator
from readingroom.report.calls import AT_HALF, FROM_VALIDATION
from readingroom.report.checklists.answers import Answer, Filler, answer
from readingroom.report.checklists.facts import Facts
from readingroom.report.methods import (
    networks_sentence,
    software_sentences,
    threshold_sentence,
    training_sentences,
)
from readingroom.report.methods_features import features_sentences, models_sentence
from readingroom.report.paragraphs import parts_sentence
from readingroom.report.wording import joined

_BALANCED = {"weights": "weighing rare classes more in the loss", "sampling": "drawing rare classes more often"}
_THRESHOLDS = (FROM_VALIDATION, AT_HALF)


def technique(facts: Facts, say: Translator) -> Answer | None:
    """Which kind of AI."""
    if not facts.networks:
        return None
    names = dict.fromkeys(str(one.get("network", "?")) for one in facts.networks.values() if not one.get("features"))
    found = [say("The AI is deep learning: {list}.", list=joined(list(names), say))] if names else []
    if facts.run is not None:
        found += list(models_sentence(facts.run, say))
    return answer(say, found, ["study.yaml", "manifest.json"], "Name it, and a measure of accuracy, in the title.")


def goal(facts: Facts, say: Translator) -> Answer | None:
    """What the study sets out to do."""
    if not facts.networks:
        return None
    text = "The study develops networks ({n}) that tell apart {classes}, and tests them."
    found = [say(text, n=len(facts.networks), classes=joined(list(facts.results.classes), say))]
    people = sum(reader.kind == "person" for reader in facts.results.readers)
    if people:
        found.append(say("People who read the same images: {n}.", n=people))
    return answer(say, found, ["study.yaml", "partition.csv"], "State the hypotheses and the clinical purpose.")


def architecture(facts: Facts, say: Translator) -> Answer | None:
    """The model in full."""
    if facts.run is None or not facts.networks:
        return None
    size, classes = facts.run.section("input").get("size"), list(facts.results.classes)
    text = "{size} × {size} pixels in three channels go in; {n} probabilities come out, one a class ({classes})."
    found = [
        networks_sentence(facts.run, say),
        say("Parameters: {list}.", list=say("; ").join(_parameters(facts))) if _parameters(facts) else "",
        *features_sentences(facts.run, say),
        say(text, size=size, n=len(classes), classes=joined(classes, say)) if size else "",
    ]
    return answer(say, found, [facts.bundle("reader.yaml"), facts.bundle("card.md"), "study.yaml"])


def _parameters(facts: Facts) -> list[str]:
    """Of each network once; heads of several widths make several numbers."""
    networks = [one for one in facts.networks.values() if not one.get("features")]
    known = [(str(one.get("network")), one.get("parameters")) for one in networks]
    return list(dict.fromkeys(f"{name} {count / 1e6:.1f} M" for name, count in known if isinstance(count, int | float)))


def software(facts: Facts, say: Translator) -> Answer | None:
    """Libraries with versions."""
    found = list(software_sentences(facts.run, say)) if facts.run is not None else []
    return answer(say, found, ["manifest.json", "environment.txt"])


def devices(facts: Facts, say: Translator) -> Answer | None:
    """Software of the test; the devices that took the images only the authors know."""
    known = software(facts, say)
    asked = "Name the devices that took the images, with maker and model."
    return None if known is None else Answer(known.text, known.proofs, say(asked))


def initialisation(facts: Facts, say: Translator) -> Answer | None:
    """What the weights started from."""
    found = [networks_sentence(facts.run, say)] if facts.run is not None else []
    return answer(say, found, [facts.bundle("reader.yaml"), "study.yaml"])


def training(facts: Facts, say: Translator) -> Answer | None:
    """How the networks were trained."""
    if facts.run is None or not facts.networks:
        return None
    found = [*training_sentences(facts.run, say), say("Every setting, with its seed, is in study.yaml.")]
    return answer(say, found, ["study.yaml", facts.bundle("history.csv"), facts.report("figures/losses.svg")])


def development(facts: Facts, say: Translator) -> Answer | None:
    """Training, validation and test in one item."""
    known = training(facts, say)
    if known is None:
        return None
    sizes = parts_sentence(facts.content.parts, facts.results, say, copies=facts.copies)
    return answer(say, [sizes, known.text], ["partition.csv", *known.proofs])


def selection(facts: Facts, say: Translator) -> Answer | None:
    """How the final model was chosen."""
    if facts.run is None or not facts.networks or facts.content.lead is None:
        return None
    texts = {
        "validation": "Of {n} networks, {reader} is named first: it did best on the validation images.",
        "only": "There is one network, {reader}.",
        "highest": "No network was chosen beforehand: {reader} is named first for its result on these very images.",
    }
    why, reader = facts.content.lead.why, facts.content.lead.performance.reader
    kept = facts.run.section("training").get("keep", "best") == "best"
    within = say("The weights of the best epoch on the validation images were kept.")
    found = [
        within if kept and any(one.get("kept_epoch") for one in facts.networks.values()) else "",
        say(texts[why], n=len(facts.networks), reader=reader),
        say("All of them are reported.") if why != "only" else "",
    ]
    return answer(say, found, [facts.bundle("history.csv"), facts.report("results.json"), "study.yaml"])


def ensemble(facts: Facts, say: Translator) -> Answer | None:
    """Models combined into one."""
    found = [say("None: each network answers by itself.")] if facts.networks else []
    return answer(say, found, ["study.yaml", "manifest.json"])


def balance(facts: Facts, say: Translator) -> Answer | None:
    """What was done about rare classes."""
    if facts.run is None or "balance" not in facts.run.section("training"):
        return None
    listed = facts.run.study.get("readers")
    rows = [facts.run.section("training"), *(listed if isinstance(listed, list) else [])]
    used = [str(row["balance"]) for row in rows if isinstance(row, dict) and row.get("balance")]
    names = [say(_BALANCED.get(name, name)) for name in dict.fromkeys(used)]
    text = "Some or all networks were trained with {list}; their probabilities were not corrected for it."
    found = [say(text, list=joined(names, say)) if names else say("No method against class imbalance was used.")]
    return answer(say, found, ["study.yaml"])


def output(facts: Facts, say: Translator) -> Answer | None:
    """What a reader puts out, and when that is positive."""
    if facts.run is not None and facts.networks:
        found = [say("A network gives a probability of each class."), threshold_sentence(facts.run, say)]
        return answer(say, found, [facts.bundle("reader.yaml"), "study.yaml", facts.report("methods.md")])
    found = [say(note) for note in facts.results.notes if note in _THRESHOLDS]
    return answer(say, found, [facts.report("results.json")], "Say what the readers put out.")


def prediction(facts: Facts, say: Translator) -> Answer | None:
    """How predictions were computed."""
    if not facts.networks:
        return None
    text = "Each network read the images with the preprocessing, weights and threshold that its folder keeps."
    return answer(say, [say(text)], [facts.bundle("reader.yaml"), f"readings/{facts.reader}.parquet"])


def updating(facts: Facts, say: Translator) -> Answer | None:
    """Whether a model was changed after its test."""
    found = [say("No network was changed or recalibrated after it had been tested.")] if facts.networks else []
    return answer(say, found, ["manifest.json", facts.bundle("reader.yaml")])


def predictors(facts: Facts, say: Translator) -> Answer | None:
    """What goes in."""
    text = "The only predictor is the image; nobody judges it first, and no other fact of the patient goes in."
    return answer(say, [say(text)] if facts.networks else [], ["study.yaml", facts.bundle("reader.yaml")])


def blinding(facts: Facts, say: Translator) -> Answer | None:
    """What the readers of the index test knew; silent where a network had learned from what it was tested on."""
    if not facts.networks or any(one.get("leaks") for one in facts.networks.values()):
        return None
    found = [say("The networks were given the image alone, without the reference standard or any clinical fact.")]
    people = any(reader.kind == "person" for reader in facts.results.readers)
    asked = "Say what the people who read knew of the patients." if people else ""
    return answer(say, found, ["study.yaml", "partition.csv"], asked)


def explainability(facts: Facts, say: Translator) -> Answer | None:
    """How answers are explained."""
    if facts.run is None or facts.run.heat_maps.empty:
        found = [say("This run explains no answers.")] if facts.networks else []
        return answer(say, found, ["study.yaml"], "Describe any heat maps or other explanations made elsewhere.")
    drawn = facts.run.heat_maps["image"].nunique()
    text = (
        "Grad-CAM heat maps of {n} tested images by each network show where its score rose from; they were not tested."
    )
    proofs = [facts.page("heat-maps"), "study.yaml"]
    return answer(say, [say(text, n=drawn)], proofs, "Say what the heat maps were looked at for, by whom, and how.")


def protocol(facts: Facts, say: Translator) -> Answer | None:
    """Where the full plan is."""
    found = [say("study.yaml holds every setting of the study, defaults included.")] if facts.run is not None else []
    return answer(say, found, ["study.yaml"], "Say where the protocol can be read, and when it was written.")


def bundle(facts: Facts, say: Translator) -> Answer | None:
    """The model itself."""
    text = "Each network is kept as a folder with weights, preprocessing and threshold, which reads new images."
    proofs = [facts.bundle(name) for name in ("weights.safetensors", "reader.yaml", "card.md")]
    return answer(say, [say(text)] if facts.networks else [], proofs, "Say who may have it, and under which terms.")


def availability(facts: Facts, say: Translator) -> Answer | None:
    """Software, model and data for others."""
    text = "The analysis is the open program Reading Room {version} (Apache-2.0) with study.yaml."
    found = [say(text, version=facts.version)] if facts.version else []
    proofs = ["study.yaml", "manifest.json", facts.bundle("weights.safetensors")]
    return answer(say, found, proofs, "Say where models, data and further code can be had, and under which terms.")


def stored(facts: Facts, say: Translator) -> Answer | None:
    """Whether answers are kept for checking."""
    found = [say("Every answer of every reader on every tested image is kept.")] if facts.networks else []
    return answer(say, found, [f"readings/{facts.reader}.parquet", "manifest.json"])


FILLERS: dict[str, Filler] = {
    "technique": technique,
    "goal": goal,
    "architecture": architecture,
    "software": software,
    "devices": devices,
    "initialisation": initialisation,
    "training": training,
    "development": development,
    "selection": selection,
    "ensemble": ensemble,
    "balance": balance,
    "output": output,
    "prediction": prediction,
    "updating": updating,
    "predictors": predictors,
    "blinding": blinding,
    "explainability": explainability,
    "protocol": protocol,
    "bundle": bundle,
    "availability": availability,
    "stored": stored,
}
"""Fillers about the readers, by the names that the checklists use."""
