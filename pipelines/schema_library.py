"""Wikidata's dump to the facts of a library, on one machine or many: `kcjax library build --dump` as a Beam pipeline.

    python -m pipelines.schema_library --dump=latest-all.json.gz --output=wikidata.kcjax \\
        [--parts=16] [Beam's own options, such as --runner=DataflowRunner --temp_location=gs://...]

The dump is read twice. The first reading finds the classes and the properties, counts instances and draws a sample of
claims; the second finds what was named and not told: roots of the taxonomy, and what the sampled claims point to. What
is kept grows with the classes, not with the items. Neither the number of workers nor the order of lines changes it.
"""

import argparse
import contextlib
import functools
import logging
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import orjson
from apache_beam.coders import BytesCoder
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from kcjax import cli
from kcjax.errors import InputError
from kcjax.schema.concept import Claim, Concept, Instances, Property
from kcjax.schema.library_build import LibraryBuilder
from kcjax.schema.wikidata import (
    Item,
    NotAnEntity,
    has_statements,
    id_of,
    number_of,
    parse_entity,
    spread,
    strip_frame,
)
from pipelines.dump import Part, Unreadable, find_files, read_part
from pipelines.runner import run_pipeline

KNOWN, SAMPLED = 20, 1000  # instances of a class, claims of a property
_CHUNK = 1 << 18  # bytes of rows that travel as one element
_HELD = 100_000  # instances and claims held back to be counted together
_SHARES = 64  # of what is counted, for as many workers at most
_NAMED_PROBLEMS = 20
_SHOW_EVERY_S = 20


Found = dict[str, tuple[int, list[Any]]]  # how often something came under a key, and the lowest of what came


class Collected:
    """What came under each key, so far; of each the lowest `n`."""

    def __init__(self, n: int):
        self.n, self.held = n, 0
        self.found: Found = {}

    def add(self, key: str, item: tuple[Any, ...]) -> None:
        count, items = self.found.get(key, (0, []))
        items.append(item)
        if len(items) > 4 * self.n:
            items = lowest(items, self.n)
        self.found[key] = count + 1, items
        self.held += 1

    def take(self) -> Iterator[tuple[int, Found]]:
        """Yields all keys in a few shares, the same keys under the same number everywhere, and begins anew."""
        shares: dict[int, Found] = {}
        for key, (count, items) in self.found.items():
            shares.setdefault(zlib.crc32(key.encode()) % _SHARES, {})[key] = count, lowest(items, self.n)
        self.found, self.held = {}, 0
        yield from shares.items()


def lowest(items: Iterable[Any], n: int) -> list[Any]:
    return sorted(items)[:n]


class Merge(beam.CombineFn):
    """Counts added, and the lowest `n` of all, under every key."""

    def __init__(self, n: int):
        self.n = n

    def create_accumulator(self) -> Found:
        return {}

    def add_input(self, accumulator: Found, found: Found) -> Found:
        for key, (count, items) in found.items():
            before, known = accumulator.get(key, (0, []))
            accumulator[key] = before + count, lowest([*known, *items], self.n) if known else items
        return accumulator

    def merge_accumulators(self, accumulators: Iterable[Found]) -> Found:
        return functools.reduce(self.add_input, accumulators, self.create_accumulator())

    def extract_output(self, accumulator: Found) -> Found:
        return accumulator


