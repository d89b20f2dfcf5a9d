from readingroom.core.errors import CaseTableError, EvaluationError, Problem, ReadingRoomError


def test_an_error_names_its_place_what_was_found_and_what_to_do() -> None:
    error = CaseTableError("no such image", fix="Correct the path", file="cases.csv", row=7, field="image")
    assert str(error) == "cases.csv, row 7, image: no such image. Correct the path"
    assert (error.file, error.row, error.field) == ("cases.csv", 7, "image")


def test_every_problem_is_printed_on_a_line_of_its_own() -> None:
    error = CaseTableError("2 problems", problems=[Problem("row 2", "empty", "Fill it in"), Problem("row 3", "twice")])
    assert str(error).splitlines() == ["2 problems", "  - row 2: empty. Fill it in", "  - row 3: twice"]


def test_all_errors_have_one_root_and_a_statistic_that_is_not_defined_is_a_value_error_too() -> None:
    assert issubclass(CaseTableError, ReadingRoomError)
    assert issubclass(EvaluationError, ReadingRoomError)
    assert issubclass(EvaluationError, ValueError)
