"""A library of types: one SQLite file, opened in milliseconds, asked in microseconds.

library = SchemaLibrary("wikidata.kcjax")
library["City"]                                  # an EntityType
library.by_identifier("Q515")                    # ["City"]
library.lowest_common_ancestor("City", "River")  # "GeographicLocation"
library.retrieve("The ferry left Bergen.", k=10) # types it may have instances of
"""

import functools
import json
import os
import sqlite3
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import orjson

from kcjax.errors import InputError
from kcjax.files import atomic_path
from kcjax.schema.code import check_type, referenced
from kcjax.schema.source import read_schema
from kcjax.schema.types import BASE_CLASSES, AnyType, EntityType, EventType, RelationType, Role, Schema

if TYPE_CHECKING:
    import numpy as np

    from kcjax.schema.library_build import Entry

Kind = Literal["entity", "relation", "event"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_CLASSES: dict[str, type] = {"entity": EntityType, "relation": RelationType, "event": EventType}
_KIND_OF: dict[type, Kind] = {EntityType: "entity", RelationType: "relation", EventType: "event"}
_APPLICATION_ID, _FORMAT = 0x6B636A78, 1  # "kcjx", in the header of the file
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE types (number INTEGER PRIMARY KEY, kind TEXT, name TEXT, identifier TEXT, body BLOB, info BLOB);
CREATE TABLE labels (key TEXT, number INTEGER, PRIMARY KEY (key, number)) WITHOUT ROWID;
CREATE TABLE instances (key TEXT, number INTEGER, PRIMARY KEY (key, number)) WITHOUT ROWID;
CREATE TABLE arrays (name TEXT PRIMARY KEY, data BLOB) WITHOUT ROWID;
CREATE TABLE terms (term TEXT PRIMARY KEY, postings BLOB) WITHOUT ROWID;
"""
_INDEXES = """
CREATE UNIQUE INDEX types_by_name ON types (name);
CREATE INDEX types_by_identifier ON types (identifier);
"""
_EXAMPLES_INDEXED = 20  # known instances whose words lead to a type


def write_library(path: str | os.PathLike, entries: Iterable["Entry"], report: Callable[[], Any]) -> None:
    """Writes a library, whole or not at all; the same entries and report give the same file.

    Args:
      report: asked after the last entry, for what is to be kept of how they came about.

    Raises:
      InputError: an entry is no type that can be written as a class.
    """
    from kcjax.schema.retrieval import IndexWriter, key_of

    index, parents, prior = IndexWriter(), [array("i"), array("i", [0])], array("f")
    counts: Counter[str] = Counter()
    names: dict[str, list[tuple[str, int]]] = {"labels": [], "instances": []}

    def insert(at_least: int) -> None:
        for table, rows in names.items():
            if len(rows) >= at_least:
                connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", rows)
                rows.clear()

    with atomic_path(path) as partial:
        connection = sqlite3.connect(partial)
        connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_TABLES}")
        for number, entry in enumerate(entries):
            made, concept = entry.type, entry.concept
            check_type(made)
            kind = _KIND_OF[type(made)]
            info = {
                "label": concept.label,
                "aliases": concept.aliases,
                "sources": entry.sources,
                "instances": entry.instances,
                "constraints": entry.constraints,
            }
            row = (number, kind, made.name, made.identifier, orjson.dumps(made), orjson.dumps(info))
            connection.execute("INSERT INTO types VALUES (?, ?, ?, ?, ?, ?)", row)
            texts = {"labels": (concept.label, *concept.aliases), "instances": (label for label, _ in entry.known)}
            for table, own in texts.items():
                names[table] += [(key, number) for key in sorted(set(map(key_of, own)))]
            insert(10_000)
            index.add(_texts(entry))
            parents[0].extend(entry.parents)
            parents[1].append(len(parents[0]))
            prior.append(entry.instances)
            for counted in (*_counted(entry, kind), *(f"source {source}" for source in entry.sources)):
                counts[counted] += 1
        insert(1)
        connection.executemany("INSERT INTO terms VALUES (?, ?)", index.postings())
        arrays: dict[str, array] = {"parents": parents[0], "parents_start": parents[1], "instances": prior}
        arrays["children"], arrays["children_start"] = _reversed(*parents)
        connection.executemany("INSERT INTO arrays VALUES (?, ?)", [(k, v.tobytes()) for k, v in arrays.items()])
        sources = {key.removeprefix("source "): n for key, n in sorted(counts.items()) if key.startswith("source ")}
        stats = {key: counts[key] for key in _COUNTS} | {"sources": sources}
        meta = {"stats": stats, "report": report()}
        connection.executemany("INSERT INTO meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in meta.items()])
        connection.executescript(_INDEXES)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {_FORMAT}")
        connection.commit()
        connection.close()


_COUNTS = (
    *(f"{kind}_types" for kind in KINDS),
    "described",
    "with_parent",
    "with_examples",
    "relations_constrained_both",
    "relations_typed_both",
    "events_with_roles",
)


def _counted(entry: "Entry", kind: str) -> Iterator[str]:
    """What of `stats` an entry counts in."""
    made = entry.type
    yield f"{kind}_types"
    if made.description:
        yield "described"
    if not set(made.parents) <= set(BASE_CLASSES):
        yield "with_parent"
    if made.examples:
        yield "with_examples"
    if isinstance(made, RelationType) and all(entry.constraints.get(end) for end in ("head", "tail")):
        yield "relations_constrained_both"
    if isinstance(made, RelationType) and made.head != ("Entity",) and made.tail != ("Entity",):
        yield "relations_typed_both"
    if isinstance(made, EventType) and made.roles:
        yield "events_with_roles"


def _texts(entry: "Entry") -> list[tuple[str, float]]:
    """What leads to a type when a sentence has words of it, and how much each word counts."""
    known = entry.known[:_EXAMPLES_INDEXED]
    texts = [(entry.concept.label, 3.0), *((alias, 2.0) for alias in entry.concept.aliases)]
    texts += [(entry.type.description, 1.0), *((text, 0.5) for pair in known for text in pair)]
    if isinstance(entry.type, EventType):
        texts += [(role.name.replace("_", " "), 0.5) for role in entry.type.roles]
    return texts


def _reversed(targets: array, starts: array) -> tuple[array, array]:
    """The same edges from their other ends."""
    children: list[list[int]] = [[] for _ in range(len(starts) - 1)]
    for number in range(len(children)):
        for parent in targets[starts[number] : starts[number + 1]]:
            children[parent].append(number)
    flat, begin = array("i"), array("i", [0])
    for own in children:
        flat.extend(own)
        begin.append(len(flat))
    return flat, begin


SUFFIX = ".kcjax"
_SQLITE = b"SQLite format 3\0"  # what its files begin with
_LIST = "(SELECT value FROM json_each(?))"


class SchemaLibrary:
    """A library file, open for reading. Types are asked for by their class names; unknown ones are a `KeyError`."""

    def __init__(self, path: str | os.PathLike):
        """Opens a library.

        Raises:
          InputError: the file is missing, or is no library of this version.
        """
        self.path = Path(path)
        if not self.path.is_file():
            what = "is a folder" if self.path.is_dir() else "no such file"
            raise InputError(f"{path}: {what}; make a library with `kcjax library build`")
        uri = f"{self.path.resolve().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        try:
            (application,) = self._connection.execute("PRAGMA application_id").fetchone()
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if application != _APPLICATION_ID:
                raise InputError(f"{path}: not a library of kcjax; make one with `kcjax library build`")
            if version != _FORMAT:
                raise InputError(f"{path}: a library of format {version}, this kcjax reads {_FORMAT}; build it again")
            self._connection.execute("PRAGMA mmap_size = 1073741824")
            arrays = dict(self._connection.execute("SELECT name, data FROM arrays"))
            meta = dict(self._connection.execute("SELECT key, value FROM meta"))
        except sqlite3.DatabaseError as error:
            raise InputError(f"{path}: not a library of kcjax, or a damaged one ({error}); build it again") from error
        self.stats: dict[str, Any] = json.loads(meta["stats"])
        self.report: dict[str, Any] = json.loads(meta["report"])
        self._parents, self._parents_start, self._children, self._children_start = (
            memoryview(arrays[name]).cast("i") for name in ("parents", "parents_start", "children", "children_start")
        )
        self._instances = memoryview(arrays["instances"]).cast("f")
        # What is asked for once is asked for again.
        self._number = functools.lru_cache(maxsize=1 << 16)(self._find_number)
        self._name = functools.lru_cache(maxsize=1 << 16)(self._find_name)
        self._type = functools.lru_cache(maxsize=1 << 14)(self._find_type)
        self._ancestors = functools.lru_cache(maxsize=1 << 14)(self._find_ancestors)

    def __len__(self) -> int:
        return len(self._instances)

    def __contains__(self, name: str) -> bool:
        name = _encodable(name)
        return self._connection.execute("SELECT 1 FROM types WHERE name = ?", (name,)).fetchone() is not None

    def __getitem__(self, name: str) -> AnyType:
        return self._type(name)

    def get(self, name: str) -> AnyType | None:
        return self._type(name) if name in self else None

    def info(self, name: str) -> dict[str, Any]:
        """What is known of a type besides: `label, aliases, sources, instances, constraints` (as ids)."""
        (info,) = self._row("SELECT info FROM types WHERE name = ?", name)
        return orjson.loads(info)

    def kind(self, name: str) -> Kind:
        return _KIND_OF[type(self[name])]

    def names(self, kind: Kind | None = None) -> Iterator[str]:
        """The names of all types (of a kind), parents before children."""
        found = self._connection.execute(
            "SELECT name FROM types WHERE kind = ? OR ? IS NULL ORDER BY number", (kind, kind)
        )
        return (name for (name,) in found)

    def types(self, kind: Kind | None = None) -> Iterator[AnyType]:
        """All types (of a kind), parents before children."""
        found = self._connection.execute(
            "SELECT kind, body FROM types WHERE kind = ? OR ? IS NULL ORDER BY number", (kind, kind)
        )
        return (_type_from(kind, orjson.loads(body)) for kind, body in found)

    def by_identifier(self, identifier: str) -> list[str]:
        """The types that come from a source's id, such as `Q515`: none, one, or an entity type and an event type."""
        return self._names("SELECT name FROM types WHERE identifier = ? ORDER BY number", identifier)

    def by_label(self, label: str) -> list[str]:
        """The types that have this label or alias, in whatever case; parents before children."""
        from kcjax.schema.retrieval import key_of

        return self._names(
            "SELECT name FROM labels JOIN types USING (number) WHERE key = ? ORDER BY number", key_of(label)
        )

    # The taxonomy.

    def parents(self, name: str) -> list[str]:
        """The direct parents, the deepest first; without the base class."""
        number = self._number(name)
        return self._names_of(self._parents[self._parents_start[number] : self._parents_start[number + 1]])

    def children(self, name: str) -> list[str]:
        number = self._number(name)
        return self._names_of(self._children[self._children_start[number] : self._children_start[number + 1]])

    def ancestors(self, name: str) -> list[str]:
        """All above a type, nearest first, without the base class."""
        return self._names_of(self._ancestors(self._number(name))[1:])

    def descendants(self, name: str) -> list[str]:
        """All below a type, nearest first."""
        return self._names_of(_reach(self._children, self._children_start, self._number(name))[1:])

    def is_a(self, name: str, ancestor: str) -> bool:
        """Whether a type is the other, or descends from it. A base class is above all types of its kind."""
        if ancestor in BASE_CLASSES:
            return self._base(name) == ancestor
        return self._number(ancestor) in self._ancestors(self._number(name))

    def most_specific(self, names: Sequence[str]) -> str | None:
        """The first that none of the others descends from; None of none."""
        return next((n for n in names if not any(o != n and self.is_a(o, n) for o in names)), None)

    def lowest_common_ancestor(self, first: str, second: str) -> str:
        """The deepest type that both are or descend from; where there is none, the base class of the first."""
        common = set(self._ancestors(self._number(first))).intersection(self._ancestors(self._number(second)))
        return self._name(max(common)) if common else self._base(first)  # numbers rise with depth

    def _base(self, name: str) -> str:
        return self.kind(name).capitalize()

    def allows(self, relation: str, head: str, tail: str) -> bool:
        """Whether a relation's constraints allow these entity types for its head and tail; `Entity` is any type."""
        found = self[relation]
        if not isinstance(found, RelationType):
            raise KeyError(f"{relation} is no relation")
        return all(
            "Entity" in (end, *allowed) or any(self.is_a(end, a) for a in allowed)
            for end, allowed in ((head, found.head), (tail, found.tail))
        )

    # Asking without a name.

    def search(self, text: str, *, k: int = 10, kind: Kind | None = None) -> list[tuple[str, float]]:
        """The `k` types whose names, aliases, descriptions and examples match a text best, with BM25 scores; none that
        has no word of it."""
        scores = self._scores(text)
        return self._best(scores, k, kind, least=1e-6)

    def retrieve(self, sentence: str, *, k: int = 20, kind: Kind | None = None) -> list[tuple[str, float]]:
        """The `k` types most likely to have instances in a sentence, best first, with scores that compare within one
        answer: more than `search`, they know names of instances, what is common, and what goes with a relation."""
        from kcjax.schema.retrieval import likely, phrases

        named = phrases(_encodable(sentence))
        of_types = self._named("labels", list(named))
        of_instances = self._named("instances", [key for key, begins in named.items() if begins])
        scores = self._scores(sentence)
        return self._best(likely(scores, of_types, of_instances, self._ends, self._edges, self._counts), k, kind)

    def schema(self, names: Iterable[str]) -> Schema:
        """The types named, in the library's order, as a schema.

        Parents and ends of relations that are not among them stay as they are, for prompts name them undefined.
        """
        chosen = {self._number(name): self[name] for name in names}
        types = [chosen[number] for number in sorted(chosen)]
        return Schema(
            tuple(t for t in types if isinstance(t, EntityType)),
            tuple(t for t in types if isinstance(t, RelationType)),
            tuple(t for t in types if isinstance(t, EventType)),
        )

    def _scores(self, text: str) -> "np.ndarray":
        from kcjax.schema.retrieval import score, terms

        words = list(dict.fromkeys(terms(_encodable(text))))
        found = self._connection.execute(f"SELECT term, postings FROM terms WHERE term IN {_LIST}", _as_list(words))
        return score([postings for _, postings in sorted(found)], len(self))

    def _best(
        self, scores: "np.ndarray", k: int, kind: Kind | None, least: float = float("-inf")
    ) -> list[tuple[str, float]]:
        import numpy as np

        start, end = self._ranges[kind] if kind else (0, len(self))
        part = scores[start:end]
        # A stable sort, so that of equal scores the more general type comes first, always.
        order = np.argsort(-part, kind="stable")[:k]
        found = [(start + int(n), float(part[n])) for n in order if part[n] >= least]
        return list(zip(self._names_of([n for n, _ in found]), (s for _, s in found), strict=True))

    @functools.cached_property
    def _ranges(self) -> dict[str, tuple[int, int]]:
        found = self._connection.execute("SELECT kind, min(number), max(number) + 1 FROM types GROUP BY kind")
        return {kind: (0, 0) for kind in KINDS} | {kind: (start, end) for kind, start, end in found}

    def _named(self, table: str, keys: list[str]) -> list[list[int]]:
        """For each of the keys in a table, the types it has there."""
        found: dict[str, list[int]] = {}
        query = f"SELECT key, number FROM {table} WHERE key IN {_LIST}"
        for key, number in self._connection.execute(query, _as_list(keys)):
            found.setdefault(key, []).append(number)
        return list(found.values())

    @functools.cached_property
    def _edges(self) -> tuple["np.ndarray", "np.ndarray"]:
        """(child, parent) of all edges."""
        import numpy as np

        starts, parents = np.frombuffer(self._parents_start, np.int32), np.frombuffer(self._parents, np.int32)
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(starts)), parents

    @functools.cached_property
    def _ends(self) -> tuple["np.ndarray", "np.ndarray"]:
        """(relation, type of its head or tail) of all relations."""
        import numpy as np

        pairs = [
            (self._number(relation.name), self._number(end))
            for relation in self.types("relation")
            for end in dict.fromkeys(referenced(relation))
            if end != "Entity"
        ]
        relations, types = np.array(pairs, np.int32).reshape(-1, 2).T
        return relations, types

    @functools.cached_property
    def _counts(self) -> "np.ndarray":
        import numpy as np

        return np.asarray(self._instances, dtype=np.float32)

    # Numbers and names.

    def _row(self, query: str, name: str) -> tuple[Any, ...]:
        row = self._connection.execute(query, (name,)).fetchone()
        if row is None:
            raise KeyError(name)
        return row

    def _find_number(self, name: str) -> int:
        (number,) = self._row("SELECT number FROM types WHERE name = ?", name)
        return number

    def _find_type(self, name: str) -> AnyType:
        kind, body = self._row("SELECT kind, body FROM types WHERE name = ?", name)
        return _type_from(kind, orjson.loads(body))

    def _find_name(self, number: int) -> str:
        (name,) = self._connection.execute("SELECT name FROM types WHERE number = ?", (number,)).fetchone()
        return name

    def _find_ancestors(self, number: int) -> list[int]:
        """With the type itself."""
        return _reach(self._parents, self._parents_start, number)

    def _names_of(self, numbers: Iterable[int]) -> list[str]:
        return [self._name(number) for number in numbers]

    def _names(self, query: str, key: str) -> list[str]:
        return [name for (name,) in self._connection.execute(query, (_encodable(key),))]


