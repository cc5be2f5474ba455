"""Annotated datasets: all that is known of each stands in a folder of `datasets`, but for most of their documents.

A folder holds `schema.py`, `dataset.json` and, where the labels are not the names of the classes, `labels.json`. The
documents are read from a data folder: `NAME.SPLIT.jsonl.gz` in kcjax's form, or the release as it comes in `NAME/`.
"""

import dataclasses
import difflib
import functools
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from kcjax.corpus.document import Document, Entity, Event, Relation, read_documents
from kcjax.corpus.labels import Labels, read_labels, renaming
from kcjax.corpus.prompt import Task
from kcjax.corpus.release import Release
from kcjax.errors import InputError
from kcjax.files import read_json
from kcjax.problems import Problems
from kcjax.schema.source import read_schema
from kcjax.schema.types import EntityType, EventType, RelationType, Schema
from kcjax.text import mention_key

FOLDER = Path(__file__).parent / "datasets"
T = TypeVar("T", EntityType, RelationType, EventType)


@dataclasses.dataclass(frozen=True)
class Dataset:
    """An annotated dataset as `dataset.json` describes it.

    Attributes:
      tasks: those it has gold objects for.
      languages: ISO 639-1 codes.
      homepage: where it is got.
      splits: name of a split -> name of the file with its documents.
      releases: the forms its authors and others release it in.
      verified: whether schema and labels were checked against all its documents; else they follow its documentation.
      shares_sentences_with: datasets that have sentences in common with it, across splits: not to be trained on where
        this one is evaluated.
      unscored: classes that are annotated, but by custom neither asked for nor scored.
    """

    name: str
    title: str
    tasks: tuple[Task, ...]
    languages: tuple[str, ...]
    licence: str
    homepage: str
    citation: str
    splits: dict[str, str]
    releases: tuple[Release, ...] = ()
    verified: bool = False
    shares_sentences_with: tuple[str, ...] = ()
    unscored: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @property
    def schema_file(self) -> Path:
        return self.folder / "schema.py"

    @property
    def labels_file(self) -> Path | None:
        path = self.folder / "labels.json"
        return path if path.exists() else None

    @cached_property
    def full_schema(self) -> Schema:
        """All classes."""
        return read_schema(self.schema_file)

    @cached_property
    def schema(self) -> Schema:
        """The classes that are asked for and scored. None has examples, unless the documents are kcjax's own: see
        `with_examples`."""
        full = self.full_schema
        return Schema(
            tuple(t for t in full.entities if t.name not in self.unscored),
            tuple(t for t in full.relations if t.name not in self.unscored),
            tuple(t for t in full.events if t.name not in self.unscored),
        )

    @cached_property
    def labels(self) -> Labels:
        """The tables of `labels.json`; without that file, names as they are."""
        if self.labels_file:
            return read_labels(self.labels_file)
        schema = self.full_schema
        tables = {key: [t.name for t in getattr(schema, key)] for key in ("entities", "relations", "events")}
        tables["roles"] = [role.name for event in schema.events for role in event.roles]
        return {key: {name: name for name in names} for key, names in tables.items()}

    def file(self, split: str, data_dir: str | os.PathLike | None = None) -> Path:
        """What a split is read from: its file in the dataset's own folder, or else in `data_dir` (default
        `$KCJAX_DATA`), or the folder `NAME` there, which holds a release.

        Raises:
          InputError: there is no such split, or neither file nor folder.
        """
        if split not in self.splits:
            raise InputError(f"{self.name} has no split {split!r}; it has {', '.join(self.splits)}")
        name = self.splits[split]
        if (own := self.folder / name).is_file():
            return own
        place = data_dir or os.environ.get("KCJAX_DATA")
        path, folder = Path(place or "") / name, Path(place or "") / self.name
        if place and path.is_file():
            return path
        if place and folder.is_dir() and self._releases(split):
            return folder
        got = " or ".join(release.get for release in self._releases(split))
        release = f"put its release into {folder} ({got}), or " if got else ""
        raise InputError(
            f"{path}: no such file; {release}put the {split} documents of {self.name} there, from {self.homepage} "
            "brought into kcjax's JSONL form, or name the folder they are in with --data-dir or $KCJAX_DATA"
        )

    def is_here(self, split: str, data_dir: str | os.PathLike | None = None) -> bool:
        """Whether there is something to read the split from: its file, or all files of a release."""
        try:
            path = self.file(split, data_dir)
        except InputError:
            return False
        return path.is_file() or any(release.is_in(path, split) for release in self._releases(split))

    def _releases(self, split: str) -> list[Release]:
        return [release for release in self.releases if split in release.files]

    def documents(
        self,
        split: str,
        data_dir: str | os.PathLike | None = None,
        *,
        unscored: bool = False,
        left_out: Counter[str] | None = None,
        problems: Problems | None = None,
    ) -> Iterator[Document]:
        """The documents of a split; the arguments are those of `file` and `read`."""
        path = self.file(split, data_dir)
        return self.read(path, split, unscored=unscored, left_out=left_out, problems=problems)

    def read(
        self,
        path: str | os.PathLike,
        split: str,
        *,
        unscored: bool = False,
        left_out: Counter[str] | None = None,
        problems: Problems | None = None,
    ) -> Iterator[Document]:
        """The documents of a split, their types and roles made names of classes and roles.

        Args:
          path: a file of documents with the dataset's labels, or the folder of a release; see `file`.
          unscored: whether to keep the objects of classes that are not scored.
          left_out: counts those objects where they are not kept.
          problems: takes the rows that are no documents; by default the first one raises.

        Raises:
          InputError: as of `read_documents`; a label is not in its table; a file of the release is missing.
        """
        rename = renaming(self.labels)
        if Path(path).is_dir():
            documents = self._released(Path(path), split, rename, problems or Problems())
        else:
            documents = read_documents(path, problems=problems, finish=rename)
        if unscored or not self.unscored:
            return documents
        return without_types(documents, self.unscored, Counter() if left_out is None else left_out)

    def _released(
        self, folder: Path, split: str, rename: Callable[[Document], Document], problems: Problems
    ) -> Iterator[Document]:
        """From the first release whose files are there; if none are, the first one says which are missing."""
        there = [release for release in self._releases(split) if release.is_in(folder, split)]
        release = (there or self._releases(split))[0]
        for document in release.read(folder, split, name=self.name, problems=problems):
            renamed = None
            with problems.skipping():
                try:
                    renamed = rename(document)
                except InputError as error:
                    raise InputError(f"{folder}: {document.id}: {error}") from error
            if renamed:
                yield renamed


