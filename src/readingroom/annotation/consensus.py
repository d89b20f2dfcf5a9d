"""From several annotators to one: what they agree on, what experts must settle, what is excluded and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from readingroom.annotation.audit import Exclusion
from readingroom.annotation.facts import number
from readingroom.annotation.matching import MATCH, Group, lesion_dice, match_lesions
from readingroom.annotation.model import AnnotatedImage, Annotations, Box, Fact, Lesion
from readingroom.annotation.outlines import Bools, lesion_mask, trace
from readingroom.annotation.staple import staple
from readingroom.core.errors import AnnotationError

AGREE = 0.7
"""Dice coefficient that all pairs of outlines must reach to be called unanimous (Zijdenbos 1994 calls it good)."""

CONSENSUS = "consensus"
"""In whose name the agreed annotations stand."""

EXCLUDE = "exclude"
"""An expert's decision that an image is not used."""


@dataclass(frozen=True)
class Dispute:
    """One question that the annotators answered differently.

    Args:
        image: its name.
        question: ``annotated``, ``image label``, ``lesion``, ``lesion label``, ``outline`` or ``fact``.
        reason: why it is not agreed, in a sentence.
        answers: what each annotator said.
        blocks: whether the image waits for the answer; a fact in dispute is left out and the image goes on.
    """

    image: str
    question: str
    reason: str
    answers: Mapping[str, str]
    blocks: bool = True


@dataclass(frozen=True)
class Consensus:
    """What came of it.

    Args:
        rule: by which it was agreed.
        agreed: the images in the name of `CONSENSUS`.
        disputes: what experts must settle, and facts that were left out.
        excluded: image and reason: nobody's work on it can be used, or the experts excluded it.
        dropped: image and what was dropped on it, because fewer than half marked it.
        settled: images that experts decided.
        annotators: whose work it is.
    """

    rule: str
    agreed: Annotations
    disputes: tuple[Dispute, ...]
    excluded: tuple[tuple[str, str], ...]
    dropped: tuple[tuple[str, str], ...]
    settled: tuple[str, ...]
    annotators: tuple[str, ...]

    @property
    def waiting(self) -> tuple[str, ...]:
        """Images that wait for the experts."""
        return tuple(dict.fromkeys(dispute.image for dispute in self.disputes if dispute.blocks))

    def flow(self) -> dict[str, int]:
        """Images that went in and where each of them is: the first is the sum of the rest."""
        agreed = len(self.agreed.images) - len(self.settled)
        return {
            "annotated": len(self.agreed.images) + len(self.waiting) + len(self.excluded),
            f"agreed ({self.rule})": agreed,
            "settled by experts": len(self.settled),
            "excluded": len(self.excluded),
            "to be settled": len(self.waiting),
        }

    def excluded_table(self) -> pd.DataFrame:
        """What did not get in: images that were excluded, and lesions that were dropped, each with its reason."""
        rows = [("image", *one) for one in self.excluded] + [("lesion", *one) for one in self.dropped]
        return pd.DataFrame(rows, columns=["excluded", "image", "reason"])


@dataclass
class _Case:
    """One image while it is decided."""

    name: str
    seen: list[AnnotatedImage]
    people: tuple[str, ...]
    unusable: Mapping[str, str]
    disputes: list[Dispute] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)

    def dispute(self, question: str, reason: str, answers: Mapping[str, str], *, blocks: bool = True) -> None:
        whole = {who: answers.get(who, "") for who in self.people}
        self.disputes.append(Dispute(self.name, question, reason, whole, blocks))


def find_consensus(
    annotations: Annotations,
    rule: str = "majority",
    *,
    match: float = MATCH,
    agree: float = AGREE,
    exclusions: Sequence[Exclusion] = (),
    decisions: Mapping[str, str] | None = None,
) -> Consensus:
    """Agree on each image, or say what is in dispute.

    ``unanimous``: an image enters only if all annotators give the same classes and mark the same lesions, with one
    class and with outlines that overlap by ``agree`` or more, pair by pair; its outlines are the pixels that more than
    half of them drew. ``majority``: classes, lesions and pixels that more than half gave; exactly half is in dispute,
    fewer are dropped, and listed. ``staple``: as majority, with the outline by `staple`. Boxes become the median of
    each side. Of facts, numbers become their median, and others what more than half of those who gave one said.

    Args:
        annotations: of two annotators or more, as `join_annotators` gives them.
        rule: one of `RULES`.
        match: overlap (Dice) from which two outlines are the same lesion.
        agree: overlap that unanimous outlines must have.
        exclusions: of the audit: an image that one annotator's work cannot be used on waits for the experts, one that
            nobody's can is excluded.
        decisions: of experts on images in dispute: image, and the annotator who is right, or ``exclude``.

    Raises:
        AnnotationError: no such rule, fewer than two annotators, a decision that is none, or on an unknown image.

    Example:
        >>> images = (AnnotatedImage("i", 9, 9, who, (said,)) for who, said in (("A", "x"), ("B", "x"), ("C", "y")))
        >>> found = find_consensus(Annotations(tuple(images)))
        >>> found.agreed.images[0].labels
        ('x',)
    """
    if rule not in RULES:
        raise AnnotationError(f"no rule {rule!r}", fix=f"The rules are: {', '.join(RULES)}")
    people = tuple(dict.fromkeys([*annotations.annotators, *(one.annotator for one in exclusions)]))
    if len(people) < 2:
        raise AnnotationError(f"{len(people)} annotator", fix="Give the annotations of two or more")
    unusable = _unusable(exclusions)
    cases: dict[str, _Case] = {}
    for image in annotations.images:
        found = cases.setdefault(image.image, _Case(image.image, [], people, unusable.get(image.image, {})))
        found.seen.append(image)
    _check_decisions(decisions or {}, cases)
    outcome = _Outcome()
    for name, reasons in unusable.items():
        if name not in cases:
            outcome.excluded.append((name, "; ".join(dict.fromkeys(reasons.values()))))
    for case in cases.values():
        outcome.take(case, _agree(case, RULES[rule], match, agree), (decisions or {}).get(case.name, ""))
    agreed = replace(annotations, images=tuple(outcome.agreed))
    return Consensus(
        rule,
        agreed,
        tuple(outcome.disputes),
        tuple(outcome.excluded),
        tuple(outcome.dropped),
        tuple(outcome.settled),
        people,
    )


