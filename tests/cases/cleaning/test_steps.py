import numpy as np

from readingroom.cases.cleaning import CleanSection, clean_planes, clean_resized, denoise

CLEAN = CleanSection.model_validate({"denoise": "nlm", "histogram": "equalise", "clahe": {}})


def test_a_stack_is_cleaned_plane_by_plane_and_missing_planes_stay_black(body: np.ndarray) -> None:
    planes = np.stack([body, np.zeros_like(body), body // 2])
    made = clean_planes(planes, CLEAN)
    assert not made[1].any()
    assert CLEAN.denoise is not None
    assert (made[2] == clean_resized(denoise(body // 2, CLEAN.denoise), CLEAN)).all()
    assert (clean_planes(planes[..., None], CLEAN)[..., 0] == made).all()
    assert (clean_planes(np.repeat(planes[..., None], 3, axis=3), CLEAN)[..., 1] == made).all()


def test_levels_come_before_contrast(body: np.ndarray) -> None:
    only = [CleanSection.model_validate(one) for one in ({"histogram": "equalise"}, {"clahe": {}})]
    both = CleanSection.model_validate({"histogram": "equalise", "clahe": {}})
    assert (clean_resized(body, both) == clean_resized(clean_resized(body, only[0]), only[1])).all()


def test_what_is_no_anatomy_stays_black(body: np.ndarray) -> None:
    mask = (body > 0).astype(np.uint8)
    made = clean_resized(np.repeat(body[..., None], 3, axis=2), CLEAN, mask=mask)
    assert not made[mask == 0].any()
    assert made[mask == 1].min() > 0


def test_levels_that_are_not_known_yet_change_nothing(body: np.ndarray) -> None:
    unknown = CleanSection.model_validate({"histogram": {"match": "training"}})
    assert (clean_resized(body, unknown) == body).all()
