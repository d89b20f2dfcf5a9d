"""A reader in the study file: a network to be trained or a model of features, and what goes with what."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

from pydantic import Field, create_model, model_validator
from pydantic.fields import FieldInfo

from readingroom.cases.stacks.choice import VolumeStack
from readingroom.core.config import Section
from readingroom.networks import is_volume_network
from readingroom.networks.heat_mapper import HEAT_NETWORKS
from readingroom.reading.features.section import FeaturesSection
from readingroom.reading.mark_engine import patch_problem
from readingroom.reading.preprocessing import InputSection
from readingroom.training.augmentation import AugmentationSection
from readingroom.training.box_reader import BoxPlan
from readingroom.training.boxing import HitRule
from readingroom.training.mark_reader import MarkPlan
from readingroom.training.outline_reader import OutlinePlan
from readingroom.training.recipe import TrainingSection

Name = Annotated[str, Field(min_length=1, max_length=120)]
Width = Annotated[int, Field(ge=1, le=65536)]
Side = Annotated[int, Field(ge=32, le=4096)]
Pool = Literal["mean", "max", "attention", "lstm", "gru"]

_ORIGINS = {"imagenet": "imagenet", "random": "random"}


def _optional(one: FieldInfo) -> Any:
    return (Optional[one.annotation], Field(None, description=one.description))  # noqa: UP045 -- a value, not a hint


_OVERRIDES: Any = create_model(
    "_Overrides",
    __base__=Section,
    **{name: _optional(one) for name, one in TrainingSection.model_fields.items() if name not in {"seed", "repeats"}},
)


class ReaderSection(_OVERRIDES):
    """A network to be trained, or a model of `features`; keys of `training` may stand here too, for this reader."""

    network: Name | None = None
    """Name of the network: `resnet18`, `vit_small_patch16_224`, `resenet`, or any other of timm's. Needed unless the
    reader goes by `features` without one."""
    name: Name | None = None
    """Name of the reader; made of network, weights and training by default."""
    weights: Name = "imagenet"
    """`imagenet`, `random`, a safetensors file, or the folder of another reader's bundle."""
    train: Literal["all", "head"] = "all"
    """`all` parameters, or only a new `head` on the frozen backbone."""
    head: tuple[Width, ...] = ()
    """Widths of the head's hidden layers: `[1024, 512, 256, 64]` in study 2. Empty: one linear layer."""
    pool: Pool | None = None
    """With `input.stack`: how the features of the planes become one answer, which a 2-D network needs: their `mean`,
    their `max`, `attention` that learns which planes matter, or a recurrent network over their order (`lstm`, `gru`). A
    network whose name ends in `_3d` reads a volume as a whole and has none."""
    ordered: bool = False
    """With `task: {kind: grading}` and its `classes`: learn their order. The network says one number an image, how
    severe, and ordered cutpoints divide it into grades (cumulative link, McCullagh 1980); by default grades are learned
    as if they had no order."""
    augmentation: AugmentationSection | None = None
    """For this reader alone; `{}` switches the study's augmentation off."""
    decoder: str | None = None
    """Outline lesions: `deeplabv3` as in study 3, `unet` or another; the network is its encoder. Masks are in the case
    table's column `outline`."""
    classify: bool = False
    """With a `decoder`: tell the classes apart as well, by a classifier on the same encoder."""
    detector: Literal["fcos", "retinanet", "heatmap"] | None = None
    """Find lesions. As boxes, by `fcos` or `retinanet` on the network: boxes are in the case table's column `boxes`, or
    are put around the parts of the masks in `outline`. As marks in whole volumes, by the peaks of a `heatmap`, with
    `network: unet_3d` and `input.stack: {kind: volume, spacing: [..], around: whole}`: lesions are in the column
    `points`."""
    window: Side | None = None
    """With a `decoder` or a `detector`: training sees squares of so many pixels, drawn at random; 513 in study 3."""
    tile: Side | None = None
    """With a `decoder` or a `detector`: read in overlapping tiles of so many pixels, at least twice as large as the
    lesions; null reads the view in one pass."""
    finest: Literal[8, 4] = 8
    """With a `detector`: pixels between the places that are looked at; 4 for targets of a few pixels, at four times the
    work."""
    aimed: Annotated[float, Field(ge=0, le=1)] = 0.0
    """With a `detector` and a `window`: share of the windows of an image with lesions that are put around one of them.
    By chance alone, a window of a large film hardly ever meets a small lesion; 0 leaves every place to chance."""
    width: Annotated[int, Field(ge=64, le=512, multiple_of=32)] = 256
    """With a `detector`: channels of its feature pyramid; fewer are faster on a laptop."""
    patches: Annotated[int, Field(ge=1, le=64)] = 4
    """With `detector: heatmap`: patches drawn from each volume in an epoch; half of those of a volume with a lesion
    show one."""
    apart_mm: Annotated[float, Field(gt=0)] = 5.0
    """With `detector: heatmap`: of two marks nearer to each other, the surer one is given."""
    flips: bool = False
    """With a `decoder`: average the outline over mirror images when reading."""
    smallest: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """With a `decoder`: outlines of a smaller share of the image are specks, and left out."""
    features: FeaturesSection | None = None
    """Read by a classical model on features: radiomics inside the outline, features of a frozen network, words of a
    text, facts of the case table, or the scores of other readers. Such a reader needs a `name`."""

    @model_validator(mode="after")
    def _features_go_with(self) -> ReaderSection:
        if self.features is None:
            if self.network is None:
                raise ValueError("a reader needs a network, or features without one")
            return self
        if self.name is None:
            raise ValueError("a reader that goes by features needs a name of its own")
        if self.features.network != (self.network is not None):
            raise ValueError("network: give the name of the network, and network: true among the features; or neither")
        own = [key for key in ("decoder", "detector", "ordered", "pool", "augmentation") if getattr(self, key)]
        if own or self.train == "head" or self.head:
            key = own[0] if own else "head" if self.head else "train"
            raise ValueError(f"{key} does not go with features: a classical model reads the plain image")
        return self

    @model_validator(mode="after")
    def _decoder_goes_with(self) -> ReaderSection:
        if self.decoder is not None and self.detector is not None:
            raise ValueError("a reader either outlines or finds boxes: give a decoder or a detector")
        if self.decoder is None:
            own = ("classify", "flips", "smallest") + (() if self.detector else ("window", "tile"))
            needs = [name for name in own if getattr(self, name)]
            if needs:
                raise ValueError(f"{needs[0]} needs a decoder: it is about outlines")
        elif self.train == "head" or self.head:
            raise ValueError("a reader that outlines is trained as a whole: train and head do not go with a decoder")
        return self

    @model_validator(mode="after")
    def _ordered_goes_with(self) -> ReaderSection:
        if self.ordered and (self.decoder is not None or self.detector is not None):
            other = "decoder" if self.decoder is not None else "detector"
            raise ValueError(f"ordered does not go with a {other}: it is about the grade of the image")
        return self

    @model_validator(mode="after")
    def _detector_goes_with(self) -> ReaderSection:
        if self.detector is None and (needs := self._given("finest", "aimed", "width")):
            raise ValueError(f"{needs[0]} needs a detector: it is about boxes")
        if self.detector is not None and (self.train == "head" or self.head):
            raise ValueError("a reader that finds boxes is trained as a whole: train and head do not go with it")
        return self

    @model_validator(mode="after")
    def _heatmap_goes_with(self) -> ReaderSection:
        if self.detector != "heatmap":
            if needs := self._given("patches", "apart_mm"):
                raise ValueError(f"{needs[0]} needs detector: heatmap: it is about marks in volumes")
            return self
        if strange := self._given("window", "tile", "finest", "aimed", "width"):
            raise ValueError(f"{strange[0]} does not go with detector: heatmap, whose patches are of input.size")
        if self.network not in HEAT_NETWORKS:
            raise ValueError(f"detector: heatmap needs network: {' or '.join(HEAT_NETWORKS)}")
        return self

    def _given(self, *names: str) -> list[str]:
        return [name for name in names if name in self.model_fields_set]

    def boxes(self, hit: HitRule) -> BoxPlan | None:
        """How it finds boxes, ``hit`` being what counts as found; None where it finds none."""
        if self.detector is None or self.detector == "heatmap":
            return None
        return BoxPlan(self.detector, self.window, self.tile, self.finest, self.width, hit, self.aimed)

    def marks(self, hit_mm: float) -> MarkPlan | None:
        """How it marks lesions in volumes, ``hit_mm`` being within what a mark hits; None where it does not."""
        return MarkPlan(self.patches, self.apart_mm, hit_mm) if self.detector == "heatmap" else None

    @property
    def outlines(self) -> OutlinePlan | None:
        """How it outlines; None where it tells classes apart only."""
        if self.decoder is None:
            return None
        return OutlinePlan(self.decoder, self.classify, self.window, self.flips, self.tile, self.smallest)

    @property
    def reader_name(self) -> str:
        """The reader's name, safe as the name of a folder."""
        if self.name is not None:
            return self.name
        if self.decoder is not None:
            return f"{self.decoder}-{self.network}-{_ORIGINS.get(self.weights, 'transfer')}"
        if self.detector is not None:
            return f"{self.detector}-{self.network}-{_ORIGINS.get(self.weights, 'transfer')}"
        origin = _ORIGINS.get(self.weights, "transfer")
        parts = (self.network, self.pool, origin, self.train == "head" and "frozen", self.ordered and "ordered")
        return "-".join(part for part in parts if part)

    @property
    def backbone(self) -> str:
        """Name of the network; empty where there is none."""
        return self.network or ""

    def start(self, base: Path) -> str:
        """The weights, as `readingroom.networks.build_network` knows them; paths are relative to ``base``."""
        if self.weights in {"imagenet", "random"}:
            return self.weights
        return str(base / self.weights)

    def recipe(self, training: TrainingSection) -> TrainingSection:
        """The study's recipe with this reader's own keys."""
        own = {name: getattr(self, name) for name in TrainingSection.model_fields if name in self.model_fields_set}
        return training.model_copy(update=own)


