"""The study file: one flat YAML, every key with its meaning. Each room owns the sections that it obeys."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from readingroom.cases.partition import PartitionSection, copies_made
from readingroom.core.config import Section
from readingroom.core.errors import StudyFileError
from readingroom.reading.explained import ExplainSection
from readingroom.reading.features.section import FeaturesSection
from readingroom.reading.preprocessing import InputSection
from readingroom.report.published import DOCUMENTS
from readingroom.study.reader_section import CombineSection, ReaderMatrix, ReaderSection, stack_problem, unmoved
from readingroom.study.search_section import SearchSection
from readingroom.training.augmentation import AugmentationSection
from readingroom.training.box_reader import RATE_RULE
from readingroom.training.boxing import HitRule
from readingroom.training.recipe import TrainingSection

ArmName = Annotated[str, Field(pattern=r"^[\w-]{1,40}$")]
RULE = re.compile(r"^(youden|(sensitivity|specificity)>=0?\.\d+)$")


class TaskSection(Section):
    """What is to be told apart."""

    kind: Literal["classification", "grading", "segmentation", "detection"] = "classification"
    """`classification`; `grading` where the classes have an order, from the least to the most severe; `segmentation`
    where lesions are only outlined: every reader then needs a `decoder`, and the answer is lesion or no lesion;
    `detection` where lesions are only found, as boxes or as marks in volumes: every reader then needs a `detector`."""
    label: str = "label"
    """Column of the case table that holds the class."""
    classes: Annotated[list[str], Field(min_length=1)] | None = None
    """The classes and their order; images of other classes are left out and counted. All classes by default."""
    positive: str | None = None
    """Of two classes, the one that is looked for; the last of `classes` by default."""
    normal: list[str] | None = None
    """Classes without a lesion, whose images need no outline and no box; by default those called normal, healthy or
    negative."""

    score: str | None = None
    """With `grading`: column of the case table that holds a continuous score of the reference standard, on the scale of
    the grades (the mean of several raters, a score from volumes). Readers' scores are then set against it in limits of
    agreement; against the grade by default. Training uses the grade."""

    @field_validator("classes", "normal", mode="before")
    @classmethod
    def _as_text(cls, value: Any) -> Any:
        # YAML reads 0 and no as numbers and booleans; a class is what the table says.
        if not isinstance(value, list):
            return value
        if any(isinstance(name, bool) for name in value):
            raise ValueError("a class called yes, no, true or false needs quotes: 'no'")
        return [name if isinstance(name, str) else str(name) for name in value]

    @model_validator(mode="after")
    def _consistent(self) -> TaskSection:
        if self.score is not None and self.kind != "grading":
            raise ValueError("score needs kind: grading: it lies on the scale of ordered grades")
        if self.score is not None and self.score == self.label:
            raise ValueError("score is the same column as label; leave it out to use the grade itself")
        if self.classes is not None:
            if len(self.classes) < 2 and self.kind not in {"segmentation", "detection"}:
                raise ValueError("two classes are needed to tell apart; one is enough for segmentation and detection")
            if len(set(self.classes)) < len(self.classes):
                raise ValueError("a class is named twice in classes")
            if self.positive is not None and self.positive not in self.classes:
                raise ValueError(f"positive is {self.positive!r}, which is none of {', '.join(self.classes)}")
            if self.positive is not None and len(self.classes) > 2:
                raise ValueError("positive needs two classes; more classes are compared one against the rest")
        return self


class EvaluationSection(Section):
    """How readings are judged."""

    unit: tuple[Literal["image", "lesion", "patient"], ...] = ("image", "lesion", "patient")
    """What is counted; a unit that the case table does not know is left out."""
    threshold: str | float = "youden"
    """Two classes: rule on the validation part (`youden`, `sensitivity>=0.9`, `specificity>=0.9`), or a number."""
    outline_threshold: Literal["dice"] | Annotated[float, Field(gt=0, lt=1)] = "dice"
    """Probability at which a pixel is lesion: `dice`, that of the highest mean Dice on the validation part; or a
    number."""
    box_threshold: str | Annotated[float, Field(gt=0, lt=1)] = "false_positives<=0.5"
    """Score at which a box, or a mark in a volume, counts: `false_positives<=0.5`, that of the highest sensitivity with
    no more than so many false ones an image on the validation part; `f1`, that of the highest F1; or a number."""
    hit: Literal["iou", "centre"] = "iou"
    """A box finds a lesion where their intersection over union reaches `hit_overlap` (`iou`), or where its centre lies
    in the lesion's box (`centre`), as is usual for small targets."""
    hit_overlap: Annotated[float, Field(gt=0, le=1)] = 0.5
    """With `hit: iou`: the intersection over union that makes a hit; 0.1 to 0.5 are usual for lesions."""
    hit_distance_mm: Annotated[float, Field(ge=0)] = 0.0
    """With `detector: heatmap`: a mark finds a lesion within the lesion's radius of its middle, or within this distance
    where that is more."""
    size_edges: list[float] | None = None
    """Outlines by size of the lesion: edges as shares of the image; by default thirds of the lesions tested."""
    interval: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Level of the intervals."""
    compare: Literal["holm"] = "holm"
    """Adjustment of the p values of the comparisons between readers; the unadjusted ones stand beside."""
    prevalence: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Two classes: predictive values are also given at this prevalence, that of the patients you will meet."""
    subgroups: list[str] | None = None
    """Columns of the case table that make subgroups; by default every fact with two to eight levels, or numbers."""
    published: str | None = None
    """Document whose published table stands beside the results in the report, such as `gastric-lesions`."""

    @field_validator("threshold")
    @classmethod
    def _known_rule(cls, value: str | float) -> str | float:
        if isinstance(value, str) and not RULE.match(value.replace(" ", "")):
            raise ValueError(f"{value!r} is no rule: youden, sensitivity>=0.9, specificity>=0.9, or a number")
        return value.replace(" ", "") if isinstance(value, str) else value

    @field_validator("box_threshold")
    @classmethod
    def _known_box_rule(cls, value: str | float) -> str | float:
        said = value.replace(" ", "") if isinstance(value, str) else value
        if isinstance(said, str) and said != "f1" and not RATE_RULE.match(said):
            raise ValueError(f"{value!r} is no rule: false_positives<=0.5, f1, or a number")
        return said

    @field_validator("published")
    @classmethod
    def _known_document(cls, value: str | None) -> str | None:
        if value is not None and value not in DOCUMENTS:
            raise ValueError(f"{value!r} is no document: {', '.join(DOCUMENTS)}")
        return value


