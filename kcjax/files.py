"""Reading and writing files so that a reader never meets half of one."""

import codecs
import contextlib
import glob
import gzip
import hashlib
import io
import json
import os
import shutil
import tempfile
import uuid
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO

import orjson

from kcjax.errors import InputError
from kcjax.problems import Problems


def is_remote(path: str | os.PathLike) -> bool:
    """Whether the path is in a bucket, such as `gs://bucket/folder`."""
    return "://" in os.fspath(path)


def _open(path: str | os.PathLike) -> io.BufferedReader:
    """Bytes of a file, on disk or in a bucket."""
    return file_system(path).open(os.fspath(path)) if is_remote(path) else open(path, "rb")


def matching(pattern: str) -> list[str]:
    """The files, on disk or in a bucket, that a pattern such as `part-*.jsonl` names, in order; itself if none."""
    if not is_remote(pattern):
        return sorted(glob.glob(pattern)) or [pattern]
    files = file_system(pattern)
    files.invalidate_cache()
    return sorted(map(files.unstrip_protocol, files.glob(pattern))) or [pattern]


def distinct_names(paths: Sequence[str | os.PathLike]) -> list[str]:
    """The files' names without their suffixes, and with their folder's where two have one name.

    Raises:
      InputError: two files have the name and the folder's name in common, or are the same.
    """
    names = [Path(path).name.removesuffix(".gz").rpartition(".")[0] or Path(path).name for path in paths]
    if len(set(names)) < len(names):
        names = [f"{Path(path).parent.name}/{name}" for path, name in zip(paths, names, strict=True)]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"two files are called {twice}, so their rows would have the same ids; give one, or rename it")
    return names


def exists(path: str | os.PathLike) -> bool:
    """Whether there is a file."""
    return file_system(path).isfile(os.fspath(path)) if is_remote(path) else Path(path).is_file()


def is_directory(path: str | os.PathLike) -> bool:
    """Whether there is a directory, or in a bucket anything under that name."""
    return file_system(path).isdir(os.fspath(path)) if is_remote(path) else Path(path).is_dir()


def read_bytes(path: str | os.PathLike) -> bytes:
    with _open(path) as file:
        return file.read()


def local_directory(path: str | os.PathLike) -> Path:
    """The directory; where it is in a bucket a copy in the cache, made anew when what is there has changed.

    Raises:
      InputError: there is no such directory in the bucket.
    """
    if not is_remote(path):
        return Path(path)
    url = os.fspath(path).rstrip("/")
    files = file_system(url)
    files.invalidate_cache()
    found = files.find(url, detail=True) if files.isdir(url) else {}
    if not found:
        raise InputError(f"{url}: no such directory")
    state = [
        (name, about.get("size"), str(about.get("md5Hash") or about.get("mtime"))) for name, about in found.items()
    ]
    digest = hashlib.sha256(repr((url, sorted(state))).encode()).hexdigest()[:12]
    target = cache_dir() / "models" / f"{url.rpartition('/')[2]}-{digest}"
    if not target.is_dir():
        try:
            with atomic_directory(target) as partial:
                files.get(f"{url}/", f"{partial}/", recursive=True)
        except (OSError, InputError):
            if not target.is_dir():  # another process was quicker
                raise
    return target


def file_system(path: str | os.PathLike) -> Any:
    """The fsspec file system of a path, on disk or in a bucket; it takes such paths as they are.

    Raises:
      InputError: what it takes to reach it is not installed.
    """
    import fsspec  # here, for most paths are not in a bucket

    try:
        return fsspec.core.url_to_fs(os.fspath(path))[0]
    except (ImportError, ValueError) as error:
        raise InputError(f"{path}: cannot be reached ({error}); for gs:// install kcjax[gcp]") from error


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """Gives a path on disk to write a file to, which takes the name `path` once the block ends without an error.

    It lies beside `path`, or is uploaded where that is in a bucket.
    """
    if is_remote(path):
        with tempfile.TemporaryDirectory() as folder:
            local = Path(folder) / "file"
            yield local
            file_system(path).put_file(str(local), os.fspath(path))
        return
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.{uuid.uuid4().hex[:8]}.partial")
    try:
        yield partial
        with open(partial, "rb") as file:
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike, mode: str = "w") -> Iterator[IO]:
    """Opens a file that appears under `path` only once it is whole and on disk."""
    with atomic_path(path) as partial, open(partial, mode, encoding=None if "b" in mode else "utf-8") as file:
        yield file


