"""Facts without offsets, found in their sentence: what TekGen, KELM and InstructIE have in common."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence

from kcjax.corpus.convert.classes import Classes
from kcjax.corpus.convert.mentions import Annotation, absence, nearest_pair, places_of


@dataclasses.dataclass
class Job:
    """One conversion.

    Attributes:
      left_out: counts what the data has and the documents have not, by reason.
      types: label of a thing -> ids of the Wikidata classes it is an instance of.
    """

    classes: Classes
    left_out: Counter[str] = dataclasses.field(default_factory=Counter)
    types: Mapping[str, Sequence[str]] = dataclasses.field(default_factory=dict)

    def lose(self, reason: str, count: int = 1) -> None:
        if count:
            self.left_out[reason] += count


def add_fact(
    note: Annotation, job: Job, head: str, relation: str, tail: str, *, kinds: tuple[str, str] = ("", "")
) -> None:
    """Adds a relation between the places_of of head and tail that stand nearest together, or counts why not.

    The class of an end is, of those the classes of the job know: that of the thing's types, that of the label in
    `kinds`, the one class that the relation's constraint names, `Entity`.
    """
    name = job.classes.relation(relation)
    if name is None:
        job.lose("relation: its label stands for no one class")
        return
    places = [places_of(note.text, string) for string in (head, tail)]
    for role, string, spans in zip(("head", "tail"), (head, tail), places, strict=True):
        if not spans:
            job.lose(f"relation with a {role} {absence(note.text, string)}")
            return
    pair = nearest_pair(*places)
    if pair is None:
        job.lose("relation with a head and a tail that overlap")
        return
    if not note.relation(name, *pair):
        job.lose("relation that is there already")
        return
    for span, string, kind, allowed in zip(pair, (head, tail), kinds, job.classes.ends(name), strict=True):
        add_entity(note, job, span, string, kind, allowed)


def add_entity(note: Annotation, job: Job, span: tuple[int, int], string: str, kind: str, allowed: str) -> None:
    """Adds an end of a relation, of the class by `add_fact`; `allowed` is the constraint's."""
    if found := job.classes.of_types(job.types.get(string, ())):
        note.entity(span, found)
    elif found := entity_class(job, kind):
        note.entity(span, found, doubt=1)
    else:
        note.entity(span, allowed, doubt=2 if allowed != "Entity" else 3)


def entity_class(job: Job, kind: str) -> str | None:
    """The class of a type's label. One that names alternatives, such as `organization/human`, says too little."""
    return job.classes.entity(kind) if kind and "/" not in kind else None


def count_untyped(note: Annotation, job: Job) -> None:
    """Counts the entities of which nothing tells more than that they are entities."""
    untyped = sum(name == "Entity" for _, name in note.entities.values())
    job.lose("class of an entity: nothing tells it, so it is Entity", untyped)
