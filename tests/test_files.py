import gzip
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kcjax.errors import InputError
from kcjax.files import (
    atomic_directory,
    atomic_write,
    check_new,
    check_new_file,
    file_hash,
    open_text,
    read_json,
    read_jsonl,
    sampled_hash,
    write_json,
    write_jsonl,
)

ROOT = Path(__file__).resolve().parents[1]


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "file"
    with pytest.raises(RuntimeError), atomic_write(path) as file:
        file.write("half")
        raise RuntimeError
    assert list(path.parent.iterdir()) == []
    with atomic_write(path) as file:
        file.write("één")
        assert not path.exists()
    assert path.read_text(encoding="utf-8") == "één"
    with pytest.raises(RuntimeError), atomic_write(path, "wb") as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_text(encoding="utf-8") == "één" and list(path.parent.iterdir()) == [path]


def test_a_directory_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "deep" / "out"
    with pytest.raises(RuntimeError), atomic_directory(path) as partial:
        (partial / "file").write_text("half")
        raise RuntimeError
    assert list(path.parent.iterdir()) == []
    path.mkdir()  # empty, so it may be filled
    with atomic_directory(path) as partial:
        (partial / "file").write_text("whole")
    assert (path / "file").read_text() == "whole" and list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("writer", ["atomic_write", "atomic_directory"])
def test_killed_half_way_nothing_stands_under_the_name(tmp_path, writer):
    half = "out.write('x' * 99); out.flush()" if writer == "atomic_write" else "(out / 'file').write_text('x')"
    code = f"import os\nfrom kcjax.files import {writer}\nwith {writer}({str(tmp_path / 'name')!r}) as out:\n"
    code += f"    {half}\n    os.kill(os.getpid(), {int(signal.SIGKILL)})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    left = [path.name for path in tmp_path.iterdir()]
    assert len(left) == 1 and left[0].startswith(".name.") and left[0].endswith(".partial")
    with getattr(sys.modules["kcjax.files"], writer)(tmp_path / "name"):
        pass
    assert (tmp_path / "name").exists()
    if writer == "atomic_directory":  # what the killed process left is cleared away
        assert [path.name for path in tmp_path.iterdir()] == ["name"]


def test_what_exists_is_never_overwritten(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    for path in (tmp_path / "full", tmp_path / "full" / "file"):
        with pytest.raises(InputError, match="exists already; remove it or choose another output"):
            check_new(path)
        with pytest.raises(InputError, match="exists already"), atomic_directory(path):
            pytest.fail("it was opened")
    check_new(tmp_path / "new")


ROWS = [{"text": "één", "n": n} for n in range(5)]


def test_rows_come_back_plain_and_gzipped(tmp_path):
    path = tmp_path / "rows.jsonl"
    assert write_jsonl(path, iter(ROWS)) == 5
    packed = tmp_path / "rows.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes().replace(b"\n", b"\n\n")))
    assert list(read_jsonl(path)) == [(f"{path}:{n + 1}", row) for n, row in enumerate(ROWS)]
    assert list(read_jsonl(packed)) == [(f"{packed}:{2 * n + 1}", row) for n, row in enumerate(ROWS)]


def test_rows_that_cannot_be_made_leave_no_file(tmp_path):
    def rows():
        yield {"n": 1}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_jsonl(tmp_path / "rows", rows())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [(b"{", "not valid JSON"), (b"[1]", "expected a JSON object, found list"), (b'{"a": "\xff"}', "not UTF-8 text")],
)
def test_a_bad_line_is_named_with_its_number(tmp_path, line, message):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a": 1}\n\n' + line + b"\n")
    with pytest.raises(InputError, match=rf"rows\.jsonl:3: {message}"):
        list(read_jsonl(path))


def test_a_damaged_gzip_file_is_named_wherever_the_damage_is(tmp_path):
    path = tmp_path / "rows.jsonl.gz"
    whole = gzip.compress(b"\n".join(b'{"n": "%s"}' % os.urandom(16).hex().encode() for _ in range(200)))
    for start in range(0, len(whole), 37):
        damaged = bytearray(whole)
        damaged[start : start + 8] = b"\xff" * 8
        for data in (bytes(damaged), whole[: start + 1]):
            path.write_bytes(data)
            try:
                assert len(list(read_jsonl(path))) == 200  # a damaged date or name in the header does no harm
            except InputError as error:
                assert "rows.jsonl.gz" in str(error)


def test_json_that_is_not_there_or_no_object_is_named(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"é": 1})
    assert read_json(path) == {"é": 1} and "é" in path.read_text(encoding="utf-8")
    for content, message in {b"[]": "found list", b"{": "not valid JSON", b"\xff\xfe": "not valid JSON"}.items():
        path.write_bytes(content)
        with pytest.raises(InputError, match=rf"a\.json: .*{message}"):
            read_json(path)
    for reader in (read_json, lambda path: open_text(path).__enter__(), file_hash, lambda path: list(read_jsonl(path))):
        with pytest.raises(InputError, match="nowhere: no such file"):
            reader(tmp_path / "nowhere")


def test_the_hash_is_sha256(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert file_hash(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_hash_of_a_folder_is_that_of_all_its_files_with_their_names(tmp_path):
    folder = tmp_path / "folder"
    hashes = []
    for name, text in (("a", "1"), ("a", "2"), ("deep/b", "1"), ("deep/b", "1")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
        hashes.append(file_hash(folder))
    assert len(set(hashes)) == 3 and hashes[2] == hashes[3]


def test_a_sampled_hash_changes_with_name_size_and_either_end(tmp_path):
    file = tmp_path / "a"
    found = set()
    for content in (b"", b"x", b"x" * 10**6, b"y" + b"x" * (10**6 - 1), b"x" * (10**6 - 1) + b"y"):
        file.write_bytes(content)
        found.add(sampled_hash([file]))
        assert sampled_hash([str(file)]) in found
    found.add(sampled_hash([file.rename(tmp_path / "b")]))
    assert len(found) == 6


def test_a_file_to_be_written_is_new_and_not_called_gzipped(tmp_path):
    check_new_file(tmp_path / "new")
    for path, message in {tmp_path: "exists already", tmp_path / "out.jsonl.gz": "leave out .gz"}.items():
        with pytest.raises(InputError, match=message):
            check_new_file(path)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a": ' + "9" * 5000 + "}", '{"a": "\xff"}', "{"])
def test_json_that_cannot_be_read_is_named(tmp_path, text):
    (tmp_path / "x.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=r"x\.json: not valid JSON"):
        read_json(tmp_path / "x.json")


def test_json_carries_every_string(tmp_path):
    for text in ("Åsa \U0001f6a2", "half \ud800", ""):
        write_json(tmp_path / "x.json", {"a": text})
        assert read_json(tmp_path / "x.json") == {"a": text}
    assert "Åsa" in (write_json(tmp_path / "y.json", {"a": "Åsa"}), (tmp_path / "y.json").read_text("utf-8"))[1]


def test_lines_in_another_encoding_are_named_and_a_byte_order_mark_is_none(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}\n{"a": "\xe9"}\n')
    rows = read_jsonl(path)
    assert next(rows) == (f"{path}:1", {"a": 1})
    with pytest.raises(InputError, match=r"rows\.jsonl:2: not UTF-8 text .*; save the file as UTF-8"):
        next(rows)
