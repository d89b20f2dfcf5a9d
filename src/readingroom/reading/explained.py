"""Which images heat maps are made of: the same for all readers, right and wrong answers among them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import pandas as pd
from pydantic import Field

from readingroom.core.config import Section
from readingroom.core.seeds import generator


class ExplainSection(Section):
    """Heat maps (Grad-CAM) of a few test images: where the networks that tell classes apart looked.

    They need `pip install 'readingroom[explain]'`; without it the run says so and goes on.
    """

    images: Annotated[int, Field(ge=1, le=10)] = 2
    """Images of each class, drawn by `partition.seed` and the same for all readers; half of them are images that a
    reader got wrong, where there are any."""


def choose_images(readings: pd.DataFrame, classes: Sequence[str], count: int, seed: int) -> list[str]:
    """Choose images of each class at random, some that a reader got wrong among them.

    Half of them (rounded down) are drawn from those that a reader got wrong, the others from those that the fewest
    readers got wrong.

    Args:
        readings: ``image, truth, predicted`` of all readers on one part.
        classes: in their order.
        count: of each class, at most.
        seed: of the study.

    Returns:
        Images, class by class, those that fewer readers got wrong first.

    Example:
        >>> read = pd.DataFrame({"image": ["a", "b", "c"], "truth": "x", "predicted": ["x", "y", "x"]})
        >>> choose_images(read, ["x"], 2, seed=7)[1]
        'b'
    """
    wrong = (readings["truth"] != readings["predicted"]).groupby(readings["image"]).mean()
    truths = readings.drop_duplicates("image").set_index("image")["truth"]
    chosen: list[str] = []
    for name in classes:
        own = sorted(str(image) for image in truths.index[truths == name])
        # One permutation a class: how many are asked for does not change which come first.
        drawn = [own[place] for place in generator(seed, "explain", name).permutation(len(own))]
        missed = [image for image in drawn if wrong[image] > 0][: count // 2]
        others = sorted((image for image in drawn if image not in missed), key=lambda image: float(wrong[image]))
        chosen += sorted([*others[: count - len(missed)], *missed], key=lambda image: float(wrong[image]))
    return chosen
