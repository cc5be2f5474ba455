"""Lines of dump files: the same however they are packed and shared out, and no damage goes unsaid."""

import bz2
import gzip
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("apache_beam")
pytest.importorskip("rapidgzip")

from kcjax.errors import InputError
from pipelines import dump
from pipelines.dump import MAX_LINE, Part, Unreadable, find_files, read_part

PACK = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress}
DAMAGED = "the file is damaged or cut short from here on: "


@pytest.fixture
def written(tmp_path):
    def written(content, suffix=""):
        path = tmp_path / f"dump.json{suffix}"
        path.write_bytes(content)
        return str(path)

    return written


def lines(path, *, index=0, of=1, **options):
    return list(read_part(Part(path, index, of), **options))


def numbered(*texts):
    return list(enumerate(texts, start=1))


def noise(n):
    """Lines that do not compress to nothing, each of some 60 bytes."""
    return [b'{"id":"Q%d","noise":"%x"}' % (i, pow(3, i + 200, (1 << 127) - 1)) for i in range(1, n + 1)]


@pytest.mark.parametrize("suffix", PACK)
def test_packing_does_not_change_the_lines(written, suffix):
    for content, expected in {
        b"[\n{1},\n{2}\n]\n": [b"[", b"{1},", b"{2}", b"]"],
        b"[\n{1}": [b"[", b"{1}"],  # the last line need not end
        b"\n\n{1}\n\n": [b"", b"", b"{1}", b""],
        b"{1},\r\n{2}\r\n": [b"{1},\r", b"{2}\r"],  # as left to strip_frame
        b"a\rb\x0bc\x00\xff\n\xe2\x80\xa8": [b"a\rb\x0bc\x00\xff", b"\xe2\x80\xa8"],  # only \n ends a line
        b"": [],
    }.items():
        assert lines(written(PACK[suffix](content), suffix)) == numbered(*expected)


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("block", [1, 7, 1000, 1 << 20])
def test_blocks_do_not_change_the_lines(written, monkeypatch, suffix, block):
    monkeypatch.setattr(dump, "_BLOCK", block)
    expected = noise(50)
    assert lines(written(PACK[suffix](b"\n".join(expected)), suffix)) == numbered(*expected)


@pytest.mark.parametrize("suffix", [".gz", ".bz2"])
def test_a_file_of_several_streams_is_one(written, suffix):
    """As parallel packers write them, which end streams in the middle of lines."""
    expected = noise(3000)
    content = b"\n".join(expected)
    pieces = [content[start : start + 10_001] for start in range(0, len(content), 10_001)]
    assert len(pieces) > 10
    assert lines(written(b"".join(map(PACK[suffix], pieces)), suffix)) == numbered(*expected)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=4).map(lambda b: b.replace(b"\n", b"")), max_size=40), st.integers(1, 6))
def test_parts_share_the_lines_out(tmp_path_factory, texts, of):
    path = tmp_path_factory.mktemp("parts") / "dump.json"
    path.write_bytes(b"".join(text + b"\n" for text in texts))
    for stripe in (1, 3, 4096):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dump, "_STRIPE", stripe)
            parts = [lines(str(path), index=index, of=of) for index in range(of)]
        assert sorted(itertools.chain(*parts)) == numbered(*texts)  # each line once
        assert all(part == sorted(part) for part in parts)
        if stripe == 1:
            assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_parts_share_damage_out_too(written, monkeypatch):
    monkeypatch.setattr(dump, "_STRIPE", 2)
    monkeypatch.setattr(dump, "_BLOCK", 100)
    whole = gzip.compress(b"\n".join([b"x" * 50, *noise(400)]))
    path = written(whole[: len(whole) // 2], ".gz")
    expected = lines(path, max_line=45)
    parts = [lines(path, index=index, of=3, max_line=45) for index in range(3)]
    assert sorted(itertools.chain(*parts), key=lambda line: line[0]) == expected
    assert sum(isinstance(line, Unreadable) for _, line in expected) > 1


# Lines that are too long.


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("block", [1, 3, 8, 64, 1 << 20])
def test_a_line_too_long_is_told_in_its_place(written, monkeypatch, suffix, block):
    monkeypatch.setattr(dump, "_BLOCK", block)
    too_long = Unreadable("longer than 10 bytes")
    content = [b"a" * 10, b"b" * 11, b"", b"c", b"d" * 500, b"e" * 200, b"f" * 10]
    expected = numbered(b"a" * 10, too_long, b"", b"c", too_long, too_long, b"f" * 10)
    for end in (b"", b"\n"):
        assert lines(written(PACK[suffix](b"\n".join(content) + end), suffix), max_line=10) == expected


@pytest.mark.parametrize("block", [1, 8, 64, 1 << 20])
@pytest.mark.parametrize("length", [11, 64, 500])
def test_a_last_line_too_long_is_told_too(written, monkeypatch, block, length):
    monkeypatch.setattr(dump, "_BLOCK", block)
    content = b"a\n" + b"b" * length
    expected = numbered(b"a", Unreadable("longer than 10 bytes"))
    assert lines(written(content), max_line=10) == lines(written(content + b"\n"), max_line=10) == expected


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 30), max_size=12), st.integers(1, 40), st.booleans())
def test_lines_are_told_from_too_long_ones_wherever_blocks_end(tmp_path_factory, lengths, block, end):
    path = tmp_path_factory.mktemp("long") / "dump.json"
    path.write_bytes(b"\n".join(b"x" * n for n in lengths) + (b"\n" if end and lengths else b""))
    expected = [b"x" * n if n <= 12 else Unreadable("longer than 12 bytes") for n in lengths]
    if not end and expected and expected[-1] == b"":
        expected.pop()  # nothing stands behind the last \n
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dump, "_BLOCK", block)
        assert lines(str(path), max_line=12) == numbered(*expected)


