"""The evaluation room at scale: seconds for a million readings, a bootstrap of patients, and a whole report.

Run it from the repository: ``python -m benchmarks.evaluation``, or a part of it: ``--only delong --only report``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pandas as pd
from benchmarks.table import Row, interleaved_medians, report
from numpy.typing import NDArray
from scipy import ndimage, stats
from sklearn.metrics import confusion_matrix, roc_auc_score

import readingroom.evaluation as ev
from readingroom.core.files import write_text
from readingroom.report import evaluate

Floats = NDArray[np.float64]
LARGE, MIDDLE, REPLICATES, LOOP = 1_000_000, 100_000, 2000, 10
SITES, CALLS = 30, 2_000_000
READERS, IMAGES, PATIENTS = 20, 20_000, 3_000


@dataclass(frozen=True, eq=False)
class Readings:
    """Two readers of the same images, a third of a patient's each.

    Args:
        truth: (n,) one in five positive.
        a: (n,) scores of the first.
        b: (n,) of the second.
        patient: (n,) whose scores have a part in common.
    """

    truth: NDArray[np.bool_]
    a: Floats
    b: Floats
    patient: NDArray[np.int64]


def readings(n: int) -> Readings:
    """Drawn readings, about three images a patient; scores have four digits, as programs write them, so some tie."""
    random = np.random.default_rng(7)
    patient = random.integers(0, n // 3, n)
    own = random.normal(size=n // 3)[patient]
    truth = random.random(n) < 0.2
    a, b = (np.round(shift * truth + 0.5 * own + random.normal(size=n), 4) for shift in (1.4, 1.2))
    return Readings(truth, a, b, patient)


def check(what: str, ours: Sequence[float], peer: Sequence[float], within: float = 1e-12) -> None:
    """That ours and the peer have one result.

    Raises:
        RuntimeError: they do not.
    """
    if not np.allclose(ours, peer, rtol=0, atol=within):
        raise RuntimeError(f"{what}: ours {list(ours)}, peer {list(peer)}")


def midrank_components(truth: NDArray[np.bool_], score: Floats) -> tuple[Floats, Floats]:
    """The peer's structural components: Sun & Xu's (2014) difference of midranks, straight from scipy."""
    positive, negative = score[truth], score[~truth]
    m, n = positive.size, negative.size
    both = stats.rankdata(np.concatenate([positive, negative]))
    v10 = (both[:m] - stats.rankdata(positive)) / n
    v01 = 1 - (both[m:] - stats.rankdata(negative)) / m
    return v10, v01


def midrank_delong(truth: NDArray[np.bool_], *scores: Floats) -> tuple[Floats, Floats]:
    """The peer's areas, (R,), and their covariance, (R, R)."""
    v10, v01 = (np.stack(parts) for parts in zip(*(midrank_components(truth, s) for s in scores), strict=True))
    return v10.mean(axis=1), np.atleast_2d(np.cov(v10) / v10.shape[1] + np.cov(v01) / v01.shape[1])


Part = tuple[list[Row], list[str]]


def _delong(repeats: int) -> Part:
    data = readings(LARGE)
    ours, (areas, covered) = ev.delong(data.truth, data.a), midrank_delong(data.truth, data.a)
    check("DeLong", [ours.value or 0, ours.variance or 0], [areas[0], covered[0, 0]])
    test, (areas, covered) = ev.delong_test(data.truth, data.a, data.b), midrank_delong(data.truth, data.a, data.b)
    variance = covered[0, 0] + covered[1, 1] - 2 * covered[0, 1]
    check("paired DeLong", [test.difference or 0, test.variance or 0], [areas[0] - areas[1], variance])
    seconds = interleaved_medians(
        {
            "ours": lambda: ev.delong(data.truth, data.a),
            "peer": lambda: midrank_delong(data.truth, data.a),
            "area alone": lambda: roc_auc_score(data.truth, data.a),
            "ours paired": lambda: ev.delong_test(data.truth, data.a, data.b),
            "peer paired": lambda: midrank_delong(data.truth, data.a, data.b),
        },
        repeats,
    )
    rate = {name: LARGE / value for name, value in seconds.items()}
    rows = [
        Row(f"DeLong, {LARGE:,} readings", rate["ours"], rate["peer"], rate["area alone"]),
        Row(f"paired DeLong, {LARGE:,} readings", rate["ours paired"], rate["peer paired"], rate["area alone"] / 2),
    ]
    return rows, [
        f"DeLong: {seconds['ours']:.2f} s of {seconds['peer']:.2f} s, paired {seconds['ours paired']:.2f} s of "
        f"{seconds['peer paired']:.2f} s; goal for {LARGE:,} readings: under 2 s. Area, variance and covariance are "
        "the peer's to 1e-12. Peer: midranks by scipy's rankdata, numpy's covariance, as programs commonly copy it; "
        "limit: scikit-learn's roc_auc_score alone, without variance, once a reader",
    ]


