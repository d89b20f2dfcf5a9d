"""A figure as it was printed: which values it can stand for, and which counts give it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from readingroom.core.errors import EvaluationError

_NUMBER = re.compile(r"(\d*)(?:\.(\d*))?\s*(%?)")
_MOST_DECIMALS = 9


@dataclass(frozen=True)
class Printed:
    """A share as a table prints it, exactly.

    A value is printed by rounding (either way at a tie) or by cutting its digits off; both are met in published
    tables, sometimes in one row. Limits are counted in half units of the last digit, so that they are whole numbers.

    Args:
        text: as printed, ``82.83%`` or ``0.961``.
        units: the value in units of its last digit.
        scale: how many of these units make 1: 10 000 for ``82.83%``.

    Example:
        >>> figure = read_printed("82.83%")
        >>> list(figure.counts(99)), list(figure.counts(340))
        ([82], [])
    """

    text: str
    units: int
    scale: int

    @property
    def value(self) -> float:
        """The share, between 0 and 1."""
        return self.units / self.scale

    def half_units(self, *, cut: bool = False) -> tuple[int, int, bool]:
        """Lowest and highest value in half units, and whether the highest itself is excluded.

        Args:
            cut: allow values whose further digits were cut off, as well as rounded ones.
        """
        return 2 * self.units - 1, 2 * self.units + (2 if cut else 1), cut

    def limits(self, *, cut: bool = True) -> tuple[Fraction, Fraction]:
        """Lowest and highest share that it can stand for, within 0 and 1."""
        low, high, _ = self.half_units(cut=cut)
        return max(Fraction(low, 2 * self.scale), Fraction(0)), min(Fraction(high, 2 * self.scale), Fraction(1))

    def counts(self, n: int, *, cut: bool = False) -> range:
        """Which counts out of n are printed so; empty where none is.

        Args:
            n: the denominator, 1 or more.
            cut: allow cutting off as well as rounding.
        """
        low, high, open_ = self.half_units(cut=cut)
        first = max(-(-low * n // (2 * self.scale)), 0)
        last = min((high * n - open_) // (2 * self.scale), n)
        return range(first, max(last + 1, first))

    def fits(self, share: Fraction, *, cut: bool = False) -> bool:
        """Whether a share is printed so."""
        low, high, open_ = self.half_units(cut=cut)
        twice = share * 2 * self.scale
        return low <= twice and (twice < high if open_ else twice <= high)


def read_printed(text: str, *, per_cent: bool | None = None) -> Printed:
    """Read a printed share: ``82.83``, ``82.83%``, ``0.961``, ``９５％``.

    Args:
        text: the figure alone. Of more than nine decimals the rest is rounded away: it is a computer's number.
        per_cent: whether a number without a sign is in per cent; None takes those above 1 for it.

    Raises:
        EvaluationError: not a number, or not a share.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _NUMBER.fullmatch(plain)
    if found is None or not any(found.groups()[:2]):
        raise EvaluationError(f"{text!r} is not a figure", fix="Write a number like 82.83, 82.83% or 0.961")
    whole, decimals, sign = found.group(1), found.group(2) or "", found.group(3)
    if len(decimals) > _MOST_DECIMALS:
        whole, decimals = f"{Decimal(f'0{whole}.{decimals[:40]}'):.{_MOST_DECIMALS}f}".split(".")
    units, scale = int(whole + decimals or "0"), 10 ** len(decimals)
    if sign or per_cent or (per_cent is None and units > scale):
        scale, plain = scale * 100, f"{plain.rstrip('% ')}%"
    if units > scale:
        raise EvaluationError(f"{text!r} is above 100 %", fix="Write a share, or its per cent")
    return Printed(plain, units, scale)