def _unusable(exclusions: Sequence[Exclusion]) -> dict[str, dict[str, str]]:
    """For each image, whose work on it cannot be used and why."""
    found: dict[str, dict[str, str]] = {}
    for one in exclusions:
        found.setdefault(one.image, {}).setdefault(one.annotator, one.what)
    return found


@dataclass
class _Outcome:
    """Where each image went."""

    agreed: list[AnnotatedImage] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    excluded: list[tuple[str, str]] = field(default_factory=list)
    dropped: list[tuple[str, str]] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)

    def take(self, case: _Case, image: AnnotatedImage, decision: str) -> None:
        """Put an image where it belongs: agreed, decided by the experts, or waiting for them."""
        waits = [dispute for dispute in case.disputes if dispute.blocks]
        if waits and decision == EXCLUDE:
            self.excluded.append((case.name, f"by the experts: {waits[0].reason}"))
        elif waits and decision:
            chosen = next(seen for seen in case.seen if seen.annotator == decision)
            self.agreed.append(replace(chosen, annotator=CONSENSUS))
            self.settled.append(case.name)
        else:
            self.disputes += case.disputes
            if not waits:
                self.agreed.append(image)
                self.dropped += case.dropped


def _check_decisions(decisions: Mapping[str, str], cases: Mapping[str, _Case]) -> None:
    for name, decision in decisions.items():
        if name not in cases:
            raise AnnotationError("a decision on an image that nobody annotated", fix="Correct its name", file=name)
        known = [image.annotator for image in cases[name].seen]
        if decision not in {*known, EXCLUDE}:
            fix = f"Write {EXCLUDE}, or whose annotation is right: {', '.join(known)}"
            raise AnnotationError(f"the decision {decision!r} is none", fix=fix, file=name, field="decision")


@dataclass(frozen=True)
class _Rule:
    """How many must say so, and how their outlines become one.

    Args:
        all: whether all must, or more than half.
        merge: masks (R, H, W) into one.
    """

    all: bool
    merge: Callable[[Bools], Bools]


def _most(masks: Bools) -> Bools:
    return np.asarray(masks.sum(axis=0) * 2 > len(masks))


def _staple(masks: Bools) -> Bools:
    return staple(masks).mask if len(masks) > 1 else masks[0]


RULES: dict[str, _Rule] = {
    "unanimous": _Rule(True, _most),
    "majority": _Rule(False, _most),
    "staple": _Rule(False, _staple),
}


def _agree(case: _Case, rule: _Rule, match: float, agree: float) -> AnnotatedImage:
    """The image as they agree on it; what they don't is added to the case."""
    first = case.seen[0]
    absent = [who for who in case.people if who not in {image.annotator for image in case.seen}]
    if absent:
        done = {image.annotator: "annotated" for image in case.seen}
        reasons = [f"{who} ({case.unusable[who]})" if who in case.unusable else who for who in absent]
        case.dispute("annotated", f"no usable annotation by {', '.join(reasons)}", {**done, **case.unusable})
        return first
    labels = _agree_labels(case, rule)
    lesions = [
        lesion
        for group in match_lesions(case.seen, at_least=match)
        if _is_lesion(group, case, rule) and (lesion := _agree_lesion(group, case, rule, agree)) is not None
    ]
    return AnnotatedImage(case.name, first.width, first.height, CONSENSUS, labels, tuple(lesions))


def _winner(votes: Sequence[Any], rule: _Rule, voters: int) -> Any:
    """What all, or more than half of the voters, said; None where they don't."""
    value, count = Counter(votes).most_common(1)[0]
    return value if count == voters or (not rule.all and count * 2 > voters) else None


