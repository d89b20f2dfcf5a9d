"""The vocabulary of thirty sites: complete, consistent, mapped, and used to say what was documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from readingroom.cases.sites import SiteVocabulary, document_sites, load_sites, site_classes

SITES = load_sites()
PUBLISHED_ZH = {0: "声门", 4: "食管胃交界线", 14: "幽门", 19: "胃体下部小弯翻转及胃角中部", 29: "贲门翻转"}


def changed(**values):
    return {**SITES.model_dump(), **values}


def test_there_are_thirty_sites_as_published():
    assert [site.number for site in SITES.sites] == list(range(30))
    assert all(SITES.sites[n].zh == name for n, name in PUBLISHED_ZH.items())
    assert len({site.region for site in SITES.sites}) == 8
    assert all(re.fullmatch(r"[a-z_]+", key) for key in SITES.keys)


def test_what_the_names_say_of_wall_and_direction_is_in_the_fields():
    walls = {"前壁": "anterior", "后壁": "posterior", "小弯": "lesser", "大弯": "greater"}
    for site in SITES.sites:
        said = [wall for word, wall in walls.items() if word in site.zh]
        assert said == ([] if site.wall == "none" else [site.wall]), site.key
        assert site.retroflexed or "翻转" not in site.zh


def test_the_protocols_have_the_numbers_of_places_that_they_are_named_for():
    assert {name: len(protocol.places) for name, protocol in SITES.protocols.items()} == {"sss": 22, "esge": 10}


def test_every_place_is_shown_by_some_site_at_least_in_part():
    for name in SITES.protocols:
        assert all(SITES.required(name, partly=True).values())
        assert SITES.undocumentable(name, partly=True) == ()


def test_places_that_no_site_fully_shows_are_named():
    assert SITES.undocumentable("esge") == ("proximal_oesophagus", "distal_oesophagus", "corpus_forward")
    assert len(SITES.undocumentable("sss")) == 5


def test_a_mapped_wall_is_the_wall_of_the_place():
    checked = 0
    for place in SITES.protocols["sss"].places:
        wall = next(word for word in ("anterior", "posterior", "lesser", "greater") if word in place.key)
        for number in (*place.sites, *place.partly):
            assert SITES.sites[number].wall in (wall, "none")
            checked += 1
    assert checked == 25


@pytest.mark.parametrize("name", ["幽门", "14", "pylorus", " Pylorus ", "PYLORUS"])
def test_a_site_is_found_by_any_of_its_names(name):
    assert SITES.find(name) is SITES.sites[14]


def test_a_vocabulary_that_contradicts_itself_is_refused():
    sites = [site.model_dump() for site in SITES.sites]
    wrong = [sites[1:], [*sites[:-1], {**sites[-1], "key": "glottis"}], [{**sites[0], "order": 2}, *sites[1:]]]
    wrong += [[{**sites[0], "wall": "upper"}, *sites[1:]]]
    for listed in wrong:
        with pytest.raises(ValidationError):
            SiteVocabulary.model_validate(changed(sites=listed))
    protocols = SITES.model_dump()["protocols"]
    del protocols["esge"]["without"][0]
    with pytest.raises(ValidationError, match="esge"):
        SiteVocabulary.model_validate(changed(protocols=protocols))


def test_names_of_any_kind_count_and_a_site_outside_a_protocol_is_not_unknown():
    found = document_sites(["a", "a", "b", "b"], ["胃窦前壁", "11", "oesophagus", "colon"], protocol="sss")
    assert found.images.loc["a", ["antrum_anterior", "antrum_posterior"]].tolist() == [1, 1]
    assert found.images.loc["b"].sum() == 0
    assert found.unknown == {"colon": 1}
    assert found.images.shape[1] + len(found.undocumentable) == 22


def test_partly_shown_places_count_only_where_accepted():
    strict, lenient = (document_sites(["a"], ["oesophagus"], protocol="esge", partly=p) for p in (False, True))
    assert strict.images.to_numpy().sum() == 0
    assert lenient.images.loc["a", ["proximal_oesophagus", "distal_oesophagus"]].tolist() == [1, 1]


def test_a_patient_with_an_image_of_each_site_is_complete():
    found = document_sites(["a"] * 30, SITES.keys)
    assert found.share_seen().value == 1.0
    assert found.share_complete().value == 1.0


def test_the_page_of_the_docs_names_every_site_and_place():
    page = (Path(__file__).parents[2] / "docs" / "sites.md").read_text(encoding="utf-8")
    for site in SITES.sites:
        assert f"| {site.number} | `{site.key}` | {site.en} | {site.zh} |" in page
    places = [place for protocol in SITES.protocols.values() for place in protocol.places]
    assert len(places) == 32
    for place in places:
        shown = ", ".join(str(n) for n in place.sites) or "none"
        partly = ", ".join(str(n) for n in place.partly) or "none"
        assert f"| `{place.key}` | {place.en} | {shown} | {partly} |" in page


def test_classes_are_sites_by_key_english_or_chinese_name_and_others_may_stand_beside():
    named = site_classes([*SITES.keys[:12], *(site.zh for site in SITES.sites[12:]), "cannot be told"])
    assert {name: site.number for name, site in named.items()}["幽门"] == 14
    assert len(named) == 30


@pytest.mark.parametrize("classes", [[str(n) for n in range(30)], ["cardia", "pylorus", "other"], ["normal", "polyp"]])
def test_numbered_classes_and_a_few_sites_do_not_make_a_reader_of_sites(classes):
    assert site_classes(classes) == {}


def test_places_that_need_a_site_which_is_no_class_cannot_be_documented():
    found = document_sites(["p"], ["pylorus"], among={"pylorus", "cardia"})
    assert found.seen.loc["p"].to_dict() == {"cardia": False, "pylorus": True}
    assert len(found.undocumentable) == 28


def test_sites_are_said_with_their_number_and_places_without():
    assert SITES.place_name("pylorus", None, "zh") == "14 幽门"
    assert SITES.place_name("angulus_inverted", "esge") == "angulus in partial inversion"