_SHARED = {"arms", "study", "cases", "images", "task", "phantoms"}


def overlaid(values: Any, changes: dict[str, Any]) -> dict[str, Any]:
    """Values with changes laid over them, key by key."""
    merged = dict(values) if isinstance(values, dict) else {}
    for key, change in changes.items():
        merged[key] = overlaid(merged.get(key), change) if isinstance(change, dict) else change
    return merged


def _list_or_matrix(value: Any) -> str:
    # Choosing by shape gives the errors of one form, not of both.
    return "matrix" if isinstance(value, dict | ReaderMatrix) else "list"


class StudyFile(Section):
    """A diagnostic study: cases, what is told apart, who reads, and how the readings are judged."""

    study: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^/\\\x00-\x1f]+$")]
    """Name of the study, and of its run folder."""
    cases: str
    """CSV or Parquet table with one row an image, or a folder with one folder a class; relative to the study file."""
    images: str | None = None
    """Folder that the image paths are relative to; by default that of the case table."""
    task: TaskSection = TaskSection()
    """What is told apart."""
    partition: PartitionSection = PartitionSection()
    """Training, validation and test, never sharing a patient."""
    input: InputSection = InputSection()
    """How an image becomes a network's input."""
    augmentation: AugmentationSection | None = None
    """What is drawn at random in training; nothing by default."""
    readers: Annotated[
        Annotated[list[ReaderSection], Field(min_length=1), Tag("list")] | Annotated[ReaderMatrix, Tag("matrix")],
        Discriminator(_list_or_matrix),
    ]
    """The networks: a list, or a matrix of networks, weights and train."""
    combine: tuple[CombineSection, ...] = ()
    """Readers made of two of the above: the classes of one, the outlines of the other."""
    training: TrainingSection = TrainingSection()
    """How they are trained."""
    search: SearchSection | None = None
    """Hyper-parameters that are looked for on the validation part before each reader is trained; none by default."""
    people: str | None = None
    """Table of doctors' readings: reader, experience, image, label or score, time_ms; relative to the study file."""
    evaluation: EvaluationSection = EvaluationSection()
    """How the readings are judged."""
    explain: ExplainSection | None = ExplainSection()
    """Heat maps of a few test images; `null` draws none."""
    phantoms: bool = False
    """The images were drawn by software; the report says so on every page."""
    arms: dict[ArmName, dict[str, Any]] = Field(default_factory=dict)
    """The same study under another protocol: `as-published: {partition: {protocol: as-published}}`. Each arm has a name
    and the keys that differ; it is run beside, and the report says what the difference cost or flattered."""

    @field_validator("arms")
    @classmethod
    def _own_cases(cls, arms: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name, keys in arms.items():
            fixed = sorted(_SHARED & set(keys))
            if fixed:
                raise ValueError(f"{name} changes {fixed[0]}: arms share their cases and their task")
        return arms

    @model_validator(mode="after")
    def _names_differ(self) -> StudyFile:
        names = [one.reader_name.casefold() for one in self.reader_list]
        names += [one.name.casefold() for one in self.combine]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"two readers are called {doubled[0]!r}; give one of them a name: of its own")
        for one in self.combine:
            self._check_combined(one)
        self._check_features()
        if self.task.kind == "segmentation":
            plain = [one.reader_name for one in self.reader_list if one.decoder is None]
            if plain:
                raise ValueError(f"{plain[0]!r} has no decoder: in a study of kind segmentation every reader outlines")
        if self.task.kind == "detection":
            plain = [one.reader_name for one in self.reader_list if one.detector is None]
            if plain:
                raise ValueError(f"{plain[0]!r} has no detector: in a study of kind detection every reader finds boxes")
        self._check_ordered()
        self._check_shuffled()
        self._check_stacks()
        self._check_cleaned()
        strange = [one.reader_name for one in self.reader_list if re.search(r"[/\\\x00-\x1f]|^\.", one.reader_name)]
        if strange:
            raise ValueError(f"a reader cannot be called {strange[0]!r}: its name is also the name of a folder")
        return self

    def _check_cleaned(self) -> None:
        scheme, clean = self.partition, self.input.clean
        if clean is not None and self.input.stack is not None and not clean.of_planes:
            raise ValueError("input.clean with input.stack: denoise, clahe and histogram (equalise, percentiles) "
                             "are of single planes; border, bias and histogram.match are of single images")  # fmt: skip
        copied = copies_made(scheme.protocol, scheme.copies, scheme.column) > 0
        if copied and clean is not None and clean.border is not None:
            raise ValueError("input.clean.border does not go with copies made before the division: they would lose a "
                             "border twice. Cut it off beforehand, or set partition.copies: 0")  # fmt: skip

    def _check_ordered(self) -> None:
        ordered = [one.reader_name for one in self.reader_list if one.ordered]
        if ordered and self.task.kind != "grading":
            raise ValueError(f"{ordered[0]!r} is ordered: readers.ordered needs task.kind: grading, for the classes "
                             f"of a study of kind {self.task.kind} have no order")  # fmt: skip
        if ordered and self.task.classes is None:
            raise ValueError(f"{ordered[0]!r} is ordered: readers.ordered needs task.classes, the grades from the "
                             "least to the most severe")  # fmt: skip

    def _check_shuffled(self) -> None:
        dealt = [one for one in self.reader_list if one.recipe(self.training).shuffled]
        drawn = [one.reader_name for one in dealt if one.decoder is not None]
        if drawn:
            raise ValueError(f"training.shuffled deals labels and boxes, and {drawn[0]!r} learns outlines")

    def _check_stacks(self) -> None:
        for one in self.reader_list:
            problem = stack_problem(one, self.input)
            if problem:
                raise ValueError(f"{one.reader_name!r}: {problem}")
            section = self.augmentation if one.augmentation is None else one.augmentation
            if one.detector == "heatmap" and (name := unmoved(section)):
                raise ValueError(f"{one.reader_name!r}: augmentation.{name} does not go with detector: heatmap")

    def _check_combined(self, combined: CombineSection) -> None:
        readers = {one.reader_name: one for one in self.reader_list}
        for name in (combined.classes, combined.outlines):
            if name not in readers:
                raise ValueError(f"combine names {name!r}; the readers are {', '.join(readers)}")
        says, draws = readers[combined.classes], readers[combined.outlines]
        if says.features is not None:
            raise ValueError(f"combine: {combined.classes!r} goes by features; combine networks")
        if says.decoder is not None and not says.classify:
            raise ValueError(f"combine: {combined.classes!r} only outlines and says no class")
        if draws.decoder is None:
            raise ValueError(f"combine: {combined.outlines!r} has no decoder and does not outline")

    def _check_features(self) -> None:
        earlier: dict[str, ReaderSection] = {}
        for one in self.reader_list:
            for name in () if one.features is None else one.features.scores:
                if name not in earlier:
                    raise ValueError(
                        f"{one.reader_name!r} stacks the scores of {name!r}, which is no reader listed before it"
                    )
                if earlier[name].detector is not None or (
                    earlier[name].decoder is not None and not earlier[name].classify
                ):
                    raise ValueError(f"{one.reader_name!r} stacks the scores of {name!r}, which says no class")
            earlier[one.reader_name] = one
        described = [name for name, one in self.feature_sections if one.radiomics is not None]
        scheme = self.partition
        if described and copies_made(scheme.protocol, scheme.copies, scheme.column) > 0:
            raise ValueError(f"{described[0]!r} needs outlines, which copies made before the split do not have")

    @property
    def feature_sections(self) -> list[tuple[str, FeaturesSection]]:
        """Name and features of each reader that goes by features."""
        return [(one.reader_name, one.features) for one in self.reader_list if one.features is not None]

    def arm(self, name: str) -> StudyFile:
        """The study file of an arm: this one with the arm's keys in their places; lists are replaced whole.

        Raises:
            ValidationError: the arm's keys do not make a study file.
        """
        values = self.model_dump(exclude_unset=True, exclude={"arms"})
        return StudyFile.model_validate(overlaid(values, self.arms[name]) | {"study": f"{self.study} · {name}"})

    @property
    def reader_list(self) -> list[ReaderSection]:
        """The readers, whichever way they were written."""
        return list(self.readers.readers()) if isinstance(self.readers, ReaderMatrix) else self.readers

    @property
    def outlines(self) -> bool:
        """Whether any reader outlines, so that outlines are needed."""
        return any(one.decoder is not None for one in self.reader_list)

    @property
    def boxes(self) -> bool:
        """Whether any reader finds boxes, or is helped by them in training, so that boxes are needed."""
        return any(one.detector in {"fcos", "retinanet"} or self.helped(one) for one in self.reader_list)

    @property
    def points(self) -> bool:
        """Whether any reader marks lesions in volumes, so that points are needed."""
        return any(one.detector == "heatmap" for one in self.reader_list)

    def helped(self, reader: ReaderSection) -> bool:
        """Whether boxes help a reader of classes in training."""
        section = self.augmentation if reader.augmentation is None else reader.augmentation
        plain = reader.decoder is None and reader.detector is None
        return plain and section is not None and section.regions is not None

    @property
    def hit(self) -> HitRule:
        """What makes a box hit a lesion."""
        return HitRule(self.evaluation.hit, self.evaluation.hit_overlap)

    def positive_of(self, classes: tuple[str, ...]) -> str | None:
        """The class that is looked for, of two.

        Raises:
            StudyFileError: the study names one that the cases do not have.
        """
        if len(classes) != 2:
            return None
        if self.task.positive is not None and self.task.positive not in classes:
            raise StudyFileError(
                f"positive is {self.task.positive!r}, the classes are {', '.join(classes)}", field="task.positive"
            )
        return self.task.positive or classes[-1]
