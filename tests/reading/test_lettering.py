import numpy as np
import pytest

from readingroom.reading import lettering
from readingroom.reading.lettering import (
    FontFile,
    chinese_font,
    plain_font,
    plate,
    shorten,
    text_size,
    wrap,
    writable,
    write,
)

NEEDS_CHINESE = pytest.mark.skipif(chinese_font() is None, reason="no font on this machine writes Chinese")


@pytest.fixture
def without_chinese(monkeypatch: pytest.MonkeyPatch):
    """A machine without a font that writes Chinese."""
    caches = (lettering.font, lettering.plate)
    monkeypatch.setattr(lettering, "chinese_font", lambda: None)
    for kept in caches:
        kept.cache_clear()
    yield
    for kept in caches:
        kept.cache_clear()


def ink(text: str) -> np.ndarray:
    canvas = np.full((40, 200, 3), 255, np.uint8)
    write(canvas, (4, 20), text, 20, (0, 0, 0))
    return canvas


@NEEDS_CHINESE
def test_chinese_is_written_and_each_word_otherwise() -> None:
    words = [ink("早期胃癌"), ink("息肉"), ink("正常")]
    assert all((word < 128).sum() > 100 for word in words)
    assert not (words[1] == words[2]).all()
    assert writable("早期胃癌 93 %") == "早期胃癌 93 %"


@NEEDS_CHINESE
def test_of_a_file_with_several_faces_the_simplified_one_is_taken() -> None:
    found = chinese_font()
    names = lettering._faces(found.path)
    if any("SC" in name.split() for name in names.values()):
        assert "SC" in names[found.face].split()


def test_without_a_chinese_font_the_ascii_characters_stay_and_it_is_said(without_chinese) -> None:
    with pytest.warns(UserWarning, match="Install Noto Sans CJK"):
        assert writable("早期胃癌 EGC 93 %") == "EGC 93 %"
    with pytest.warns(UserWarning, match="No font"):
        assert writable("息肉") == "?"
    assert lettering.font(12).path == plain_font().path
    with pytest.warns(UserWarning, match="No font"):
        assert plate("息肉 93 %", 14, (255, 0, 0)).shape == plate("93 %", 14, (255, 0, 0)).shape


def test_what_is_no_font_has_no_faces(tmp_path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"not a font")
    assert lettering._faces(str(tmp_path / "broken.ttf")) == {}
    assert FontFile("a.ttf") == FontFile("a.ttf", 0)


def test_long_texts_are_shortened_to_their_width_and_short_ones_left() -> None:
    assert shorten("polyp", 14, 200) == "polyp"
    for width in (15, 40, 90, 140):
        cut = shorten("a very long name of a very rare disease", 14, width)
        assert cut.endswith("…")
        assert text_size(cut, 14)[0] <= width


def test_lines_become_one() -> None:
    assert writable("a\n b\tc") == "a b c"


def test_all_lines_of_one_size_are_of_one_height() -> None:
    assert len({text_size(text, 17)[1] for text in ("x", "Ågy", "息肉", "93 %")}) == 1


def test_a_plate_is_dark_with_light_letters_and_a_bar_of_its_colour() -> None:
    made = plate("polyp 93 %", 20, (235, 26, 33))
    colours, cover = made[..., :3].reshape(-1, 3).astype(int), made[..., 3].ravel()
    assert cover.max() == 255
    assert np.median(cover) > 150
    assert (np.abs(colours - (235, 26, 33)).max(axis=1) < 8).sum() > 20
    assert (colours.min(axis=1) > 220).sum() > 50


def test_a_text_is_wrapped_between_words_and_its_last_line_shortened() -> None:
    text = "lower body lesser curvature and mid angulus, retroflexed"
    lines = wrap(text, 14, 160).split("\n")
    assert len(lines) == 2
    assert text.startswith(lines[0] + " ")
    assert lines[1].endswith("…")
    assert all(text_size(line, 14)[0] <= 160 for line in lines)
    assert wrap(text, 14, 160, most=9).replace("\n", " ") == text


@NEEDS_CHINESE
def test_chinese_is_wrapped_between_any_characters() -> None:
    assert wrap("胃体下部小弯翻转及胃角中部", 14, 120).replace("\n", "") == "胃体下部小弯翻转及胃角中部"


def test_a_plate_of_two_lines_is_as_wide_as_the_wider_and_twice_as_high() -> None:
    one, two = plate("sigmoid colon", 14, (255, 0, 0)), plate("sigmoid colon\n93 %", 14, (255, 0, 0))
    assert one.shape[1] == two.shape[1]
    assert two.shape[0] - one.shape[0] == text_size("x", 14)[1]
