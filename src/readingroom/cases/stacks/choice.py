"""The choice of planes: what of a stack a network sees, as the study file says it and the reader bundle keeps it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, TypeAdapter, field_validator, model_validator

from readingroom.core.config import Section

Planes = Annotated[int, Field(ge=1, le=512)]
Millimetres = Annotated[float, Field(gt=0)]


class VolumeStack(Section):
    """A volume, such as a CT or MRI series: planes at equal distances, in the patient's axes."""

    kind: Literal["volume"]
    """`volume`: slices of a NIfTI file, of a folder with one DICOM series, or of a file with several frames."""
    planes: Planes = 32
    """Planes that the network sees."""
    spacing: tuple[Millimetres, Millimetres, Millimetres] | None = None
    """Millimetres between planes, rows and columns after resampling, so that a lesion has one size in all volumes; null
    brings the whole volume to `planes` times `size` times `size`, whatever its extent."""
    around: Literal["centre", "point", "whole"] = "centre"
    """With `spacing`: the middle of what is seen: the volume's `centre`, or the `point` of the case table's column of
    that name (x y z in mm, DICOM's patient axes), for patches around a lesion; `whole`: all of the volume, whatever its
    extent, seen as patches of `planes` times `size` times `size`, by readers with `detector: heatmap`."""

    @model_validator(mode="after")
    def _whole_at_a_spacing(self) -> VolumeStack:
        if self.around == "whole" and self.spacing is None:
            raise ValueError("around: whole needs a spacing, so that a lesion has one size in all volumes")
        return self

    @property
    def whole(self) -> bool:
        """Whether all of a volume is kept at its own extent, to be looked at patch by patch."""
        return self.around == "whole"

    @property
    def depth(self) -> int:
        """Planes of the network's input."""
        return self.planes

    @property
    def channels(self) -> int:
        """Values a pixel: a volume is grey."""
        return 1


class FrameStack(Section):
    """Frames of a clip, or phases of a dynamic series, in their order."""

    kind: Literal["frames"]
    """`frames`: of a video file, or of a folder of pictures in the order of their names."""
    planes: Planes = 16
    """Frames that the network sees, drawn evenly from the clip; of a shorter one all, and the rest is masked."""

    @property
    def depth(self) -> int:
        """Planes of the network's input."""
        return self.planes

    @property
    def channels(self) -> int:
        """Values a pixel: red, green and blue."""
        return 3


class ViewStack(Section):
    """Views of one patient that are read together: two projections of a joint, several MRI series."""

    kind: Literal["views"]
    """`views`: a folder with one file, or one folder, for each name."""
    names: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=60)], ...], Field(min_length=1, max_length=32)]
    """Names of the files or folders, in order; what a patient lacks is masked."""
    each: Annotated[int, Field(ge=1, le=64)] = 1
    """Planes of each: of a series so many at equal distances."""

    @field_validator("names")
    @classmethod
    def _differ(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len({name.casefold() for name in names}) < len(names):
            raise ValueError("a view is named twice")
        return names

    @property
    def depth(self) -> int:
        """Planes of the network's input."""
        return len(self.names) * self.each

    @property
    def channels(self) -> int:
        """Values a pixel: red, green and blue."""
        return 3


StackChoice = Annotated[VolumeStack | FrameStack | ViewStack, Discriminator("kind")]
"""What of a stack a network sees."""

_CHOICE: TypeAdapter[VolumeStack | FrameStack | ViewStack] = TypeAdapter(StackChoice)


def parse_stack(value: Any) -> VolumeStack | FrameStack | ViewStack:
    """A choice of planes from plain values.

    Raises:
        ValueError: not one of the three kinds, or a key that it does not have.

    Example:
        >>> parse_stack({"kind": "views", "names": ["ap", "lateral"]}).depth
        2
    """
    return _CHOICE.validate_python(value)
