"""A reader bundle with random weights, and small images that the tests draw."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from readingroom.networks import build_network
from readingroom.reading.bundle import LEARNED_COLUMNS, ReaderBundle, Threshold, save_bundle
from readingroom.reading.preprocessing import Preprocessing

CLASSES = ("正常", "polyp <b>")


@pytest.fixture(scope="session")
def bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bundle") / "读者"
    network = build_network("test_resnet", 2, image_size=32, seed=1)
    bundle = ReaderBundle(
        name="读者", network="test_resnet", head=(), classes=CLASSES, positive=CLASSES[1],
        preprocessing=Preprocessing("auto", 32, "stretch", (0.3, 0.2, 0.1), (0.2, 0.2, 0.2)),
        threshold=Threshold(0.5, "youden"), facts={"study": "s"},
    )  # fmt: skip
    learned = pd.DataFrame([["a.jpg", "h1", "training", "s"]], columns=list(LEARNED_COLUMNS))
    save_bundle(folder, bundle, network, learned)
    return folder


@pytest.fixture(scope="session")
def ordered_bundle_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ordered") / "分级"
    network = build_network("test_resnet", 3, head=(8,), image_size=32, seed=1, ordered=True)
    bundle = ReaderBundle(
        name="分级", network="test_resnet", head=(8,), classes=("Rf0", "Rf1", "Rf2"), positive=None,
        preprocessing=Preprocessing("auto", 32, "stretch", (0.3, 0.2, 0.1), (0.2, 0.2, 0.2)),
        threshold=None, facts={"study": "s"}, ordered=True,
    )  # fmt: skip
    save_bundle(folder, bundle, network, pd.DataFrame([], columns=list(LEARNED_COLUMNS)))
    return folder


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("图像")
    draws = np.random.default_rng(0)
    for number in range(7):
        pixels = draws.integers(60, 250, (40 + number, 50, 3)).astype(np.uint8)
        (folder / f"{number}.png").write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    return folder
