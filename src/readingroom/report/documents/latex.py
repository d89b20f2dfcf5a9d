"""Tables as LaTeX: booktabs, every name escaped, Chinese left as it is."""

from __future__ import annotations

import re

from readingroom.core.translations import Translator
from readingroom.report.documents.cells import cell_lines, plain
from readingroom.report.documents.titles import Titled
from readingroom.report.tables import Cell

_ESCAPED = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "$": r"\$",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    # After \\ an opening bracket would begin a distance, and a star would forbid a page break.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "–": "--",
    "—": "---",
    "−": "$-$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "→": r"$\rightarrow$",
    "·": r"\textperiodcentered{}",
    "…": r"\ldots{}",
    "°": r"\textdegree{}",
}
# Two hyphens of a name are no dash.
_HYPHENS = re.compile("-(?=-)")
_CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


def latex_escape(text: str) -> str:
    r"""Text that LaTeX prints as it stands.

    Example:
        >>> latex_escape("R&D_1 50%")
        'R\\&D\\_1 50\\%'
    """
    escaped = "".join(_ESCAPED.get(letter, letter) for letter in _HYPHENS.sub("-\u2060", plain(text)))
    return escaped.replace("\u2060", "{}")


def latex_table(named: Titled, say: Translator) -> str:
    """One table as a float with title, label and note: the text of a ``.tex`` file that a manuscript takes in."""
    table = named.table
    heads = " & ".join(latex_escape(head) for head in table.columns)
    sides = "".join("l" if place < table.texts else "r" for place in range(len(table.columns)))
    rows = [" & ".join(_cell(cell, sides[place]) for place, cell in enumerate(row)) for row in table.cells()]
    body = [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{latex_escape(named.title)}}}",
        rf"\label{{tab:{_label(table.name)}}}",
        r"\footnotesize" if named.wide else r"\small",
        rf"\begin{{tabular}}{{{sides}}}",
        r"\toprule",
        rf"{heads} \\",
        r"\midrule",
        *(rf"{row} \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
        *([rf"\par\smallskip\footnotesize {latex_escape(table.note)}"] if table.note else []),
        r"\end{table}",
    ]
    return "\n".join([*_needs("\n".join(body), named.wide, say), *body, ""])


def _cell(cell: Cell, side: str) -> str:
    lines = [latex_escape(line) for line in cell_lines(cell)]
    stacked = r" \\ ".join(lines)
    return rf"\shortstack[{side}]{{{stacked}}}" if len(lines) > 1 else stacked


def _label(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")


def _needs(body: str, on_its_side: bool, say: Translator) -> list[str]:
    found = [say(r"% Needs \usepackage{booktabs}.")]
    if on_its_side:
        found.append(say("% A wide table: put it into a landscape page (package pdflscape)."))
    if _CHINESE.search(body):
        found.append(say("% Chinese text: compile with XeLaTeX or LuaLaTeX and the package ctex or xeCJK."))
    return found
