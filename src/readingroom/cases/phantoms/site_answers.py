"""Site answers: what three phantom annotators say of each view of a site, as a table and as a COCO document."""

from __future__ import annotations

import numpy as np
import pandas as pd

from readingroom.cases.phantoms.viewpoints import mistaken_for
from readingroom.cases.sites import load_sites
from readingroom.core.seeds import generator

_COLUMNS = ["image", "annotator", "label", "boxes"]

ANNOTATORS = ("annotator_1", "annotator_2", "annotator_3")
"""Names of the phantom annotators."""


def annotate(site: str, also: str, disagreement: float, rng: np.random.Generator) -> tuple[str, ...]:
    """What three annotators say independently of one image; all of the site itself where they agree.

    Args:
        site: key of the site that is meant.
        also: key of another site that the view holds; empty for none.
        disagreement: share of the images on which not all three agree.
        rng: where the numbers come from.

    Returns:
        Three keys.
    """
    # Where each errs with chance e, all three are right with chance (1 - e)^3.
    errs = 1 - (1 - disagreement) ** (1 / len(ANNOTATORS))
    wrong = rng.random(len(ANNOTATORS)) < errs
    if wrong.all():
        # An error that all three share would pass for agreement.
        wrong[int(rng.integers(len(ANNOTATORS)))] = False
    choices = (also,) if also else mistaken_for(site)
    return tuple(str(rng.choice(choices)) if erring else site for erring in wrong)


def annotations_of(cases: pd.DataFrame, disagreement: float, seed: int) -> pd.DataFrame:
    """The answers of three annotators to every image of a case table: image, annotator, label, boxes."""
    rows = []
    for image, site, also, boxes in cases[["image", "label", "also", "boxes"]].itertuples(index=False):
        rng = generator(seed, "phantoms", "annotators", str(image))
        answers = annotate(str(site), "" if pd.isna(also) else str(also), disagreement, rng)
        for annotator, answer in zip(ANNOTATORS, answers, strict=True):
            rows.append({"image": image, "annotator": annotator, "label": answer, "boxes": _redrawn(str(boxes), rng)})
    return pd.DataFrame(rows)


def coco_of(answers: pd.DataFrame, size: tuple[int, int]) -> dict[str, object]:
    """The same answers as a COCO document, as annotation tools read it: a box each, with who drew it.

    Args:
        answers: from `annotations_of`.
        size: height and width of every image in pixels.
    """
    keys, names = list(load_sites().keys), list(dict.fromkeys(answers["image"]))
    said = answers.groupby("image", sort=False)[["annotator", "label"]]
    images = [
        {
            "id": number,
            "file_name": name,
            "height": size[0],
            "width": size[1],
            "annotated_by": [{"annotator": who, "labels": [what]} for who, what in said.get_group(name).to_numpy()],
        }
        for number, name in enumerate(names, start=1)
    ]
    numbers = {name: number for number, name in enumerate(names, start=1)}
    boxes = [
        _coco_box(n, numbers[image], keys.index(label), annotator, boxes)
        for n, (image, annotator, label, boxes) in enumerate(answers[_COLUMNS].astype(str).to_numpy(), start=1)
    ]
    categories = [{"id": number, "name": key} for number, key in enumerate(keys)]
    return {"images": images, "annotations": boxes, "categories": categories}


def _coco_box(number: int, image: int, category: int, annotator: str, boxes: str) -> dict[str, object]:
    left, top, right, bottom = (int(edge) for edge in boxes.split())
    return {
        "id": number,
        "image_id": image,
        "category_id": category,
        "bbox": [left, top, right - left, bottom - top],
        "area": (right - left) * (bottom - top),
        "iscrowd": 0,
        "attributes": {"annotator": annotator},
    }


def _redrawn(boxes: str, rng: np.random.Generator) -> str:
    """A box as another hand would draw it: each edge off by some hundredths of its side, inward."""
    left, top, right, bottom = (int(edge) for edge in boxes.split())
    shares = 0.04 * rng.random(4)
    width, height = right - left, bottom - top
    x0, x1 = left + round(shares[0] * width), right - round(shares[1] * width)
    y0, y1 = top + round(shares[2] * height), bottom - round(shares[3] * height)
    return " ".join(str(edge) for edge in (x0, y0, x1, y1))