class Scan(beam.DoFn):
    """A part of a dump to rows of JSON, many to an element, under the tags of `ROWS`, `INSTANCES` and `CLAIMS`."""

    def __init__(self, ignored_references: Sequence[str], max_problems: int):
        self.ignored, self.max_problems = tuple(ignored_references), max_problems

    def entities(self, part: Part, counts: Counter[str], problems: list[Any]) -> Iterator[Any]:
        """Yields what there is to read; fills `counts` and `problems`, pairs of a line's number and what is wrong."""
        start = shown = time.monotonic()
        for number, line in read_part(part):
            if not number % 4096 and time.monotonic() - shown > _SHOW_EVERY_S:
                shown = time.monotonic()
                logging.info("%s: line %s, %.0f a second", part.path, f"{number:,}", number / (shown - start))
            try:
                if isinstance(line, Unreadable):
                    raise NotAnEntity(line.reason)
                if row := strip_frame(line):
                    counts["entities"] += 1
                    if self.wants(row) and (entity := parse_entity(row, ignored_references=self.ignored)) is not None:
                        yield entity
            except NotAnEntity as error:
                problems.append((part.path, number, str(error)))
                if len(problems) > self.max_problems:
                    raise InputError(told(problems, self.max_problems)) from error

    def wants(self, row: bytes) -> bool:
        return has_statements(row)

    def process(self, part: Part) -> Iterator[Any]:
        counts: Counter[str] = Counter()
        problems: list[Any] = []
        rows = Rows()
        known, sampled = Collected(KNOWN), Collected(SAMPLED)
        for entity in self.entities(part, counts, problems):
            if isinstance(entity, Property):
                counts["properties whose values are items"] += 1
                yield from rows.add("properties", entity)
                continue
            concept, number = entity.concept, number_of(entity.concept.id)
            if concept.parents:
                yield from rows.add("concepts", concept)
            for of in concept.instance_of:
                # The best known first: with pages on many wikis, then those that got their number early.
                known.add(of, (-entity.sitelinks, number, concept.label, concept.description))
            if entity.links:
                drawn = spread(number)
                for property, value in entity.links:
                    sampled.add(property, (drawn, value, concept.label, concept.instance_of))
            if known.held + sampled.held > _HELD:
                yield from _tagged("instances", known.take())
                yield from _tagged("claims", sampled.take())
        yield from _tagged("instances", known.take())
        yield from _tagged("claims", sampled.take())
        yield from rows.rest()
        yield from _tagged("problems", problems)
        yield from _tagged("counts", counts.items())


class Look(Scan):
    """A part of a dump to the rows of the items whose numbers are wanted."""

    def __init__(self, wanted: frozenset[int], ignored_references: Sequence[str]):
        super().__init__(ignored_references, sys.maxsize)  # its problems were told by the first reading
        self.wanted = wanted

    def wants(self, row: bytes) -> bool:
        id = id_of(row)
        return id is None or (id[0] == "Q" and number_of(id) in self.wanted)

    def process(self, part: Part) -> Iterator[Any]:
        rows = Rows()
        for entity in self.entities(part, Counter(), []):
            if isinstance(entity, Item) and number_of(entity.concept.id) in self.wanted:
                yield from rows.add("told", entity.concept)
        yield from rows.rest()


class Rows:
    """Rows under tags, put together to elements of some size."""

    def __init__(self) -> None:
        self.held: dict[str, list[bytes]] = {}
        self.size: Counter[str] = Counter()

    def add(self, tag: str, row: Any) -> Iterator[beam.pvalue.TaggedOutput]:
        data = orjson.dumps(row)
        self.held.setdefault(tag, []).append(data)
        self.size[tag] += len(data)
        if self.size[tag] > _CHUNK:
            yield self._element(tag)

    def rest(self) -> Iterator[beam.pvalue.TaggedOutput]:
        for tag in list(self.held):
            yield self._element(tag)

    def _element(self, tag: str) -> beam.pvalue.TaggedOutput:
        del self.size[tag]
        return beam.pvalue.TaggedOutput(tag, b"\n".join(self.held.pop(tag)))


def _tagged(tag: str, elements: Iterable[Any]) -> Iterator[beam.pvalue.TaggedOutput]:
    return (beam.pvalue.TaggedOutput(tag, element) for element in elements)


def told(problems: Sequence[tuple[str, int, str]], tolerated: int) -> str:
    named = "; ".join(f"{path}:{number}: {reason}" for path, number, reason in problems[:_NAMED_PROBLEMS])
    more = "" if len(problems) <= _NAMED_PROBLEMS else f"; and {len(problems) - _NAMED_PROBLEMS} more"
    lines = "1 line" if len(problems) == 1 else f"{len(problems)} lines"
    return f"{lines} cannot be read, --max-problems tolerates {tolerated}: {named}{more}"


def _rows(tag: str, element: Any) -> bytes:
    """Lines of a file: the tag and JSON."""
    if not isinstance(element, bytes):
        found = element[1] if isinstance(element[1], dict) else None
        element = b"\n".join(map(orjson.dumps, found.items())) if found is not None else orjson.dumps(element)
    return b"\n".join(b"%b\t%b" % (tag.encode(), row) for row in element.split(b"\n"))


