"""Names of types and roles: identifiers whatever the labels hold, each taken once, the same every time."""

import builtins
import keyword

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kcjax.schema.code import RESERVED_ROLES, check_name
from kcjax.schema.naming import Names, class_name, role_name
from kcjax.schema.types import BASE_CLASSES

KINDS = ("Entity", "Relation", "Event")
# Anything, with what composes, changes its length with its case, or is taken more often than by chance.
labels = st.text(st.characters() | st.sampled_from("ßŉǆİΐſﬁ²Ⅷ\u0301\u0345\u0308'’ʼ_＿︳ -aZ9\ud800"), max_size=12) | (
    st.sampled_from(["class", "None", "true", "list", "Entity", "event", "relation", "print", "self", "city", "City "])
)
identifiers = st.sampled_from(["Q1", "Q2", "P1", "wn:00000001-n", "wn:00000001.n", "kb:City Hall", "kb:City-Hall"])


@given(labels)
@example("e\u0301te\u0301")
@example("2 \u0301")
def test_class_name_is_empty_or_an_identifier_that_python_reads_back(label):
    name = class_name(label)
    if name not in ("", "None", "True", "False"):  # which Names keeps out
        check_name(name, "the class name")
    assert not name.startswith("__") and name == class_name(label)


@given(labels)
@example("İ")
def test_role_name_is_empty_or_an_identifier_that_is_not_reserved(label):
    name = role_name(label)
    if name:
        check_name(name, "the role")
    assert not name.startswith("__") and name not in RESERVED_ROLES


@given(labels)
def test_names_of_names_are_themselves(label):
    assert class_name(class_name(label)) == class_name(label) or "_" in class_name(label)
    assert role_name(role_name(label)) == role_name(label) or role_name(label)[0] == "_"


@pytest.mark.parametrize(
    "label, name",
    {
        "association football club": "AssociationFootballClub",
        "iPhone": "IPhone",
        "McDonald house": "McDonaldHouse",
        "NATO summit": "NATOSummit",
        "sailor's knot": "SailorsKnot",
        "o’clock ʼtis": "OclockTis",
        "2nd street": "_2ndStreet",
        "twin-engine (aircraft), 4x": "TwinEngineAircraft4x",
        "snake_case": "SnakeCase",
        "île flottante": "ÎleFlottante",
        "i\u0302le": "Île",
        "東京 タワー": "東京タワー",
        "ﬁnal x²": "FinalX2",
        "": "",
        "!?_": "",
    }.items(),
)
def test_class_name_joins_the_words_and_keeps_their_case(label, name):
    assert class_name(label) == name


@pytest.mark.parametrize(
    "label, name",
    {
        "Place of birth": "place_of_birth",
        "ship's master": "ships_master",
        "1st mate": "role_1st_mate",
        "From": "from_",
        "Self": "self_",
        "trigger": "trigger_",
        "ÉTAT": "état",
        "__init__": "init",
        "--": "",
    }.items(),
)
def test_role_name_joins_the_words_in_lower_case(label, name):
    assert role_name(label) == name


@given(st.lists(st.tuples(labels, st.sampled_from(KINDS), identifiers), max_size=15))
def test_names_are_unique_identifiers_and_never_reserved(asked):
    def take() -> tuple[list[str], int]:
        names = Names()
        return [names.take(label, kind=kind, identifier=own) for label, kind, own in asked], names.suffixed

    taken, suffixed = take()
    assert len(set(taken)) == len(taken)
    for name, (label, _, _) in zip(taken, asked, strict=True):
        check_name(name, "the class name")
        assert name not in BASE_CLASSES and not keyword.iskeyword(name) and not hasattr(builtins, name)
        assert name not in ("List", "__debug__") and name.startswith(class_name(label))
    assert suffixed == sum(name != class_name(label) for name, (label, _, _) in zip(taken, asked, strict=True))
    assert take() == (taken, suffixed)


def test_first_takes_the_plain_name_another_kind_its_suffix_and_the_rest_the_identifier():
    names = Names()
    asked = [
        ("director", "Entity", "Q1", "Director"),
        ("director", "Relation", "P57", "DirectorRelation"),
        ("Director", "Relation", "P58", "DirectorRelation_P58"),
        ("director", "Entity", "Q2", "Director_Q2"),
        ("director", "Event", "wn:1-n", "DirectorEvent"),
        ("director", "Event", "wn:2-n", "DirectorEvent_wn_2_n"),
        ("director", "Event", "wn:2.n", "DirectorEvent_wn_2_n_2"),
        ("director", "Event", "wn:2 n", "DirectorEvent_wn_2_n_3"),
        ("list", "Entity", "Q3", "ListEntity"),
        ("list", "Entity", "Q4", "ListEntity_Q4"),
        ("true", "Entity", "Q5", "TrueEntity"),
        ("event", "Event", "Q6", "EventEvent"),
        ("warning", "Relation", "P1", "WarningRelation"),
        ("class", "Entity", "Q7", "Class"),
        ("…", "Entity", "Q8", "_Q8"),
    ]
    for label, kind, own, name in asked:
        assert names.take(label, kind=kind, identifier=own) == name
    assert names.suffixed == len(asked) - 2
