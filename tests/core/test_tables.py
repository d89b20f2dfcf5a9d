from pathlib import Path

import pandas as pd
import pytest

from readingroom.core.errors import CaseTableError, ReadingsError
from readingroom.core.tables import read_facts, read_table, score_columns, scored_classes, write_csv, write_parquet


def test_a_csv_is_text_and_nothing_is_guessed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("image,patient,label\na.jpg,007,NA\nb.jpg,,no\n")
    frame = read_table(tmp_path / "a.csv")
    assert frame["patient"].tolist()[0] == "007"
    assert frame["patient"].isna().tolist() == [False, True]
    assert frame["label"].tolist() == ["NA", "no"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_tables_are_read_in_each_encoding_that_spreadsheets_write(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "表.csv").write_bytes("image,label\n图.jpg,正常\n".encode(encoding))
    assert read_table(tmp_path / "表.csv").to_dict("records") == [{"image": "图.jpg", "label": "正常"}]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"image,image\n1,2\n", "two columns are called 'image'"),
        (b"\xff\xfe\x00\x81", "neither UTF-8"),
        (b'a,b\n"1,2\n', "not a CSV"),
    ],
)
def test_what_is_no_table_is_refused_with_its_name(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    with pytest.raises(CaseTableError, match=said) as caught:
        read_table(path)
    assert caught.value.file == str(path)


def test_a_parquet_table_comes_back_with_its_facts(tmp_path: Path) -> None:
    write_parquet(pd.DataFrame({"score_正常": [0.5]}), tmp_path / "a.parquet", kind="readings", facts={"key": "k"})
    assert read_facts(tmp_path / "a.parquet") == {"kind": "readings", "schema": "1", "key": "k"}
    assert scored_classes(read_table(tmp_path / "a.parquet")) == ["正常"]
    assert score_columns(["正常"]) == ["score_正常"]


def test_a_table_of_a_later_version_is_refused(tmp_path: Path) -> None:
    write_parquet(pd.DataFrame({"a": [1]}), tmp_path / "a.parquet", kind="readings", facts={"schema": "99"})
    with pytest.raises(ReadingsError, match="schema version 99"):
        read_facts(tmp_path / "a.parquet")


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    write_parquet(pd.DataFrame({"a": range(1000)}), tmp_path / "a.parquet", kind="readings")
    (tmp_path / "b.parquet").write_bytes((tmp_path / "a.parquet").read_bytes()[:200])
    with pytest.raises(CaseTableError, match="not a Parquet table"):
        read_table(tmp_path / "b.parquet")


def test_a_csv_opens_in_a_spreadsheet_with_chinese_intact(tmp_path: Path) -> None:
    write_csv(pd.DataFrame({"类": ["正常"]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert read_table(tmp_path / "a.csv")["类"].tolist() == ["正常"]
