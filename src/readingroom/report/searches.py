"""Searches: what was tried for each reader before it was trained, and what was taken, as a table and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from readingroom.core.translations import Translator
from readingroom.report.run_folder import RunFolder
from readingroom.report.tables import Cell, Table
from readingroom.report.wording import joined

_MEASURES = {"auc": "AUC", "loss": "Loss", "accuracy": "Accuracy", "iou": "IoU", "ap": "AP"}


def found_searches(run: RunFolder | None) -> list[tuple[str, Mapping[str, Any]]]:
    """Reader and facts of each search, in the order of readers and folds."""
    readers = (run.manifest.get("readers") or {}) if run is not None else {}
    return [(str(name), found) for name, facts in readers.items() for found in facts.get("searches") or []]


def search_table(run: RunFolder | None, say: Translator) -> Table | None:
    """One row a reader and fold: trials, how they ended, and the values that were taken; None without a search."""
    found = found_searches(run)
    if not found:
        return None
    heads = ("Reader", "Fold", "Trials", "Stopped early", "Diverged", "Judged by", "Best value", "Values taken")
    rows = tuple(_row(name, one, say) for name, one in found)
    note = say(
        "Each search saw the training and validation parts of its fold only. All trials are in search.csv beside each "
        "reader."
    )
    return Table("searches", "", tuple(say(head) for head in heads), rows, note)


def _row(name: str, found: Mapping[str, Any], say: Translator) -> tuple[Cell, ...]:
    best = found.get("best_value")
    counts = (str(found.get(key, "–")) for key in ("fold", "trials", "pruned", "diverged"))
    return (
        Cell(name),
        *(Cell(count) for count in counts),
        Cell(say(_MEASURES.get(str(found.get("measure")), str(found.get("measure"))))),
        Cell(f"{best:.3f}" if isinstance(best, int | float) else "–"),
        Cell(_values(found.get("best_values") or {}, say)),
    )


def search_sentences(run: RunFolder, say: Translator) -> Iterator[str]:
    """Budget, space and judgement of the search, and what it took; nothing where nothing was searched."""
    found = found_searches(run)
    if not found:
        return
    first = found[0][1]
    measures = dict.fromkeys(_MEASURES.get(str(one["measure"]), str(one["measure"])) for _, one in found)
    yield say(
        "Hyper-parameters were searched for each network before its training, on the validation part alone: {n} trials "
        "by Optuna (tree-structured Parzen estimator, Bergstra et al. 2011, seed {seed}), judged by the best epoch's "
        "{measure}.",
        n=first["trials"],
        seed=first["seed"],
        measure=joined([say(one) for one in measures], say),
    )
    if first.get("epochs"):
        yield say("Each trial had {n} epochs.", n=first["epochs"])
    if run.section("search").get("pruning") == "median":
        yield say("A trial that was worse than the median of those before it was stopped.")
    tried = [_domain(key, domain, say) for key, domain in (first.get("space") or {}).items()]
    yield say("The space was: {list}.", list=say("; ").join(tried))
    if len({name for name, _ in found}) < len(found):
        yield say("Each fold was searched by itself; the values taken are in the table of searches.")
    else:
        taken = [f"{name} ({_values(one.get('best_values') or {}, say)})" for name, one in found]
        yield say("Taken were: {list}.", list=say("; ").join(taken))


def _domain(key: str, domain: Any, say: Translator) -> str:
    if not isinstance(domain, Mapping):
        return say("{key} one of {list}", key=key, list=say(", ").join(_value(one) for one in domain))
    text = "{key} from {low} to {high}, by factors" if domain.get("log") else "{key} from {low} to {high}"
    return say(text, key=key, low=_value(domain["low"]), high=_value(domain["high"]))


def _values(values: Mapping[str, Any], say: Translator) -> str:
    return say(", ").join(f"{key} {_value(value)}" for key, value in values.items())


def _value(value: Any) -> str:
    if value is None:
        return "null"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
