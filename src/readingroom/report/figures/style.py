"""How figures look and are saved: colours that all eyes can tell apart, fonts that can write Chinese, SVG and PNG."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from readingroom.core.files import atomic_write
from readingroom.core.translations import Translator

INK, MUTED, RULE, PAPER = "#1c2733", "#5d6b7a", "#d9dfe6", "#ffffff"
PERSON = "#4a4a4a"

# Okabe and Ito's colours without the yellow, which is too light for lines, then darker companions.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#6A51A3", "#8C510A")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)))
PERSON_MARKERS = ("D", "s", "^", "v", "P", "X", "*", "p")

WIDTH_IN = 8.6
DPI = 200

_CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "STHeiti",
    "Microsoft YaHei",
    "SimHei",
    "DengXian",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "SimSun",
)
_CHINESE_FILES = re.compile(
    r"NotoSans(CJK|SC)|SourceHanSans|PingFang|Hiragino Sans GB|STHeiti|msyh|simhei|Deng|wqy|DroidSansFallback"
    r"|Arial Unicode|simsun",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")


class Pen:
    """What a figure writes with.

    Args:
        say: the figure's language.
        stand_ins: what to write for names that no font here can write.
    """

    def __init__(self, say: Translator, stand_ins: Mapping[str, str] | None = None) -> None:
        self.say = say
        self._stand_ins = dict(stand_ins or {})
        self.written: dict[str, None] = {}

    def name(self, label: str, width: int = 34) -> str:
        """A name as it can be written, cut in the middle where it is too long."""
        self.written[label] = None
        return shorten(self._stand_ins.get(label, label), width)


def shorten(text: str, width: int) -> str:
    """A text on one line, cut in the middle where it is longer than ``width`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - width // 3 - 1]}…{line[-(width // 3) :]}"


@dataclass(frozen=True)
class Picture:
    """A figure that was saved.

    Args:
        name: of its files, without ending.
        svg: for the page: no prolog, ids of its own.
        width_in: its width in inches.
        stand_ins: names that the PNG writes otherwise, because no font here can write them.
    """

    name: str
    svg: str
    width_in: float
    stand_ins: Mapping[str, str]


@cache
def chinese_font() -> str | None:
    """The name of an installed font that can write Chinese; None where there is none."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    found = next((name for name in _CHINESE_FONTS if name in known), None)
    return found or _font_from_files()


def _font_from_files() -> str | None:
    # Matplotlib keeps its list of fonts in a cache: fonts installed since are found by their files only.
    paths = sorted(path for path in font_manager.findSystemFonts() if _CHINESE_FILES.search(Path(path).name))
    names = [name for path in sorted(paths, key=_plainness) if (name := _add_font(path)) is not None]
    return names[0] if names else None


def _plainness(path: str) -> tuple[bool, str]:
    return "regular" not in path.lower(), path


def _add_font(path: str) -> str | None:
    try:
        font_manager.fontManager.addfont(path)
    except (RuntimeError, OSError):
        return None
    return font_manager.FontProperties(fname=path).get_name()


def writes_chinese(text: str) -> bool:
    """Whether a text holds characters that need a Chinese font."""
    return bool(_CHINESE.search(text))


@contextmanager
def drawing() -> Iterator[None]:
    """Matplotlib's settings for one figure, whatever the user's own are."""
    family = ["DejaVu Sans", *([chinese_font()] if chinese_font() else [])]
    settings: dict[Any, Any] = {
        "font.family": family,
        "font.size": 9,
        "axes.titlesize": 9.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 9,
        "axes.labelcolor": INK,
        "axes.edgecolor": MUTED,
        "axes.linewidth": 0.7,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.unicode_minus": False,
        "grid.color": RULE,
        "grid.linewidth": 0.5,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "text.color": INK,
        "text.parse_math": False,
        "legend.frameon": False,
        "legend.fontsize": 8.5,
        "lines.linewidth": 1.6,
        "lines.solid_capstyle": "round",
        "svg.fonttype": "none",
        "svg.hashsalt": "readingroom",
        "hatch.linewidth": 0.6,
    }
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def new_figure(height_in: float, width_in: float = WIDTH_IN) -> Figure:
    """An empty figure of the report's width; parts arranged by constrained layout."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained", facecolor=PAPER)
    FigureCanvasAgg(figure)
    return figure


def render(draw: Callable[[Pen], Figure], folder: Path, name: str, say: Translator) -> Picture:
    """Draw a figure and save ``folder/name.svg`` and ``folder/name.png`` (200 dots an inch).

    The SVG keeps its text as text, so that the browser finds the fonts. Where this machine has no font that can write
    Chinese, the PNG is drawn with English words and numbered names instead of empty boxes.

    Returns:
        The picture for the page.
    """
    with drawing():
        pen = Pen(say)
        figure = _arranged(draw(pen))
        svg = _save(figure, folder / f"{name}.svg")
        stand_ins = _stand_ins(pen)
        if stand_ins or (say.language != "en" and chinese_font() is None):
            figure = _arranged(draw(Pen(Translator("en"), stand_ins)))
        _save(figure, folder / f"{name}.png")
    return Picture(name, inline(svg, name), float(figure.get_figwidth()), stand_ins)


def _arranged(figure: Figure) -> Figure:
    # Arranging costs as much as drawing: once is enough for both files.
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def _stand_ins(pen: Pen) -> dict[str, str]:
    if chinese_font() is not None:
        return {}
    unwritable = [name for name in pen.written if writes_chinese(name)]
    return {name: f"name {number}" for number, name in enumerate(unwritable, start=1)}


def _save(figure: Figure, path: Path) -> str:
    with atomic_write(path) as temporary:
        metadata = {"Date": None, "Creator": "Reading Room"} if path.suffix == ".svg" else {"Software": "Reading Room"}
        figure.savefig(temporary, dpi=DPI, metadata=metadata)
    return path.read_text(encoding="utf-8") if path.suffix == ".svg" else ""


def inline(svg: str, name: str) -> str:
    """An SVG file's text for use inside a page: the element alone, every id with the figure's name before it."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", body)
    return re.sub(r'<svg ([^>]*?)height="[^"]*" ([^>]*?)width="[^"]*" ', r"<svg \1\2", body, count=1)
