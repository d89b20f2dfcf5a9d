"""Groups: which images belong together, so that a partition never separates them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from readingroom.cases.problems import nearest
from readingroom.cases.table import CaseTable
from readingroom.core.errors import PartitionError, Problem

PATIENT = "patient"
NEAR_DUPLICATES = "near-duplicates"
IMAGE = "image"

_LISTED = 20


@dataclass(frozen=True)
class Groups:
    """The group of each image.

    Args:
        names: name of the group of each row of the case table.
        by: ``patient``, ``near-duplicates``, ``image`` (each its own) or the name of a column.
    """

    names: pd.Series
    by: str


def group_cases(cases: CaseTable, by: str, near: Sequence[int] | pd.Series | None) -> Groups:
    """Which images stay together.

    Args:
        cases: the case table.
        by: ``patient`` or another column. Where there is no patient column, ``patient`` means the groups of
            near-duplicates, and each image alone where those are not known either.
        near: number of the group of near-duplicates of each row.

    Raises:
        PartitionError: no such column, rows without a value, or a patient with several values.
    """
    if by == PATIENT and not cases.has_patients:
        return _near_groups(cases, near)
    names = column_values(cases, by, "by")
    if by != PATIENT and cases.has_patients:
        refuse_divided(cases.frame[PATIENT], names, cases, f"a {PATIENT} has images in several values of {by!r}")
    return Groups(names, by)


def sound_groups(cases: CaseTable, near: Sequence[int] | pd.Series | None) -> Groups:
    """What should have stayed together: the patient, or the near-duplicates."""
    return group_cases(cases, PATIENT, near)


def column_values(cases: CaseTable, column: str, key: str) -> pd.Series:
    """The values of a column that the study file names, as text, one for every row.

    Raises:
        PartitionError: no such column, or rows without a value.
    """
    if column not in cases.frame:
        columns = [str(name) for name in cases.frame.columns]
        meant = nearest(column, columns)
        fix = f"Did you mean {meant!r}?" if meant else f"The columns are: {', '.join(columns)}"
        raise PartitionError(
            f"the case table has no column {column!r}", fix=fix, file=cases.source, field=f"partition.{key}"
        )
    values = cases.frame[column]
    if values.isna().any():
        first = cases.frame.loc[values.isna(), "image"].iloc[0]
        raise PartitionError(
            f"{int(values.isna().sum())} images have no {column!r}, the first is {first!r}",
            fix="Write a value in every row, or divide by another column",
            file=cases.source,
            field=f"partition.{key}",
        )
    return values.astype(str)


def refuse_divided(groups: pd.Series, values: pd.Series, cases: CaseTable, what: str) -> None:
    """Refuse groups whose images have several values.

    Raises:
        PartitionError: naming the groups and their values.
    """
    divided = divided_groups(groups, values)
    if not divided:
        return
    problems = [Problem(str(name), ", ".join(sorted(values[groups == name].unique()))) for name in divided[:_LISTED]]
    raise PartitionError(
        f"{what}: {len(divided)} of {groups.nunique()}",
        fix="Keep them together (by: patient), or say protocol: as-published, whose results are inflated",
        file=cases.source,
        field="partition",
        problems=problems,
    )


def divided_groups(groups: pd.Series, values: pd.Series) -> list[str]:
    """Names of the groups that have more than one value.

    Example:
        >>> divided_groups(pd.Series(["a", "a", "b"]), pd.Series(["training", "test", "test"]))
        ['a']
    """
    pairs = pd.DataFrame({"group": groups.to_numpy(), "value": values.to_numpy()}).drop_duplicates()
    counts = pairs.groupby("group", sort=True).size()
    return [str(name) for name in counts.index[counts > 1]]


def _near_groups(cases: CaseTable, near: Sequence[int] | pd.Series | None) -> Groups:
    images = cases.frame["image"].astype(str)
    if near is None:
        return Groups(images, IMAGE)
    numbers = _by_row(near, images)
    # Named after their first image, a group keeps its name when the rows come in another order.
    return Groups(images.groupby(numbers).transform("min"), NEAR_DUPLICATES)


def _by_row(near: Sequence[int] | pd.Series, images: pd.Series) -> pd.Series:
    if isinstance(near, pd.Series) and near.index.name == "image":
        near = near.reindex(images)
        if near.isna().any():
            raise PartitionError(
                f"no group is given for {int(near.isna().sum())} images", fix="Give the groups of the same cases"
            )
    return pd.Series(list(near), index=images.index)
