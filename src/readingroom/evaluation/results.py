"""What the evaluation room gives back: an estimate with its interval, a test, and tables of either by name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import pandas as pd

from readingroom.core.errors import EvaluationError

NOT_DEFINED = "not defined"
"""How a quantity without a value is said in text."""

ALIASES = {"precision": "ppv", "recall": "sensitivity", "true_positive_rate": "sensitivity", "auroc": "auc"}
"""Other fields' names for the same quantities; a table answers to both."""


@dataclass(frozen=True)
class Estimate:
    """A quantity with its confidence interval.

    A quantity that cannot be defined (a predictive value where nothing was predicted) has ``value`` None, never 0.

    Args:
        value: the estimate, or None where it is not defined.
        low: lower confidence limit; None where there is none.
        high: upper confidence limit; None where there is none.
        level: confidence level of the interval, 0.95 for 95 %.
        method: how the interval was made, as the methods section names it.
        n: number of observations that the value rests on (its denominator).
        variance: of the estimate, where one exists.
        note: what the reader must know of this number; empty when nothing.
        beside: the same quantity by another method, to be shown beside it (where the first interval collapses, or
            where the naive interval is compared with the clustered one).

    Example:
        >>> str(Estimate(0.5, 0.25, 0.75, 0.95, "wilson", 12))
        '0.500 (0.250 to 0.750)'
    """

    value: float | None
    low: float | None
    high: float | None
    level: float
    method: str
    n: int
    variance: float | None = None
    note: str = ""
    beside: Estimate | None = None

    @property
    def defined(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    def limits(self) -> tuple[float, float, float]:
        """Value, lower and upper limit, for a calculation that needs all three.

        Raises:
            EvaluationError: one of them is not defined.
        """
        if self.value is None or self.low is None or self.high is None:
            raise EvaluationError(f"{NOT_DEFINED}: {self.note or self.method}", field="value")
        return self.value, self.low, self.high

    def __str__(self) -> str:
        if self.value is None:
            return NOT_DEFINED
        if self.low is None or self.high is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON can hold them; an infinite number is the word ``"infinite"``."""
        return {name: _json(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Test:
    """A hypothesis test with the difference that it is about.

    Args:
        statistic: the test statistic; None where the test has none (an exact test) or is not defined.
        p_value: two-sided unless the method says otherwise; None where the test is not defined.
        difference: estimated difference, always the first reader minus the second; None where there is none.
        low: lower confidence limit of the difference.
        high: upper confidence limit of the difference.
        method: the test, as the methods section names it.
        level: confidence level of the interval.
        n: number of observations (pairs, cases, discordant pairs: the method says).
        df: degrees of freedom, one number or two.
        variance: of the difference, where one exists.
        note: what the reader must know of this test; empty when nothing.
    """

    __test__ = False  # its name must not make pytest collect it

    statistic: float | None
    p_value: float | None
    difference: float | None
    low: float | None
    high: float | None
    method: str
    level: float = 0.95
    n: int | None = None
    df: float | tuple[float, float] | None = None
    variance: float | None = None
    note: str = ""

    @property
    def defined(self) -> bool:
        """Whether the test could be done."""
        return self.p_value is not None

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON can hold them; an infinite number is the word ``"infinite"``."""
        return {name: _json(value) for name, value in asdict(self).items()}


Entry = TypeVar("Entry", Estimate, Test)


@dataclass(frozen=True, eq=False)
class Table(Mapping[str, Entry]):
    """Estimates or tests by name, in order; an entry is also an attribute of its name.

    Args:
        entries: the estimates or tests by name.
        counts: the counts behind them (``tp, fp, fn, tn``), where there are any.

    Example:
        >>> table = Table({"ppv": Estimate(0.5, None, None, 0.95, "wilson", 2)})
        >>> table.ppv is table["precision"]
        True
    """

    entries: Mapping[str, Entry]
    counts: Mapping[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Entry:
        return self.entries[name if name in self.entries else ALIASES.get(name, name)]

    def __getattr__(self, name: str) -> Entry:
        # Copying and unpickling ask for attributes before there are entries.
        if name.startswith("_") or "entries" not in self.__dict__:
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no entry {name!r}; there are {', '.join(self.entries)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def to_dict(self) -> dict[str, Any]:
        """Each entry's fields by name, as JSON can hold them, after the counts."""
        return {"counts": dict(self.counts), **{name: entry.to_dict() for name, entry in self.entries.items()}}

    def to_frame(self) -> pd.DataFrame:
        """One row an entry, its name in the column ``measure``; what is not defined is missing."""
        rows = [{"measure": name, **vars(entry)} for name, entry in self.entries.items()]
        return pd.DataFrame(rows).drop(columns="beside", errors="ignore")


Estimates = Table[Estimate]
Tests = Table[Test]


def undefined(n: int, level: float, method: str, note: str) -> Estimate:
    """An estimate that has no value, and why."""
    return Estimate(None, None, None, level, method, n, note=note)


def checked_level(level: float) -> float:
    """The confidence level, if it is one.

    Raises:
        EvaluationError: not between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise EvaluationError(f"{level} is not a confidence level", fix="Give one like 0.95", field="level")
    return float(level)


def chosen(method: str, methods: Mapping[str, Any], name: str = "method") -> Any:
    """What a table of methods holds under a name.

    Raises:
        EvaluationError: no such name; the message lists those there are.
    """
    if method not in methods:
        raise EvaluationError(f"there is no {method!r}", fix=f"Choose one of {', '.join(methods)}", field=name)
    return methods[method]


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(inner) for inner in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float) and math.isinf(value):
        return "infinite" if value > 0 else "-infinite"
    return value