def remove_directory(path: str | os.PathLike, *, first: str) -> None:
    """Removes a directory and all that is in it, if it is there; before the rest the file that makes it what it is."""
    if not is_remote(path):
        (Path(path) / first).unlink(missing_ok=True)
        shutil.rmtree(path, ignore_errors=True)
    elif is_directory(path):
        files = file_system(path)
        if files.exists(f"{path}/{first}"):
            files.rm(f"{path}/{first}")
        files.rm(os.fspath(path), recursive=True)


def check_new(path: str | os.PathLike) -> None:
    """Raises an `InputError` if something that is not an empty directory stands at `path` already."""
    path = Path(path)
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"{path}: exists already; remove it or choose another output")


def check_new_file(path: str | os.PathLike) -> None:
    """Raises an `InputError` if something stands at `path` already, or if the name promises a gzipped file."""
    path = Path(path)
    if path.exists():
        raise InputError(f"{path}: exists already; remove it or choose another output")
    if path.suffix == ".gz":
        raise InputError(f"{path}: written plain; leave out .gz, and gzip it afterwards")


def _is_running(process: str) -> bool:
    if not process.isdigit() or int(process) == os.getpid():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is another user's
        pass
    return True


@contextlib.contextmanager
def atomic_directory(path: str | os.PathLike) -> Iterator[Path]:
    """Gives a directory to fill that takes the name `path` only once the block ends without an error.

    Raises:
      InputError: something that is not an empty directory stands at `path` already.
    """
    check_new(path)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for other in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):  # of runs that were killed
        if not _is_running(other.suffixes[-2][1:]):
            shutil.rmtree(other, ignore_errors=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    partial.mkdir()
    try:
        yield partial
        if path.exists():
            path.rmdir()
        os.replace(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextlib.contextmanager
def new_directory(path: str | os.PathLike, *, last: Sequence[str]) -> Iterator[Path]:
    """`atomic_directory`, also for a bucket: there the files named in `last`, which make it what it is, come last.

    Raises:
      InputError: something that is not an empty directory, or in a bucket one with a file of `last`, is there already.
    """
    if not is_remote(path):
        with atomic_directory(path) as directory:
            yield directory
        return
    url = os.fspath(path).rstrip("/")
    if any(exists(f"{url}/{name}") for name in last):
        raise InputError(f"{url}: exists already; remove it or choose another output")
    with tempfile.TemporaryDirectory(prefix="kcjax-") as folder:
        directory = Path(folder) / url.rpartition("/")[2]
        directory.mkdir()
        yield directory
        for file in sorted(directory.iterdir(), key=lambda file: (file.name in last, file.name)):
            file_system(url).put_file(str(file), f"{url}/{file.name}")


@contextlib.contextmanager
def open_text(path: str | os.PathLike) -> Iterator[gzip.GzipFile | BinaryIO]:
    """Opens a plain or gzipped file for reading bytes; a missing file, or a damaged gzip file, is an `InputError`."""
    if not exists(path):
        raise InputError(f"{path}: no such file")
    try:
        with _open(path) as source, gzip.open(source) if os.fspath(path).endswith(".gz") else source as file:
            yield file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: the gzip file is damaged or cut short: {error}") from error


def byte_lines(file: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines of an open file with their numbers from 1, the first without a byte order mark."""
    for number, line in enumerate(file, start=1):
        yield number, line.removeprefix(codecs.BOM_UTF8) if number == 1 else line


def read_jsonl(path: str | os.PathLike, *, problems: Problems | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields (`"FILE:LINE"`, object) for every non-blank line of a JSONL file, gzipped or not.

    Args:
      problems: takes the lines that are no JSON objects; by default the first one raises.

    Raises:
      InputError: the file is missing, or `problems` tolerates no more; the message names file and line.
    """
    problems = problems or Problems()
    with open_text(path) as file:
        for number, line in byte_lines(file):
            if line.strip():
                where, row = f"{path}:{number}", None
                with problems.skipping():
                    row = parse_object(line, where)
                if row is not None:
                    yield where, row


def parse_object(line: bytes, where: str) -> dict[str, Any]:
    """A line of JSON as an object; the `InputError` of one that is none begins with `where`."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:
            line.decode()
        except UnicodeDecodeError as wrong:
            raise InputError(f"{where}: not UTF-8 text ({wrong}); save the file as UTF-8") from wrong
        raise InputError(f"{where}: not valid JSON: {error}") from error
    if not isinstance(row, dict):
        raise InputError(f"{where}: expected a JSON object, found {type(row).__name__}")
    return row


def write_jsonl(path: str | os.PathLike, rows: Iterable[dict[str, Any]]) -> int:
    """Writes one JSON object a line, whole or not at all; returns how many."""
    count = 0
    with atomic_write(path, "wb") as file:
        for row in rows:
            file.write(orjson.dumps(row) + b"\n")
            count += 1
    return count


def read_json(path: str | os.PathLike) -> dict[str, Any]:
    """Reads a JSON object; a missing or broken file is an `InputError` that names it."""
    with open_text(path) as file:
        try:
            value = json.load(file)
        except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, numbers too long, brackets too deep
            raise InputError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected a JSON object, found {type(value).__name__}")
    return value


def write_json(path: str | os.PathLike, value: dict[str, Any]) -> None:
    """Writes indented JSON, whole or not at all."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        data = text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which only an escape can carry
        data = json.dumps(value, indent=2).encode()
    with atomic_write(path, "wb") as file:
        file.write(data + b"\n")


def file_hash(path: str | os.PathLike) -> str:
    """SHA-256 of a file's bytes, as 64 hex digits, or of the names and hashes of all files in a folder; a missing file
    is an `InputError`."""
    if not is_remote(path) and Path(path).is_dir():
        files = sorted(file for file in Path(path).rglob("*") if file.is_file())
        lines = (f"{file.relative_to(path)} {file_hash(file)}\n" for file in files)
        return hashlib.sha256("".join(lines).encode()).hexdigest()
    if not exists(path):
        raise InputError(f"{path}: no such file")
    with _open(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sampled_hash(paths: Iterable[str | os.PathLike], *, blocks: int = 64) -> str:
    """A hash of files' names, sizes and `blocks` evenly spaced 4 KiB blocks of each.

    It tells in milliseconds whether large files are other ones than before; it does not vouch for every byte.
    """
    digest = hashlib.sha256()
    for path in sorted(os.fspath(path) for path in paths):
        size = file_system(path).size(path) if is_remote(path) else os.stat(path).st_size
        digest.update(f"{os.path.basename(path)} {size}\n".encode())
        with _open(path) as file:
            for start in sorted({max(0, size - 4096) * n // (blocks - 1) for n in range(blocks)}):
                file.seek(start)
                digest.update(file.read(4096))
    return digest.hexdigest()


def cache_dir() -> Path:
    """`$KCJAX_CACHE` or `~/.cache/kcjax`, which holds `models`, `wheels` and `xla`; it need not exist yet."""
    return Path(os.environ.get("KCJAX_CACHE") or Path.home() / ".cache" / "kcjax")
