"""The methods paragraph, ready to paste: written from the study file, the manifest, and the methods actually used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from readingroom.cases.stacks.choice import FrameStack, StackChoice, ViewStack
from readingroom.cases.window import PERCENTILES, GivenWindow, PercentileWindow
from readingroom.core.translations import Translator
from readingroom.report.methods_analyses import analysis_sentences
from readingroom.report.methods_cleaning import cleaning_sentence
from readingroom.report.methods_features import features_sentences
from readingroom.report.results import Results
from readingroom.report.run_folder import RunFolder
from readingroom.report.searches import found_searches, search_sentences
from readingroom.report.units import RULES
from readingroom.report.wording import joined, method_text

_WEIGHTS = {"imagenet": "ImageNet weights", "random": "random weights"}
_TRAINED = {"all": "all layers trained", "head": "backbone frozen, head trained"}
_AUGMENTED = {
    False: "Training images were augmented while training, never before the division, by {list}.",
    True: "Images were augmented before the division, as published, by {list}.",
}
_OWN_KEYS = ("epochs", "batch", "optimiser", "rate", "weight_decay", "schedule", "balance", "dropout", "smoothing")
_RULES = {"youden": "the highest Youden index", "argmax": "the class with the highest score"}


def methods_paragraphs(run: RunFolder | None, results: Results, say: Translator) -> list[str]:
    """The paragraphs, each a list of sentences that the run can prove."""
    parts: list[list[str]] = []
    if run is not None:
        parts += [list(_cases(run, say)), list(training_sentences(run, say))]
    parts += [[*statistics_sentences(results, say), *analysis_sentences(results, say)]]
    if run is not None:
        parts[-1] += list(_prevalence(run, say))
        parts += [list(software_sentences(run, say))]
    return [say(" ").join(sentence for sentence in part if sentence) for part in parts if any(part)]


def _cases(run: RunFolder, say: Translator) -> Iterator[str]:
    if run.manifest.get("phantoms"):
        yield say("All images are phantoms: drawn by the software, not taken from patients.")
    yield partition_sentence(run, say)
    yield from preprocessing_sentences(run, say)


def preprocessing_sentences(run: RunFolder, say: Translator) -> Iterator[str]:
    """From the file to the network's input."""
    view = run.section("input")
    yield (
        say(
            "Images were cropped to the view of the endoscope where one was found, and brought to {size} pixels."
            if view.get("view", "auto") == "auto"
            else "Images were brought to {size} pixels.",
            size=view.get("size", "?"),
        )
        if view
        else ""
    )
    yield window_sentence(run, say)
    yield cleaning_sentence(run, say)
    normalise = view.get("normalise")
    if run.stack is not None:
        yield stack_sentence(run.stack, say)
    if normalise == "training":
        yield say("Channels were normalised by the mean and standard deviation of the training images.")
    elif isinstance(normalise, str):
        yield say("Channels were normalised as: {how}.", how=normalise)


def stack_sentence(stack: StackChoice, say: Translator) -> str:
    """What of a stack of planes the networks saw."""
    if isinstance(stack, ViewStack):
        text = (
            "The views {names} of a patient were read together, {n} planes of each; views that were missing were "
            "masked."
        )
        return say(text, names=joined(list(stack.names), say), n=stack.each)
    if isinstance(stack, FrameStack):
        return say("Of each sequence up to {n} frames at equal distances were read, in their order.", n=stack.planes)
    if stack.whole and stack.spacing is not None:
        return whole_sentence(stack.spacing, say)
    if stack.spacing is None:
        return say("Each volume was brought to {n} planes, whatever its extent.", n=stack.planes)
    text = (
        "Volumes were resampled once, linearly, to {z} mm between planes and {y} x {x} mm in them, and {n} planes "
        "around {middle} were read."
    )
    middle = say("the given point") if stack.around == "point" else say("the middle")
    z, y, x = (f"{mm:g}" for mm in stack.spacing)
    return say(text, z=z, y=y, x=x, n=stack.planes, middle=middle)


def whole_sentence(spacing_mm: tuple[float, float, float], say: Translator) -> str:
    """How readers that mark lesions saw volumes."""
    z, y, x = (f"{mm:g}" for mm in spacing_mm)
    text = (
        "Volumes were resampled once, linearly, to {z} mm between planes and {y} x {x} mm in them. Networks learned a "
        "heat map with a peak in the middle of each lesion from patches, half of those of volumes with a lesion drawn "
        "around one, and read whole volumes in overlapping tiles; peaks of the map were their marks."
    )
    return say(text, z=z, y=y, x=x)


