"""Which predicted objects are right, and which gold ones were found, under each of three rules.

* "strict": (type, character span), each gold object counted once. It judges what has a place in the text.
* "string": (type, mention string), each gold object counted once, as most papers do. What the model wrote and is not in
  the text, or more often than there, is predicted and wrong.
* "kc_compat": what KnowCoder's released scorer does (`KcRules`), for comparison with its published figures.
"""

import dataclasses
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Literal, get_args

import numpy as np

from kcjax.evaluate.objects import Comparison, Objects

Match = Literal["strict", "string", "kc_compat"]
MATCHES: tuple[Match, ...] = get_args(Match)


@dataclasses.dataclass(frozen=True)
class KcRules:
    """The rules of KnowCoder's released scorer (`eval/src`), each to be switched off for itself. It compares strings.

    Attributes:
      normalise_names: type names in lower case and words, `ProgrammingLanguage` and `programming_language` alike.
      drop_other: objects of a type called other count on neither side.
      drop_off_schema: predictions of a type that the set does not have count for nothing; not of triggers.
      drop_self_relations: predicted relations of a string with itself count for nothing.
      keep_gold: a gold object can make several predictions right, so that recall may be over 100.
      count_repeats: several events of one type on one trigger count each.
      event_parents: types of events -> their parents, in place of which these are compared (for ACE05).
      ancestors: type -> the types above it; a predicted entity is right if one of them is the gold type.
    """

    normalise_names: bool = True
    drop_other: bool = True
    drop_off_schema: bool = True
    drop_self_relations: bool = True
    keep_gold: bool = True
    count_repeats: bool = True
    event_parents: Mapping[str, str] = dataclasses.field(default_factory=dict)
    ancestors: Callable[[str], Iterable[str]] | None = None


def normalised_name(name: str) -> str:
    """The name of a type as the released scorer compares it: a name with `-` is split there, else one with `_`, else
    one in CamelCase between a lower and an upper case letter."""
    for sign in "-_":
        if sign in name:
            return name.replace(sign, " ").lower()
    return re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()


@dataclasses.dataclass(frozen=True)
class Judged:
    """Objects under a rule, with what became of them.

    Attributes:
      right: `[N]`, whether a predicted object is right.
      found: `[N]`, whether a gold object was found.
      labels: what the numbers in `label` stand for.
    """

    gold: Objects
    predicted: Objects
    right: np.ndarray
    found: np.ndarray
    labels: tuple[str, ...]


def judge(
    comparison: Comparison,
    match: Match,
    *,
    identification: bool = False,
    rules: KcRules = KcRules(),
    schema: Collection[str] | None = None,
) -> Judged:
    """Judges all objects. Of equal predictions the more confident ones are right, as many as there are gold objects.

    Args:
      identification: whether only the place is compared; of an argument also the type of its event.
      schema: for "kc_compat", the labels of the set, as of `labels_of`; None for those that gold has.
    """
    gold, predicted, labels = comparison.gold, comparison.predicted, comparison.labels
    if match == "kc_compat":
        gold, predicted, labels = _kc_objects(comparison, rules, schema)
    else:
        gold, predicted = gold[~gold.repeats], predicted[~predicted.repeats]
    if match == "strict":
        predicted = predicted[~predicted.unplaced]
    sides = gold, predicted
    names = [objects.group if identification else objects.label for objects in sides]
    places = [objects.places if match == "strict" else objects.texts for objects in sides]
    unread = predicted.unread
    documents = [objects.document for objects in sides]
    ids = _row_ids([np.concatenate(columns) for columns in (documents, names)] + list(np.concatenate(places).T))
    gold_ids, predicted_ids = ids[: len(gold)], ids[len(gold) :]
    if match == "kc_compat" and rules.keep_gold:
        right, found = np.isin(predicted_ids, gold_ids), np.isin(gold_ids, predicted_ids[~unread])
    else:
        right, found = _each_once(gold_ids, predicted_ids, predicted.confidence, unread)
    right &= ~unread
    if match == "kc_compat" and rules.ancestors and comparison.task == "ner" and not identification:
        right |= _right_by_ancestor(gold, predicted, labels, comparison.labels, rules)
    return Judged(gold, predicted, right, found, labels)


