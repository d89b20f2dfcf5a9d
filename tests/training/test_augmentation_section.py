from __future__ import annotations

import pytest
import yaml
from pydantic import ValidationError

from readingroom.training.augmentation import AugmentationSection

DESIGN = """
affine: {rotate: 20, shear: 5, scale: [0.8, 1.2], translate: 0}
elastic: {alpha: 30, sigma: 6}
jitter: {brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0.03}
flip: true
crop: [0.8, 1.0]
"""


def test_the_study_file_of_the_design_is_read() -> None:
    section = AugmentationSection.model_validate(yaml.safe_load(DESIGN))
    assert section.affine is not None
    assert section.affine.scale == (0.8, 1.2)
    assert section.elastic is not None
    assert (section.elastic.alpha, section.elastic.sigma) == (30, 6)
    assert section.crop == (0.8, 1.0)
    assert not section.changes_nothing


def test_nothing_is_changed_by_default() -> None:
    assert AugmentationSection().changes_nothing


def test_a_section_survives_being_saved_with_the_run() -> None:
    section = AugmentationSection.model_validate(yaml.safe_load(DESIGN))
    saved = yaml.safe_dump(section.model_dump(mode="json"))
    assert AugmentationSection.model_validate(yaml.safe_load(saved)) == section


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"affine": {"rotate": 200}}, ("affine", "rotate")),
        ({"affine": {"scale": [1.2, 0.8]}}, ("affine", "scale")),
        ({"affine": {"scale": [0, 1]}}, ("affine", "scale", 0)),
        ({"affine": {"p": 1.5}}, ("affine", "p")),
        ({"elastic": {"alpha": 30}}, ("elastic", "sigma")),
        ({"elastic": {"alpha": 30, "sigma": 0}}, ("elastic", "sigma")),
        ({"elastic": {"alpha": 300, "sigma": 6}}, ("elastic",)),
        ({"jitter": {"hue": 0.6}}, ("jitter", "hue")),
        ({"jitter": {"brightness": float("nan")}}, ("jitter", "brightness")),
        ({"crop": [0.8, 1.2]}, ("crop", 1)),
        ({"crop": [0.8]}, ("crop", 1)),
        ({"mixup": 0.2}, ("mixup",)),
        ({"outside": "white"}, ("outside",)),
    ],
)
def test_an_impossible_value_is_refused_with_its_place(wrong: dict[str, object], where: tuple[object, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        AugmentationSection.model_validate(wrong)
    assert [error["loc"] for error in caught.value.errors()] == [where]


def test_all_wrong_values_are_reported_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        AugmentationSection.model_validate({"affine": {"rotate": 200, "shear": -1}, "flip": "perhaps"})
    assert caught.value.error_count() == 3


def test_a_folding_elastic_field_is_refused_with_the_largest_alpha_that_works() -> None:
    with pytest.raises(ValidationError, match="alpha can be 104 at most"):
        AugmentationSection.model_validate({"elastic": {"alpha": 300, "sigma": 6}})
    AugmentationSection.model_validate({"elastic": {"alpha": 104, "sigma": 6}})


def test_every_field_is_described_for_the_reference() -> None:
    schema = AugmentationSection.model_json_schema()
    fields = [field for part in (schema, *schema["$defs"].values()) for field in part["properties"].values()]
    assert len(fields) == 28
    assert all(field.get("description") for field in fields)