def _bootstrap(repeats: int) -> Part:
    data = readings(MIDDLE)
    call = data.a >= 1.0
    rows_of = [rows for _, rows in sorted(pd.Series(np.arange(MIDDLE)).groupby(data.patient).indices.items())]
    random = np.random.default_rng(1)

    def loop() -> list[tuple[float, float, float]]:
        return [_plain_replicate(data, call, rows_of, random) for _ in range(LOOP)]

    def ours(replicates: int = REPLICATES) -> ev.Estimates:
        return ev.bootstrap_table(data.truth, score=data.a, call=call, cluster=data.patient, replicates=replicates)

    _check_same_draws(data, call, ours(LOOP))
    count = len(rows_of)
    seconds = interleaved_medians(
        {
            "ours": ours,
            "peer": loop,
            "draws": lambda: [np.bincount(random.integers(0, count, count)) for _ in range(REPLICATES)],
        },
        repeats,
    )
    peer = seconds["peer"] / LOOP * REPLICATES
    done = MIDDLE * REPLICATES
    row = Row("bootstrap of patients, 2,000 replicates", done / seconds["ours"], done / peer, done / seconds["draws"])
    return [row], [
        f"bootstrap: {seconds['ours']:.2f} s for {REPLICATES:,} replicates of {MIDDLE:,} readings of {count:,} "
        f"patients (area and five rates), {peer:.0f} s by the loop (area, sensitivity, specificity), measured on "
        f"{LOOP} of its replicates; {peer / seconds['ours']:.0f} times faster, goal 50. readings/s: those of all "
        "replicates. On the same draws variance and limits are the plain function's to 1e-12. Peer: patients drawn, "
        "their rows concatenated, scikit-learn's roc_auc_score and two means; limit: drawing the patients alone",
    ]


def _plain_replicate(
    data: Readings, call: NDArray[np.bool_], rows_of: list[Any], random: np.random.Generator
) -> tuple[float, float, float]:
    drawn = random.integers(0, len(rows_of), len(rows_of))
    rows = np.concatenate([rows_of[patient] for patient in drawn])
    truth, called = data.truth[rows], call[rows]
    area = float(roc_auc_score(truth, data.a[rows]))
    return area, float(called[truth].mean()), float((~called[~truth]).mean())


def _check_same_draws(data: Readings, call: NDArray[np.bool_], ours: ev.Estimates) -> None:
    """One seed gives one set of draws, whether the statistic is ours or a function that is called on the rows."""
    plain = {
        "auc": (lambda t, s: float(roc_auc_score(t, s)), data.a),
        "sensitivity": (lambda t, c: float(c[t].mean()), call),
        "specificity": (lambda t, c: float((~c[~t]).mean()), call),
    }
    for name, (function, given) in plain.items():
        peer = ev.bootstrap(function, data.truth, given, cluster=data.patient, replicates=LOOP)
        parts = [(e.value or 0, e.low or 0, e.high or 0, e.variance or 0) for e in (ours[name], peer)]
        check(f"bootstrap of {name}", *parts)


def _clustered(repeats: int) -> Part:
    data = readings(MIDDLE)
    ours = ev.clustered_auc(data.truth, data.a, data.patient)
    check("clustered area", [ours.value or 0, ours.variance or 0], plain_obuchowski(data))
    seconds = interleaved_medians(
        {
            "ours": lambda: ev.clustered_auc(data.truth, data.a, data.patient),
            "peer": lambda: plain_obuchowski(data),
            "area alone": lambda: roc_auc_score(data.truth, data.a),
        },
        repeats,
    )
    rate = {name: MIDDLE / value for name, value in seconds.items()}
    row = Row(f"clustered area (Obuchowski), {MIDDLE:,} readings", rate["ours"], rate["peer"], rate["area alone"])
    return [row], [
        f"clustered area: {seconds['ours'] * 1e3:.0f} ms of {seconds['peer'] * 1e3:.0f} ms; area and variance are the "
        "peer's to 1e-12. Ours makes the naive interval beside it too. Peer: the same midranks, pandas' sums a "
        "patient; limit: roc_auc_score alone",
    ]


