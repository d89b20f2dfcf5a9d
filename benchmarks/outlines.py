"""Outlines at 1080p, from a map of probabilities to polygons, and the measures of two outlines, against their peers.

Run it from the repository: ``python -m benchmarks.outlines``, or a part of it: ``--only outlines``.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from importlib.util import find_spec

import cv2
import numpy as np
from benchmarks.table import Row, interleaved_medians, report
from numpy.typing import NDArray

from readingroom.cases.view import whole_view
from readingroom.evaluation import overlap
from readingroom.reading.outlines import Outline, OutlineRule, fill_outlines, outlines_in_frame
from readingroom.reading.preprocessing import Preprocessing

HEIGHT, WIDTH, SIZE, IMAGES, PAIRS = 1080, 1920, 512, 1000, 20
DRAWN = 50
RULE = OutlineRule(threshold=0.5, smallest_px=400, fill_holes=True, tolerance_px=1.0)

Map = NDArray[np.float32]
Mask = NDArray[np.bool_]
Part = tuple[list[Row], list[str]]


def maps(count: int) -> list[Map]:
    """Drawn maps of SIZE pixels as networks give them: one to three smooth lesions, specks, and a fringe."""
    random = np.random.default_rng(3)
    made = []
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    for _ in range(count):
        logit = np.full((SIZE, SIZE), -6.0, np.float32)
        for _ in range(random.integers(1, 4)):
            (cx, cy), (a, b) = random.uniform(0.2, 0.8, 2) * SIZE, random.uniform(0.06, 0.2, 2) * SIZE
            logit = np.maximum(logit, 8 * (1 - np.hypot((x - cx) / a, (y - cy) / b)).astype(np.float32))
        rough = cv2.GaussianBlur(random.normal(size=(SIZE, SIZE)).astype(np.float32), (0, 0), 6)
        made.append((1 / (1 + np.exp(-logit - 12 * rough))).astype(np.float32))
    return made


def by_opencv(probability: Map) -> list[NDArray[np.int32]]:
    """The peer's outlines as programs commonly make them with OpenCV: borders through the middles of pixels."""
    frame = cv2.resize(probability, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    _, mask = cv2.threshold(frame, RULE.threshold, 1, cv2.THRESH_BINARY)
    borders, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    kept = [border for border in borders if cv2.contourArea(border) >= RULE.smallest_px]
    return [np.asarray(cv2.approxPolyDP(border, RULE.tolerance_px, True)[:, 0]) for border in kept]


def by_opencv_parts(probability: Map) -> list[NDArray[np.int32]]:
    """The same with specks told by their pixels, as connected components count them."""
    frame = cv2.resize(probability, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    mask = (frame >= RULE.threshold).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    found = []
    for part in range(1, count):
        if stats[part, cv2.CC_STAT_AREA] >= RULE.smallest_px:
            one = (labels == part).astype(np.uint8)
            (border, *_), _ = cv2.findContours(one, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            found.append(np.asarray(cv2.approxPolyDP(border, RULE.tolerance_px, True)[:, 0]))
    return found


def by_skimage(probability: Map) -> list[NDArray[np.float64]]:
    """The peer's outlines by scikit-image: marching squares on the frame, small ones left out, simplified."""
    from skimage import measure

    frame = cv2.resize(probability, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    lines = measure.find_contours(frame, RULE.threshold)
    return [
        np.asarray(measure.approximate_polygon(line, RULE.tolerance_px))
        for line in lines
        if cv2.contourArea(line.astype(np.float32)) >= RULE.smallest_px
    ]


def ours(probability: Map) -> tuple[Outline, ...]:
    """From the map on the network's input to polygons in the frame, with area, box and mean probability."""
    view, preprocessing = whole_view(WIDTH, HEIGHT), Preprocessing("whole", SIZE, "stretch")
    return outlines_in_frame(probability, view, preprocessing, HEIGHT, WIDTH, RULE)


def check_outlines(drawn: Sequence[Map]) -> str:
    """That all enclose the same pixels; says how nearly.

    Raises:
        RuntimeError: they do not.
    """
    peers: dict[str, Callable[[Map], list[Mask]]] = {
        "OpenCV": lambda probability: [_filled(border) for border in by_opencv(probability)],
        "scikit-image": lambda probability: [_filled(np.rint(line[:, ::-1])) for line in by_skimage(probability)],
    }
    said = []
    for name, peer in peers.items():
        if name == "scikit-image" and find_spec("skimage") is None:
            continue
        lowest = min(
            overlap(fill_outlines(ours(one), HEIGHT, WIDTH), np.logical_or.reduce(peer(one))).iou for one in drawn
        )
        if lowest < 0.96:
            raise RuntimeError(f"ours and {name}'s outlines overlap by {lowest:.3f} only")
        said.append(f"{name} {lowest:.3f}")
    return f"outlines: the lowest IoU of ours with a peer's filled outlines of {len(drawn)} images: {', '.join(said)}"


def _filled(corners: NDArray[np.generic]) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(mask, [np.asarray(corners, dtype=np.int32)], 1)
    return mask > 0


def _outlines(repeats: int) -> Part:
    drawn = maps(DRAWN)
    note = check_outlines(drawn[:10])
    all_of = [drawn[number % DRAWN] for number in range(IMAGES)]

    def resized() -> None:
        for one in all_of:
            cv2.resize(one, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)

    candidates: dict[str, Callable[[], object]] = {
        "ours": lambda: [ours(one) for one in all_of],
        "OpenCV": lambda: [by_opencv(one) for one in all_of],
        "OpenCV, parts": lambda: [by_opencv_parts(one) for one in all_of],
        "resizing": resized,
    }
    if find_spec("skimage") is not None:
        candidates["scikit-image"] = lambda: [by_skimage(one) for one in all_of]
    seconds = interleaved_medians(candidates, repeats)
    rate = {name: IMAGES / value for name, value in seconds.items()}
    peers = {
        "scikit-image": "scikit-image's find_contours",
        "OpenCV": "OpenCV, contours",
        "OpenCV, parts": "OpenCV, connected components",
    }
    rows = [
        Row(f"map to polygons, against {said}", rate["ours"], rate[name], rate["resizing"])
        for name, said in peers.items()
        if name in rate
    ]
    return rows, [
        note,
        f"outlines: {IMAGES} images of {WIDTH} x {HEIGHT} from maps of {SIZE} px ({DRAWN} different ones): "
        + ", ".join(f"{name} {value / IMAGES * 1e3:.1f} ms an image" for name, value in seconds.items())
        + "; every one resizes the map, leaves specks out and simplifies to 1 px; ours gives area in pixels, box and "
        "mean probability as well, and borders along the edges of pixels. OpenCV with contours does the least: it "
        "tells specks by the area of a polygon, whatever holes it has",
        "limit of the outlines: resizing the map alone",
    ]


def pairs(height: int, width: int, count: int) -> list[tuple[Mask, Mask]]:
    """Drawn lesions as two people outline them."""
    random = np.random.default_rng(5)
    return [_pair(random, height, width) for _ in range(count)]


def _pair(random: np.random.Generator, height: int, width: int) -> tuple[Mask, Mask]:
    middle = random.uniform(0.35, 0.65, 2) * (width, height)
    radii = random.uniform(0.1, 0.25, 2) * height
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    waves, phase = random.normal(0, 0.05, 5), random.uniform(0, 6, 5)
    masks = []
    for _ in range(2):
        shape = waves + random.normal(0, 0.02, 5)
        radius = 1 + sum(shape[k] * np.cos((k + 2) * angle + phase[k]) for k in range(5))
        around = np.stack([np.cos(angle), np.sin(angle)], axis=1) * radii * radius[:, None]
        mask = np.zeros((height, width), np.uint8)
        cv2.fillPoly(mask, [np.rint(middle + random.normal(0, 0.01 * height, 2) + around).astype(np.int32)], 1)
        masks.append(mask > 0)
    return masks[0], masks[1]


def by_monai(reference: Mask, prediction: Mask) -> tuple[float, ...]:
    """MONAI's six measures, from tensors of booleans."""
    import torch
    from monai import metrics

    a, b = (torch.from_numpy(mask)[None, None] for mask in (reference, prediction))
    found = (
        metrics.compute_dice(b, a),
        metrics.compute_iou(b, a),
        metrics.compute_hausdorff_distance(b, a),
        metrics.compute_hausdorff_distance(b, a, percentile=95),
        metrics.compute_average_surface_distance(b, a, symmetric=True),
        metrics.compute_surface_dice(b, a, [1.0]),
    )
    return tuple(float(value) for value in found)


def by_surface_distance(reference: Mask, prediction: Mask) -> tuple[float, ...]:
    """DeepMind's measures; its borders lie between pixels, so its distances differ from MONAI's by less than one."""
    import surface_distance as peer

    found = peer.compute_surface_distances(reference, prediction, (1.0, 1.0))
    one, other = peer.compute_average_surface_distance(found)
    return (
        float(peer.compute_dice_coefficient(reference, prediction)),
        float(peer.compute_robust_hausdorff(found, 100)),
        float(peer.compute_robust_hausdorff(found, 95)),
        float(one + other) / 2,
        float(peer.compute_surface_dice_at_tolerance(found, 1.0)),
    )


def check_measures(drawn: Sequence[tuple[Mask, Mask]]) -> str:
    """That the peers' measures are ours: MONAI's to 1e-5, DeepMind's Dice exactly and its distances to a pixel.

    Raises:
        RuntimeError: they are not.
    """
    said = []
    for a, b in drawn:
        mine = overlap(a, b)
        figures = (mine.dice, mine.iou, mine.hausdorff, mine.hausdorff95, mine.surface_distance, mine.surface_dice)
        if find_spec("monai") and not np.allclose(figures, by_monai(a, b), rtol=0, atol=1e-5):
            raise RuntimeError(f"overlap: ours {figures}, MONAI {by_monai(a, b)}")
        if find_spec("surface_distance"):
            dice, *distances, _ = by_surface_distance(a, b)
            ours_too = (mine.hausdorff, mine.hausdorff95, mine.surface_distance)
            if abs(dice - mine.dice) > 1e-12 or not np.allclose(distances, ours_too, rtol=0, atol=1):
                raise RuntimeError(f"overlap: ours {figures}, surface-distance {(dice, *distances)}")
    if find_spec("monai"):
        said.append(f"all six are those of MONAI {version('monai')} to 1e-5 (it computes in single precision)")
    if find_spec("surface_distance"):
        said.append("Dice is surface-distance's, and its three distances, from borders between pixels, within a pixel")
    return "; ".join(said)


def _measures(repeats: int) -> Part:
    rows, notes = [], []
    for height, width in ((512, 512), (HEIGHT, WIDTH)):
        drawn = pairs(height, width, PAIRS)
        checked = check_measures(drawn[:5])
        candidates: dict[str, Callable[[], object]] = {"ours": lambda of=drawn: [overlap(a, b) for a, b in of]}
        if find_spec("monai"):
            candidates["MONAI"] = lambda of=drawn: [by_monai(a, b) for a, b in of]
        if find_spec("surface_distance"):
            candidates["surface-distance"] = lambda of=drawn: [by_surface_distance(a, b) for a, b in of]
        # So short that what else the machine does shows in a single run.
        seconds = interleaved_medians(candidates, 3 * repeats)
        rows += [
            Row(f"two masks of {width} x {height}, against {peer}", PAIRS / seconds["ours"], PAIRS / seconds[peer])
            for peer in list(seconds)[1:]
        ]
        spent = ", ".join(f"{name} {value / PAIRS * 1e3:.1f} ms" for name, value in seconds.items())
        notes.append(f"measures of two masks of {width} x {height}: {spent}")
    missing = [name for name in ("monai", "surface_distance") if not find_spec(name)]
    if missing:
        notes.append(f"left out, because not installed: {', '.join(missing)}")
    return rows, [
        *notes,
        f"measures: {checked}. Dice, IoU, Hausdorff, its 95th percentile, mean surface distance and surface Dice "
        "(surface-distance: no IoU)",
    ]


PARTS = {"outlines": _outlines, "measures": _measures}


def main() -> None:
    """Measure all parts, or those named, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", action="append", choices=list(PARTS))
    options = parser.parse_args()
    # MONAI warns of every pair that it was not told the classes of.
    warnings.filterwarnings("ignore")
    cv2.setNumThreads(1)
    rows, notes = [], []
    for name in options.only or list(PARTS):
        made, said = PARTS[name](options.repeats)
        rows += made
        notes += said
    runs = f"{options.repeats} interleaved runs ({3 * options.repeats} of the measures)"
    notes += [f"one core, median of {runs}; peers given the same arrays"]
    title = "Outlines: from a map to polygons, and their measures"
    report("outlines", title, "images/s", rows, notes, save=options.only is None)


if __name__ == "__main__":
    main()