def _each_once(
    gold: np.ndarray, predicted: np.ndarray, confidence: np.ndarray, unread: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(right, found), so that of objects with equal ids as many are right as there are on the other side."""
    keys, index = np.unique(np.concatenate([gold, predicted]), return_inverse=True)
    gold_key, predicted_key = index[: len(gold)], index[len(gold) :]
    gold_count = np.bincount(gold_key, minlength=len(keys))
    predicted_count = np.bincount(predicted_key[~unread], minlength=len(keys))
    # What could not be read comes last, and takes no gold object from the others.
    order = np.lexsort((-np.nan_to_num(confidence, nan=-1.0), unread, predicted_key))
    right = _rank(predicted_key, order) < gold_count[predicted_key]
    found = _rank(gold_key, np.argsort(gold_key, kind="stable")) < predicted_count[gold_key]
    return right, found


def _rank(keys: np.ndarray, order: np.ndarray) -> np.ndarray:
    """How many of the same key come before each, where `order` sorts by key."""
    ordered = keys[order]
    first = np.searchsorted(ordered, ordered, side="left")
    rank = np.empty(len(keys), np.int64)
    rank[order] = np.arange(len(keys)) - first
    return rank


def _row_ids(columns: list[np.ndarray]) -> np.ndarray:
    """Numbers that are equal where all columns are, `[N]`; the columns hold whole numbers from -1 on."""
    ids, size = np.zeros(len(columns[0]), np.int64), 1
    for column in columns:
        width = int(column.max(initial=0)) + 2
        if size * width >= 2**62:
            keys, ids = np.unique(ids, return_inverse=True)
            size = len(keys)
        ids, size = ids * width + column + 1, size * width
    return ids


def _kc_objects(
    comparison: Comparison, rules: KcRules, schema: Collection[str] | None
) -> tuple[Objects, Objects, tuple[str, ...]]:
    """The objects that the released scorer compares, and their labels."""
    gold, predicted, task = comparison.gold, comparison.predicted, comparison.task

    def split(label: str) -> tuple[str, str]:
        event, _, role = label.partition(".") if task == "eae" else (label, "", "")
        return event, role

    def name(label: str) -> str:
        event, role = split(label)
        parts = [rules.event_parents.get(event, event) if task == "ed" else event, *([role] if role else [])]
        return ".".join(_named(part, rules) for part in parts)

    names = [name(label) for label in comparison.labels]
    labels = tuple(dict.fromkeys(names))
    number = {label: index for index, label in enumerate(labels)}
    renumbered = np.array([number[label] for label in names], np.int64)
    groups: dict[str, int] = {}  # the event types of arguments
    grouped = np.array([groups.setdefault(_named(s, rules), len(groups)) for s in comparison.strings], np.int64)
    gold, predicted = (
        dataclasses.replace(o, label=renumbered[o.label], group=grouped[o.group]) for o in (gold, predicted)
    )
    keep_gold, keep = np.ones(len(gold), bool), np.ones(len(predicted), bool)
    if not rules.count_repeats:
        keep_gold, keep = ~gold.repeats, ~predicted.repeats
    if rules.drop_other and "other" in number and task == "ner":
        keep_gold, keep = keep_gold & (gold.label != number["other"]), keep & (predicted.label != number["other"])
    if rules.drop_off_schema and task != "ed":
        types = {split(labels[number])[0] for number in np.unique(gold.label)}
        if schema is not None:
            types = {_named(split(label)[0], rules) for label in schema}
        keep &= np.array([split(label)[0] in types for label in labels] or [False])[predicted.label] | predicted.unread
    if rules.drop_self_relations and task == "re":
        keep &= (predicted.texts[:, 0] != predicted.texts[:, 1]) | predicted.unread
    return gold[keep_gold], predicted[keep], labels


def _right_by_ancestor(
    gold: Objects, predicted: Objects, labels: tuple[str, ...], original: tuple[str, ...], rules: KcRules
) -> np.ndarray:
    """Whether a type above a predicted object's is that of a gold object of that string, `[N]`."""
    assert rules.ancestors is not None
    number = {label: index for index, label in enumerate(labels)}
    above: dict[int, set[int]] = {}
    for label in original:
        ancestors = {_named(ancestor, rules) for ancestor in rules.ancestors(label)}
        above.setdefault(number[_named(label, rules)], set()).update(number[a] for a in ancestors if a in number)
    gold_keys = set(zip(gold.document.tolist(), gold.label.tolist(), gold.texts[:, 0].tolist(), strict=True))
    rows = zip(predicted.document.tolist(), predicted.label.tolist(), predicted.texts[:, 0].tolist(), strict=True)
    return np.array(
        [any((document, label, text) in gold_keys for label in above[own]) for document, own, text in rows], bool
    )


def _named(name: str, rules: KcRules) -> str:
    return normalised_name(name) if rules.normalise_names else name