def _agree_labels(case: _Case, rule: _Rule) -> tuple[str, ...]:
    votes = [tuple(sorted(image.labels)) for image in case.seen]
    winner: tuple[str, ...] | None = _winner(votes, rule, len(case.people))
    if winner is None:
        answers = {image.annotator: " + ".join(image.labels) for image in case.seen}
        case.dispute("image label", _how_many(votes, "class", "classes"), answers)
        return ()
    return next(image.labels for image, vote in zip(case.seen, votes, strict=True) if vote == winner)


def _how_many(votes: Sequence[Any], one: str, many: str) -> str:
    kinds = len(set(votes))
    return f"{len(votes)} annotators gave {kinds} different {one if kinds == 1 else many}"


def _is_lesion(group: Group, case: _Case, rule: _Rule) -> bool:
    """Whether enough marked it; else it is dropped, or in dispute."""
    marked, people = len(group), len(case.people)
    if marked == people or (not rule.all and marked * 2 > people):
        return True
    labels = ", ".join(dict.fromkeys(lesion.label for lesion in group.values()))
    where = _where(group)
    if not rule.all and marked * 2 < people:
        case.dropped.append((case.name, f"a lesion ({labels}) {where}, marked by {marked} of {people}"))
    else:
        reason = f"a lesion {where} was marked by {marked} of {people}"
        case.dispute("lesion", reason, {who: lesion.label for who, lesion in group.items()})
    return False


def _where(group: Group) -> str:
    boxes = [lesion.box for lesion in group.values() if lesion.box is not None]
    if not boxes:
        return "without a place"
    x0, y0, x1, y1 = np.median(np.array(boxes), axis=0)
    return f"around x {(x0 + x1) / 2:.0f}, y {(y0 + y1) / 2:.0f}"


def _agree_lesion(group: Group, case: _Case, rule: _Rule, agree: float) -> Lesion | None:
    labels = {who: lesion.label for who, lesion in group.items()}
    label = _winner(list(labels.values()), rule, len(group))
    if label is None:
        what = _how_many(list(labels.values()), "class", "classes")
        case.dispute("lesion label", f"{what} to the lesion {_where(group)}", labels)
        return None
    if rule.all and not _overlap_enough(group, case, agree):
        return None
    lesion = _place(group, case, rule)
    if lesion is None:
        case.dispute("outline", f"the outlines {_where(group)} have nothing in common", _areas(group, case))
        return None
    ids = [one.id for one in group.values() if one.id]
    named = _winner(ids, rule, len(ids)) if ids else ""
    return replace(lesion, label=label, id=named or "", facts=dict(_agree_facts(group, case)))


def _overlap_enough(group: Group, case: _Case, agree: float) -> bool:
    """Whether every pair of outlines overlaps as unanimity wants it; a dispute where one doesn't."""
    pairs = list(combinations(group, 2))
    dice = [lesion_dice(group[one], group[other], case.seen[0]) for one, other in pairs]
    if min(dice) >= agree:
        return True
    one, other = pairs[int(np.argmin(dice))]
    reason = f"{one} and {other} overlap by {min(dice):.3f} (Dice) {_where(group)}, less than {agree:g}"
    case.dispute("outline", reason, _areas(group, case))
    return False


def _areas(group: Group, case: _Case) -> dict[str, str]:
    first = case.seen[0]
    pixels = {who: int(lesion_mask(lesion, first.height, first.width).sum()) for who, lesion in group.items()}
    return {who: f"{count} pixels" for who, count in pixels.items()}


def _place(group: Group, case: _Case, rule: _Rule) -> Lesion | None:
    """Outline or box of the lesion; None where the outlines have nothing in common."""
    outlined = [lesion for lesion in group.values() if lesion.polygons]
    if outlined:
        first = case.seen[0]
        merged = rule.merge(np.stack([lesion_mask(lesion, first.height, first.width) for lesion in outlined]))
        return Lesion("", trace(merged)) if merged.any() else None
    boxes = [lesion.box for lesion in group.values() if lesion.box is not None]
    return Lesion("", drawn_box=_median_box(boxes) if boxes else None)


def _median_box(boxes: Sequence[Box]) -> Box:
    x0, y0, x1, y1 = (float(side) for side in np.median(np.array(boxes), axis=0))
    return (x0, y0, x1, y1)


def _agree_facts(group: Group, case: _Case) -> Iterator[tuple[str, Fact]]:
    for name in dict.fromkeys(name for lesion in group.values() for name in lesion.facts):
        said = {who: lesion.facts[name] for who, lesion in group.items() if name in lesion.facts}
        values = list(said.values())
        value: Fact | None = _winner(values, RULES["majority"], len(values))
        numbers = [number(one) for one in values]
        if value is None and None not in numbers and not any(isinstance(one, str) for one in values):
            value = float(np.median([one for one in numbers if one is not None]))
        if value is None:
            reason = f"{name} of the lesion {_where(group)} is in dispute and was left out"
            case.dispute("fact", reason, {who: str(one) for who, one in said.items()}, blocks=False)
        else:
            yield name, value
