"""Boxes with arrows: how many images and patients came in, were left out, and went into each part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from readingroom.report.figures.style import INK, MUTED, PALETTE, WIDTH_IN, new_figure, shorten

_LINE_IN = 0.185
_MARGIN_IN = 0.15
_GAP_IN = 0.42


@dataclass(frozen=True)
class FlowPart:
    """A part of the partition: its title, lines under it, and whether readers were tested on it."""

    title: str
    lines: tuple[str, ...]
    tested: bool = False


@dataclass(frozen=True)
class Flow:
    """The participant flow in words, from the case table to the parts and the readers."""

    start: FlowPart
    excluded: FlowPart | None
    included: FlowPart
    parts: tuple[FlowPart, ...]
    end: FlowPart | None = None


def draw_flow(flow: Flow) -> Figure:
    """The flow as STARD and CONSORT draw it: downwards, exclusions to the right."""
    total = _total_height(flow)
    figure = new_figure(total, WIDTH_IN)
    figure.set_layout_engine("none")
    panel = figure.add_axes((0, 0, 1, 1))
    panel.set(xlim=(0, WIDTH_IN), ylim=(0, total))
    panel.set_axis_off()
    _draw_down(panel, flow, total)
    return figure


def _draw_down(panel: Axes, flow: Flow, total: float) -> None:
    centre = WIDTH_IN * 0.5
    top = total - 0.12
    bottom = _box(panel, flow.start, centre, top, 3.3)
    included_top = bottom - _GAP_IN
    if flow.excluded is not None:
        included_top -= _excluded_height(flow) + 0.1
        _aside(panel, flow.excluded, centre, bottom - 0.28)
    _arrow(panel, (centre, bottom), (centre, included_top))
    bottom = _box(panel, flow.included, centre, included_top, 3.3)
    _branches(panel, flow, centre, bottom)


def _aside(panel: Axes, part: FlowPart, centre: float, top: float) -> None:
    width = 3.55
    left = centre + 0.55
    bottom = _box(panel, part, left + width / 2, top, width, fill="#f7f3ee", align="left")
    middle = (top + bottom) / 2
    _arrow(panel, (centre, middle), (left, middle))


def _branches(panel: Axes, flow: Flow, centre: float, bottom: float) -> None:
    count = len(flow.parts)
    if not count:
        return
    pitch = WIDTH_IN / max(count, 2 if count == 1 else count)
    width = min(2.7, pitch - 0.22)
    fork, top = bottom - _GAP_IN * 0.55, bottom - _GAP_IN * 1.15
    places = [centre + (position - (count - 1) / 2) * pitch for position in range(count)]
    panel.plot([centre, centre], [bottom, fork], color=MUTED, linewidth=1.0)
    panel.plot([places[0], places[-1]], [fork, fork], color=MUTED, linewidth=1.0)
    height = _tallest(flow.parts)
    for place, part in zip(places, flow.parts, strict=True):
        _arrow(panel, (place, fork), (place, top))
        _box(panel, part, place, top, width, height=height, fill="#eaf3fa" if part.tested else "white")
    if flow.end is not None:
        tested = [place for place, part in zip(places, flow.parts, strict=True) if part.tested]
        place = tested[-1] if tested else centre
        end_top = top - height - _GAP_IN * 0.9
        _arrow(panel, (place, top - height), (place, end_top))
        _box(panel, flow.end, min(place, WIDTH_IN - 1.55), end_top, 2.9, fill="#eaf3fa")


def _total_height(flow: Flow) -> float:
    # The same steps as `_draw_down` and `_branches` take.
    total = 0.24 + _height(flow.start) + _GAP_IN + _height(flow.included)
    total += _excluded_height(flow) + 0.1 if flow.excluded else 0.0
    total += _GAP_IN * 1.15 + _tallest(flow.parts) if flow.parts else 0.0
    return total + (_GAP_IN * 0.9 + _height(flow.end) if flow.end and flow.parts else 0.0)


def _height(part: FlowPart) -> float:
    return 2 * _MARGIN_IN + _LINE_IN * (1 + len(part.lines))


def _excluded_height(flow: Flow) -> float:
    return _height(flow.excluded) if flow.excluded else 0.0


def _tallest(parts: Sequence[FlowPart]) -> float:
    return max((_height(part) for part in parts), default=0.0)


def _box(
    panel: Axes,
    part: FlowPart,
    centre: float,
    top: float,
    width: float,
    *,
    height: float | None = None,
    fill: str = "white",
    align: str = "center",
) -> float:
    tall = height or _height(part)
    shape = FancyBboxPatch(
        (centre - width / 2, top - tall),
        width,
        tall,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=fill,
        edgecolor=PALETTE[0] if part.tested else MUTED,
        linewidth=1.0,
    )
    panel.add_patch(shape)
    place = centre if align == "center" else centre - width / 2 + 0.14
    characters = int(width * 14.5)
    for number, line in enumerate((part.title, *part.lines)):
        down = top - _MARGIN_IN - _LINE_IN * (number + 0.5)
        weight = "bold" if number == 0 else "normal"
        text = shorten(line, characters)
        panel.text(place, down, text, ha=align, va="center", fontsize=8.8, fontweight=weight, color=INK)
    return top - tall


def _arrow(panel: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    style = {"arrowstyle": "-|>", "color": MUTED, "linewidth": 1.0, "mutation_scale": 9, "shrinkA": 0, "shrinkB": 0}
    panel.annotate("", xy=end, xytext=start, arrowprops=style)
