"""What counts as right: as seqeval and nervaluate count, and as KnowCoder's released scorer does, rule by rule."""

import dataclasses
import warnings
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation
from kcjax.evaluate.matching import KcRules, judge, normalised_name
from kcjax.evaluate.metrics import Counts, score
from kcjax.evaluate.objects import compare


def doc(
    *entities: tuple[int, int, str], text: str = "ab cd ab ef", confidence: float | None = None, **rest
) -> Document:
    found = tuple(Entity(s, e, text[s:e], t, confidence) for s, e, t in entities)
    return Document(rest.pop("id", "1"), text, found, **rest)


def kc(gold: Document, predicted: Document, task: str = "ner", **switches) -> Counts:
    schema = switches.pop("schema", None)
    return (
        score([gold], [predicted], tasks=(task,), schema=schema, rules=KcRules(**switches))
        .tasks[task]["kc_compat"]
        .micro
    )


# --- other scorers ---

words = st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), min_size=1, max_size=8)


@st.composite
def two_taggings(draw) -> tuple[list[list[str]], list[list[str]]]:
    gold = draw(st.lists(words, min_size=1, max_size=4))
    return gold, [
        draw(st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), min_size=len(g), max_size=len(g)))
        for g in gold
    ]


def chunks(tags: list[str]) -> list[tuple[int, int, str]]:
    """By the strict scheme IOB2: an I- that continues nothing is nothing."""
    found, at = [], 0
    while at < len(tags):
        end = at + 1
        if tags[at][0] == "B":
            while end < len(tags) and tags[end] == f"I-{tags[at][2:]}":
                end += 1
            found.append((at, end, tags[at][2:]))
        at = end
    return found


def tagged(taggings: list[list[str]]) -> list[Document]:
    return [
        Document(str(n), "x" * len(tags), tuple(Entity(s, e, "x" * (e - s), t) for s, e, t in chunks(tags)))
        for n, tags in enumerate(taggings)
    ]


@given(two_taggings())
def test_strict_is_what_seqeval_counts(taggings):
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    gold, predicted = taggings
    found = score(tagged(gold), tagged(predicted), tasks=("ner",)).tasks["ner"]["strict"]
    if not found.micro.gold:  # seqeval takes no such thing
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report = classification_report(gold, predicted, mode="strict", scheme=IOB2, output_dict=True, zero_division=0)
    ours = {name: counts for name, counts in found.types.items()} | {"micro avg": found.micro}
    for name, counts in ours.items():
        theirs = report.get(name, {"precision": 0, "recall": 0, "f1-score": 0, "support": 0})
        assert counts.precision == pytest.approx(100 * theirs["precision"])
        assert counts.recall == pytest.approx(100 * theirs["recall"])
        assert counts.f1 == pytest.approx(100 * theirs["f1-score"]) and counts.gold == theirs["support"]


@given(two_taggings())
def test_strict_and_identification_are_what_nervaluate_counts(taggings):
    from nervaluate import Evaluator

    def spans(documents: list[Document]) -> list[list[dict]]:
        return [[{"label": e.type, "start": e.start, "end": e.end - 1} for e in d.entities] for d in documents]

    gold, predicted = map(tagged, taggings)
    found = score(gold, predicted, tasks=("ner",)).tasks["ner"]["strict"]
    theirs = Evaluator(spans(gold), spans(predicted), tags=["A", "B"], loader="dict").evaluate()["overall"]
    for ours, name in ((found.micro, "strict"), (found.identification, "exact")):
        assert (ours.true_positives, ours.predicted, ours.gold) == (
            theirs[name].correct,
            theirs[name].actual,
            theirs[name].possible,
        )


# --- the released scorer, rule by rule; each case worked by hand ---


@pytest.mark.parametrize(
    ("name", "normalised"),
    [
        ("ProgrammingLanguage", "programming language"),
        ("programming_language", "programming language"),
        ("cell-line", "cell line"),
        ("cell-line_Type", "cell line_type"),  # the first sign alone
        ("TVShow", "tvshow"),  # split only between a lower and an upper case letter
        ("DNA", "dna"),
    ],
)
def test_names_are_normalised_as_the_released_scorer_does(name, normalised):
    assert normalised_name(name) == normalised