def plain_obuchowski(data: Readings) -> tuple[float, float]:
    """The peer's clustered area and variance, Obuchowski (1997) eq. 6 to 9, by pandas."""
    v10, v01 = midrank_components(data.truth, data.a)
    area, m, n = v10.mean(), v10.size, v01.size
    positive = pd.Series(v10 - area).groupby(data.patient[data.truth]).sum()
    negative = pd.Series(v01 - area).groupby(data.patient[~data.truth]).sum()
    i10, i01, i = len(positive), len(negative), len(np.unique(data.patient))
    s10 = i10 / ((i10 - 1) * m) * (positive**2).sum()
    s01 = i01 / ((i01 - 1) * n) * (negative**2).sum()
    s11 = i / (i - 1) * positive.mul(negative, fill_value=0).sum()
    return float(area), float(s10 / m + s01 / n + 2 * s11 / (m * n))


def _confusion(repeats: int) -> Part:
    random = np.random.default_rng(3)
    truth = random.integers(0, SITES, CALLS)
    predicted = np.where(random.random(CALLS) < 0.8, truth, random.integers(0, SITES, CALLS))
    names = np.array([f"site {k:02d}" for k in range(SITES)])
    rows, notes = [], []
    for what, labels in (("numbers", np.arange(SITES)), ("names", names)):
        a, b, classes = labels[truth], labels[predicted], labels.tolist()
        if (ev.confusion(a, b, classes).counts != confusion_matrix(a, b, labels=classes)).any():
            raise RuntimeError(f"confusion tables of {what} differ")
        seconds = interleaved_medians(
            {
                "ours": partial(ev.confusion, a, b, classes),
                "peer": partial(confusion_matrix, a, b, labels=classes),
                "counting": lambda: np.bincount(truth * SITES + predicted, minlength=SITES**2),
            },
            repeats,
        )
        rate = {name: CALLS / value for name, value in seconds.items()}
        rows.append(Row(f"{SITES} x {SITES} table, {what}", rate["ours"], rate["peer"], rate["counting"]))
        notes.append(f"{what} {seconds['ours']:.2f} s of {seconds['peer']:.2f} s")
    return rows, [
        f"{SITES} x {SITES} tables of {CALLS:,} readings: {', '.join(notes)}; equal counts. Peer: scikit-learn's "
        "confusion_matrix (on numpy text, its quickest); limit: counting ready codes",
    ]


def _overlaps(repeats: int) -> Part:
    if find_spec("monai") is None:
        return [], ["overlap of outlines: left out, its peer MONAI is not installed"]
    import torch
    from monai import metrics

    a, b = _blobs()
    one, other = (torch.from_numpy(mask[None, None].astype(np.float32)) for mask in (b, a))

    def peer() -> tuple[float, ...]:
        found = (
            metrics.compute_dice(one, other),
            metrics.compute_iou(one, other),
            metrics.compute_hausdorff_distance(one, other),
            metrics.compute_hausdorff_distance(one, other, percentile=95),
            metrics.compute_average_surface_distance(one, other, symmetric=True),
            metrics.compute_surface_dice(one, other, [1.0]),
        )
        return tuple(float(value) for value in found)

    ours = ev.overlap(a, b)
    figures = (ours.dice, ours.iou, ours.hausdorff, ours.hausdorff95, ours.surface_distance, ours.surface_dice)
    check("overlap", figures, peer(), within=1e-5)
    seconds = interleaved_medians({"ours": lambda: ev.overlap(a, b), "peer": peer}, repeats)
    row = Row("overlap and distances, masks of 512 px", 1 / seconds["ours"], 1 / seconds["peer"])
    return [row], [
        f"overlap: {seconds['ours'] * 1e3:.1f} ms of {seconds['peer'] * 1e3:.1f} ms a pair of masks (a pair is a "
        f"reading); all six measures are those of MONAI {version('monai')} to 1e-5",
    ]


