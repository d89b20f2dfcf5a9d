import cv2
import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from readingroom.cases.cleaning import CleanSection
from readingroom.cases.images import ImageFacts, LoadedImage
from readingroom.cases.view import View, whole_view
from readingroom.cases.window import GivenWindow
from readingroom.core.files import hash_value
from readingroom.reading.boxes import boxes_to_frame, boxes_to_input
from readingroom.reading.preprocessing import InputSection, Preprocessing

ASYMMETRIC = np.zeros((60, 100, 3), dtype=np.uint8)
ASYMMETRIC[:30, :50] = (250, 10, 10)
ASYMMETRIC[30:, 50:] = (10, 10, 250)


def test_an_image_keeps_its_sides_and_colours() -> None:
    made = Preprocessing("whole", 32, "stretch").prepare(ASYMMETRIC, whole_view(100, 60))
    assert made.shape == (32, 32, 3)
    assert made[4, 4].tolist() == [250, 10, 10]
    assert made[28, 28].tolist() == [10, 10, 250]
    assert made[4, 28].tolist() == made[28, 4].tolist() == [0, 0, 0]


def test_padding_keeps_proportions() -> None:
    made = Preprocessing("whole", 50, "pad").prepare(np.full((60, 100, 3), 200, np.uint8), whole_view(100, 60))
    filled = made[:, :, 0] > 0
    assert filled.any(axis=1).sum() == 30
    assert filled.any(axis=0).sum() == 50


def test_what_is_not_anatomy_never_reaches_the_network() -> None:
    frame = np.full((80, 100, 3), 90, np.uint8)
    frame[:, :20] = 255
    view = View("rectangle", (20, 0, 100, 80), ((20, 0), (100, 0), (100, 80), (20, 80)), ((90, 70, 100, 80),))
    frame[70:, 90:] = (0, 255, 0)
    made = Preprocessing("auto", 40, "stretch").prepare(frame, view)
    assert made.max() <= 90


def test_sixteen_bits_are_windowed_not_cut_off() -> None:
    ramp = np.linspace(1000, 1400, 64 * 64).reshape(64, 64).astype(np.uint16)
    made = Preprocessing("whole", 64, "stretch").prepare(ramp, whole_view(64, 64))
    assert len(np.unique(made)) > 200


