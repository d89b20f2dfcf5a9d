"""Sites: the thirty sites of the upper digestive tract, and the two shorter lists of places they are mapped to."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Sequence
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

LEAST_SITES = 20
"""So many different sites among the classes of a reader make it a reader of sites."""


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

    def said(self, language: str = "en") -> str:
        """Number and name in a language.

        Example:
            >>> load_sites().sites[14].said("zh")
            '14 幽门'
        """
        return f"{self.number} {self.zh if language == 'zh' else self.en}"


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

    def said(self, language: str = "en") -> str:
        """Its name in a language."""
        return self.zh if language == "zh" else self.en

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

    def place_name(self, place: str, protocol: ProtocolName | None = None, language: str = "en") -> str:
        """What a place of `required` is called in a language; a site with its number.

        Raises:
            KeyError: no such place.
        """
        named: Iterable[SiteName | ProtocolPlace] = self.sites if protocol is None else self.protocols[protocol].places
        return {one.key: one for one in named}[place].said(language)

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


def site_classes(classes: Iterable[str]) -> dict[str, SiteName]:
    """Which site each class of a reader is; empty where they are not the classes of a reader of sites.

    They are if `LEAST_SITES` different sites are among them, by key, English or Chinese name. A bare number names no
    site here, as any thirty classes may be numbered. Further classes (*other*, *cannot be told*) may stand beside.

    Example:
        >>> names = [site.zh for site in load_sites().sites]
        >>> site_classes([*names, "其他"])["幽门"].number, site_classes(["0", "1"]), site_classes(["cardia", "pylorus"])
        (14, {}, {})
    """
    sites = load_sites()
    named = {name: site for name in classes if not name.strip().isdigit() and (site := sites.find(name)) is not None}
    return named if len({site.number for site in named.values()}) >= LEAST_SITES else {}


def document_sites(
    patient: Sequence[Hashable],
    answer: Sequence[object],
    *,
    protocol: ProtocolName | None = None,
    partly: bool = False,
    among: Collection[str] | None = None,
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
        among: keys of the sites that the reader can answer; places that need others are undocumentable. None for all.
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
        _answerable(sites.required(protocol, partly=partly), among),
        score=score,
        least=least,
        patients=None if patients is None else np.asarray(patients),
        others=sites.keys,
        level=level,
    )


def _answerable(required: dict[str, tuple[str, ...]], among: Collection[str] | None) -> dict[str, tuple[str, ...]]:
    if among is None:
        return required
    return {place: tuple(key for key in keys if key in among) for place, keys in required.items()}


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
