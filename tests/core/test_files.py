import errno
import json
import shutil
from pathlib import Path

import pytest

from readingroom.core.errors import OutputError
from readingroom.core.files import (
    atomic_write,
    check_writable,
    hash_file,
    hash_value,
    read_json,
    remove_leftovers,
    write_json,
    write_text,
)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "表.json"
    write_text(path, "old")
    with pytest.raises(RuntimeError, match="half-way"), atomic_write(path) as temporary:
        temporary.write_text("new")
        raise RuntimeError("half-way")
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["表.json"]


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "no space"), (errno.EROFS, "read-only"), (errno.EACCES, "not permitted")]
)
def test_a_disk_that_refuses_says_what_to_do(tmp_path: Path, number: int, said: str) -> None:
    with pytest.raises(OutputError, match=said) as caught, atomic_write(tmp_path / "a"):
        raise OSError(number, "refused")
    assert caught.value.file == str(tmp_path / "a")
    assert caught.value.fix


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    kept = {".part", ".hidden.part.txt", "a.1.part.npy", "v1.2.npy", ".lock"}
    for name in (*kept, *(f"below/{name}" for name in kept)):
        write_text(tmp_path / name, "")
    for name in ("v1.3.npy", "below/none", "below/读 者.parquet"):
        with atomic_write(tmp_path / name) as temporary:
            temporary.write_text("")
            shutil.copy(temporary, tmp_path / "copy")
        shutil.move(tmp_path / "copy", temporary)
        (tmp_path / name).unlink()
    remove_leftovers(tmp_path)
    left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(left) == sorted([*kept, *kept])


def test_a_file_in_the_place_of_a_folder_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(OutputError, match="file stands where a folder is needed"):
        write_text(tmp_path / "taken" / "a.txt", "")


def test_whether_a_file_can_be_written_is_known_before(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "a.csv")
    assert list((tmp_path / "new").iterdir()) == []
    with pytest.raises(OutputError, match="folder stands where a file is needed"):
        check_writable(tmp_path / "new")
    (tmp_path / "taken").touch()
    with pytest.raises(OutputError, match="file stands where a folder is needed"):
        check_writable(tmp_path / "taken" / "a.csv")


def test_an_unknown_failure_of_the_system_is_not_disguised(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="strange"), atomic_write(tmp_path / "a"):
        raise OSError(errno.EIO, "strange")


def test_json_comes_back_and_refuses_what_json_cannot_hold(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"类": [1, None, "x"]})
    assert read_json(tmp_path / "a.json") == {"类": [1, None, "x"]}
    assert "类" in (tmp_path / "a.json").read_text(encoding="utf-8")
    with pytest.raises(ValueError, match="Out of range"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))["类"] == [1, None, "x"]


def test_hashes_tell_content_apart_and_ignore_the_order_of_keys(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "abc")
    assert hash_file(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hash_value({"a": 1, "b": 2}) == hash_value({"b": 2, "a": 1}) != hash_value({"a": 2, "b": 1})