def window_sentence(run: RunFolder, say: Translator) -> str:
    """How more than 8 bits became 8; empty where no image had more."""
    images = dict((run.audit.get("images") or {}).get("windowed") or {})
    if not set(images) - {"stored"}:
        return ""
    window = run.window
    if isinstance(window, GivenWindow):
        text = "Values of more than 8 bits were brought to 8 by a window of centre {centre} and width {width}."
        return say(text, centre=f"{window.centre:g}", width=f"{window.width:g}")
    low, high = window.percentiles if isinstance(window, PercentileWindow) else PERCENTILES
    percentiles = {"low": f"{low:g}", "high": f"{high:g}"}
    if window != "file":
        text = "Values of more than 8 bits were brought to 8 from percentile {low} to {high} of each image."
        return say(text, **percentiles)
    if images.get("missing"):
        text = (
            "Values were brought to 8 bits by the window that each file gives; {n} of {total} images without one by "
            "their percentiles {low} to {high}."
        )
        return say(text, n=images["missing"], total=sum(images.values()), **percentiles)
    return say("Values were brought to 8 bits by the window that each file gives.")


def partition_sentence(run: RunFolder, say: Translator) -> str:
    """How the cases were divided; empty where the study file does not say."""
    partition = run.section("partition")
    # The audit knows what was done where the table has no patients; the study file only what was asked for.
    by = (run.audit.get("partition") or {}).get("by") or partition.get("by") or "patient"
    if partition.get("protocol") == "as-published":
        text = "Images were divided as published: by image, after augmentation."
        return say(text if run.copies else "Images were divided as published: by image.")
    if partition.get("column"):
        return say("The case table itself said which part each image belongs to.")
    if partition.get("leave_out"):
        text = "Each {column} in turn was left out of training and tested."
        return say(text, column=partition["leave_out"])
    if partition.get("folds"):
        text = "Images were divided by {by} into {folds} folds, stratified by class (seed {seed})."
        return say(text, by=say(by), folds=partition["folds"], seed=partition.get("seed", "?"))
    shares = [partition.get(name) for name in ("training", "validation", "test")]
    if not all(isinstance(share, int | float) for share in shares):
        return ""
    return say(
        "Images were divided by {by} into training, validation and test parts of {a}, {b} and {c} per cent, "
        "stratified by class (seed {seed}).",
        by=say(by),
        seed=partition.get("seed", "?"),
        **{letter: f"{100 * float(share or 0):g}" for letter, share in zip("abc", shares, strict=True)},
    )


def training_sentences(run: RunFolder, say: Translator) -> Iterator[str]:
    """Networks, starts, recipe, augmentation and threshold."""
    readers = networks_of(run)
    yield networks_sentence(run, say)
    if any(facts.get("ordered") for facts in readers.values()):
        yield say(
            "Networks called ordered learn the order of the grades: one number an image, and ordered cutpoints between "
            "the grades (cumulative logits with proportional odds, McCullagh 1980), by maximum likelihood."
        )
    training, searched = run.section("training"), found_searches(run)
    # A run of old whose manifest names no readers had networks only.
    trained = bool(readers) or not run.manifest.get("readers")
    if training.get("epochs") and trained:
        yield say(
            "They were trained for up to {epochs} epochs with {optimiser}, batch {batch}, learning rate {rate}."
            if not searched
            else "They were trained for up to {epochs} epochs with {optimiser}, batch {batch}, learning rate {rate}, "
            "where the search did not find other values.",
            **{name: training.get(name, "?") for name in ("epochs", "optimiser", "batch", "rate")},
        )
    # `outside` says what a warp puts beyond the edge; it changes no image by itself.
    augmentation = [name for name, value in run.section("augmentation").items() if value and name != "outside"]
    if augmentation and trained:
        yield say(_AUGMENTED[run.copies > 0], list=joined([say(name) for name in augmentation], say))
    if training.get("keep", "best") == "best" and any(facts.get("kept_epoch") for facts in readers.values()):
        yield say("The weights of the best epoch on the validation images were kept.")
    yield exceptions_sentence(run, say)
    yield from search_sentences(run, say)
    yield from features_sentences(run, say)
    yield threshold_sentence(run, say)
    yield heat_map_sentence(run, say)


def heat_map_sentence(run: RunFolder, say: Translator) -> str:
    """How answers are explained; empty where they are not."""
    if run.heat_maps.empty:
        return ""
    text = (
        "Heat maps of {n} tested images were made by Grad-CAM (Selvaraju et al. 2017) at each network's last layer "
        "with a grid of places; the images were drawn by the seed, half of them among those that a network got wrong, "
        "where there were any."
    )
    return say(text, n=run.heat_maps["image"].nunique())


_POOLS = {
    "mean": "the mean",
    "max": "the maximum",
    "attention": "gated attention (Ilse 2018)",
    "lstm": "an LSTM and attention",
    "gru": "a GRU and attention",
}


def networks_of(run: RunFolder) -> dict[str, dict[str, Any]]:
    """Facts of the readers that are networks, by name; models of features are not."""
    readers: dict[str, dict[str, Any]] = run.manifest.get("readers") or {}
    return {name: facts for name, facts in readers.items() if not facts.get("features")}


