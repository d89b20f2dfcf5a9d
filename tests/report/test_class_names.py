"""Names of classes: sites, many classes, few classes."""

from __future__ import annotations

from readingroom.cases.sites import load_sites
from readingroom.core.translations import Translator
from readingroom.report.class_names import name_classes

say = Translator("en")


def test_sites_stand_in_the_order_of_their_numbers_with_name_and_region() -> None:
    named = name_classes(sorted(load_sites().keys), say)
    assert [one.number for one in named] == list(range(30))
    assert (named[14].text, named[14].region) == ("14 pylorus", "Antrum")
    assert sorted(load_sites().keys)[named[14].place] == "pylorus"


def test_sites_have_their_chinese_names_in_a_chinese_report() -> None:
    named = name_classes(load_sites().keys, Translator("zh"))
    assert (named[14].text, named[14].region) == ("14 幽门", "胃窦")


def test_a_class_beside_the_sites_comes_last_without_a_number() -> None:
    named = name_classes(["unusable", *load_sites().keys], say)
    assert (named[-1].text, named[-1].number, named[-1].place) == ("unusable", None, 0)


def test_few_classes_keep_their_names_and_many_are_numbered_from_one() -> None:
    assert [one.text for one in name_classes(["pylorus", "polyp"], say)] == ["pylorus", "polyp"]
    assert name_classes([f"class {n}" for n in range(13)], say)[12].text == "13 class 12"


def test_numbers_alone_are_not_taken_for_sites() -> None:
    assert name_classes([str(n) for n in range(30)], say)[0].text == "1 0"