def dataset_names() -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in FOLDER.glob("*/dataset.json")))


@functools.cache
def load_dataset(name: str) -> Dataset:
    """Raises an `InputError` that tells names near to it if there is no dataset of that name."""
    names = dataset_names()
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        raise InputError(f"there is no dataset {name!r}; {'near it' if near else 'known'}: {', '.join(near or names)}")
    fields: dict[str, Any] = read_json(FOLDER / name / "dataset.json")
    fields["releases"] = [Release(**release) for release in fields.get("releases", ())]
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    return Dataset(name=name, **fields)


def without_types(documents: Iterable[Document], names: Collection[str], left_out: Counter[str]) -> Iterator[Document]:
    """Documents without the objects of these types, nor relations that such an entity is an end of."""
    for document in documents:
        objects: list[Entity | Relation | Event] = [*document.entities, *document.relations, *document.events]
        left_out.update(f"object of type {item.type}, which is not scored" for item in objects if item.type in names)
        kept = [index for index, entity in enumerate(document.entities) if entity.type not in names]
        moved = {index: new for new, index in enumerate(kept)}
        relations = []
        for relation in (r for r in document.relations if r.type not in names):
            if relation.head in moved and relation.tail in moved:
                head, tail = moved[relation.head], moved[relation.tail]
                relations.append(dataclasses.replace(relation, head=head, tail=tail))
            else:
                left_out[f"relation of type {relation.type}, an end of which is not scored"] += 1
        yield dataclasses.replace(
            document,
            entities=tuple(document.entities[index] for index in kept),
            relations=tuple(relations),
            events=tuple(event for event in document.events if event.type not in names),
        )


def with_examples(
    schema: Schema, documents: Iterable[Document], *, n: int = 10, avoid: Collection[str] = frozenset()
) -> Schema:
    """The schema with the `n` most frequent mentions of each type for its examples, the first of equally frequent ones
    first: entities' mentions, (head, tail) of relations, triggers of events. A type without mentions keeps the examples
    it has. Texts that are no line of printable characters, or have neither letter nor digit, are no examples.

    Args:
      documents: training documents, and no others: a model is shown the examples when it is evaluated.
      avoid: mentions of evaluation documents, by their `mention_key`; no example is one of them, nor has one at an end.
    """

    def may_show(example: str | tuple[str, str]) -> bool:
        ends = (example,) if isinstance(example, str) else example
        return all(_can_be_shown(text) and mention_key(text) not in avoid for text in ends)

    counts: defaultdict[tuple[type, str], Counter[Any]] = defaultdict(Counter)
    for document in documents:
        for kind, name, example in _mentions(document):
            if may_show(example):
                counts[kind, name][example] += 1

    def filled(types: Iterable[T]) -> tuple[T, ...]:
        found = ((t, [example for example, _ in counts[t.__class__, t.name].most_common(n)]) for t in types)
        kept = ((t, most or [example for example in t.examples if may_show(example)]) for t, most in found)
        return tuple(dataclasses.replace(t, examples=tuple(examples)) for t, examples in kept)

    return Schema(filled(schema.entities), filled(schema.relations), filled(schema.events))


def _can_be_shown(text: str) -> bool:
    return text.isprintable() and any(char.isalnum() for char in text)


def _mentions(document: Document) -> Iterator[tuple[type, str, str | tuple[str, str]]]:
    """(kind, type, what can be an example of it)."""
    for entity in document.entities:
        yield EntityType, entity.type, entity.text
    for relation in document.relations:
        head, tail = document.entities[relation.head], document.entities[relation.tail]
        yield RelationType, relation.type, (head.text, tail.text)
    for event in document.events:
        yield EventType, event.type, event.trigger.text