def _blobs() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    noise = ndimage.gaussian_filter(np.random.default_rng(5).normal(size=(2, 512, 512)), (0, 30, 30))
    return noise[0] > 0.01, noise[0] + 0.3 * noise[1] > 0.01


STEPS = ("read_submitted", "compute_results", "gather", "publish")


def _report(repeats: int) -> Part:
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "readings.csv"
        write_text(table, reader_study().to_csv(index=False))
        spent: list[dict[str, float]] = []
        with ExitStack() as stack:
            for name in STEPS:
                if hasattr(evaluate, name):
                    timed = _timed(name, getattr(evaluate, name), spent)
                    stack.enter_context(mock.patch.object(evaluate, name, timed))
            whole, busy = [], []
            for run in range(max(1, repeats // 2)):
                spent.append({})
                began, worked = time.perf_counter(), time.process_time()
                evaluate.evaluate_table(table, Path(folder) / f"report {run}", positive="lesion")
                whole.append(time.perf_counter() - began)
                busy.append(time.process_time() - worked)
    steps = {name: float(np.median([one.get(name, 0.0) for one in spent])) for name in STEPS}
    seconds = float(np.median(whole))
    rows = READERS * IMAGES
    return [Row(f"report, {READERS} readers x {IMAGES:,} images", rows / seconds)], [
        f"report from a CSV of {rows:,} readings of {PATIENTS:,} patients, two classes, a fifth for validation: "
        f"{seconds:.1f} s, of which the processor worked {np.median(busy):.1f} s for it, median of {len(whole)}; goal "
        "under 60 s. By step: " + ", ".join(f"{name} {value:.1f} s" for name, value in steps.items()),
    ]


def _timed(name: str, function: Callable[..., Any], spent: list[dict[str, float]]) -> Callable[..., Any]:
    def run(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*arguments, **options)
        finally:
            spent[-1][name] = spent[-1].get(name, 0.0) + time.perf_counter() - began

    return run


def reader_study() -> pd.DataFrame:
    """Readings of 20 networks, from better to worse, on the same images."""
    random = np.random.default_rng(11)
    patient = np.sort(random.integers(0, PATIENTS, IMAGES))
    lesion = random.random(IMAGES) < 0.3
    own = random.normal(size=IMAGES)
    images = pd.DataFrame(
        {
            "image": [f"image {i:05d}" for i in range(IMAGES)],
            "patient": [f"patient {p:04d}" for p in patient],
            "truth": np.where(lesion, "lesion", "none"),
            "split": np.where(patient % 5 == 0, "validation", "test"),
        }
    )
    return pd.concat(_read(images, lesion, own, random), ignore_index=True)


def _read(
    images: pd.DataFrame, lesion: NDArray[np.bool_], own: Floats, random: np.random.Generator
) -> Iterator[pd.DataFrame]:
    for k in range(READERS):
        logit = (2 - 0.05 * k) * (lesion - 0.5) + 0.7 * own + 0.7 * random.normal(size=IMAGES)
        p = np.round(1 / (1 + np.exp(-logit)), 6)
        scores = {"score_lesion": p, "score_none": np.round(1 - p, 6)}
        yield images.assign(reader=f"network {k + 1:02d}", **scores)


PARTS: dict[str, Callable[[int], Part]] = {
    "delong": _delong,
    "bootstrap": _bootstrap,
    "clustered": _clustered,
    "confusion": _confusion,
    "overlaps": _overlaps,
    "report": _report,
}


def main() -> None:
    """Measure all parts, or some, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="a part; may be given again")
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    rows, notes = [], []
    for name in chosen.only or PARTS:
        own_rows, own_notes = PARTS[name](chosen.repeats)
        rows += own_rows
        notes += own_notes
    threads, (load, *_) = os.environ.get("OMP_NUM_THREADS", "all"), os.getloadavg()
    notes.append(
        f"`python -m benchmarks.evaluation`, median of {chosen.repeats} runs in turns, {threads} threads of linear "
        f"algebra; {load:.1f} processes wanted the {os.cpu_count()} cores at the end, ours included"
    )
    report("evaluation", "Evaluation", "readings/s", rows, notes, save=not chosen.only)


if __name__ == "__main__":
    main()
