"""readingroom plan: how many cases a study needs."""

from __future__ import annotations

from typing import Annotated

import typer

from readingroom.cli.options import console

EXAMPLE = """
Examples:\n\n
  readingroom plan --share 0.9 --width 0.1 --prevalence 0.3   a sensitivity of 90 % with an interval 10 points wide\n\n
  readingroom plan --auc 0.92 --against 0.87 --correlation 0.5   two readers of the same cases, power 80 %\n\n
  readingroom plan --auc 0.75 --power 0.9 --ratio 2   an AUC above chance, two negatives to a positive
"""


def command(
    share: Annotated[float | None, typer.Option(help="Expected sensitivity (or specificity).")] = None,
    width: Annotated[float, typer.Option(help="Wanted width of its interval, from limit to limit.")] = 0.1,
    prevalence: Annotated[
        float | None, typer.Option(help="Share of positives among the cases you will collect.")
    ] = None,
    effect: Annotated[
        float, typer.Option(help="Design effect of several images a patient; 1 where there is one.")
    ] = 1.0,
    auc: Annotated[float | None, typer.Option(help="Expected AUC.")] = None,
    against: Annotated[float, typer.Option(help="AUC of the other reader; 0.5 is chance.")] = 0.5,
    correlation: Annotated[
        float | None, typer.Option(help="Correlation of two readers' scores of the same cases.")
    ] = None,
    ratio: Annotated[float, typer.Option(help="Negatives to one positive.")] = 1.0,
    power: Annotated[float, typer.Option(help="Probability of finding the difference.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Two-sided level of the test.")] = 0.05,
    level: Annotated[float, typer.Option(help="Confidence level of the interval.")] = 0.95,
) -> None:
    """Say how many cases a study needs, for an interval of a sensitivity or for a difference in AUC."""
    from readingroom.evaluation import AreaGoal, ShareGoal, sample_size

    if (share is None) == (auc is None):
        raise typer.BadParameter("give one of --share and --auc")
    if share is not None:
        found = sample_size(ShareGoal(share, width, prevalence, level=level, effect=effect))
    else:
        found = sample_size(AreaGoal(auc or 0.0, against, correlation, ratio, power, alpha))
    numbers = {"cases": found.cases, "positives": found.positives, "negatives": found.negatives}
    for name, number in numbers.items():
        if number is not None:
            console().print(f"{name:10s} [bold]{number:,}[/]", highlight=False)
    console().print(f"[dim]{found.method}[/]", highlight=False)
