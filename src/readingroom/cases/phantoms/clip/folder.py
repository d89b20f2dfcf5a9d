"""Folder: draw clips of colonoscopy, of which some show a polyp for a while, as video files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from readingroom.cases.phantoms.clip.bowel import CLIP_CLASSES, NORMAL, POLYP, ClipScene, plan_clip
from readingroom.cases.phantoms.clip.film import need_video, write_film
from readingroom.cases.phantoms.clip.frames import draw_frames
from readingroom.cases.phantoms.collection import Row, image_rule
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.stacks.cohort import StackPatient
from readingroom.cases.phantoms.stacks.folder import StackKind, StackOrder, check_stack_order, fill_stack_folder
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

CLIP_SHARES: Mapping[str, float] = MappingProxyType({NORMAL: 1, POLYP: 1})

FRAMES = (20, 120)
"""Fewest and most frames of a clip."""

RATE = 12
"""Frames a second."""

_VERSION = 2
_CLIPS = (1, 3)  # of a patient
_AGAIN = 0.6  # chance that a further clip of a patient with a polyp shows one
_NOTES = (
    "images/   clips of 20 to 120 frames, one to three a patient, while the endoscope is drawn back",
    "cases.csv one row a clip; `seen_from` and `seen_to` are the first and last frame, from 0, that show the polyp",
    "Residue lies in clips of both classes. Age, sex, centre and length do not depend on the class.",
)


@dataclass(frozen=True)
class ClipPlan:
    """A clip of a patient before it is drawn.

    Args:
        number: from 1.
        label: ``normal`` or ``polyp``.
        frames: how many.
    """

    number: int
    label: str
    frames: int


@dataclass(frozen=True)
class ClipsOfPatient:
    """The clips of a patient.

    Args:
        patient: the phantom patient.
        clips: before they are drawn.
        difficulty: 0 to 1.
    """

    patient: StackPatient
    clips: tuple[ClipPlan, ...]
    difficulty: float

    def scene(self, clip: ClipPlan) -> ClipScene:
        """All that is in a clip."""
        shared, own = generator(self.patient.seed, "bowel"), generator(self.patient.seed, "clip", clip.number)
        return plan_clip(clip.label, clip.frames, difficulty_of(self.difficulty), shared, own)

    def image(self, clip: ClipPlan) -> str:
        """Path below the folder."""
        return f"images/{self.patient.name}_{clip.number}.mp4"


def draw_clip_phantoms(
    folder: str | Path,
    *,
    patients: int = 90,
    size: tuple[int, int] = (96, 112),
    difficulty: float = 0.3,
    seed: int = 7,
    frames: tuple[int, int] = FRAMES,
    shares: Mapping[str, float] = CLIP_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic clips of colonoscopy; a polyp is in sight for a third to three fifths of a clip that has one.

    The same arguments give the same pixels, and with the same libraries the same bytes, whatever the number of
    workers. A call that was cut short goes on where it was. More patients with the same seed leave the first ones as
    they were.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients, with one to three clips each.
        size: rows and columns of a frame; both even.
        difficulty: 0 (a large red polyp, little residue) to 1 (hardly any sign, much residue).
        seed: of everything.
        frames: fewest and most of a clip.
        shares: class (normal, polyp) to share of the patients; classes left out are not drawn.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, frames, seen_from, seen_to, patient, exam, centre, date, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: PyAV is not installed, the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_clip_phantoms(folder, patients=1, size=(32, 32), frames=(5, 8)).name
        'cases.csv'
    """
    options = {"frames": "{} to {}".format(*frames)}
    order = StackOrder(Path(folder), patients, size, difficulty, seed, shares, options)
    even = size[0] % 2 == 0 and size[1] % 2 == 0, "size", f"{size}", "Video needs an even height and width"
    check_stack_order(order, CLIP_CLASSES, workers, [even, image_rule(frames, "frames")])
    need_video(order.folder)
    return fill_stack_folder(_CLIP, order, workers=workers, progress=progress)


def plan_clips(patient: StackPatient, order: StackOrder) -> ClipsOfPatient:
    """The clips of a patient; at least one of a patient with a polyp shows it."""
    rng = generator(patient.seed, "clips")
    low, high = (int(part) for part in order.options["frames"].split(" to "))
    count = int(rng.integers(_CLIPS[0], _CLIPS[1] + 1))
    sure = int(rng.integers(count))
    shown = [patient.label == POLYP and (one == sure or rng.random() < _AGAIN) for one in range(count)]
    clips = [
        ClipPlan(number, POLYP if there else NORMAL, int(rng.integers(low, high + 1)))
        for number, there in enumerate(shown, start=1)
    ]
    return ClipsOfPatient(patient, tuple(clips), order.difficulty)


def _rows(scene: ClipsOfPatient) -> list[Row]:
    return [_row(scene, clip) for clip in scene.clips]


def _row(scene: ClipsOfPatient, clip: ClipPlan) -> Row:
    seen = scene.scene(clip).seen
    return {
        "image": scene.image(clip),
        "label": clip.label,
        "frames": clip.frames,
        # As text: a column with gaps would turn into broken numbers.
        "seen_from": None if seen is None else str(seen[0]),
        "seen_to": None if seen is None else str(seen[1]),
        **scene.patient.facts,
    }


def _files(scene: ClipsOfPatient) -> list[str]:
    return [scene.image(clip) for clip in scene.clips]


def _save(scene: ClipsOfPatient, order: StackOrder, said: str) -> None:
    for clip in scene.clips:
        write_film(order.folder / scene.image(clip), draw_frames(scene.scene(clip), order.size), order.size, RATE)


_CLIP = StackKind(
    name="clip",
    title="clips of colonoscopy",
    classes=CLIP_CLASSES,
    notes=_NOTES,
    version=_VERSION,
    plan=plan_clips,
    rows=_rows,
    files=_files,
    save=_save,
)
