"""LaTeX tables: what a name holds is printed, never obeyed."""

from __future__ import annotations

import re

import pytest

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.documents import Titled, latex_escape, latex_table
from readingroom.report.tables import Cell, EstimateCell, Table

say = Translator("en")
HOSTILE = "R&D_50% #1 $x^2$ {a} ~b \\end{tabular} <i> | `q` [opt] *"


def unescaped(text: str, letter: str) -> int:
    """How often a special character stands without a backslash before it."""
    return len(re.findall(rf"(?<!\\){re.escape(letter)}", text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("50% & more_or #1", r"50\% \& more\_or \#1"),
        ("$x^2$ {a}~b", r"\$x\textasciicircum{}2\$ \{a\}\textasciitilde{}b"),
        ("\\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
        ("<b>|`", r"\textless{}b\textgreater{}\textbar{}\textasciigrave{}"),
        ("[2pt]*", "{[}2pt{]}{*}"),
        ("a--b---c", "a-{}-b-{}-{}-c"),
        ("0.921–0.985, −1 × 2", r"0.921--0.985, $-$1 $\times$ 2"),
        ("消化性溃疡", "消化性溃疡"),
        ("a\x00b\x1b\nc", "ab c"),
    ],
)
def test_special_characters_are_escaped(text: str, said: str) -> None:
    assert latex_escape(text) == said


def hostile_table() -> Table:
    estimate = Estimate(0.9268, 0.8612, 0.9637, 0.95, "wilson", 41)
    rows = ((Cell(HOSTILE, "senior"), EstimateCell("sensitivity", estimate)), (Cell("b"), Cell("–")))
    return Table("performance-test-image", "", ("Reader & co", "Sensitivity"), rows, "95% of _all_")


def test_a_table_has_as_many_cells_a_row_as_heads_whatever_the_names() -> None:
    text = latex_table(Titled(HOSTILE, hostile_table()), say)
    body = text[text.index(r"\toprule") : text.index(r"\bottomrule")]
    # The stacked cell's own line break is no row.
    rows = [row for row in body.splitlines() if row.endswith(r"\\")]
    assert len(rows) == 3
    assert all(unescaped(row, "&") == 1 for row in rows)
    assert all(unescaped(text, letter) == 0 for letter in "_#~^")
    assert text.count(r"\end{tabular}") == 1


def test_braces_balance() -> None:
    text = latex_table(Titled(HOSTILE, hostile_table()), say)
    assert unescaped(text, "{") == unescaped(text, "}")


def test_an_estimate_is_one_cell_with_its_interval_and_its_counts_below() -> None:
    text = latex_table(Titled("t", hostile_table()), say)
    assert r"\shortstack[r]{92.7\% (86.1--96.4) \\ 38/41}" in text


def test_only_chinese_tables_ask_for_a_chinese_engine() -> None:
    assert "xeCJK" not in latex_table(Titled("Test", hostile_table()), say)
    assert "xeCJK" in latex_table(Titled("测试集", hostile_table()), say)