def test_names_that_differ_in_spelling_are_one_type():
    gold, predicted = doc((0, 2, "programming_language")), doc((0, 2, "ProgrammingLanguage"))
    assert kc(gold, predicted) == Counts(1, 1, 1)
    assert kc(gold, predicted, normalise_names=False, drop_off_schema=False) == Counts(0, 1, 1)


def test_the_same_string_makes_every_prediction_right():
    gold, predicted = doc((0, 2, "A")), doc((0, 2, "A"), (6, 8, "A"))
    assert kc(gold, predicted) == Counts(2, 2, 1)  # a recall of 200%, as they count
    assert kc(gold, predicted, keep_gold=False) == Counts(1, 2, 1)


def test_duplicates_count_on_both_sides():
    gold, predicted = doc((0, 2, "A"), (6, 8, "A"), (3, 5, "B")), doc((0, 2, "A"))
    assert kc(gold, predicted) == Counts(1, 1, 3)


def test_other_is_no_type():
    gold, predicted = doc((0, 2, "Other"), (3, 5, "A")), doc((0, 2, "A"), (3, 5, "Other"))
    assert kc(gold, predicted) == Counts(0, 1, 1)
    assert kc(gold, predicted, drop_other=False) == Counts(0, 2, 2)


def test_types_that_the_set_does_not_have_count_for_nothing():
    gold, predicted = doc((0, 2, "A")), doc((0, 2, "A"), (3, 5, "Z"))
    assert kc(gold, predicted) == Counts(1, 1, 1)
    assert kc(gold, predicted, drop_off_schema=False) == Counts(1, 2, 1)
    assert kc(gold, predicted, schema=("A", "Z")) == Counts(1, 2, 1)


def test_a_string_is_in_no_relation_with_itself():
    ends = ((0, 2, "A"), (6, 8, "A"), (3, 5, "B"))  # ab, ab, cd
    gold = doc(*ends, relations=(Relation("R", 0, 2),))
    predicted = doc(*ends, relations=(Relation("R", 0, 2), Relation("R", 0, 1)))
    assert kc(gold, predicted, "re") == Counts(1, 1, 1)
    assert kc(gold, predicted, "re", drop_self_relations=False) == Counts(1, 2, 1)


def event(type: str, *arguments: tuple[int, int, str], at: int = 0) -> Event:
    text = "ab cd ab ef"
    return Event(
        type, Mention(at, at + 2, text[at : at + 2]), tuple(Argument(s, e, text[s:e], r) for s, e, r in arguments)
    )


def test_every_event_counts_even_on_one_trigger():
    gold, predicted = doc(events=(event("E"), event("E"))), doc(events=(event("E"),))
    assert kc(gold, predicted, "ed") == Counts(1, 1, 2)
    assert kc(gold, predicted, "ed", count_repeats=False) == Counts(1, 1, 1)


def test_triggers_are_compared_by_parent_and_arguments_are_not():
    parents = {"Attack": "Conflict", "Demonstrate": "Conflict"}
    gold, predicted = doc(events=(event("Attack", (3, 5, "r")),)), doc(events=(event("Demonstrate", (3, 5, "r")),))
    assert kc(gold, predicted, "ed", event_parents=parents) == Counts(1, 1, 1)
    assert kc(gold, predicted, "ed") == Counts(0, 1, 1)  # triggers of types off the schema count
    assert kc(gold, predicted, "eae", event_parents=parents, drop_off_schema=False) == Counts(0, 1, 1)


def test_roles_are_normalised_too():
    gold, predicted = doc(events=(event("E", (3, 5, "Place-Arg")),)), doc(events=(event("E", (3, 5, "place_arg")),))
    assert kc(gold, predicted, "eae") == Counts(1, 1, 1)


def test_a_type_below_the_gold_one_is_right_with_ancestors():
    above = {"Footballer": ["Athlete", "Human"]}.get
    gold = doc((0, 2, "Human"), (3, 5, "Place"))
    predicted = doc((0, 2, "Footballer"), (3, 5, "Footballer"))
    rules = {"ancestors": lambda name: above(name, []), "schema": ("Human", "Place", "Footballer")}
    assert kc(gold, predicted, **rules) == Counts(1, 2, 2)
    assert kc(gold, predicted, schema=rules["schema"]) == Counts(0, 2, 2)


