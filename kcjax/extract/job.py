"""A corpus in, its extractions out: one row for every row, in the same order.

The rows are cut into parts of a fixed number, each extracted by itself, so that a part is the same whoever makes it and
when. Parts appear whole or not at all, and a job that was stopped goes on with those that are missing. Its folder holds

    manifest.json     what the job is: inputs, settings, hashes of model and schema; no other job is mixed with it
    part-00000.jsonl  the rows, or .parquet
    done/00000.json   what there is to say of a part; it comes last, and a part without it is made again

Where the output is to be one file, the folder lies beside it until all parts are there.
"""

import dataclasses
import functools
import glob
import itertools
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import orjson

import kcjax
from kcjax.corpus.document import Document
from kcjax.corpus.prompt import Task
from kcjax.corpus.spans import Policy
from kcjax.errors import InputError
from kcjax.extract.extraction import COUNTS, Extraction
from kcjax.extract.extractor import Extractor, Int8
from kcjax.extract.parquet import ParquetOutput, columns_of, is_parquet
from kcjax.extract.rows import Columns, Row, check_columns, count_rows, input_files, read_document, read_rows
from kcjax.files import (
    atomic_write,
    exists,
    file_hash,
    local_directory,
    matching,
    read_bytes,
    read_json,
    remove_directory,
    sampled_hash,
    write_json,
)
from kcjax.schema.library import SchemaLibrary, open_schema
from kcjax.schema.types import BASE_CLASSES, Schema

T = TypeVar("T")
log = logging.getLogger(__name__)

_TOO_MANY = 8  # documents in a row that extraction fails on
WORK = ("prefixes", "prompts", "tokens")  # read, read and written by the model
_FREE = ("kcjax", "retries")  # what may be another when failed rows are tried again


@dataclasses.dataclass(frozen=True)
class Job:
    """What is to be done.

    Attributes:
      inputs: files or patterns, JSONL or Parquet, on disk or in a bucket.
      output: NAME.jsonl or NAME.parquet for one file; a name without suffix is a folder of parts, of the inputs' form.
      id_column, text_column: what the inputs call them.
      part_rows: rows of a part: the most that a stopped job has to do again.
      share: (number, of how many): which of the parts are this process's, where several do a job together.
      retry: rows of these statuses are done again; the others stay as they are.

    The others are arguments of `Extractor.from_pretrained` and `Extractor.extract`.
    """

    inputs: tuple[str, ...]
    output: str
    model: str
    schema: str
    adapter: str | None = None
    dtype: str = "float32"
    max_new_tokens: int = 640
    batch_size: int = 32
    int8: tuple[Int8, ...] = ()
    tensor: int = 1
    tasks: tuple[Task, ...] | None = None
    triggers: Literal["predicted", "gold"] = "predicted"
    comments: bool = True
    types_per_text: int = 20
    grammar: bool = True
    stop_bias: float = 0.0
    threshold: Mapping[str, float] = dataclasses.field(default_factory=dict)
    window: int | None = None
    occurrences: Policy = "nearest"
    typed_by_import: bool = False
    id_column: str = "id"
    text_column: str = "text"
    part_rows: int = 1024
    share: tuple[int, int] = (0, 1)
    retry: tuple[str, ...] = ()

    @property
    def is_one_file(self) -> bool:
        return self.output.endswith((".jsonl", ".parquet"))

    @property
    def folder(self) -> str:
        return f"{self.output}.parts" if self.is_one_file else self.output.rstrip("/")

    @property
    def columns(self) -> Columns:
        return Columns(self.id_column, self.text_column, annotated=self.triggers == "gold")

    @property
    def loading(self) -> dict[str, Any]:
        names = ("adapter", "dtype", "max_new_tokens", "batch_size", "int8", "tensor")
        return {name: getattr(self, name) for name in names}

    @property
    def asking(self) -> dict[str, Any]:
        names = ("tasks", "triggers", "comments", "types_per_text", "grammar", "stop_bias", "threshold", "window")
        return {name: getattr(self, name) for name in (*names, "occurrences", "typed_by_import")}


