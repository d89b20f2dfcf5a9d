"""Names of classes: sites by number, name and region, many other classes by number, few as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from readingroom.cases.sites import Region, SiteName, load_sites
from readingroom.core.translations import Translator

MANY = 12
"""More classes than these are numbered, and their matrix is drawn with numbers on its axes."""

_LEAST_SITES = 10
_MOST_OTHERS = 2
_REGIONS: dict[Region, str] = {
    "pharynx": "Pharynx",
    "oesophagus": "Oesophagus",
    "stomach body": "Stomach body",
    "antrum": "Antrum",
    "angulus": "Angulus",
    "fundus": "Fundus",
    "cardia": "Cardia",
    "duodenum": "Duodenum",
}


@dataclass(frozen=True)
class ClassName:
    """How one class is written.

    Args:
        place: among the classes of the results, from 0.
        number: of a site as published; of another class its place from 1; None where there are few.
        name: a site's in the language of the report; otherwise as in the tables.
        region: of a site, in the language of the report; empty for another class.
    """

    place: int
    number: int | None
    name: str
    region: str = ""

    @property
    def text(self) -> str:
        """Number and name: ``14 pylorus``."""
        return self.name if self.number is None else f"{self.number} {self.name}"


def name_classes(classes: Sequence[str], say: Translator) -> tuple[ClassName, ...]:
    """The names of classes in the order in which they are shown: sites by their number, others as they are.

    Classes are sites where ten of them or more are, and two at most are not (images that show none, say).

    Args:
        classes: as in the results.
        say: the language.

    Example:
        >>> [one.text for one in name_classes(["b", "a"], Translator("en"))]
        ['b', 'a']
    """
    sites = [_site(name) for name in classes]
    known = {site.number for site in sites if site is not None}
    if len(known) < _LEAST_SITES or len(classes) - len(known) > _MOST_OTHERS:
        many = len(classes) > MANY
        return tuple(ClassName(place, place + 1 if many else None, name) for place, name in enumerate(classes))
    named = [_named(place, name, site, say) for place, (name, site) in enumerate(zip(classes, sites, strict=True))]
    # Classes that are no site come last, without a number: theirs would be taken for a site's.
    return tuple(sorted(named, key=lambda one: (one.number is None, one.number or 0)))


def _site(name: str) -> SiteName | None:
    # A class that is called 3 is a grade as well as a site: numbers alone prove nothing.
    return None if name.strip().isdigit() else load_sites().find(name)


def _named(place: int, name: str, site: SiteName | None, say: Translator) -> ClassName:
    if site is None:
        return ClassName(place, None, name)
    return ClassName(place, site.number, site.zh if say.language == "zh" else site.en, say(_REGIONS[site.region]))
