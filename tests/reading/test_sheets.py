import numpy as np
import pytest

from readingroom.cases.view import View
from readingroom.core.errors import OutputError
from readingroom.reading.outlines import Outline, OutlineRule, find_outlines
from readingroom.reading.overlay import READER_COLOURS, RED, Mark
from readingroom.reading.sheets import SURE, UNSURE, Label, OutlinedCase, Panel, contact_sheet, side_by_side

BLUE, GREEN = (40, 60, 200), (40, 160, 60)


def picture(colour: tuple[int, int, int], height: int = 120, width: int = 160) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def square(x: int = 60, y: int = 40, side: int = 40) -> Outline:
    mask = np.zeros((120, 160), bool)
    mask[y : y + side, x : x + side] = True
    (outline,) = find_outlines(mask, OutlineRule())
    return outline


def boxes_of(sheet: np.ndarray, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero((np.abs(sheet.astype(int) - colour) < 12).all(axis=2))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def has(part: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(part.astype(int) - colour).max(axis=2) < 40).any())


def test_pictures_are_laid_row_by_row_with_captions_below() -> None:
    panels = [Panel(picture(BLUE), "first"), Panel(picture((90, 90, 90)), "次"), Panel(picture(GREEN), "third")]
    sheet = contact_sheet(panels, columns=2, cell_px=200, title="Mistakes")
    first, third = boxes_of(sheet, BLUE), boxes_of(sheet, GREEN)
    assert (first[2] - first[0], first[3] - first[1]) == (200, 150)
    assert first[0] == third[0]
    assert third[1] > first[3]
    between = sheet[first[3] : third[1], first[0] : first[2]]
    assert (between < 128).any()
    assert (sheet[: first[1]] < 128).any()
    assert (sheet[[0, -1]] == 255).all()


def test_pictures_of_other_proportions_are_shown_whole() -> None:
    panels = [Panel(picture(GREEN), ""), Panel(picture(GREEN), ""), Panel(picture(BLUE, 300, 100), "")]
    x0, y0, x1, y1 = boxes_of(contact_sheet(panels, columns=3, cell_px=160), BLUE)
    assert (x1 - x0, y1 - y0) == (40, 120)


def test_marks_are_drawn_where_they_are_at_the_size_shown() -> None:
    sheet = contact_sheet([Panel(picture(BLUE), "", [Mark(square())])], columns=1, cell_px=480)
    x0, y0, *_ = boxes_of(sheet, BLUE)
    rx0, ry0, rx1, ry1 = boxes_of(sheet, RED)
    assert np.allclose((rx0 - x0, ry0 - y0, rx1 - x0, ry1 - y0), (180, 120, 300, 240), atol=4)


def test_a_view_leaves_out_what_is_burned_in() -> None:
    image = picture(BLUE)
    image[:, :40] = (250, 250, 20)
    view = View("whole", (40, 0, 160, 120), (), ((100, 100, 120, 110),))
    sheet = contact_sheet([Panel(image, "", [Mark(square())], view)], columns=1, cell_px=240)
    assert not has(sheet, (250, 250, 20))
    x0, y0, *_ = boxes_of(sheet, BLUE)
    assert np.allclose(boxes_of(sheet, RED)[:2], (x0 + 2 * 20, y0 + 2 * 40), atol=4)
    assert (sheet[y0 + 205, x0 + 125] == 0).all()


def test_image_doctors_and_network_stand_side_by_side() -> None:
    doctors = {"王医生": [square()], "Dr B": [square(50, 35)]}
    case = OutlinedCase(picture(BLUE), doctors, [Mark(square(), "polyp 93 %")], "case 7")
    sheet = side_by_side([case, case], headings=("图像", "医生", "网络"), cell_px=240)
    x0, y0, x1, y1 = boxes_of(sheet, BLUE)
    step = (x1 - x0 - 3 * 240) // 2 + 240
    rows = sheet[y0:y1]
    image, doctor, network = (rows[:, x0 + n * step : x0 + n * step + 240] for n in range(3))
    assert not any(has(image, colour) for colour in (RED, *READER_COLOURS[:2]))
    assert has(doctor, READER_COLOURS[0])
    assert has(doctor, READER_COLOURS[1])
    assert not has(doctor, RED)
    assert has(network, RED)
    assert (sheet[:y0] < 128).any()
    legend = sheet[y1:]
    assert has(legend, READER_COLOURS[0])
    assert has(legend, READER_COLOURS[1])


def test_a_doctor_keeps_the_colour_whoever_is_missing() -> None:
    cases = [OutlinedCase(picture(BLUE), {"A": [], "B": [square()]}), OutlinedCase(picture(GREEN), {"B": [square()]})]
    sheet = side_by_side(cases, cell_px=240)
    top, bottom = boxes_of(sheet, GREEN)[1::2]
    assert has(sheet[top:bottom], READER_COLOURS[1])
    assert not has(sheet[top:bottom], READER_COLOURS[0])


def test_a_legend_with_long_names_takes_several_lines() -> None:
    case = OutlinedCase(picture(BLUE), {f"a doctor with a long name, number {n}": [] for n in range(5)})
    short = OutlinedCase(picture(BLUE), {"A": []})
    assert side_by_side([case], cell_px=160).shape[0] > side_by_side([short], cell_px=160).shape[0]


def test_a_lesion_that_fills_the_cell_is_shown_with_its_text() -> None:
    (outline,) = find_outlines(np.ones((120, 160), bool), OutlineRule())
    sheet = contact_sheet([Panel(picture(BLUE), "", [Mark(outline, "polyp")])], columns=1, cell_px=240)
    assert sheet.shape == contact_sheet([Panel(picture(BLUE))], columns=1, cell_px=240).shape
    assert has(sheet, RED)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: contact_sheet([]), "0 pictures"),
        (lambda: contact_sheet([Panel(picture(BLUE))], columns=0), "a column"),
        (lambda: contact_sheet([Panel(picture(BLUE))], cell_px=4), "16 pixels"),
        (lambda: side_by_side([]), "0 cases"),
        (lambda: side_by_side([OutlinedCase(picture(BLUE), {str(n): [] for n in range(6)})]), "6 doctors"),
    ],
)
def test_a_sheet_that_cannot_be_made_says_why(draw, said: str) -> None:
    with pytest.raises(OutputError, match=said):
        draw()


def test_a_label_is_printed_within_its_picture_and_a_doubtful_one_framed() -> None:
    text = "19 lower body lesser curvature and mid angulus, retroflexed 43 %"
    plain, sure, doubtful = (
        contact_sheet([Panel(picture(BLUE), label=label)], cell_px=200)
        for label in (None, Label(text), Label(text, UNSURE, framed=True))
    )
    assert plain.shape == sure.shape == doubtful.shape
    assert not has(plain, SURE)
    assert has(sure, SURE)
    x0, y0, x1, y1 = boxes_of(plain, BLUE)
    assert (sure[y0 : (y0 + y1) // 2, x0:x1] == plain[y0 : (y0 + y1) // 2, x0:x1]).all()
    edge = doubtful[y0, x0 + 10 : x1 - 10].astype(int)
    assert (np.abs(edge - UNSURE) < 12).all()
