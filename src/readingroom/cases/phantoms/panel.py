"""Panel: what an endoscope's processor burns into the frame beside the view; here it says that this is a phantom."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.view import ViewArea

_FONT = cv2.FONT_HERSHEY_PLAIN
_LEAST_TEXT_PX = 28  # a column narrower than this holds no legible text
_LEAST_PATCH_PX = 4
_CAP_HEIGHT = 10  # of the font at scale 1, in pixels


@dataclass(frozen=True)
class Panel:
    """What the panel says; nothing in it depends on the class of the image.

    Args:
        lines: text from the top, an empty one for a gap.
        rgb: colour of the text.
        patch: a grey square as of a position monitor at the lower end.
        squares: small squares as of a storage counter.
    """

    lines: tuple[str, ...]
    rgb: tuple[int, int, int] = (230, 230, 230)
    patch: bool = True
    squares: int = 5


def draw_panel(frame: NDArray[np.uint8], panel: Panel, area: ViewArea) -> None:
    """Burn the panel into the columns left of the view's box, in place.

    Args:
        frame: RGB (H, W, 3); changed.
        panel: what to write.
        area: the view, which stays as it is.
    """
    room = area.box_xyxy_px[0]
    if room < _LEAST_PATCH_PX:
        return
    column = np.zeros((frame.shape[0], room, 3), np.uint8)
    if room >= _LEAST_TEXT_PX:
        _write_lines(column, panel, room)
    if panel.patch:
        _draw_patch(column, room)
    frame[:, :room] = column


def _write_lines(column: NDArray[np.uint8], panel: Panel, room: int) -> None:
    longest = max((_text_width(line) for line in panel.lines), default=1)
    scale = min(1.6, (room - 6) / max(longest, 1))
    pitch = (_CAP_HEIGHT + 5) * scale
    top = 0.1 * column.shape[0]
    for number, line in enumerate(panel.lines):
        place = (3, round(top + pitch * (number + 1)))
        cv2.putText(column, line, place, _FONT, scale, panel.rgb, 1, cv2.LINE_AA)
    side = max(2, round(0.05 * room))
    y = round(top + pitch * (len(panel.lines) + 1.5))
    for number in range(panel.squares):
        x = 3 + number * (side + 2)
        cv2.rectangle(column, (x, y), (x + side, y + side), panel.rgb, cv2.FILLED)


def _text_width(line: str) -> int:
    return int(cv2.getTextSize(line, _FONT, 1.0, 1)[0][0])


def _draw_patch(column: NDArray[np.uint8], room: int) -> None:
    height = column.shape[0]
    top = height - round(0.85 * room)
    cv2.rectangle(column, (1, max(top, 0)), (room - 3, height - 3), (22, 26, 30), cv2.FILLED)
    middle = (room // 2, (max(top, 0) + height) // 2)
    cv2.ellipse(column, middle, (room // 5, room // 4), 20, 20, 330, (70, 130, 120), max(1, room // 30), cv2.LINE_AA)
