"""readingroom check-paper: what the figures of a published table can only mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from readingroom.cli.options import Language, ReportLanguage, console

EXAMPLE = """
Examples:\n\n
  readingroom check-paper table.csv\n\n
  readingroom check-paper table.csv --out check --language zh\n\n
  readingroom check-paper anal-fistula-mri\n\n
  readingroom check-paper --documents
"""

_COLOURS = {"contradiction": "red", "warning": "yellow", "note": "cyan"}


def command(
    table: Annotated[
        str | None,
        typer.Argument(
            metavar="[TABLE.csv]",
            help="Table with row, n_positive and n_negative or n, and the figures as printed: sensitivity, "
            "specificity, ppv, npv, accuracy, f1, auc; or the name of a document: anal-fistula-mri, "
            "internal-haemorrhoids, gastric-lesions, upper-gi-sites.",
            show_default=False,
        ),
    ] = None,
    documents: Annotated[bool, typer.Option("--documents", help="Check the tables of all documents.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for check.json, check.csv and a page.")] = None,
    language: ReportLanguage = Language.en,
) -> None:
    """Check a published table: which counts are possible, what the AUC is, whether figures contradict each other."""
    from readingroom.core.translations import Translator
    from readingroom.report.published.checking import check_papers

    say = Translator(language.value)
    for paper in check_papers(table, documents=documents, out=out, say=say):
        console().print(f"\n[bold]{escape(paper.title)}[/]", highlight=False)
        console().print(escape(paper.summary), highlight=False)
        for block in paper.blocks:
            console().print(f"\n[bold]{escape(block.title)}[/]", highlight=False)
            for line in block.lines:
                console().print(f"  {escape(line)}", highlight=False)
            for level, text in block.findings:
                console().print(f"  [{_COLOURS[level]}]{escape(say(level))}[/] {escape(text)}", highlight=False)
        if paper.page is not None:
            console().print(f"\n{escape(say('Page'))}: [bold]{escape(str(paper.page))}[/]", highlight=False)
