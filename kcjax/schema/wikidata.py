"""Wikidata's JSON dumps: a line is an entity; what of it a library is made of.

The form: https://doc.wikimedia.org/Wikibase/master/php/docs_topics_json.html
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from kcjax.schema.concept import Concept, Property

_LANGUAGES = ("en", "en-gb", "en-us", "mul")  # mul: a label that is the same in many languages
_FRAME = (b"", b"[", b"]")
_ID = re.compile(rb'"id":"([QP][1-9][0-9]*)"')
_SUBJECT_TYPE, _VALUE_TYPE = "Q21503250", "Q21510865"  # the constraints of P2302
_MASK = (1 << 64) - 1


class NotAnEntity(ValueError):
    """A line that is no entity, and why."""


@dataclasses.dataclass(slots=True)
class Item:
    """What the first reading of a dump takes from an item.

    Attributes:
      links: (property, id of the value) of its other claims whose values are items.
      sitelinks: on how many wikis it has a page.
    """

    concept: Concept
    links: tuple[tuple[str, str], ...]
    sitelinks: int


def strip_frame(line: bytes) -> bytes:
    """The JSON of a line without the list around it; empty if the line is but the frame.

    Raises:
      NotAnEntity: what is left does not begin and end like an object.
    """
    line = line.strip(b" \t\r\n,")
    if line in _FRAME:
        return b""
    if line[:1] != b"{" or line[-1:] != b"}":
        raise NotAnEntity("not a JSON object")
    return line


def has_statements(line: bytes) -> bool:
    """Whether a stripped line may tell anything, judged by its bytes: every statement names its property."""
    return b'"property"' in line


def id_of(line: bytes) -> str | None:
    """The entity's id if it stands where the dumps have it, at the beginning; None if it takes parsing to know."""
    found = _ID.search(line, 0, 64)
    return found[1].decode() if found else None


def parse_entity(line: bytes, *, ignored_references: Sequence[str] = ()) -> Item | Property | None:
    """Reads a stripped line. None is a kind of entity that a library does not use, such as a lexeme.

    Truthy statements only: the preferred ones if there are any, else the normal ones; unknown and no values skipped.

    Args:
      ignored_references: statements with a reference URL (P854) that contains one of these are as if they were not.

    Raises:
      NotAnEntity: the line is not JSON, or not of the form of an entity.
    """
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise NotAnEntity(f"not valid JSON: {error}") from error
    try:
        kind, id = row["type"], row["id"]
        if kind == "item":
            return _item(row, id, ignored_references)
        if kind == "property" and row["datatype"] == "wikibase-item":
            return _property(row, id, ignored_references)
        return None
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise NotAnEntity(f"not of the form of an entity: {type(error).__name__} {error}") from error


def number_of(id: str) -> int:
    """5 of `Q5`."""
    return int(id[1:])


def spread(number: int) -> int:
    """A number in 0..2^64 that looks random, the same on every machine: drawing the lowest draws at random."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK  # SplitMix64
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _MASK
    return number ^ (number >> 31)


def _item(row: Mapping[str, Any], id: str, ignored: Sequence[str]) -> Item:
    claims = _map(row, "claims")
    types = _values(claims.get("P31", ()), ignored)
    concept = Concept(
        id=_checked(id, "Q"),
        parents=_values(claims.get("P279", ()), ignored),
        instance_of=types,
        **_terms(row),
    )
    links: list[tuple[str, str]] = []
    if types:
        for property, statements in claims.items():
            if property in ("P31", "P279") or not statements:
                continue
            if statements[0]["mainsnak"].get("datatype") == "wikibase-item":
                links += ((property, value) for value in _values(statements, ignored))
    return Item(concept, tuple(links), len(_map(row, "sitelinks")))


def _property(row: Mapping[str, Any], id: str, ignored: Sequence[str]) -> Property:
    claims = _map(row, "claims")
    # Constraints of different kinds do not compete: a preferred one of one kind leaves the normal ones of another.
    constraints: dict[str, list[Any]] = {_SUBJECT_TYPE: [], _VALUE_TYPE: []}
    for statement in claims.get("P2302", ()):
        value = statement["mainsnak"].get("datavalue")
        if value and (group := constraints.get(_target(value["value"]))) is not None:
            group.append(statement)
    classes = {
        kind: dict.fromkeys(
            _target(snak["datavalue"]["value"])
            for statement in _truthy(statements, ignored)
            for snak in _map(statement, "qualifiers").get("P2308", ())
            if snak["snaktype"] == "value"
        )
        for kind, statements in constraints.items()
    }
    return Property(
        id=_checked(id, "P"),
        parents=_values(claims.get("P1647", ()), ignored),
        subject_types=tuple(classes[_SUBJECT_TYPE]),
        value_types=tuple(classes[_VALUE_TYPE]),
        **_terms(row),
    )


def _checked(id: str, letters: str) -> str:
    if not id[1:].isdecimal() or id[0] not in letters or len(id) > 20:
        raise ValueError(f"the id {id!r:.40}")
    return id


def _map(row: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A map of the dump, where an empty one may be written `[]`, or be left out."""
    return row.get(key) or {}


def _terms(row: Mapping[str, Any]) -> dict[str, Any]:
    """Label, description and aliases in English."""
    label, aliases = _english(_map(row, "labels")), _map(row, "aliases")
    names = (
        dict.fromkeys(_text(alias) for language in _LANGUAGES for alias in aliases.get(language, ())) if aliases else {}
    )
    names.pop(label, None)
    return {"label": label, "description": _english(_map(row, "descriptions")), "aliases": tuple(names)}


def _english(texts: Mapping[str, Any]) -> str:
    for language in _LANGUAGES:
        if language in texts:
            return _text(texts[language])
    return ""


def _text(term: Mapping[str, Any]) -> str:
    text = term["value"]
    if not isinstance(text, str):
        raise TypeError(f"the text {text!r:.40}")
    return text


def _truthy(statements: Iterable[Mapping[str, Any]], ignored: Sequence[str]) -> list[Mapping[str, Any]]:
    """The statements of the best rank there is."""
    if ignored:
        statements = [statement for statement in statements if not _refers_to(statement, ignored)]
    preferred, normal = [], []
    for statement in statements:
        rank = statement["rank"]
        if rank == "normal":
            normal.append(statement)
        elif rank == "preferred":
            preferred.append(statement)
    return preferred or normal


def _refers_to(statement: Mapping[str, Any], ignored: Sequence[str]) -> bool:
    urls = (
        snak["datavalue"]["value"]
        for reference in statement.get("references", ())
        for snak in _map(reference, "snaks").get("P854", ())
        if snak["snaktype"] == "value"
    )
    return any(part in url for url in urls for part in ignored)


def _values(statements: Iterable[Mapping[str, Any]], ignored: Sequence[str]) -> tuple[str, ...]:
    """The ids that truthy statements have for values, each once."""
    if not statements:
        return ()
    snaks = [statement["mainsnak"] for statement in _truthy(statements, ignored)]
    found = [_target(snak["datavalue"]["value"]) for snak in snaks if snak["snaktype"] == "value"]
    return tuple(found) if len(found) < 2 else tuple(dict.fromkeys(found))


def _target(value: Mapping[str, Any]) -> str:
    """The id of an entity; old dumps have but its number."""
    if "id" in value:
        return _checked(value["id"], "QP")
    return _checked(f"{'P' if value['entity-type'] == 'property' else 'Q'}{int(value['numeric-id'])}", "QP")