def scan(pipeline: beam.Pipeline, parts: Sequence[Part], args: argparse.Namespace, prefix: str) -> None:
    """Puts the first reading on `pipeline`."""
    names = ("concepts", "properties", "instances", "claims", "problems", "counts")
    found = _read(pipeline, parts, Scan(args.ignore_references, args.max_problems), names)
    for name, adding in (("instances", Merge(KNOWN)), ("claims", Merge(SAMPLED)), ("counts", sum)):
        found[name] = found[name] | f"merge {name}" >> beam.CombinePerKey(adding)
    _write(found, prefix)


def look(
    pipeline: beam.Pipeline, parts: Sequence[Part], args: argparse.Namespace, prefix: str, wanted: frozenset[int]
) -> None:
    """Puts the second reading on `pipeline`."""
    _write(_read(pipeline, parts, Look(wanted, args.ignore_references), ("told",)), prefix)


def _read(
    pipeline: beam.Pipeline, parts: Sequence[Part], reading: Scan, names: Sequence[str]
) -> dict[str, beam.PCollection]:
    spread = pipeline | "parts" >> beam.Create(parts) | "spread" >> beam.Reshuffle()
    found = spread | "read" >> beam.ParDo(reading).with_outputs(*names)
    return {name: found[name] for name in names}


def _write(found: dict[str, beam.PCollection], prefix: str) -> None:
    lines = [rows | f"rows of {name}" >> beam.Map(functools.partial(_rows, name)) for name, rows in found.items()]
    _ = lines | beam.Flatten() | beam.io.WriteToText(f"{prefix}/rows", ".tsv", coder=BytesCoder())


