from readingroom.reading.bundle import ReaderBundle, Threshold
from readingroom.reading.preprocessing import Preprocessing
from readingroom.training.card import write_card


def test_a_card_says_what_a_user_must_know() -> None:
    facts = {
        "plan": {"weights": "random", "train": "head"}, "parameters": 1234567, "started_from": None, "study": "痔疮",
        "epochs_run": 9, "kept_epoch": 4, "precision": "bfloat16", "device": "cpu",
    }  # fmt: skip
    contract = Preprocessing("auto", 331, "stretch", (0.3, 0.2, 0.1), (0.2, 0.2, 0.2))
    bundle = ReaderBundle("r|1", "resnet18", (64,), ("a", "b|c"), "b|c", contract, Threshold(0.25, "youden"), facts)
    card = write_card(bundle, {"training": 70, "validation": 10})
    for said in (
        "not a medical device",
        "70 training images",
        "b\\|c at score >= 0.2500",
        "331 x 331",
        "1,234,567",
        "痔疮",
    ):
        assert said in card
    assert "cumulative link" not in card


def test_the_card_of_a_reader_of_ordered_grades_says_so() -> None:
    facts = {
        "plan": {"weights": "random", "train": "all"}, "parameters": 1, "started_from": None, "study": "s",
        "epochs_run": 1, "kept_epoch": 1, "precision": "float32", "device": "cpu",
    }  # fmt: skip
    contract = Preprocessing("auto", 64, "stretch", (0.3, 0.2, 0.1), (0.2, 0.2, 0.2))
    bundle = ReaderBundle("r", "resnet18", (8,), ("Rf0", "Rf1", "Rf2"), None, contract, None, facts, ordered=True)
    assert "head [8], then a cumulative link: one number an image" in write_card(bundle, {"training": 7})
