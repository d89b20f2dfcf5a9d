"""Sheets: many pictures in a grid with captions, and cases as image, doctors and network side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from readingroom.cases.images import to_rgb8
from readingroom.cases.view import View, crop_to_view
from readingroom.core.errors import OutputError
from readingroom.reading.lettering import INK, MUTED, PAPER, Colour, Pixels, plate, shorten, text_size, wrap, write
from readingroom.reading.outlines import Outline
from readingroom.reading.overlay import READER_COLOURS, Mark, draw_overlay, lay

HEADINGS = ("Image", "Doctors", "Network")
SURE: Colour = READER_COLOURS[0]
UNSURE: Colour = (255, 170, 20)
"""Colours of answers."""

_GAP_SHARE, _TEXT_SHARE, _HEADING_SHARE = 0.04, 0.045, 0.05
_LETTER_SHARE = 0.035
_FRAME_SHARE = 0.012
_LEAST_TEXT_PX = 13


@dataclass(frozen=True)
class Label:
    """An answer as it is printed on a picture.

    Args:
        text: on two lines where one is too short.
        colour: of the bar beside it.
        framed: the picture has a frame in this colour too.
    """

    text: str
    colour: Colour = SURE
    framed: bool = False


@dataclass(frozen=True, eq=False)
class Panel:
    """A picture of a sheet.

    Args:
        pixels: (H, W) or (H, W, 3), 8 or 16 bit.
        caption: written below, on one line.
        marks: drawn on it at the size in which it is shown, so that lines and letters stay readable.
        view: of the image, which is cropped to it: the panel beside the anatomy and the text that was found over it are
            not shown. Look for text that was not found before a sheet leaves the hospital. None shows all there is.
        label: printed at the lower left.
    """

    pixels: npt.NDArray[np.generic]
    caption: str = ""
    marks: Sequence[Mark] = ()
    view: View | None = None
    label: Label | None = None


@dataclass(frozen=True, eq=False)
class OutlinedCase:
    """An image that several outlined.

    Args:
        pixels: (H, W) or (H, W, 3), 8 or 16 bit.
        doctors: outlines of each doctor by name.
        network: outlines of the network, with their texts.
        name: of the case, written below its image.
        view: as of a `Panel`.
    """

    pixels: npt.NDArray[np.generic]
    doctors: Mapping[str, Sequence[Outline]] = field(default_factory=dict)
    network: Sequence[Mark] = ()
    name: str = ""
    view: View | None = None


def contact_sheet(panels: Sequence[Panel], *, columns: int = 4, cell_px: int = 360, title: str = "") -> Pixels:
    """Many pictures in a grid on white, each with its caption.

    Args:
        panels: row by row.
        columns: pictures in a row, at most.
        cell_px: width of a picture; its height follows from the proportions that most have. None is cut.
        title: written above; empty for none.

    Returns:
        (H, W, 3) 8-bit RGB.

    Raises:
        OutputError: no pictures, or cells too small to see anything in.
    """
    if not panels or columns < 1 or cell_px < 16:
        raise OutputError(f"a sheet of {len(panels)} pictures", fix="Give a picture, a column and 16 pixels or more")
    panels = [_cropped(panel) for panel in panels]
    layout = _Layout.of(panels, cell_px)
    rows = [panels[start : start + columns] for start in range(0, len(panels), columns)]
    captions = any(panel.caption for panel in panels)
    sheet = layout.sheet(len(rows[0]))
    if title:
        sheet.add(layout.texts([title], [sheet.width], layout.heading_px, INK), layout.near)
    for row in rows:
        sheet.add(layout.pictures(row), layout.near if captions else layout.gap)
        if captions:
            widths = [cell_px] * len(row)
            sheet.add(layout.texts([panel.caption for panel in row], widths, layout.text_px, INK), layout.gap)
    return sheet.bound()


def side_by_side(
    cases: Sequence[OutlinedCase], *, headings: tuple[str, str, str] = HEADINGS, cell_px: int = 480
) -> Pixels:
    """Cases as rows of three pictures: the image, the doctors' outlines on it, the network's outlines on it.

    Every doctor has a colour, the same in all rows, and a legend below says whose it is.

    Args:
        cases: one a row.
        headings: above the three columns, in the language of the figure.
        cell_px: width of a picture.

    Returns:
        (H, W, 3) 8-bit RGB.

    Raises:
        OutputError: no cases, cells too small, or more doctors than there are colours.
    """
    if not cases or cell_px < 16:
        raise OutputError(f"a figure of {len(cases)} cases", fix="Give a case and 16 pixels or more")
    colours = _colours_of([name for case in cases for name in case.doctors])
    shown = [[_cropped(panel) for panel in _columns(case, colours)] for case in cases]
    layout = _Layout.of([row[0] for row in shown], cell_px)
    sheet = layout.sheet(3)
    sheet.add(layout.texts(headings, [cell_px] * 3, layout.heading_px, INK, centred=True), layout.near)
    for case, row in zip(cases, shown, strict=True):
        sheet.add(layout.pictures(row), layout.near if case.name else layout.gap)
        if case.name:
            sheet.add(layout.texts([case.name], [sheet.width], layout.text_px, MUTED), layout.gap)
    if colours:
        sheet.add(layout.legend(colours, sheet.width), layout.near)
    return sheet.bound()


def _columns(case: OutlinedCase, colours: Mapping[str, Colour]) -> list[Panel]:
    """The image, the doctors and the network."""
    doctors = [Mark(outline, "", colours[name]) for name, of in case.doctors.items() for outline in of]
    return [Panel(case.pixels, "", marks, case.view) for marks in ((), doctors, case.network)]


def _cropped(panel: Panel) -> Panel:
    if panel.view is None:
        return panel
    x0, y0, *_ = panel.view.box_xyxy_px
    pixels = crop_to_view(panel.pixels, panel.view)
    moved = [_moved(mark, (1.0, 1.0), (-x0, -y0)) for mark in panel.marks]
    return replace(panel, pixels=pixels, marks=moved, view=None)


def _moved(mark: Mark, times: tuple[float, float], by: tuple[float, float] = (0, 0)) -> Mark:
    """A mark on the image enlarged or reduced, and then moved."""
    outline, (across, down) = mark.outline, times
    x0, y0, x1, y1 = np.array(outline.box_xyxy_px) * np.tile(times, 2) + np.tile(by, 2)
    made = replace(
        outline,
        polygon_xy_px=outline.polygon_xy_px * times + by,
        holes_xy_px=tuple(hole * times + by for hole in outline.holes_xy_px),
        area_px=round(outline.area_px * across * down),
        box_xyxy_px=(int(np.floor(x0)), int(np.floor(y0)), int(np.ceil(x1)), int(np.ceil(y1))),
    )
    return replace(mark, outline=made)


def _colours_of(names: Sequence[str]) -> dict[str, Colour]:
    each = list(dict.fromkeys(names))
    if len(each) > len(READER_COLOURS):
        said = f"{len(each)} doctors and {len(READER_COLOURS)} colours that can be told apart"
        raise OutputError(said, fix=f"Show {len(READER_COLOURS)} doctors or fewer in one figure")
    return dict(zip(each, READER_COLOURS, strict=False))


@dataclass(frozen=True)
class _Layout:
    """Sizes of a sheet's parts, and the strips that it is put together from.

    Args:
        cell_width: of a picture, in pixels.
        cell_height: likewise.
    """

    cell_width: int
    cell_height: int

    @classmethod
    def of(cls, panels: Sequence[Panel], cell_px: int) -> _Layout:
        return cls(cell_px, round(cell_px * median(p.pixels.shape[0] / p.pixels.shape[1] for p in panels)))

    @property
    def near(self) -> int:
        """Between a picture and what belongs to it."""
        return max(3, self.gap // 3)

    @property
    def gap(self) -> int:
        return max(4, round(_GAP_SHARE * self.cell_width))

    @property
    def text_px(self) -> int:
        return max(_LEAST_TEXT_PX, round(_TEXT_SHARE * self.cell_width))

    @property
    def heading_px(self) -> int:
        return max(_LEAST_TEXT_PX + 2, round(_HEADING_SHARE * self.cell_width))

    def sheet(self, cells: int) -> _Sheet:
        return _Sheet(self._across(cells), self.gap)

    def _across(self, cells: int) -> int:
        return cells * self.cell_width + (cells - 1) * self.gap

    def pictures(self, panels: Sequence[Panel]) -> Pixels:
        """A row of pictures, each as large as its cell lets it be, in the middle of it."""
        strip = _paper(self.cell_height, self._across(len(panels)))
        for number, panel in enumerate(panels):
            made = self._picture(panel)
            left = number * (self.cell_width + self.gap) + (self.cell_width - made.shape[1]) // 2
            top = (self.cell_height - made.shape[0]) // 2
            strip[top : top + made.shape[0], left : left + made.shape[1]] = made
        return strip

    def _picture(self, panel: Panel) -> Pixels:
        pixels = to_rgb8(panel.pixels)
        height, width = pixels.shape[:2]
        scale = min(self.cell_width / width, self.cell_height / height)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        shown = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
        marks = [_moved(mark, (size[0] / width, size[1] / height)) for mark in panel.marks]
        drawn = draw_overlay(shown, marks, letters_px=round(_LETTER_SHARE * self.cell_width))
        # A text that found no place stands on a strip below, which a cell has no room for.
        fitting = drawn if drawn.shape == shown.shape else _squeezed(drawn, *size)
        return fitting if panel.label is None else self._labelled(fitting, panel.label)

    def _labelled(self, picture: Pixels, label: Label) -> Pixels:
        """The picture with its answer at the lower left, and a frame where the answer is not sure."""
        height, width = picture.shape[:2]
        inset = max(3, self.near)
        if label.framed:
            thickness = max(3, round(_FRAME_SHARE * self.cell_width))
            cv2.rectangle(picture, (0, 0), (width - 1, height - 1), label.colour, 2 * thickness)
            inset += thickness
        text = wrap(label.text, self.text_px, width - 2 * inset - 2 * self.text_px)
        made = plate(text, self.text_px, label.colour)[: height - 2 * inset, : width - 2 * inset]
        lay(picture, made, (inset, height - inset - made.shape[0]))
        return picture

    def texts(
        self, texts: Sequence[str], widths: Sequence[int], size_px: int, colour: Colour, *, centred: bool = False
    ) -> Pixels:
        """A line of texts, one above or below each cell, shortened to its width."""
        strip = _paper(text_size("x", size_px)[1], sum(widths) + self.gap * (len(widths) - 1))
        left = 0
        for text, width in zip(texts, widths, strict=True):
            at = left + width // 2 if centred else left
            line = shorten(text, size_px, width)
            write(strip, (at, strip.shape[0] // 2), line, size_px, colour, anchor="mm" if centred else "lm")
            left += width + self.gap
        return strip

    def legend(self, colours: Mapping[str, Colour], width: int) -> Pixels:
        """A line in each colour and whose it is, in as many rows as needed."""
        size_px, sample = self.text_px, 2 * self.text_px
        line = text_size("x", size_px)[1]
        rows, left = [_paper(line, width)], 0
        for name, colour in colours.items():
            text = shorten(name, size_px, width - sample - size_px)
            needs = sample + size_px // 2 + text_size(text, size_px)[0]
            if left and left + needs > width:
                rows, left = [*rows, _paper(line, width)], 0
            _sample(rows[-1], left, sample, colour, max(3, size_px // 5))
            write(rows[-1], (left + sample + size_px // 2, line // 2), text, size_px, INK)
            left += needs + 2 * size_px
        return np.concatenate(rows)


class _Sheet:
    """Strips one below the other on white, with margins.

    Args:
        width: of what is on it, in pixels.
        margin: around it.
    """

    def __init__(self, width: int, margin: int) -> None:
        self.width = width
        self._margin = margin
        self._parts = [_paper(margin, width + 2 * margin)]

    def add(self, strip: Pixels, below: int) -> None:
        """Put a strip below what is there, and some empty pixels below it."""
        page = _paper(strip.shape[0] + below, self.width + 2 * self._margin)
        page[: strip.shape[0], self._margin : self._margin + strip.shape[1]] = strip
        self._parts.append(page)

    def bound(self) -> Pixels:
        """The whole sheet."""
        return np.concatenate([*self._parts, _paper(self._margin // 2, self.width + 2 * self._margin)])


def _paper(height: int, width: int) -> Pixels:
    return np.full((height, width, 3), PAPER, dtype=np.uint8)


def _squeezed(pixels: Pixels, width: int, height: int) -> Pixels:
    """A picture made smaller to fit, on black."""
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    made = np.zeros((height, width, 3), dtype=np.uint8)
    left = (width - size[0]) // 2
    made[: size[1], left : left + size[0]] = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return made


def _sample(strip: Pixels, left: int, length: int, colour: Colour, thickness: int) -> None:
    middle = strip.shape[0] // 2
    ends = (left + thickness, middle), (left + length - thickness, middle)
    cv2.line(strip, *ends, (16, 18, 22), thickness + 2, cv2.LINE_AA)
    cv2.line(strip, *ends, colour, thickness, cv2.LINE_AA)
