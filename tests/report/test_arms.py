"""The section of the arms: what they are run for, what they gained, and all changes in one table."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.analyses.arms import Arm, ArmDifference
from readingroom.report.arm_tables import arm_section

SAY = Translator("en")
CLEAN = (("input.clean.border", "auto", "–"),)


def difference(arm: str, size: float) -> ArmDifference:
    def estimate(value: float) -> Estimate:
        return Estimate(value, value - 0.05, value + 0.05, 0.95, "bootstrap", 100)

    return ArmDifference(arm, "network", "auc", estimate(0.7 + size), estimate(0.7), estimate(size))


def section(*arms: tuple[Arm, float], language: str = "en"):
    found = tuple(difference(arm.name, size) for arm, size in arms)
    results = SimpleNamespace(analyses=SimpleNamespace(arms=found))
    return arm_section([arm for arm, _ in arms], results, Translator(language))


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        (["training.shuffled"], "control"),
        (["training.shuffled", "training.epochs"], "change"),
        (["input.clean.border"], "change"),
        (["input.size", "partition.by"], "protocol"),
        (["evaluation.threshold"], "protocol"),
    ],
)
def test_what_an_arm_is_run_for_follows_from_the_keys_that_differ(keys: list[str], kind: str) -> None:
    assert Arm("one", tuple((key, "a", "b") for key in keys)).kind == kind


def test_changes_stand_in_one_table_the_most_gained_first() -> None:
    found = section((Arm("denoise", CLEAN), 0.01), (Arm("border", CLEAN), 0.2), (Arm("bias", CLEAN), -0.2))
    assert found.title == "What each change does"
    assert found.overview is not None
    assert [row[0].text for row in found.overview.rows] == ["border", "denoise", "bias"]
    assert "not corrected for looking at 3 changes" in found.overview.note
    said = {arm.name: " ".join(arm.sentences) for arm in found.arms}
    assert "The change gained it 0.200 (95% CI 0.150 to 0.250)." in said["border"]
    assert "The change cost it 0.200 (95% CI 0.150 to 0.250)." in said["bias"]
    assert "may be chance" in said["denoise"]
    assert not any("flatter" in text for text in said.values())


def test_a_protocol_flatters_and_has_the_title() -> None:
    found = section((Arm("as-published", (("partition.by", "image", "patient"),)), 0.2), (Arm("border", CLEAN), 0.2))
    assert found.title == "What the protocol changes"
    assert found.overview is None
    assert "flattered it by 0.200" in " ".join(found.arms[0].sentences)


def test_a_control_alone_is_called_a_control() -> None:
    assert section((Arm("shuffled-labels", (("training.shuffled", "True", "False"),)), -0.2)).title == "A control"


def test_all_of_it_is_there_in_chinese() -> None:
    found = section((Arm("a", CLEAN), 0.2), (Arm("b", CLEAN), -0.2), language="zh")
    assert found.overview is not None
    texts = [found.title, found.lead, found.overview.title, found.overview.note, *found.overview.columns]
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in Translator("zh")(text)) for text in texts)


def test_a_control_says_what_was_learned_where_nothing_could_be() -> None:
    control = Arm("shuffled-labels", (("training.shuffled", "True", "False"),))
    (at_chance,) = section((control, -0.2)).arms
    assert "network 0.500 (0.450 to 0.550), 0.700." in at_chance.sentences[0]
    assert "Nothing was learned" in at_chance.sentences[1]
    (above,) = section((control, -0.1)).arms
    assert "The interval of network leaves chance (0.5) out." in above.sentences[1]
