"""Scores of parts of the objects: of mentions seen in training or not, by length of the text, by how frequent a type is
in training, and by how near it is to those trained on."""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

import numpy as np

from kcjax.corpus.document import Document
from kcjax.corpus.prompt import Task, types_of
from kcjax.evaluate.matching import Judged
from kcjax.evaluate.metrics import Counts, counts_by
from kcjax.evaluate.objects import Comparison, Objects, compare
from kcjax.schema.types import AnyType, Schema
from kcjax.text import mention_key

Slices = dict[str, Counts]
_LENGTHS = ((1, "1-10"), (11, "11-20"), (21, "21-30"), (31, "31-50"), (51, "51+"))  # words
_FREQUENCIES = ((0, "0"), (1, "1-9"), (10, "10-99"), (100, "100-999"), (1000, "1000+"))
_DISTANCES = ((0.0, "0.0-0.2"), (0.2, "0.2-0.4"), (0.4, "0.4-0.6"), (0.6, "0.6-0.8"), (0.8, "0.8-1.0"))


def by_text_length(judged: Judged, documents: Sequence[Document]) -> Slices:
    """By the number of words of the document."""
    part = np.array([_part(len(d.text.split()), _LENGTHS) for d in documents] or [0])
    return _sliced(judged, lambda objects: part[objects.document], [name for _, name in _LENGTHS])


def by_type_frequency(judged: Judged, training: Mapping[str, int]) -> Slices:
    """By how many objects of their type the training documents have; see `type_frequencies`."""
    part = np.array([_part(training.get(label, 0), _FREQUENCIES) for label in judged.labels] or [0])
    return _sliced(judged, lambda objects: part[objects.label], [name for _, name in _FREQUENCIES])


def by_type_distance(judged: Judged, distances: Mapping[str, float]) -> Slices:
    """By the distance of their type from those trained on; of an argument, by that of its event type."""
    known = [distances.get(label, distances.get(label.partition(".")[0], 1.0)) for label in judged.labels]
    part = np.array([_part(distance, _DISTANCES) for distance in known] or [0])
    return _sliced(judged, lambda objects: part[objects.label], [name for _, name in _DISTANCES])


def by_seen(judged: Judged, strings: Sequence[str], seen: Collection[tuple[str, str]]) -> Slices:
    """Objects whose mention (of a relation: whose two) a training object has, in whatever case, and the others.

    Args:
      strings: those of the comparison.
      seen: as of `seen_mentions`.
    """
    keys = [mention_key(string) for string in strings]

    def part(objects: Objects) -> np.ndarray:
        return np.array([(keys[a], keys[b]) not in seen for a, b in objects.texts.tolist()], int)

    return _sliced(judged, part, ["seen", "unseen"])


def trained(task: Task, training: Sequence[Document]) -> Comparison:
    """The objects of training documents, for the two functions below."""
    return compare(training, [], tasks=(task,))[task]


def seen_mentions(training: Comparison) -> frozenset[tuple[str, str]]:
    keys = [mention_key(string) for string in training.strings]
    return frozenset((keys[a], keys[b]) for a, b in training.gold.texts.tolist())


def type_frequencies(training: Comparison) -> dict[str, int]:
    counts = np.bincount(training.gold.label, minlength=len(training.labels))
    return {label: int(count) for label, count in zip(training.labels, counts, strict=True)}


def type_distances(task: Task, schema: Schema, trained_on: Iterable[Schema]) -> dict[str, float]:
    """For each type of a schema its distance from the nearest type trained on: 0 for one of the same name or
    identifier, else 1 less the cosine of the words of names and descriptions, by their rarity."""
    known = [t for other in trained_on for t in types_of(task, other)]
    asked = types_of(task, schema)
    names, identifiers = {t.name for t in known}, {t.identifier for t in known} - {""}
    bags = [_words(t) for t in (*known, *asked)]
    spread = Counter(word for bag in bags for word in bag)
    weight = {word: math.log(1 + len(bags) / n) for word, n in spread.items()}
    vectors = [{word: weight[word] for word in bag} for bag in bags]
    found = {}
    for t, vector in zip(asked, vectors[len(known) :], strict=True):
        if t.name in names or t.identifier in identifiers:
            found[t.name] = 0.0
        else:
            nearest = max((_cosine(vector, other) for other in vectors[: len(known)]), default=0.0)
            found[t.name] = min(1.0, max(0.0, 1.0 - nearest))
    return found


def _sliced(judged: Judged, part: Callable[[Objects], np.ndarray], names: Sequence[str]) -> Slices:
    counts = counts_by(judged, part(judged.predicted), part(judged.gold), len(names))
    return {name: Counts(*map(int, row)) for name, row in zip(names, counts, strict=True) if row[1:].any()}


def _part(value: float, bounds: Sequence[tuple[float, str]]) -> int:
    return max(sum(value >= least for least, _ in bounds) - 1, 0)


def _words(t: AnyType) -> set[str]:
    text = re.sub(r"([a-z])([A-Z])", r"\1 \2", t.name) + " " + t.description
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 2}


def _cosine(one: Mapping[str, float], two: Mapping[str, float]) -> float:
    size = math.sqrt(sum(x * x for x in one.values()) * sum(x * x for x in two.values()))
    return sum(x * two[word] for word, x in one.items() if word in two) / size if size else 0.0
