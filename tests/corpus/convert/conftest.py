"""A small library for the forms that name their classes by labels or Wikidata ids, and files with rows."""

import json

import pytest

from kcjax.corpus.convert import Classes
from kcjax.schema.concept import Concept, Property
from kcjax.schema.library import SchemaLibrary, write_library
from kcjax.schema.library_build import LibraryBuilder

FACTS = [
    Concept("Q35120", "entity"),
    Concept("Q1", "place", "somewhere", parents=("Q35120",)),
    Concept("Q3", "town", "a small city", ("burgh",), ("Q1",)),
    Concept("Q4", "harbour town", "town with a harbour", ("town",), parents=("Q3",)),
    Concept("Q5", "human", "a person", ("person", "burgh"), ("Q35120",)),
    Concept("Q7", "captain", parents=("Q5",)),
    Concept("Q43229", "organization", parents=("Q35120",)),
    Concept("Q58416391", "spatial entity", parents=("Q35120",)),
    Concept("Q186408", "point in time", parents=("Q35120",)),
    Property("P1", "born in", "where life began", ("place of birth",), subject_types=("Q5",), value_types=("Q3",)),
    Property("P2", "visited", "where one was", ("went to",)),
    Property("P3", "sailed to", "by ship", ("went to",)),
]


def library_of(facts, path) -> SchemaLibrary:
    builder = LibraryBuilder()
    for fact in facts:
        builder.add(fact, source="wikidata")
    write_library(path, builder.entries(), builder.told)
    return SchemaLibrary(path)


@pytest.fixture(scope="session")
def library(tmp_path_factory) -> SchemaLibrary:
    return library_of(FACTS, tmp_path_factory.mktemp("library") / "small.kcjax")


@pytest.fixture
def known(library) -> Classes:
    return Classes(library)


@pytest.fixture
def write(tmp_path):
    """`write(row, row, name="rows.jsonl")`: the path of a JSONL file; a string is a line as it is."""

    def write(*rows, name="rows.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
        return path

    return write
