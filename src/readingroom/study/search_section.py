"""The study file's search: which keys of the recipe are tried, over which values, and how often."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, PositiveInt, Tag, ValidationError, model_validator

from readingroom.core.config import Section
from readingroom.training.augmentation import AugmentationSection
from readingroom.training.reader import ReaderPlan
from readingroom.training.recipe import TrainingSection

_FIXED = {"monitor", "keep", "precision", "devices", "shuffled", "seed", "repeats"}
"""Keys of ``training`` that are no matter of better or worse."""
TRIED = tuple(f"training.{name}" for name in TrainingSection.model_fields if name not in _FIXED)
"""Keys of ``training`` that may be searched."""


class Range(Section):
    """All values between two."""

    low: int | float
    """Lowest value."""
    high: int | float
    """Highest value. Where both are whole numbers, only whole numbers are tried."""
    log: bool = False
    """By factors and not by differences, as a learning rate wants it."""

    @model_validator(mode="after")
    def _in_order(self) -> Range:
        if self.low >= self.high:
            raise ValueError(f"low is {self.low}, and high, {self.high}, is not above it")
        if self.log and self.low <= 0:
            raise ValueError(f"log needs values above 0, and low is {self.low}")
        return self

    @property
    def whole(self) -> bool:
        """Only whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)


def _known_key(key: str) -> str:
    section, _, rest = key.partition(".")
    names = rest.split(".")
    known = key == "head" or key in TRIED or (section == "augmentation" and _augments(names))
    if not known:
        listed = ", ".join((*TRIED, "head"))
        raise ValueError(
            f"{key!r} cannot be searched: {listed}, or a key of augmentation, as augmentation.affine.rotate"
        )
    return key


def _augments(names: list[str]) -> bool:
    """Whether keys lead to a value of ``augmentation``."""
    section: Any = AugmentationSection
    for name in names:
        fields = getattr(section, "model_fields", {})
        if name not in fields:
            return False
        parts = getattr(fields[name].annotation, "__args__", (fields[name].annotation,))
        section = next((part for part in parts if hasattr(part, "model_fields")), None)
    return section is None


def _list_or_range(value: Any) -> str:
    return "list" if isinstance(value, list | tuple) else "Range"


Choice = bool | int | float | str | None | tuple[int | float, ...]
Domain = Annotated[
    Annotated[tuple[Choice, ...], Field(min_length=1), Tag("list")] | Annotated[Range, Tag("Range")],
    Discriminator(_list_or_range),
]
Key = Annotated[str, AfterValidator(_known_key)]


class SearchSection(Section):
    """Hyper-parameters of every reader, looked for before it is trained, by the validation part of its fold alone.

    Each trial is a training of the same kind; Optuna's tree-structured Parzen estimator (Bergstra et al. 2011) says
    what is tried next. The best values become the reader's recipe. Needs the extra `search`.
    """

    trials: PositiveInt = 20
    """Trainings for each reader and fold; repeats share one search."""
    space: Annotated[dict[Key, Domain], Field(min_length=1)]
    """What is tried: `training.rate: {low: 1.0e-5, high: 1.0e-2, log: true}`, or a list of values:
    `training.weight_decay: [0, 0.01]`. Keys of `training`, of `augmentation`, and `head`."""
    measure: Literal["auc", "loss", "accuracy", "iou", "ap"] | None = None
    """What a trial is judged by, at the best epoch on the validation part; by default `auc`, `iou` for readers that
    outline, `ap` for readers that find boxes."""
    pruning: Literal["median"] | None = "median"
    """`median`: a trial that is worse than half of those before it at the same epoch is stopped; null stops none."""
    seed: int = 7
    """Of what is tried."""
    epochs: PositiveInt | None = None
    """Epochs of a trial; null: as many as the reader's training has."""

    @model_validator(mode="after")
    def _possible(self) -> SearchSection:
        if self.epochs is not None and "training.epochs" in self.space:
            raise ValueError("epochs are given for trials and searched as well: leave one out")
        problems = [found for key, domain in self.space.items() if (found := _problem(key, domain))]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def measure_of(self, plan: ReaderPlan) -> str:
        """What a reader's trials are judged by."""
        if self.measure is not None:
            return self.measure
        return "iou" if plan.outlines is not None else "ap" if plan.boxes is not None else "auc"


def _problem(key: str, domain: tuple[Choice, ...] | Range) -> str:
    """What is wrong with the values of a key; empty where nothing is."""
    for value in (domain.low, domain.high) if isinstance(domain, Range) else domain:
        try:
            _checked(key, value)
        except ValidationError as error:
            return f"{key}: {error.errors()[0]['msg'].removeprefix('Value error, ')}, found {value!r}"
        except ValueError as error:
            return f"{key}: {error}, found {value!r}"
    return ""


def _checked(key: str, value: Any) -> None:
    section, _, rest = key.partition(".")
    if section == "training":
        TrainingSection.model_validate({rest: value})
    elif section == "augmentation":
        AugmentationSection.model_validate(_nested({}, rest.split("."), value))
    elif not isinstance(value, list | tuple) or not all(isinstance(one, int) and one >= 1 for one in value):
        raise ValueError("head wants lists of widths, as [256, 64], or [] for none")


def with_values(plan: ReaderPlan, values: dict[str, Any]) -> ReaderPlan:
    """A plan with values in the places that their keys name.

    Args:
        plan: of a reader.
        values: by key, as in the space.

    Raises:
        ValidationError: a value is impossible there.
    """
    recipe = plan.recipe.model_dump() | _of(values, "training")
    section = {} if plan.augmentation is None else plan.augmentation.model_dump(exclude_none=True)
    for key, value in _of(values, "augmentation").items():
        section = _nested(section, key.split("."), value)
    augmentation = AugmentationSection.model_validate(section)
    return replace(
        plan,
        recipe=TrainingSection.model_validate(recipe),
        augmentation=plan.augmentation if not _of(values, "augmentation") else augmentation,
        head=tuple(values.get("head", plan.head)),
    )


def _of(values: dict[str, Any], section: str) -> dict[str, Any]:
    return {key.partition(".")[2]: value for key, value in values.items() if key.startswith(f"{section}.")}


def _nested(section: dict[str, Any], names: list[str], value: Any) -> dict[str, Any]:
    first, *rest = names
    inner = section.get(first)
    return {**section, first: _nested(inner if isinstance(inner, dict) else {}, rest, value) if rest else value}
