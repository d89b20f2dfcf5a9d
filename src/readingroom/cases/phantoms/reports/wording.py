"""The words beside a picture: findings that are there or are denied, in English or in Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

FINDINGS = ("growth", "node", "calcification")
"""What only the text tells: the lump has grown, a node in the axilla, calcifications in the mammogram."""

_Told = Mapping[str, Sequence[str]]
_PRESENT: Mapping[str, _Told] = {
    "en": {
        "growth": ("The lump has grown since the earlier visit.", "Growth over six months is reported."),
        "node": ("An enlarged axillary node is palpable.", "There is an enlarged node in the axilla."),
        "calcification": ("The mammogram shows microcalcifications.", "Clustered microcalcifications are seen."),
    },
    "zh": {
        "growth": ("肿块较前增大。", "近半年肿块增大。"),
        "node": ("腋窝可触及肿大淋巴结。", "腋下见肿大淋巴结。"),
        "calcification": ("钼靶可见微钙化。", "钼靶示簇状微钙化。"),
    },
}
_ABSENT: Mapping[str, _Told] = {
    "en": {
        "growth": ("The lump has not grown since the earlier visit.", "No growth over six months is reported."),
        "node": ("No enlarged axillary node is palpable.", "There is no enlarged node in the axilla."),
        "calcification": ("The mammogram shows no microcalcifications.", "No clustered microcalcifications are seen."),
    },
    "zh": {
        "growth": ("肿块较前未见增大。", "近半年肿块无增大。"),
        "node": ("腋窝未触及肿大淋巴结。", "腋下未见肿大淋巴结。"),
        "calcification": ("钼靶未见微钙化。", "钼靶未示簇状微钙化。"),
    },
}
_BESIDE: _Told = {
    "en": (
        "The skin is normal.", "There is no discharge.", "Simple cysts are seen on the other side.", "Menopause at 51.",
        "The lump is mobile.", "Mild tenderness.", "No scar.",
    ),
    "zh": ("皮肤正常。", "无乳头溢液。", "对侧见单纯囊肿。", "51岁绝经。", "肿块活动。", "轻压痛。", "无手术瘢痕。"),
}  # fmt: skip
_OPENING: Mapping[str, str] = {
    "en": "Palpable lump in the {side} breast, {size} mm.",
    "zh": "{side}乳可触及肿块，约{size} mm。",
}
_SIDES: Mapping[str, Sequence[str]] = {"en": ("left", "right"), "zh": ("左", "右")}


def write_report(present: Sequence[str], language: str, size_mm: int, rng: np.random.Generator) -> str:
    """A report in which every finding is said to be there or denied, among remarks that mean nothing.

    Args:
        present: those of `FINDINGS` that are there.
        language: ``en`` or ``zh``; now and then a Chinese report keeps an English word, as they do.
        size_mm: of the lump.
        rng: of this report.
    """
    sentences = [_pick((_PRESENT if name in present else _ABSENT)[language][name], rng) for name in FINDINGS]
    beside = _BESIDE[language]
    sentences += [beside[int(place)] for place in rng.permutation(len(beside))[: int(rng.integers(1, 4))]]
    order = [sentences[int(place)] for place in rng.permutation(len(sentences))]
    opening = _OPENING[language].format(side=_pick(_SIDES[language], rng), size=size_mm)
    said = (" " if language == "en" else "").join([opening, *order])
    return said.replace("淋巴结", " lymph node ", 1) if language == "zh" and rng.random() < 0.15 else said


def _pick(choices: Sequence[str], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]
