"""Folder: draw a cohort of stack phantoms into images, a case table and a README that says what they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from readingroom.cases.phantoms.collection import (
    Row,
    Rule,
    claim,
    common_rules,
    describe,
    draw_patients,
    enforce,
    plain_shares,
)
from readingroom.cases.phantoms.stacks.cohort import StackPatient, plan_stack_cohort
from readingroom.core.progress import Progress

_Scene = TypeVar("_Scene")


@dataclass(frozen=True)
class StackOrder:
    """What is asked for; see the `draw_..._phantoms`.

    Args:
        folder: where all goes.
        patients: how many.
        size: rows and columns.
        difficulty: 0 to 1.
        seed: of everything.
        shares: class to share.
        options: what else there is to choose, by name; part of the README.
    """

    folder: Path
    patients: int
    size: tuple[int, int]
    difficulty: float
    seed: int
    shares: Mapping[str, float]
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StackKind(Generic[_Scene]):
    """A kind of stack phantom.

    Args:
        name: one word, of which its seeds come.
        title: what is synthetic, for the README.
        classes: all that a patient may be of, in order.
        notes: lines of the README.
        version: raised whenever the same seed would draw other pixels.
        plan: the scene of a patient; draws no pixels.
        rows: of the case table.
        files: all files of a patient below the folder.
        save: draws a patient and writes the files; ``kind`` of its arguments names all parameters but the patients.
        age: mean and standard deviation of the patients'.
        women: share of them.
    """

    name: str
    title: str
    classes: Sequence[str]
    notes: Sequence[str]
    version: int
    plan: Callable[[StackPatient, StackOrder], _Scene]
    rows: Callable[[_Scene], list[Row]]
    files: Callable[[_Scene], list[str]]
    save: Callable[[_Scene, StackOrder, str], None]
    age: tuple[float, float] = (58, 13)
    women: float = 0.5


def check_stack_order(
    order: StackOrder, classes: Sequence[str], workers: int | None, rules: Sequence[Rule] = ()
) -> None:
    """Refuse what cannot be drawn.

    Raises:
        CaseTableError: with all problems.
    """
    common = common_rules(order.patients, order.size, order.difficulty, workers, classes, order.shares)
    enforce([*common, *rules])


def fill_stack_folder(
    kind: StackKind[_Scene], order: StackOrder, *, workers: int | None, progress: Progress | None
) -> Path:
    """Draw the patients of a kind into their folder; what is there is not drawn again.

    Returns:
        Path of ``cases.csv``.

    Raises:
        OutputError: the folder holds something else, or cannot be written.
    """
    facts = {
        "difficulty": f"{order.difficulty:g}",
        "seed": f"{order.seed}",
        "size": "{} x {}".format(*order.size),
        "class shares": plain_shares(order.shares, kind.classes),
        **order.options,
    }
    tell = partial(describe, kind.title, kind.notes, kind.version, facts)
    claim(order.folder, tell(order.patients), tell(None))
    cohort = plan_stack_cohort(
        order.patients, order.shares, kind.classes, seed=order.seed, kind=kind.name, age=kind.age, women=kind.women
    )
    draw = partial(_draw_patient, kind, order, tell(None))
    return draw_patients(order.folder, cohort, draw, workers=workers, progress=progress)


def _draw_patient(kind: StackKind[_Scene], order: StackOrder, said: str, patient: StackPatient) -> list[Row]:
    scene = kind.plan(patient, order)
    if not all((order.folder / name).is_file() for name in kind.files(scene)):
        kind.save(scene, order, said)
    return kind.rows(scene)