def open_schema(path: str | os.PathLike) -> Schema | SchemaLibrary:
    """A schema file (.py, .json), or a library, which is known by what it begins with, or by its name `*.kcjax`."""
    return SchemaLibrary(path) if _is_library(path) else read_schema(path)


def open_types(path: str | os.PathLike) -> Schema:
    """The types of a schema file, or all those of a library."""
    found = open_schema(path)
    return found if isinstance(found, Schema) else found.schema(found.names())


def _is_library(path: str | os.PathLike) -> bool:
    if Path(path).suffix == SUFFIX:
        return True
    if not Path(path).is_file():
        return False
    with open(path, "rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _encodable(text: str) -> str:
    """The text without halves of surrogate pairs, which SQLite does not take."""
    return text.encode(errors="replace").decode()


def _as_list(items: list[str]) -> tuple[str]:
    """The parameter of `_LIST`: one, for SQLite bounds the number of parameters."""
    return (json.dumps(items),)


def _reach(edges: memoryview, starts: memoryview, number: int) -> list[int]:
    """The number and all that edges lead to from it, nearest first."""
    found = {number: None}
    for member in (waiting := [number]):
        new = [n for n in edges[starts[member] : starts[member + 1]] if n not in found]
        found.update(dict.fromkeys(new))
        waiting += new
    return waiting


def _type_from(kind: str, body: dict[str, Any]) -> AnyType:
    """A type from its fields, of which JSON has made lists."""
    fields = {key: _tuples(value) for key, value in body.items()}
    if kind == "event":
        fields["roles"] = tuple(Role(role["name"], tuple(role["types"])) for role in body["roles"])
    return _CLASSES[kind](**fields)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