def networks_sentence(run: RunFolder, say: Translator) -> str:
    """Which networks, from which weights, and what of them was trained; empty where the run had none."""
    names = [_network(facts, say) for facts in networks_of(run).values()]
    return say("The networks were {list}.", list=joined(list(dict.fromkeys(names)), say)) if names else ""


def exceptions_sentence(run: RunFolder, say: Translator) -> str:
    """Which readers were trained otherwise than the rest; empty where all were trained alike."""
    listed = run.study.get("readers")
    readers = listed if isinstance(listed, list) else []
    differing: dict[str, list[str]] = {}
    for reader in readers:
        said = say(", ").join(_own_keys(reader, say))
        if said:
            differing.setdefault(said, []).append(str(reader.get("name", "?")))
    parts = [say("{readers} ({keys})", readers=joined(names, say), keys=keys) for keys, names in differing.items()]
    return say("Trained differently: {list}.", list=say("; ").join(parts)) if parts else ""


def _own_keys(reader: Mapping[str, Any], say: Translator) -> Iterator[str]:
    for name in _OWN_KEYS:
        if reader.get(name) is not None:
            yield say("{name} {value}", name=say(name.replace("_", " ")), value=reader[name])
    own = reader.get("augmentation")
    if isinstance(own, dict):
        names = [say(name) for name, value in own.items() if value and name != "outside"]
        yield say("augmented by {list}", list=joined(names, say)) if names else say("not augmented")


def _network(facts: Mapping[str, Any], say: Translator) -> str:
    weights, train = str(facts.get("weights", "?")), str(facts.get("train", "?"))
    start = {"weights": _WEIGHTS.get(weights, weights.rsplit("/", 1)[-1]), "trained": _TRAINED.get(train, train)}
    translated = {name: say(text) for name, text in start.items()}
    text = "{network} ({weights}, {trained}, ordered)" if facts.get("ordered") else "{network} ({weights}, {trained})"
    said = say(text, network=facts.get("network", "?"), **translated)
    pool = facts.get("pool")
    return said if pool is None else say("{network} with {pool} over the planes", network=said, pool=say(_POOLS[pool]))


def threshold_sentence(run: RunFolder, say: Translator) -> str:
    """How a score became an answer; empty where the networks differ in it."""
    rules = {str(facts.get("threshold_rule")) for facts in (run.manifest.get("readers") or {}).values()}
    rule = rules.pop() if len(rules) == 1 else ""
    if rule in {"", "None"}:
        return ""
    if rule == "argmax":
        return say("The class with the highest score was the answer.")
    if rule == "fixed":
        return say("The threshold was given beforehand and applied untouched.")
    said = say(_RULES.get(rule, rule))
    return say("Each network's threshold was fixed on the validation images ({rule}) and applied untouched.", rule=said)


def statistics_sentences(results: Results, say: Translator) -> Iterator[str]:
    """Measures, interval methods, units and tests that were actually used."""
    level = f"{100 * results.level:g}"
    yield say("Calls are compared with the reference standard; {level}% confidence intervals.", level=level)
    used = dict.fromkeys(estimate.method for estimate in results.measures() if estimate.low is not None)
    if used:
        yield say("Interval methods: {list}.", list=say("; ").join(method_text(method, say) for method in used))
    if any(reader.has_scores for reader in results.readers):
        yield say("Areas under the ROC curve are computed from scores; readers with calls only have none.")
    units = dict.fromkeys(performance.unit for performance in results.performances)
    if len(units) > 1:
        yield say(" ").join(say("Counted by {unit}: {rule}.", unit=say(unit), rule=say(RULES[unit])) for unit in units)
    tests = dict.fromkeys(comparison.method for comparison in results.comparisons)
    if tests:
        listed = say("; ").join(method_text(method, say) for method in tests)
        yield say("Readers were compared on the images that both read ({list}), with Holm's correction.", list=listed)


def _prevalence(run: RunFolder, say: Translator) -> Iterator[str]:
    prevalence = run.section("evaluation").get("prevalence")
    if prevalence:
        text = "Predictive values are also given at a prevalence of {share} % (Mercaldo et al. 2007)."
        yield say(text, share=f"{100 * float(prevalence):g}")


def software_sentences(run: RunFolder, say: Translator) -> Iterator[str]:
    """Libraries with versions, and the machine."""
    manifest = run.manifest
    libraries = ", ".join(f"{name} {version}" for name, version in (manifest.get("libraries") or {}).items())
    if libraries:
        yield say("Software: {libraries}.", libraries=libraries)
    machine = manifest.get("machine") or {}
    if machine:
        processor = machine.get("gpu") or machine.get("cpu") or "?"
        yield say(
            "Machine: {processor}, {cores} cores, {memory} GiB, precision {precision}.",
            processor=processor,
            cores=machine.get("cores", "?"),
            memory=machine.get("memory_gib", "?"),
            precision=machine.get("precision", "?"),
        )