class Facts:
    """The rows that the two readings leave in a folder.

    Each reading is marked as done when it is, so that after an interruption, or to build once more with other options,
    it is not repeated: a mark names what was read, and how.
    """

    def __init__(self, folder: str, args: argparse.Namespace):
        self.folder, self.args = folder, args
        self.paths = find_files(args.dump)
        self.parts = [Part(path, index, args.parts) for path in self.paths for index in range(args.parts)]

    def read_dump(self, also: Iterable[str] = ()) -> None:
        """Reads the dump, twice.

        Args:
          also: ids to look for beside those that the dump itself names.

        Raises:
          InputError: more lines than tolerated cannot be read.
        """
        files = [FileSystems.match([path])[0].metadata_list[0] for path in self.paths]
        source = [[m.path, m.size_in_bytes, m.last_updated_in_seconds] for m in files]
        mark = {"dump": source, "ignored": sorted(self.args.ignore_references), "form": 1}
        if not self.done("first", mark):
            logging.info("reading %s", ", ".join(self.paths))
            self.run(lambda pipeline: scan(pipeline, self.parts, self.args, f"{self.folder}/first"))
            self.mark("first", mark)
        problems = sorted(tuple(row) for row in self.rows("first/problems"))
        if len(problems) > self.args.max_problems:
            raise InputError(told(problems, self.args.max_problems))
        if problems:
            logging.warning("%s", told(problems, self.args.max_problems))
        wanted = self.wanted(also)
        mark = mark | {"wanted": zlib.crc32(orjson.dumps(sorted(wanted)))}
        if not self.done("second", mark):
            logging.info("reading again for %s items", f"{len(wanted):,}")
            self.run(lambda pipeline: look(pipeline, self.parts, self.args, f"{self.folder}/second", wanted))
            self.mark("second", mark)

    def wanted(self, also: Iterable[str]) -> frozenset[int]:
        """The numbers of the items that are named but not yet told."""
        named, have = set(also), set[str]()
        for row in self.rows("first/concepts"):
            have.add(row["id"])
            named.update(row["parents"])
        for of, _ in self.rows("first/instances"):
            named.add(of)
        for row in self.rows("first/properties"):
            named.update(row["subject_types"], row["value_types"])
        for _, (_, claims) in self.rows("first/claims"):
            named.update(value for _, value, _, _ in claims)
        return frozenset(number_of(id) for id in named if ":" not in id and id not in have)

    def facts(self, also: Iterable[str] = ()) -> Iterator[Concept | Instances | Property | Claim]:
        """What was read of classes, of items named in `also`, and of properties; instances before their classes."""
        classes, values = set(also), set[str]()
        for row in self.rows("first/concepts"):
            classes.update(row["parents"])
        for of, (count, known) in self.rows("first/instances"):
            classes.add(of)
            yield Instances(of, count, tuple((label, description) for _, _, label, description in known if label))
        for row in self.rows("first/properties"):
            classes.update(row["subject_types"], row["value_types"])
        for _, (_, claims) in self.rows("first/claims"):
            values.update(value for _, value, _, _ in claims)
        told: dict[str, tuple[str, list[str]]] = {}
        for name in ("first/concepts", "second/told"):
            for row in self.rows(name):
                if name == "first/concepts" or row["id"] in classes:
                    yield Concept(**row)
                if row["id"] in values:
                    told[row["id"]] = row["label"], row["instance_of"]
        for row in self.rows("first/properties"):
            yield Property(**row)
        for property, (_, claims) in self.rows("first/claims"):
            for _, value, subject, types in claims:
                if value in told:
                    label, value_types = told[value]
                    yield Claim(property, subject, tuple(types), label, tuple(value_types))

    def counts(self) -> dict[str, int]:
        """What the dump held."""
        return dict(sorted(map(tuple, self.rows("first/counts"))))

    def problems(self) -> list[str]:
        return [
            f"{path}:{number}: {reason}" for path, number, reason in sorted(map(tuple, self.rows("first/problems")))
        ]

    def rows(self, name: str) -> Iterator[Any]:
        """The rows of `first/concepts` and the like."""
        reading, _, tag = name.partition("/")
        start = f"{tag}\t".encode()
        for metadata in FileSystems.match([f"{self.folder}/{reading}/rows*.tsv"])[0].metadata_list:
            with FileSystems.open(metadata.path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
                for line in file:
                    if line.startswith(start):
                        yield orjson.loads(line[len(start) :])

    def run(self, build: Callable[[beam.Pipeline], None]) -> None:
        run_pipeline(build, self.args.beam_options)

    def done(self, name: str, mark: dict[str, Any]) -> bool:
        """Whether a reading is done; what another one left is removed."""
        path = f"{self.folder}/{name}/DONE"
        if FileSystems.exists(path):
            with FileSystems.open(path) as file:
                if orjson.loads(file.read()) == mark:
                    logging.info("the %s reading is there from before", name)
                    return True
        if FileSystems.exists(f"{self.folder}/{name}"):
            FileSystems.delete([f"{self.folder}/{name}"])
        FileSystems.mkdirs(f"{self.folder}/{name}")
        return False

    def mark(self, name: str, mark: dict[str, Any]) -> None:
        with FileSystems.create(f"{self.folder}/{name}/DONE") as file:
            file.write(orjson.dumps(mark))


@contextlib.contextmanager
def read_facts(args: argparse.Namespace, also: Sequence[str] = ()) -> Iterator[Facts]:
    """Reads the dumps that a command's arguments name (`library_commands.add_dump_arguments`).

    Args:
      also: ids to look for beside those that the dump itself names.

    Raises:
      InputError: as of `Facts`; or there is no entity in them.
    """
    if not args.dump:
        raise InputError("there is no dump to read; give --dump=FILE")
    args.beam_options = args.overrides
    with contextlib.ExitStack() as stack:
        facts = Facts(args.work or stack.enter_context(tempfile.TemporaryDirectory(prefix="kcjax-")), args)
        facts.read_dump(also)
        if not facts.counts().get("entities"):
            wrong = "; ".join(facts.problems()[:1])
            said = f"{', '.join(facts.paths)}: no entity in it; give the JSON dump of Wikidata"
            raise InputError(f"{said} ({wrong})" if wrong else said)
        yield facts


def read_dumps(args: argparse.Namespace, builder: LibraryBuilder, also: Sequence[str]) -> dict[str, Any]:
    """Reads the dumps of `kcjax library build` into `builder`, and tells what was in them; arguments and errors as of
    `read_facts`."""
    with read_facts(args, also) as facts:
        for fact in facts.facts(also):
            builder.add(fact, source="wikidata")
        return {"dump": facts.paths, "lines that cannot be read": facts.problems(), **facts.counts()}


def main(argv: Sequence[str] | None = None) -> int:
    return cli.main(["library", "build", *(sys.argv[1:] if argv is None else argv)])


if __name__ == "__main__":
    sys.exit(main())
