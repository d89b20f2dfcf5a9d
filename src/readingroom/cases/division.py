"""Divisions: groups into training, validation and test by shares, by folds, or by what is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readingroom.cases.folders import natural_key
from readingroom.cases.stratify import deal_groups, missing_classes
from readingroom.core.errors import PartitionError, Problem
from readingroom.core.seeds import derive_seed

Splits = NDArray[np.object_]


@dataclass(frozen=True)
class Units:
    """What is dealt whole: groups with the number of images that they have of each class.

    Args:
        names: G names of groups.
        classes: C names of classes.
        counts: (G, C) images.
        seed: the seed of the partition.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    counts: NDArray[np.int64]
    seed: int

    def __len__(self) -> int:
        return len(self.names)

    def keys(self, *purpose: str | int) -> NDArray[np.uint64]:
        """A random number of each group, which depends on its name, the seed and the purpose alone."""
        keys = [derive_seed(self.seed, "partition", *purpose, name) for name in self.names]
        return np.array(keys, np.uint64)

    def chosen(self, which: NDArray[np.bool_]) -> Units:
        """Some of the groups."""
        names = tuple(name for name, taken in zip(self.names, which, strict=True) if taken)
        return Units(names, self.classes, self.counts[which], self.seed)


def count_units(groups: pd.Series, labels: pd.Series, classes: Sequence[str], seed: int) -> Units:
    """The groups in the order of their names, with their images of each class.

    Images without a label count as one class more, so that they are spread too.
    """
    known = labels.fillna("").astype(str)
    names = [*classes, *([""] if (known == "").any() else [])]
    table = pd.crosstab(groups.to_numpy(), known.to_numpy()).reindex(columns=names, fill_value=0)
    return Units(tuple(str(name) for name in table.index), tuple(names), table.to_numpy(np.int64), seed)


def divide_by_shares(units: Units, shares: dict[str, float], where: str = "") -> Splits:
    """The split of each group, so that the splits hold the shares of every class.

    Args:
        units: the groups.
        shares: split to share; splits of share 0 get nothing.
        where: of which division, for the message (``fold 2``, ``without centre B``).

    Raises:
        PartitionError: fewer groups than splits, or a class that cannot be in every split.
    """
    parts = {name: share for name, share in shares.items() if share > 0}
    names = np.array(list(parts), object)
    _refuse_few(units, len(parts), f"the parts {', '.join(parts)}")
    total = sum(parts.values())
    dealt = deal_groups(units.counts, [share / total for share in parts.values()], units.keys(*parts))
    _refuse_missing(units, dealt, [f"{name} ({where})" if where else name for name in parts])
    return np.asarray(names[dealt])


def divide_by_folds(units: Units, folds: int, training: float, validation: float) -> Iterator[Splits]:
    """The split of each group in every fold: fold k is tested in turn, the rest divided.

    Raises:
        PartitionError: fewer groups than folds, or a class that cannot be in every fold.
    """
    _refuse_few(units, folds, f"{folds} folds")
    dealt = deal_groups(units.counts, [1 / folds] * folds, units.keys("folds", folds))
    _refuse_missing(units, dealt, [f"test of fold {fold}" for fold in range(1, folds + 1)])
    for fold in range(folds):
        yield divide_rest(units, dealt == fold, training, validation, f"fold {fold + 1}")


def divide_rest(units: Units, tested: NDArray[np.bool_], training: float, validation: float, purpose: str) -> Splits:
    """Test where it is said, the rest divided into training and validation in their ratio."""
    splits = np.full(len(units), "test", object)
    rest = units.chosen(~tested)
    rest = Units(rest.names, rest.classes, rest.counts, derive_seed(units.seed, purpose))
    splits[~tested] = divide_by_shares(rest, {"training": training, "validation": validation}, purpose)
    return splits


def left_out_values(values: pd.Series, column: str) -> list[str]:
    """The values that are left out in turn, in natural order.

    Raises:
        PartitionError: there is one value only.
    """
    names = sorted(values.unique(), key=natural_key)
    if len(names) < 2:
        raise PartitionError(
            f"every image has the same {column!r}, {names[0]!r}",
            fix="Leaving one out needs two values or more; use folds instead",
            field="partition.leave_out",
        )
    return names


def absent_classes(labels: pd.Series, splits: pd.Series, classes: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs (split, class) of the classes that a split of written rows has no image of."""
    have = set(zip(splits, labels, strict=True))
    return [(split, name) for split in splits.unique() for name in classes if (split, name) not in have]


def refuse_absent(absent: Sequence[tuple[str, str]], column: str) -> None:
    """Refuse a written partition in which a class is missing from a part.

    Raises:
        PartitionError: naming every part and class.
    """
    if absent:
        raise PartitionError(
            f"a class is missing from a part of the partition that the column {column!r} writes",
            fix="Move cases of the class into the part, or leave the class out of the study",
            field="partition.column",
            problems=[Problem(split, f"no image of the class {name!r}") for split, name in absent],
        )


def _refuse_few(units: Units, parts: int, what: str) -> None:
    if len(units) < parts:
        raise PartitionError(
            f"{len(units)} groups cannot fill {what}: images that belong together are never separated",
            fix="Collect more patients, or ask for fewer parts",
            field="partition",
        )


def _refuse_missing(units: Units, dealt: NDArray[np.int64], parts: Sequence[str]) -> None:
    missing = missing_classes(units.counts, dealt, len(parts))
    if not missing:
        return
    problems = [
        _missing_class(units, name, [parts[part] for part, other in missing if other == name])
        for name in sorted({name for _, name in missing})
    ]
    raise PartitionError(
        "a class is missing from a part of the partition",
        fix="Collect more patients of the class, merge it with another, or ask for fewer folds or parts",
        field="partition",
        problems=problems,
    )


def _missing_class(units: Units, name: int, parts: Sequence[str]) -> Problem:
    label = units.classes[name]
    groups = int((units.counts[:, name] > 0).sum())
    where = f"class {label!r}" if label else "images without a label"
    more = f" and {len(parts) - 5} more" if len(parts) > 5 else ""
    what = f"missing from {', '.join(parts[:5])}{more}; it has {groups} groups (patients)"
    # Of a class without groups every patient is in the test of this fold.
    fix = (
        "Each part needs one at least" if groups else "All its patients are tested there; use folds, or merge the class"
    )
    return Problem(where, what, fix)