@st.composite
def document(draw) -> Document:
    text = "ab cd ab ef"
    spans = st.sampled_from([(0, 2), (3, 5), (6, 8), (9, 11), (0, 5)])
    types = st.sampled_from(["Big_Ship", "BigShip", "other", "Z"])
    entities = [(*draw(spans), draw(types)) for _ in range(draw(st.integers(0, 5)))]
    ends = st.integers(0, max(len(entities) - 1, 0))
    relations = tuple(Relation(draw(types), draw(ends), draw(ends)) for _ in range(draw(st.integers(0, 3))) if entities)
    arguments = [(*draw(spans), draw(st.sampled_from(["Of_Place", "OfPlace"]))) for _ in range(draw(st.integers(0, 4)))]
    events = tuple(event(draw(types), *arguments[n : n + 2]) for n in range(0, len(arguments), 2))
    return doc(*entities, text=text, relations=relations, events=events)


@given(document(), document(), st.sampled_from(["ner", "re", "ed", "eae"]), st.booleans())
def test_kc_compat_is_the_released_scorer_step_by_step(gold, predicted, task, identification):
    """Its steps, written out one after the other over plain lists."""

    def tuples(d: Document) -> list[tuple[str, ...]]:
        text = [e.text for e in d.entities]
        if task == "ner":
            return [(normalised_name(e.type), e.text) for e in d.entities]
        if task == "re":
            return [(normalised_name(r.type), text[r.head], text[r.tail]) for r in d.relations]
        if task == "ed":
            return [(normalised_name(e.type), e.trigger.text) for e in d.events]
        return [(normalised_name(e.type), a.text, normalised_name(a.role)) for e in d.events for a in e.arguments]

    theirs, ours = tuples(gold), tuples(predicted)
    if task == "ner":
        theirs, ours = [[t for t in side if t[0] != "other"] for side in (theirs, ours)]
    elif task == "re":
        ours = [t for t in ours if t[1] != t[2]]
    if task != "ed":
        ours = [t for t in ours if t[0] in {"big ship", "other"}]
    if identification:  # an argument by event type and string, anything else by its strings
        theirs, ours = [[t[:2] if task == "eae" else t[1:] for t in side] for side in (theirs, ours)]
    wanted = Counts(sum(t in theirs for t in ours), len(ours), len(theirs))
    found = score([gold], [predicted], tasks=(task,), schema=("BigShip", "Other")).tasks[task]["kc_compat"]
    assert (found.identification if identification else found.micro) == wanted


@given(document(), document())
def test_string_is_a_multiset_intersection(gold, predicted):
    ours, theirs = (Counter((e.type, e.text) for e in d.entities) for d in (predicted, gold))
    found = score([gold], [predicted], tasks=("ner",)).tasks["ner"]["string"].micro
    assert found == Counts((ours & theirs).total(), ours.total(), theirs.total())


def test_of_equal_predictions_the_more_confident_are_right():
    text = "ab"
    ours = tuple(Entity(0, 2, text, "A", c) for c in (0.2, None, 0.9))
    comparison = compare([doc((0, 2, "A"), text=text)], [Document("1", text, ours)], tasks=("ner",))["ner"]
    assert judge(comparison, "strict").right.tolist() == [False, False, True]


def test_many_documents_and_long_texts_do_not_run_into_each_other():
    """Their numbers together are more than 64 bits hold."""
    far = 2**40
    gold = [Document(str(n), "", (Entity(far + n, far + n + 1, "x", "A"),)) for n in range(40)]
    shifted = [
        dataclasses.replace(d, entities=(dataclasses.replace(d.entities[0], start=far + n + 1),))
        for n, d in enumerate(gold)
    ]
    assert score(gold, gold).tasks["ner"]["strict"].micro == Counts(40, 40, 40)
    assert score(gold, shifted).tasks["ner"]["strict"].micro == Counts(0, 40, 40)
