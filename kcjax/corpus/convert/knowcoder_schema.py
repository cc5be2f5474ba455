"""KnowCoder's schema library, huggingface.co/datasets/golaxy/KnowCoder-Schema-Library `schema_pys/` (Entities.py,
Relations.py, Events.py), parsed and never run.

The files were not seen; the classes are read as the ones in the released prompts (ICT-GoKnow/KnowCoder
`sft/data/example_data`) and `eval/src/class_defs` are written. Of these some are no Python (a role called `from`), some
go by the name of a base class (`class Event(Entity)`), and relations have mentions with commas among their examples. So
the classes are taken one by one, and one that cannot be read costs no other.
"""

import dataclasses
import keyword
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

from kcjax.corpus.convert.rows import text_rows
from kcjax.errors import InputError
from kcjax.problems import Problems
from kcjax.schema.source import parse_schema
from kcjax.schema.types import BASE_CLASSES, AnyType, EntityType, EventType, RelationType, Schema

T = TypeVar("T", EntityType, RelationType, EventType)
_HEAD = re.compile(r"class (\w+)\s*(?:\(([^()]*)\))?\s*:")
_PAIRS = re.compile(r"^(\s*Examples:)(\s*\(.*)$", re.MULTILINE)
_PAIR = re.compile(r"\(([^,()]+), ([^,()]+)\)")
_KEYWORDS = "|".join(keyword.kwlist)
# A role that Python takes for something else, as a parameter and where it is assigned.
_KEYWORD_ROLE = re.compile(
    rf"^(\s*)(?:(?P<role>{_KEYWORDS})(?=\s*:\s*List\[)|self\.(?P<assigned>{_KEYWORDS}) = (?P=assigned)$)", re.MULTILINE
)


def read_types(
    paths: Sequence[str | os.PathLike], problems: Problems | None = None, left_out: Counter[str] | None = None
) -> Schema:
    """The classes of all files as one schema; a relation or event with the name of an entity is `NAMERelation` or
    `NAMEEvent`, since they have a module each and a schema has one.

    Args:
      problems: takes the classes that cannot be read, or are defined twice; by default the first one raises.
      left_out: counts the examples of relations that cannot be told apart, and the classes named as a base class is.

    Raises:
      InputError: a file is missing, there is no class in it, or `problems` tolerates no more.
    """
    problems = problems or Problems()
    left_out = Counter() if left_out is None else left_out
    chunks = [chunk for path in paths for chunk in _chunks(path, problems)]
    if not chunks:
        raise InputError(f"{', '.join(map(str, paths))}: no class found; is this a schema library?")
    names = {chunk.name for chunk in chunks}
    types: dict[tuple[type, str], AnyType] = {}
    for chunk in chunks:
        if chunk.name in BASE_CLASSES:
            if chunk.derived:
                left_out["class with the name of a base class"] += 1
            continue
        with problems.skipping():
            found = chunk.type(names, left_out)
            if (found.__class__, found.name) in types:
                raise InputError(f"{chunk.where}: class {chunk.name} is defined twice; rename one")
            types[found.__class__, found.name] = found

    def of_kind(kind: type[T], taken: set[str]) -> tuple[T, ...]:
        found = [t for t in types.values() if isinstance(t, kind)]
        new = {t.name: t.name + kind.__name__.removesuffix("Type") for t in found if t.name in taken}
        taken.update(new.get(t.name, t.name) for t in found)
        return tuple(
            dataclasses.replace(t, name=new.get(t.name, t.name), parents=tuple(new.get(p, p) for p in t.parents))
            for t in found
        )

    taken: set[str] = set()
    return Schema(of_kind(EntityType, taken), of_kind(RelationType, taken), of_kind(EventType, taken))


class _Chunk:
    """The lines of one class."""

    def __init__(self, where: str, line: str):
        head = _HEAD.match(line)
        if not head:
            raise InputError(f"{where}: cannot read the head of a class, {line!r:.60}; write `class City(Entity):`")
        self.where, self.lines = where, [line]
        self.name, self.derived = head[1], bool(head[2])

    def type(self, names: set[str], left_out: Counter[str]) -> AnyType:
        """The class as a type.

        Raises:
          InputError: it cannot be read; the message names its first line.
        """
        source = "\n".join(self.lines)
        source = _KEYWORD_ROLE.sub(_other_role, source)
        # Of a relation alone: an entity may be called "(I Can't Get No) Satisfaction".
        if "head_entity" in source or "Relation)" in self.lines[0]:
            source = _PAIRS.sub(lambda found: found[1] + _readable_pairs(found[2], left_out), source)
        # Classes of the other files, so that a hint may name them.
        others = sorted((names & set(re.findall(r"\w+", source))).difference({self.name}, BASE_CLASSES))
        imports = f"from Entities import {', '.join(others)}\n" if others else ""
        try:
            return parse_schema(imports + source + "\n", filename="").by_name[self.name]
        except InputError as error:
            raise InputError(f"{self.where}: class {self.name}: {str(error).split(': ', 1)[-1]}") from error


def _chunks(path: str | os.PathLike, problems: Problems) -> Iterator[_Chunk]:
    chunk: _Chunk | None = None
    for row in text_rows(path, "", problems):
        line = row.value
        if line.startswith("class "):
            if chunk:
                yield chunk
            chunk = None
            with problems.skipping():
                chunk = _Chunk(row.where, line)
        elif chunk and line[:1] in " \t":
            chunk.lines.append(line)
        elif chunk:  # something between two classes, such as an import or a comment
            yield chunk
            chunk = None
    if chunk:
        yield chunk


def _other_role(found: re.Match[str]) -> str:
    role = found["role"]
    return f"{found[1]}{role}_" if role else f"{found[1]}self.{found['assigned']}_ = {found['assigned']}_"


def _readable_pairs(examples: str, left_out: Counter[str]) -> str:
    """The examples of a relation without those that have a comma or bracket in a mention."""
    kept = [f"({head}, {tail})" for head, tail in _PAIR.findall(examples)]
    rest = _PAIR.sub("", examples)
    if lost := rest.count("("):
        left_out["example of a relation with a comma or bracket in a mention"] += lost
    return " " + ", ".join(kept)
