"""Sites: the thirty sites of the upper digestive tract, and the two shorter lists of places they are mapped to."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from functools import cache, cached_property
from importlib.resources import files
from typing import Literal, Self

import numpy as np
import pandas as pd
import yaml
from pydantic import model_validator

from readingroom.core.config import Section
from readingroom.evaluation.completeness import Completeness, completeness

Region = Literal["pharynx", "oesophagus", "stomach body", "antrum", "angulus", "fundus", "cardia", "duodenum"]
Wall = Literal["anterior", "posterior", "lesser", "greater", "none"]
ProtocolName = Literal["sss", "esge"]


class SiteName(Section):
    """One of the thirty sites."""

    number: int
    """As published, from 0."""
    key: str
    """Its name in tables: lower case, no spaces."""
    en: str
    """English name."""
    zh: str
    """Chinese name, as published."""
    region: Region
    """Part of the tract."""
    wall: Wall
    """Wall of the organ, where the name says one."""
    retroflexed: bool
    """Whether the endoscope looks back."""
    order: int
    """Place in a standard examination, from 1."""


class ProtocolPlace(Section):
    """A place that a protocol asks a photograph of."""

    key: str
    """Its name in tables."""
    en: str
    """English name."""
    zh: str
    """Chinese name."""
    sites: tuple[int, ...]
    """Sites of which an image documents the place."""
    partly: tuple[int, ...]
    """Sites of which an image shows a part of the place, or perhaps the place."""

    def keys(self, vocabulary: SiteVocabulary, *, partly: bool) -> tuple[str, ...]:
        """Keys of the sites that document the place, those that do so in part among them if wanted."""
        return tuple(vocabulary.sites[n].key for n in (*self.sites, *(self.partly if partly else ())))


class Protocol(Section):
    """A list of places that an examination should document."""

    en: str
    """English name."""
    zh: str
    """Chinese name."""
    source: str
    """Where it was published."""
    places: tuple[ProtocolPlace, ...]
    """What it asks for."""
    without: dict[int, str]
    """Sites that it does not ask for, and why."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        _refuse_twins((place.key for place in self.places), "places of a protocol")
        for place in self.places:
            _refuse_twins((*place.sites, *place.partly), f"sites of {place.key}")
        return self


class SiteVocabulary(Section):
    """The sites and protocols of `sites.yaml`, checked against each other."""

    version: int
    """Raised whenever a key or a number changes its meaning."""
    sites: tuple[SiteName, ...]
    """All sites, by number."""
    protocols: dict[ProtocolName, Protocol]
    """Shorter lists by name."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        count = len(self.sites)
        if [site.number for site in self.sites] != list(range(count)):
            raise ValueError("sites are not numbered from 0 without gaps")
        if sorted(site.order for site in self.sites) != list(range(1, count + 1)):
            raise ValueError("the order of the examination does not go from 1 without gaps")
        for name in ("key", "en", "zh"):
            _refuse_twins((getattr(site, name) for site in self.sites), f"sites by {name}")
        for name, protocol in self.protocols.items():
            asked = {n for place in protocol.places for n in (*place.sites, *place.partly)}
            if asked | set(protocol.without) != set(range(count)) or asked & set(protocol.without):
                raise ValueError(f"{name}: each site is either asked for or said to be without a place")
        return self

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Keys by number: the classes of a reader of sites, in order."""
        return tuple(site.key for site in self.sites)

    @cached_property
    def _by_name(self) -> dict[str, SiteName]:
        named = {name: site for site in self.sites for name in (site.key, site.en, site.zh, str(site.number))}
        return {_plain(name): site for name, site in named.items()}

    def find(self, name: str) -> SiteName | None:
        """The site of a key, number, English or Chinese name; None where there is none.

        Example:
            >>> sites = load_sites()
            >>> sites.find("幽门").key, sites.find("14").key, sites.find("Pylorus").key, sites.find("colon")
            ('pylorus', 'pylorus', 'pylorus', None)
        """
        return self._by_name.get(_plain(name))

    def required(self, protocol: ProtocolName | None = None, *, partly: bool = False) -> dict[str, tuple[str, ...]]:
        """What an examination should document: place to the keys of the sites that document it.

        Args:
            protocol: ``sss`` (22 places) or ``esge`` (10); None for the thirty sites themselves.
            partly: whether sites that show a part of a place count for it.

        Returns:
            In the order of the examination, or of the protocol. A place without sites cannot be documented by these
            names; `undocumentable` lists such places.
        """
        if protocol is None:
            return {site.key: (site.key,) for site in sorted(self.sites, key=lambda site: site.order)}
        return {place.key: place.keys(self, partly=partly) for place in self.protocols[protocol].places}

    def undocumentable(self, protocol: ProtocolName, *, partly: bool = False) -> tuple[str, ...]:
        """Places of a protocol that no site documents."""
        return tuple(place for place, sites in self.required(protocol, partly=partly).items() if not sites)


def document_sites(
    patient: Sequence[Hashable],
    answer: Sequence[object],
    *,
    protocol: ProtocolName | None = None,
    partly: bool = False,
    score: Sequence[float] | None = None,
    least: float = 0.0,
    patients: Sequence[Hashable] | None = None,
    level: float = 0.95,
) -> Completeness:
    """Which sites, or places of a protocol, the still pictures of each patient document.

    Args:
        patient: (n,) whose image it is.
        answer: (n,) the site that a reader answered: key, number, English or Chinese name; missing for none.
        protocol: ``sss`` or ``esge``; None for the thirty sites.
        partly: whether sites that show a part of a place count for it.
        score: (n,) how sure the reader is.
        least: answers with a lower score do not count.
        patients: all who were examined, those without any usable image too.
        level: confidence level.

    Raises:
        EvaluationError: see `completeness`.

    Example:
        >>> found = document_sites(["a", "a"], ["幽门", "14"], protocol="esge", partly=True)
        >>> int(found.images.loc["a", "antrum"])
        2
    """
    sites = load_sites()
    return completeness(
        np.asarray(patient),
        np.asarray([_key(sites, name) for name in answer], dtype=object),
        sites.required(protocol, partly=partly),
        score=score,
        least=least,
        patients=None if patients is None else np.asarray(patients),
        others=sites.keys,
        level=level,
    )


def _key(sites: SiteVocabulary, name: object) -> object:
    """The key of a site; what is no site stays as it was written."""
    if pd.isna(name):  # type: ignore[call-overload]
        return None
    found = sites.find(str(name))
    return name if found is None else found.key


@cache
def load_sites() -> SiteVocabulary:
    """The vocabulary that the program was shipped with.

    Raises:
        ValueError: it contradicts itself.
    """
    text = (files("readingroom.cases") / "sites.yaml").read_text(encoding="utf-8")
    return SiteVocabulary.model_validate(yaml.safe_load(text))


def _plain(name: str) -> str:
    """A name without what writers vary: case, underscores, spaces around it."""
    return " ".join(name.replace("_", " ").casefold().split())


def _refuse_twins(values: Iterable[object], of: str) -> None:
    listed = list(values)
    if len(set(listed)) != len(listed):
        raise ValueError(f"{of}: one stands there twice")