class Parts:
    """The parts of a job: those that are done, and those that are left."""

    def __init__(self, job: Job):
        self.job = job
        self._check_output()
        self.paths = input_files(job.inputs)
        check_columns(self.paths, job.columns)
        self.types = open_schema(job.schema)
        takes_parquet = is_parquet(self.paths[0])
        is_parquet_output = job.output.endswith(".parquet") if job.is_one_file else takes_parquet
        self.form = "parquet" if is_parquet_output else "jsonl"
        if is_parquet_output:
            given = columns_of(self.paths) if takes_parquet else None
            self.parquet = ParquetOutput(given, id_column=job.id_column, text_column=job.text_column)
        self.beside = f"{job.output}.manifest.json"  # where the output is one file and done
        self.manifest: dict[str, Any] = {}
        self._begin()

    def _check_output(self) -> None:
        job = self.job
        if Path(job.output).suffix in (".gz", ".json", ".txt", ".csv", ".tsv"):
            raise InputError(f"{job.output}: written as .jsonl or .parquet, or as a folder of parts; name it so")
        if job.is_one_file and job.share != (0, 1):
            raise InputError(f"{job.output}: where several share a job they write a folder; leave out the suffix")

    def _begin(self) -> None:
        """Takes the manifest that is there, if it is of this job, or writes one."""
        job, place = self.job, f"{self.job.folder}/manifest.json"
        is_joined = job.is_one_file and exists(job.output) and not (job.retry and exists(place))
        self.is_finished = is_joined and not job.retry
        if is_joined and not exists(self.beside):
            raise InputError(f"{job.output}: exists already; remove it or choose another output")
        found = _files_in(job.folder)  # before the manifest is looked for, which another share may write just now
        if not exists(at := self.beside if is_joined else place):
            if exists(job.folder) or found:
                raise InputError(f"{job.folder}: exists already; remove it or choose another output")
            self.manifest = self._described({})
            write_json(place, self.manifest)
            return
        self.manifest = read_json(at)
        described = self._described(self.manifest)
        then = self.manifest | self.manifest.get("settings", {})
        for key, now in (described | described["settings"]).items():
            free = job.retry and (key in _FREE or key in described["settings"])
            if key != "settings" and then.get(key) != now and not free:
                raise InputError(
                    f"{job.output}: was begun with another {key} ({json.dumps(then.get(key)):.200}, now "
                    f"{json.dumps(now):.200}); give the same, or choose another output"
                )
        if job.retry:
            retry = {"status": [*job.retry], **described["settings"]}
            self.manifest["retries"] = [*(each for each in self.manifest.get("retries", ()) if each != retry), retry]
            if is_joined:
                self._separate()
            write_json(place, self.manifest)

    def _described(self, found: Mapping[str, Any]) -> dict[str, Any]:
        """The manifest of this job; `found`, of which inputs that are the same are not counted again."""
        job = self.job
        counted = {(each["path"], each["hash"]): each["rows"] for each in found.get("inputs", ())}
        inputs: list[dict[str, Any]] = []
        for path in self.paths:
            hash = sampled_hash([path])
            inputs.append({"path": path, "hash": hash, "rows": counted.get((path, hash)) or count_rows(path)})
        if not (rows := sum(each["rows"] for each in inputs)):
            raise InputError(f"{', '.join(self.paths)}: no rows; write one JSON object a line, with id and text")
        settings = job.loading | job.asking | {"id_column": job.id_column, "text_column": job.text_column}
        del settings["adapter"]
        retries = {"retries": found["retries"]} if "retries" in found else {}
        return {
            "format": 1,
            "kcjax": kcjax.__version__,
            "form": self.form,
            "model": _hash_of(job.model),
            "adapter": job.adapter and _hash_of(job.adapter),
            "schema": self.types.hash if isinstance(self.types, Schema) else file_hash(job.schema),
            "settings": json.loads(json.dumps(settings)),
            "inputs": inputs,
            "rows": rows,
            "part_rows": job.part_rows,
            **retries,
        }

    @property
    def count(self) -> int:
        return -(-self.manifest["rows"] // self.job.part_rows)

    def path(self, number: int) -> str:
        return f"{self.job.folder}/part-{number:05d}.{self.form}"

    def _told(self, number: int) -> str:
        return f"{self.job.folder}/done/{number:05d}.json"

    def done(self) -> set[int]:
        return {int(Path(path).stem) for path in _files_in(f"{self.job.folder}/done")}

    def withdraw(self) -> None:
        """Leaves nothing of a job that could not begin; of one that is shared others may be at work."""
        if self.job.share == (0, 1) and not self.done():
            remove_directory(self.job.folder, first="manifest.json")

    def rows_of(self, numbers: Iterable[int]) -> int:
        """How many rows some of the parts have."""
        size = self.job.part_rows
        return sum(min(size, self.manifest["rows"] - number * size) for number in numbers)

    def missing(self) -> set[int]:
        """The parts that are left for this process."""
        if self.is_finished:
            return set()
        first, step = self.job.share
        own, done = set(range(first, self.count, step)), self.done()
        again = own & done if self.job.retry else set()
        return own - done | {n for n in again if read_json(self._told(n))["status"].keys() & set(self.job.retry)}

    def before(self, number: int) -> list[dict[str, Any]]:
        """The rows of a part that is done and to be tried again; none of another."""
        if not self.job.retry or not exists(self._told(number)):
            return []
        if self.form == "parquet":
            return self.parquet.read(self.path(number))
        return [orjson.loads(line) for line in read_bytes(self.path(number)).splitlines()]

    def write(
        self, number: int, rows: Sequence[Mapping[str, Any]], work: Mapping[str, int] = MappingProxyType({})
    ) -> None:
        """`work`: what the model did for it, as far as that is known."""
        with atomic_write(self.path(number), "wb") as file:
            if self.form == "parquet":
                self.parquet.write(file, rows)
            else:
                file.writelines(orjson.dumps(row, default=str) + b"\n" for row in rows)
        counts = {kind: sum(row[kind] for row in rows) for kind in COUNTS}
        status = Counter(row["status"] for row in rows)
        write_json(
            self._told(number),
            {"documents": len(rows), "status": dict(status), **counts, **dict.fromkeys(WORK, 0), **work},
        )

    def finish(self) -> dict[str, Any]:
        """The summary; where all parts are done and one file is asked for, that is made of them."""
        job = self.job
        if self.is_finished:
            remove_directory(job.folder, first="manifest.json")  # of a job that was stopped when it was to be removed
            return self.manifest["summary"]
        done = sorted(self.done())
        told = [read_json(self._told(number)) for number in done]
        statuses: Counter[str] = sum((Counter(each["status"]) for each in told), Counter())
        sums = {key: sum(each[key] for each in told) for key in ("documents", *COUNTS, *WORK)}
        summary = {"documents": sums.pop("documents"), "status": dict(statuses), **sums, "output": job.output}
        if len(done) < self.count:
            return summary | {"missing_parts": self.count - len(done)}
        if job.is_one_file:
            write_json(self.beside, self.manifest | {"summary": summary})
            with atomic_write(job.output, "wb") as file:
                if self.form == "parquet":
                    self.parquet.join(file, map(self.path, done))
                else:
                    file.writelines(read_bytes(self.path(number)) for number in done)
            remove_directory(job.folder, first="manifest.json")
        return summary

    def _separate(self) -> None:
        """Makes parts again of the one file that was made of them."""
        if self.form == "parquet":
            groups: Iterator[list[dict[str, Any]]] = (
                self.parquet.read(self.job.output, group) for group in range(self.count)
            )
        else:
            lines = map(orjson.loads, read_bytes(self.job.output).splitlines())
            groups = _grouped(lines, self.job.part_rows)
        for number, rows in enumerate(groups):
            self.write(number, rows)


def work(job: Job, parts: Parts, missing: set[int]) -> Iterator[int]:
    """Makes the missing parts; yields for each document how many tokens were written since the one before."""
    extractor = Extractor.from_pretrained(local_directory(job.model), **job.loading)
    counts, told = extractor.generator.counts, 0
    for number, rows in enumerate(_grouped(read_rows(parts.paths), job.part_rows)):
        if number in missing:
            before, so_far = parts.before(number), counts.copy()
            out: dict[int, dict[str, Any]] = {}
            for index, row in extract_rows(extractor, parts.types, job, rows, before):
                out[index] = row
                yield counts["tokens"] - told
                told = counts["tokens"]
            own = {key: counts[key] - so_far[key] for key in counts}
            parts.write(number, [out[index] for index in range(len(rows))], own)


def extract_rows(
    extractor: Extractor,
    types: Schema | SchemaLibrary,
    job: Job,
    rows: Sequence[Row],
    before: Sequence[dict[str, Any]] = (),
) -> Iterator[tuple[int, dict[str, Any]]]:
    """(index, row of the output) for every row, in any order; equal texts are extracted from once.

    Args:
      before: the output that is there already, of which all but the rows of the statuses `job.retry` are kept.
    """
    read = [read_document(row, job.columns) for row in rows]
    about = _about_types(types)
    alike: dict[Any, list[int]] = {}
    for index, (given, document) in enumerate(read):
        if before and before[index]["status"] not in job.retry:
            yield index, before[index]
        elif isinstance(document, Extraction):
            yield index, document.to_json() | {"id": given}
        else:
            alike.setdefault((document.text, document.events), []).append(index)
    documents = [read[indices[0]][1] for indices in alike.values()]
    found = _one_by_one_if_need_be(lambda some: extractor.extract(some, types, **job.asking), documents)
    for extraction, indices in zip(found, alike.values(), strict=True):
        for index in indices:
            given, document = read[index]
            own = dataclasses.replace(extraction, id=document.id, extra=document.extra)
            yield index, about(own.to_json()) | {"id": given}


def _one_by_one_if_need_be(
    extract: Callable[[Sequence[Document]], Iterator[Extraction]], documents: Sequence[Document]
) -> Iterator[Extraction]:
    """The extractions of all documents; one that fails for a reason that nobody thought of costs itself alone.

    Raises:
      Exception: what several fail with one after the other, for then it is not the documents.
    """
    done = 0
    try:
        for extraction in extract(documents):
            yield extraction
            done += 1
        return
    except (InputError, MemoryError):  # of the job, not of a document
        raise
    except Exception as error:
        log.warning("extraction failed (%s: %.500s); the documents are tried one by one", type(error).__name__, error)
    failed = 0  # one after the other
    for document in documents[done:]:
        try:
            yield from extract([document])
            failed = 0
        except (InputError, MemoryError):
            raise
        except Exception as error:
            failed += 1
            if failed == _TOO_MANY:
                raise
            reason = f"{type(error).__name__}: {error!s:.500}"
            yield Extraction(document.id, document.text, extra=document.extra, status="error", message=reason)


def _about_types(types: Schema | SchemaLibrary) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Gives each object of a row the `identifier` and the `ancestors` of its type, as far as they are known."""

    @functools.cache
    def about(name: str) -> dict[str, Any]:
        known = (types.by_name if isinstance(types, Schema) else types).get(name)
        if known is None:
            return {}
        ancestors = [ancestor for ancestor in types.ancestors(name) if ancestor not in (name, *BASE_CLASSES)]
        return {key: value for key, value in (("identifier", known.identifier), ("ancestors", ancestors)) if value}

    def with_types(row: dict[str, Any]) -> dict[str, Any]:
        kinds = ("entities", "relations", "events")
        return row | {kind: [each | about(each["type"]) for each in row[kind]] for kind in kinds}

    return with_types


def _files_in(folder: str) -> list[str]:
    """But hidden ones, which are those of writers that were killed."""
    pattern = f"{glob.escape(folder)}/*"
    return [path for path in matching(pattern) if path != pattern]


def _grouped(items: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    return iter(lambda: list(itertools.islice(iterator, size)), [])


def _hash_of(directory: str) -> str:
    folder = local_directory(directory)
    if not folder.is_dir():
        raise InputError(f"{directory}: no such directory")
    return sampled_hash(path for path in folder.rglob("*") if path.is_file())