def test_a_contract_comes_back_from_its_plain_values() -> None:
    contract = Preprocessing("auto", 64, "pad", (0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert Preprocessing.from_dict(contract.as_dict()) == contract
    assert contract.prepared_key != Preprocessing("auto", 65, "pad").prepared_key


def test_an_unknown_normalisation_names_the_known_ones() -> None:
    with pytest.raises(ValidationError, match="none of training, imagenet, unit"):
        InputSection.model_validate({"normalise": "zscore"})


def test_the_window_is_part_of_the_contract_and_of_no_older_key() -> None:
    default, own = Preprocessing("whole", 64, "stretch"), Preprocessing("whole", 64, "stretch", window="file")
    assert default.as_dict()["window"] == "percentiles"
    assert "window" not in default.identity
    assert own.identity["window"] == "file"
    assert own.prepared_key != default.prepared_key
    given = Preprocessing("whole", 64, "stretch", window=GivenWindow(centre=40, width=400))
    assert [Preprocessing.from_dict(one.as_dict()) for one in (default, own, given)] == [default, own, given]


def test_a_contract_from_before_windows_is_read_as_it_was() -> None:
    before = {name: value for name, value in Preprocessing("auto", 64, "pad").as_dict().items() if name != "window"}
    assert Preprocessing.from_dict(before) == Preprocessing("auto", 64, "pad")


def test_sixteen_bits_are_windowed_as_the_contract_says() -> None:
    ramp = (np.arange(64, dtype=np.uint16) * 100)[None].repeat(64, axis=0)
    window = GivenWindow(centre=3000, width=2000)
    made = Preprocessing("whole", 64, "stretch", window=window).prepare(ramp, whole_view(64, 64))
    assert (made[0, 20, 0], made[0, 30, 0], made[0, 40, 0]) == (0, 128, 255)


@pytest.mark.parametrize("wrong", ["auto", {"centre": 3}, {"percentiles": [9, 1]}, None])
def test_a_window_that_is_none_is_refused_in_one_line(wrong: object) -> None:
    with pytest.raises(ValidationError, match=r"is none of percentiles, file, \{percentiles") as caught:
        InputSection.model_validate({"window": wrong})
    assert len(caught.value.errors()) == 1


CLEAN = CleanSection.model_validate({
    "border": "auto", "bias": "n4", "denoise": "nlm", "histogram": {"match": "training"}, "clahe": {"clip": 3},
})  # fmt: skip


def test_cleaning_is_part_of_the_contract_and_of_no_older_key() -> None:
    before, cleaned = Preprocessing("whole", 64, "stretch"), Preprocessing("whole", 64, "stretch", clean=CLEAN)
    assert not {"clean", "reference"} & {*before.as_dict(), *before.identity}
    known = Preprocessing("whole", 64, "stretch", clean=CLEAN, reference=(0.0, 100.5, 255.0))
    assert len({one.prepared_key for one in (before, cleaned, known)}) == 3
    for one in (before, cleaned, known):
        assert Preprocessing.from_dict(yaml.safe_load(yaml.safe_dump(one.as_dict()))) == one


def test_the_key_of_a_contract_without_cleaning_is_what_it_was_before_there_was_any() -> None:
    contract = Preprocessing("auto", 64, "pad")
    assert contract.prepared_key == hash_value(["auto", 64, "pad", cv2.__version__])[:16]
    assert list(contract.identity) == ["view", "size", "fit", "mean", "sd"]


def test_a_field_is_corrected_before_the_window_and_the_view_is_that_of_the_image_as_it_is() -> None:
    scene = np.zeros((80, 80), np.float32)
    scene[10:70, 10:70] = 1000
    uneven = (scene * np.linspace(0.5, 1.5, 80)).astype(np.uint16)
    image = LoadedImage(uneven, ImageFacts("PNG", 80, 80, 1, 16))
    plain = Preprocessing("whole", 40, "stretch", clean=CleanSection(border="auto"))
    even = Preprocessing("whole", 40, "stretch", clean=CleanSection.model_validate({"border": "auto", "bias": "n4"}))
    assert even.view_of(image).box_xyxy_px == plain.view_of(image).box_xyxy_px == (10, 10, 70, 70)
    spread = [np.std(np.log(one.prepare_image(image)[..., 0].astype(float) + 1)) for one in (plain, even)]
    assert spread[1] < 0.7 * spread[0]


def test_boxes_move_with_the_border_and_come_back() -> None:
    frame = np.zeros((60, 80), np.uint8)
    frame[10:50, 20:70] = 120
    contract = Preprocessing("whole", 100, "stretch", clean=CleanSection(border="auto"))
    view = contract.view_of(LoadedImage(frame, ImageFacts("PNG", 80, 60, 1, 8)))
    box = np.array([[30.0, 20.0, 45.0, 30.0]])
    moved = boxes_to_input(box, view, contract)
    assert moved.tolist() == [[20, 25, 50, 50]]
    np.testing.assert_allclose(boxes_to_frame(moved, view, contract), box)


@pytest.mark.parametrize("value", [0, 255, 60000])
@pytest.mark.parametrize("shape", [(1, 1), (40, 50), (40, 50, 3)])
def test_an_image_of_one_value_is_cleaned_without_complaint(value: int, shape: tuple[int, ...]) -> None:
    pixels = np.full(shape, value, np.uint8 if value < 256 else np.uint16)
    contract = Preprocessing("auto", 32, "pad", clean=CLEAN)
    made = contract.prepare_image(LoadedImage(pixels, ImageFacts("PNG", shape[1], shape[0], 1, 8)))
    assert made.shape == (32, 32, 3)