class CombineSection(Section):
    """One reader made of two of the study's: the one says what it is, the other where."""

    name: Name
    """Name of the reader made of both."""
    classes: Name
    """Name of the reader whose classes and scores count."""
    outlines: Name
    """Name of the reader whose outlines count; it has a `decoder`."""


class ReaderMatrix(Section):
    """Readers as a matrix: every network with every start and every way of training."""

    networks: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Names of networks."""
    weights: Annotated[tuple[Name, ...], Field(min_length=1)] = ("imagenet", "random")
    """Starts."""
    train: Annotated[tuple[Literal["all", "head"], ...], Field(min_length=1)] = ("all",)
    """Ways of training; a frozen backbone of random weights is left out."""
    head: tuple[Width, ...] = ()
    """Widths of the hidden layers of every head."""
    pool: Pool | None = None
    """With `input.stack`: over the planes, of every 2-D network."""

    def readers(self) -> Iterator[ReaderSection]:
        """The readers of the matrix."""
        for network, weights, train in product(self.networks, self.weights, self.train):
            if not (weights == "random" and train == "head"):
                pool = None if is_volume_network(network) else self.pool
                yield ReaderSection(network=network, weights=weights, train=train, head=self.head, pool=pool)


def stack_problem(reader: ReaderSection, inputs: InputSection) -> str:
    """Why a reader does not go with the planes of the study's images; empty where it does."""
    if reader.network is None:
        return ""
    stack, whole = inputs.stack, is_volume_network(reader.network)
    if reader.detector == "heatmap":
        return _volume_problem(inputs)
    if isinstance(stack, VolumeStack) and stack.whole:
        return "around: whole is for readers with detector: heatmap"
    if stack is None:
        return "pool and networks of volumes need input.stack: images of several planes" if reader.pool or whole else ""
    if reader.decoder is not None or reader.detector is not None:
        return "outlines and boxes are found in single images, not with input.stack"
    if reader.features is not None:
        return "features of a frozen network are those of single images, not of input.stack"
    if whole and reader.pool is not None:
        return "a network of volumes reads all planes at once: leave pool out"
    if whole and stack.kind != "volume":
        return f"a network of volumes does not read {stack.kind}: take a 2-D network with a pool"
    return "" if whole or reader.pool else "a 2-D network needs a pool over the planes, such as pool: attention"


def _volume_problem(inputs: InputSection) -> str:
    """Why marks cannot be found in the study's images; empty where they can."""
    stack = inputs.stack
    if not isinstance(stack, VolumeStack) or not stack.whole:
        return "detector: heatmap needs input.stack: {kind: volume, spacing: [1, 1, 1], planes: 64, around: whole}"
    return patch_problem((stack.planes, inputs.size, inputs.size))


def unmoved(section: AugmentationSection | None) -> str:
    """What of an augmentation patches of volumes cannot have; empty where there is nothing."""
    names = () if section is None else ("elastic", "regions")
    return next((name for name in names if getattr(section, name) is not None), "")
