"""readingroom annotations: outlines, boxes and labels of every tool; look, check, convert, join annotators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from readingroom.cli.options import console
from readingroom.core.errors import AnnotationError

if TYPE_CHECKING:
    import pandas as pd

    from readingroom.annotation import Annotations, Audit

SHOWN = 20
"""Rows that are printed of a list; the rest is counted."""

app = typer.Typer(
    help="Outlines, boxes and labels: look at them, check them, convert them, bring annotators together.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Source = Annotated[
    Path, typer.Argument(metavar="ANNOTATIONS", help="File or folder, in any known format.", show_default=False)
]
People = Annotated[
    list[str],
    typer.Argument(
        metavar="[NAME=]ANNOTATIONS...",
        help="One file or folder for each annotator (its name is theirs, or NAME), or one with all of them.",
        show_default=False,
    ),
]
From = Annotated[str | None, typer.Option("--from", metavar="FORMAT", help="Its format; else its content tells.")]
Images = Annotated[Path | None, typer.Option("--images", help="Folder of the images.")]
Classes = Annotated[str | None, typer.Option("--classes", metavar="A,B,...", help="Names of the classes, in order.")]
Renames = Annotated[
    list[str] | None, typer.Option("--rename", metavar="OLD=NEW", help="Rename a class; may be repeated.")
]
Loss = Annotated[bool, typer.Option("--allow-loss", help="Go on where something is lost, and list it.")]
Need = Annotated[str, typer.Option("--need", help="What a lesion must have: outline, box or label.")]
Match = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Overlap (Dice) from which two outlines are the same lesion.")
]

_FORMATS = "Formats: coco, cvat, labelme, label-studio, yolo, voc, dicom-seg, masks."


def _example(*lines: str) -> str:
    return "Example:\n\n" + "\n\n".join(f"  readingroom annotations {line}" for line in lines) + f"\n\n{_FORMATS}"


@app.command(epilog=_example("info outlines.json", "info masks/ --images images/ --classes polyp"))
def info(annotations: Source, kind: From = None, images: Images = None, classes: Classes = None) -> None:
    """Say what is in a file or folder of annotations: format, images, lesions by class, annotators, what is unread."""
    from readingroom.annotation import features_of, find_format, read_annotations

    chosen = find_format(annotations, kind)
    found = read_annotations(annotations, kind=chosen.name, images=images, classes=_listed(classes), allow_loss=True)
    _say(f"[bold]{chosen.title}[/] ({chosen.name})")
    _print_counts("In all", found.counts())
    _print_counts("Lesions by class", found.label_counts())
    named = ", ".join(name or "(nobody named)" for name in found.annotators)
    _say(f"Annotators: {escape(named)}")
    _say(f"Has: {', '.join(sorted(features_of(found))) or 'no annotation'}")
    _print_notes(found)


@app.command(epilog=_example("check outlines.json --images images/ --need outline --out excluded.csv"))
def check(
    annotations: Source,
    kind: From = None,
    images: Images = None,
    classes: Classes = None,
    need: Need = "box",
    out: Annotated[Path | None, typer.Option(help="Table of the exclusions (CSV).")] = None,
) -> None:
    """Check every outline, box, label and fact; name what must be excluded and why. Exit code 1 if anything must."""
    from readingroom.annotation import read_annotations

    found = read_annotations(annotations, kind=kind, images=images, classes=_listed(classes), allow_loss=True)
    audit = _audit(found, images, classes, need)
    _print_counts("Images", audit.flow())
    _print_table("Excluded", audit.table())
    _print_lines("To be looked at", [f"{name}: {text}" for name, text in audit.remarks])
    _print_notes(found)
    if out is not None:
        _write(audit.table(), out)
    if audit.exclusions:
        raise typer.Exit(1)


@app.command(
    epilog=_example(
        "convert outlines.json outlines.xml --to cvat",
        "convert masks/ outlines.json --to coco --images images/ --classes polyp --smallest-px 20",
    )
)
def convert(
    annotations: Source,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="File, or new folder.", show_default=False)],
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="Format to write.", show_default=False)],
    kind: From = None,
    images: Images = None,
    classes: Classes = None,
    annotator: Annotated[str | None, typer.Option(help="Only the work of this annotator.")] = None,
    rename: Renames = None,
    smallest_px: Annotated[int, typer.Option(min=0, help="Leave out parts of fewer pixels, and list them.")] = 0,
    allow_loss: Loss = False,
) -> None:
    """Convert annotations into another format. What went in is compared with what came out; a loss is an error."""
    from readingroom.annotation import drop_specks, read_annotations, write_annotations
    from readingroom.annotation.joining import renamed

    found = read_annotations(annotations, kind=kind, images=images, classes=_listed(classes), allow_loss=allow_loss)
    if annotator is not None:
        _check_annotator(annotator, found, annotations)
        found = found.of(annotator)
    found, specks = drop_specks(renamed(found, _pairs(rename)), smallest_px)
    written = write_annotations(found, out, to, images=images, allow_loss=allow_loss)
    _print_counts("Written", found.counts())
    _print_notes(found)
    _print_lines("Specks left out", specks)
    _print_lines("Lost", [f"{loss.image}: {loss.kind}: {loss.what}" for loss in written.difference.losses])
    if written.difference.to_the_pixel:
        _say(f"{written.difference.to_the_pixel} outlines are kept to the pixel, their corners between pixels are not.")
    _say(f"\nWritten: [bold]{escape(str(written.path))}[/]")


@app.command(epilog=_example("agreement anna.json bo.json chen.json --out agreement.csv", "agreement all.json"))
def agreement(
    annotations: People,
    images: Images = None,
    classes: Classes = None,
    rename: Renames = None,
    spacing_mm: Annotated[float | None, typer.Option(help="Size of a pixel, for distances in mm.")] = None,
    match: Match = 0.25,
    out: Annotated[Path | None, typer.Option(help="Table of the measures (CSV).")] = None,
) -> None:
    """Measure how far annotators agree: kappa for classes, Dice and surface distance for outlines."""
    from readingroom.annotation import measure_agreement
    from readingroom.evaluation import NOT_DEFINED

    found = measure_agreement(_joined(annotations, images, classes, rename), spacing_mm=spacing_mm, match=match)
    table = found.table()
    _say(f"{found.images} images were annotated by all of {', '.join(map(escape, found.annotators))}.")
    for people, lesions in found.marked_by.items():
        _say(f"{lesions} of {found.lesions} lesions were marked by {people}.")
    shown = table[["about", "annotators", "measure", "value", "low", "high", "n"]].round(3)
    shown["value"] = shown["value"].astype("object").where(shown["value"].notna(), NOT_DEFINED)
    _print_table("Agreement (95 % intervals)", shown)
    if out is not None:
        _write(table, out)


@app.command(
    epilog=_example(
        "consensus a.json b.json c.json --rule unanimous --out agreed.json --settle settle.csv",
        "consensus a.json b.json c.json --rule unanimous --out agreed.json --decisions settle.csv",
        "consensus all.json --rule unanimous --need label --out agreed.json --cases all.csv --cases-out cases.csv",
    )
)
def consensus(
    annotations: People,
    out: Annotated[Path, typer.Option(help="The agreed annotations.", show_default=False)],
    rule: Annotated[str, typer.Option(help="unanimous, majority or staple.")] = "majority",
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help="Format of the agreed annotations.")] = "coco",
    settle: Annotated[Path | None, typer.Option(help="List of what experts must settle (CSV).")] = None,
    decisions: Annotated[Path | None, typer.Option(help="That list with its column decision filled in.")] = None,
    excluded: Annotated[Path | None, typer.Option(help="Table of what was excluded or dropped, and why (CSV).")] = None,
    cases: Annotated[Path | None, typer.Option(help="Case table of the annotated images.")] = None,
    cases_out: Annotated[
        Path | None,
        typer.Option(help="The same with the agreed labels and boxes, and why rows are left out (CSV)."),
    ] = None,
    images: Images = None,
    rename: Renames = None,
    classes: Classes = None,
    need: Need = "box",
    match: Match = 0.25,
    agree: Annotated[float, typer.Option(min=0.0, max=1.0, help="Overlap (Dice) of unanimous outlines.")] = 0.7,
    allow_loss: Loss = False,
) -> None:
    """Bring annotators together: what they agree on, what experts must settle, what is excluded and why."""
    from readingroom.annotation import agreed_cases, find_consensus, read_decisions, write_annotations, write_settle
    from readingroom.core.tables import read_table

    if (cases is None) is not (cases_out is None):
        raise AnnotationError("--cases and --cases-out go together", fix="Give both, or neither")
    table = read_table(cases) if cases is not None else None
    audit = _audit(_joined(annotations, images, classes, rename, allow_loss=True), images, classes, need)
    decided = read_decisions(decisions) if decisions is not None else {}
    found = find_consensus(
        audit.kept, rule, match=match, agree=agree, exclusions=audit.exclusions, decisions=decided
    )  # fmt: skip
    written = write_annotations(found.agreed, out, to, images=images, allow_loss=allow_loss)
    _print_counts("Images", found.flow())
    _print_lines("In dispute", [f"{one.image}: {one.reason}" for one in found.disputes])
    _print_lines("Excluded", [f"{name}: {reason}" for name, reason in found.excluded])
    _print_lines("Dropped", [f"{name}: {what}" for name, what in found.dropped])
    if settle is not None:
        write_settle(found, settle)
        _say(f"To be settled: [bold]{escape(str(settle))}[/] (fill in the column decision, then give --decisions)")
    if excluded is not None:
        _write(found.excluded_table(), excluded)
    if table is not None and cases_out is not None:
        _write(agreed_cases(table, found), cases_out)
    _say(f"\nAgreed: [bold]{escape(str(written.path))}[/]")


def _joined(
    annotations: Sequence[str],
    images: Path | None,
    classes: str | None,
    rename: Sequence[str] | None,
    *,
    allow_loss: bool = False,
) -> Annotations:
    """The work of all annotators, each in the name that is given, or that of the file."""
    from readingroom.annotation import join_annotators, read_annotations

    sets: dict[str, Annotations] = {}
    for written in annotations:
        name, path = _named(written)
        if name in sets:
            raise AnnotationError(f"two annotators are called {name}", fix="Write NAME=ANNOTATIONS", file=path)
        sets[name] = read_annotations(path, images=images, classes=_listed(classes), allow_loss=allow_loss)
    return join_annotators(sets, rename=_pairs(rename), classes=_listed(classes))


def _named(written: str) -> tuple[str, Path]:
    name, _, rest = written.partition("=")
    if rest and not Path(written).exists():
        return name, Path(rest)
    return Path(written).stem, Path(written)


def _audit(found: Annotations, images: Path | None, classes: str | None, need: str) -> Audit:
    from readingroom.annotation import audit_annotations

    if need not in {"outline", "box", "label"}:
        raise AnnotationError(f"--need {need}", fix="Write outline, box or label")
    return audit_annotations(found, images=images, classes=_listed(classes), need=need)  # type: ignore[arg-type]


def _check_annotator(name: str, found: Annotations, path: Path) -> None:
    if name not in found.annotators:
        known = ", ".join(one or "(nobody named)" for one in found.annotators)
        raise AnnotationError(f"no annotator {name!r}", fix=f"There are: {known}", file=path)


def _listed(classes: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (classes or "").split(",") if name.strip())


def _pairs(rename: Sequence[str] | None) -> dict[str, str]:
    pairs = dict(one.partition("=")[::2] for one in rename or ())
    bad = [old for old, new in pairs.items() if not old or not new]
    if bad:
        raise AnnotationError(f"--rename {bad[0]}", fix="Write OLD=NEW")
    return pairs


def _say(text: str) -> None:
    console().print(text, highlight=False)


def _print_counts(title: str, counts: Mapping[str, int]) -> None:
    table = Table(title=title, title_justify="left", show_header=False)
    for name, count in counts.items():
        table.add_row(escape(name), str(count))
    if counts:
        console().print(table)


def _print_table(title: str, frame: pd.DataFrame) -> None:
    if frame.empty:
        return
    table = Table(title=f"{title}: {len(frame)}", title_justify="left")
    for name in frame.columns:
        table.add_column(str(name))
    for row in frame.head(SHOWN).astype("object").where(frame.notna(), "").itertuples(index=False):
        table.add_row(*[escape(str(cell)) for cell in row])
    console().print(table)
    if len(frame) > SHOWN:
        _say(f"... and {len(frame) - SHOWN} more.")


def _print_lines(title: str, lines: Sequence[str]) -> None:
    if not lines:
        return
    _say(f"[bold]{title}: {len(lines)}[/]")
    for line in lines[:SHOWN]:
        _say(f"  {escape(line)}")
    if len(lines) > SHOWN:
        _say(f"  ... and {len(lines) - SHOWN} more.")


def _print_notes(found: Annotations) -> None:
    _print_lines("Not taken in", [f"{part.where}: {part.reason}. {part.fix}" for part in found.left_out])
    for note in found.notes:
        _say(f"[cyan]note[/] {escape(note)}")


def _write(frame: pd.DataFrame, path: Path) -> None:
    from readingroom.core.tables import write_csv

    write_csv(frame, path)
    _say(f"Table: [bold]{escape(str(path))}[/]")
