"""Ontologies as tab-separated tables, to be merged into a library: WordNet with Wikidata links, KBpedia, event roles.

A table is known by its header:
  `synset lexfile members definition examples hypernyms wikidata`   Open English WordNet; its noun synsets
  `rc parents typologies wikidata...`                                KBpedia's classes
  `id source label description parents ... roles ...`                events; `roles` is a JSON list of objects with
      `name` and, if the roles are typed, `types`: Wikidata ids, or the codes of KAIROS such as `per`
Members of a list are separated by `|`.
"""

import functools
import os
import re
from collections.abc import Iterator, Sequence

import orjson

from kcjax.errors import InputError
from kcjax.files import open_text
from kcjax.schema.concept import Concept, RoleTable

# Entity types of the KAIROS ontology, as classes of Wikidata; those that name no kind of thing (a side) are left out.
_KAIROS = {
    "aml": "Q729",  # animal
    "bod": "Q4936952",  # anatomical structure
    "com": "Q2424752",  # product
    "fac": "Q13226383",  # facility
    "gpe": "Q1048835",  # political territorial entity
    "law": "Q7748",  # law
    "loc": "Q2221906",  # geographic location
    "mhi": "Q12136",  # disease
    "mon": "Q1368",  # money
    "nat": "Q188460",  # natural resource
    "org": "Q43229",  # organization
    "per": "Q5",  # human
    "veh": "Q42889",  # vehicle
    "wea": "Q728",  # weapon
}
_QID = re.compile(r"Q[1-9][0-9]*")


def read_table(path: str | os.PathLike) -> Iterator[tuple[str, Concept | RoleTable]]:
    """Yields (source, fact) for what a table has, whichever of the known ones it is.

    A class linked to Wikidata has the Q id it is linked to (the first, where there are several); one without a link
    has an id of its own such as `kbpedia:Amniote`.

    Raises:
      InputError: the header is none of the known ones, or a row does not fit it.
    """
    with open_text(path) as file:
        lines = (line.decode("utf-8").rstrip("\r\n").split("\t") for line in file)
        try:
            header = next(lines, [])
            rows = list(_rows(path, header, lines))
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: not UTF-8 text ({error}); save the file as UTF-8") from error
    columns = set(header)
    if {"synset", "members", "definition", "hypernyms", "wikidata"} <= columns:
        yield from (("oewn", concept) for concept in _wordnet(rows))
    elif {"rc", "parents"} <= columns and (link := next((name for name in header if name.startswith("wikidata")), "")):
        yield from (("kbpedia", concept) for concept in _kbpedia(rows, link))
    elif {"id", "source", "label", "description", "parents", "roles"} <= columns:
        yield from _events(path, rows)
    else:
        raise InputError(f"{path}:1: not a table that kcjax knows: its columns are {', '.join(header)[:200]}")


def _rows(path: str | os.PathLike, header: list[str], lines: Iterator[list[str]]) -> Iterator[dict[str, str]]:
    for number, fields in enumerate(lines, start=2):
        if len(fields) != len(header):
            raise InputError(f"{path}:{number}: {len(fields)} columns, where the header has {len(header)}")
        yield dict(zip(header, fields, strict=True))


def _list(field: str) -> list[str]:
    return field.split("|") if field else []


def _wordnet(rows: list[dict[str, str]]) -> Iterator[Concept]:
    ids = {row["synset"]: next(iter(_list(row["wikidata"])), f"oewn:{row['synset']}") for row in rows}
    for row in rows:
        if row["synset"].endswith("-n"):
            label, *aliases = _list(row["members"]) or [""]
            parents = _above(ids, row["synset"], row["hypernyms"])
            yield Concept(ids[row["synset"]], label, row["definition"], tuple(aliases), parents)


def _kbpedia(rows: list[dict[str, str]], link: str) -> Iterator[Concept]:
    ids = {row["rc"]: next(iter(_list(row[link])), f"kbpedia:{row['rc']}") for row in rows}
    for row in rows:
        parents = _above(ids, row["rc"], row["parents"])
        yield Concept(ids[row["rc"]], _split(row["rc"]), parents=parents)


def _above(ids: dict[str, str], own: str, parents: str) -> tuple[str, ...]:
    """The ids of the parents; a class and its parent may be linked to one id."""
    return tuple(ids[parent] for parent in _list(parents) if parent in ids and ids[parent] != ids[own])


def _split(name: str) -> str:
    """`Act-Dramatic` as `act (dramatic)`, `AmnioticFluid` as `amniotic fluid`; runs of capitals stay."""
    name, _, sense = name.partition("-")
    words = [re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", part) for part in (name, sense)]
    lower = [" ".join(w if w.isupper() else w.lower() for w in part.split()) for part in words]
    return f"{lower[0]} ({lower[1]})" if sense else lower[0]


def _events(path: str | os.PathLike, rows: list[dict[str, str]]) -> Iterator[tuple[str, RoleTable]]:
    ids = {row["id"]: row["id"] if _QID.fullmatch(row["id"]) else f"{row['source']}:{row['id']}" for row in rows}
    for number, row in enumerate(rows, start=2):
        roles = []
        try:
            for role in orjson.loads(row["roles"] or "[]"):
                types = (_KAIROS.get(t, t) for t in role.get("types", ()))
                # PropBank describes a role by several words or phrases; the first names it.
                name = _split(re.split(r"[,;/(]| or ", role["name"].strip())[0].replace("-", " "))
                roles.append((name, tuple(t for t in dict.fromkeys(types) if _QID.fullmatch(t))))
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{path}:{number}: the roles are no list of objects with a name: {error}") from error
        # KAIROS writes the parent of `Life.Die.Unspecified` as the path `Life.Die`.
        own = ids[row["id"]]
        parents: Sequence[str] = [ids.get(p) or ids.get(f"{p}.Unspecified") or p for p in _list(row["parents"])]
        # KAIROS describes an event by a sentence with the arguments' numbers in it.
        description = re.sub(r"<arg(\d+)>", functools.partial(_named, roles), row["description"])
        parents = tuple(parent for parent in dict.fromkeys(parents) if parent != own)
        yield row["source"], RoleTable(own, row["label"], description, parents, tuple(roles))


def _named(roles: list[tuple[str, tuple[str, ...]]], match: re.Match[str]) -> str:
    number = int(match[1]) - 1
    return roles[number][0] if number < len(roles) else match[0]