@pytest.mark.parametrize("suffix", PACK)
def test_a_line_longer_than_any_entity_is_left_out_unasked(written, suffix):
    content = b"{1}\n" + bytes(MAX_LINE + 1) + b"\n" + b"y" * MAX_LINE + b"\n{4}\n"
    expected = numbered(b"{1}", Unreadable(f"longer than {MAX_LINE} bytes"), b"y" * MAX_LINE, b"{4}")
    assert lines(written(gzip.compress(content, 1) if suffix == ".gz" else PACK[suffix](content), suffix)) == expected


# Damage.


@pytest.mark.parametrize("suffix", [".gz", ".bz2"])
@pytest.mark.parametrize("block", [500, 4 << 20])
def test_a_file_cut_short_ends_with_the_line_it_is_cut_at(written, monkeypatch, suffix, block):
    monkeypatch.setattr(dump, "_BLOCK", block)
    expected = numbered(*noise(2000))
    content = b"\n".join(noise(2000))
    # Many streams, so that there are some to be read before the damage.
    whole = b"".join(PACK[suffix](content[start : start + 3000]) for start in range(0, len(content), 3000))
    for cut in (20, len(whole) // 2, len(whole) - 9, len(whole) - 1):
        *good, (number, last) = lines(written(whole[:cut], suffix))
        assert isinstance(last, Unreadable) and last.reason.startswith(DAMAGED)
        assert number == len(good) + 1 and good == expected[: len(good)]
        if suffix == ".gz" and block == 500 and cut > 20:
            assert good  # only what was read of a block that is not whole is not told; rapidgzip reads further ahead


def test_a_damaged_gzip_file_ends_with_one_problem(written):
    """Its checksum comes at the end, so lines before it may be wrong; but the damage is told."""
    whole = gzip.compress(b"\n".join(noise(2000)))
    for at in (2, 12, len(whole) // 2, len(whole) - 6, len(whole) - 2):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        *good, (number, last) = lines(written(bytes(damaged), ".gz"))
        assert isinstance(last, Unreadable) and last.reason.startswith(DAMAGED) and number == len(good) + 1
        assert all(isinstance(line, bytes) for _, line in good)


def test_a_damaged_bzip2_file_ends_with_one_problem(written):
    whole = bz2.compress(b"\n".join(noise(2000)))
    for at in (2, 5, 12, len(whole) // 2, len(whole) - 6):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        ((number, line),) = lines(written(bytes(damaged), ".bz2"))
        assert number == 1 and line.reason.startswith(DAMAGED)


@pytest.mark.parametrize("suffix", [".gz", ".bz2"])
@pytest.mark.parametrize("content", [b"[\n{1},\n" * 50, b"B", b"BZh9", bytes(100), b"\x1f\x8b", b"<html>not found"])
def test_a_file_that_is_not_packed_as_its_name_says_is_told(written, suffix, content):
    ((number, line),) = lines(written(content, suffix))
    assert number == 1 and line.reason.startswith(DAMAGED)


@pytest.mark.parametrize("at", range(4))
def test_a_bzip2_stream_that_is_none_is_not_the_end_of_the_file(written, at):
    first, second = bz2.compress(b"{1}\n{2"), bytearray(bz2.compress(b"}\n{3}\n"))
    assert lines(written(first + second, ".bz2")) == numbered(b"{1}", b"{2}", b"{3}")
    second[at] ^= 0x55
    (one, two) = lines(written(first + second, ".bz2"))
    assert one == (1, b"{1}") and two[0] == 2 and two[1].reason.startswith(DAMAGED)
    for more in (bytes(50), b"BZh9", b"\n" * 5):
        assert lines(written(first + more, ".bz2"))[-1][1].reason.startswith(DAMAGED)


def test_empty_streams_at_the_end_are_no_damage(written):
    empty = bz2.compress(b"", 9) + bz2.compress(b"", 1)
    assert lines(written(bz2.compress(b"{1}\n{2}\n") + empty, ".bz2")) == numbered(b"{1}", b"{2}")
    assert lines(written(empty, ".bz2")) == []


# Files.


def test_patterns_name_files_in_order_each_once(tmp_path):
    for name in ("b-2.json", "b-1.json", "a.json", "c.txt"):
        (tmp_path / name).write_bytes(b"")
    found = find_files([f"{tmp_path}/b-*.json", f"{tmp_path}/a.json", f"{tmp_path}/*.json"])
    assert found == [f"{tmp_path}/{name}" for name in ("b-1.json", "b-2.json", "a.json")]


@pytest.mark.parametrize("name", ["absent.json.gz", "absent-*.json", "absent/absent.json"])
def test_a_missing_file_is_bad_input(tmp_path, name):
    (tmp_path / "there.json").write_bytes(b"")
    with pytest.raises(InputError, match=r"absent.*: no such file"):
        find_files([f"{tmp_path}/there.json", f"{tmp_path}/{name}"])


def test_an_unknown_file_system_is_bad_input():
    with pytest.raises(InputError, match=r"^nowhere://bucket/dump.json: .*install apache-beam\[gcp\]"):
        find_files(["nowhere://bucket/dump.json"])
