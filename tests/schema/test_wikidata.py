"""Lines of a dump to items and properties: truthy statements, every form the dumps have, and nothing but NotAnEntity
for what is no entity."""

import copy
import gzip
import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kcjax.schema.concept import Property
from kcjax.schema.wikidata import (
    Item,
    NotAnEntity,
    has_statements,
    id_of,
    number_of,
    parse_entity,
    spread,
    strip_frame,
)

DUMPS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "wikidata_dump"
SUBJECT_TYPE, VALUE_TYPE = "Q21503250", "Q21510865"


def snak(property, value=None, *, kind="value", datatype="wikibase-item", form="both"):
    """A snak whose value, where it has one, is an entity id written as one `form` of dumps does."""
    made = {"snaktype": kind, "property": property, "datatype": datatype}
    if kind == "value":
        body = {"entity-type": "property" if value[0] == "P" else "item", "numeric-id": int(value[1:]), "id": value}
        if form == "numeric":
            del body["id"]
        if form == "id":
            del body["numeric-id"]
        made["datavalue"] = {"type": "wikibase-entityid", "value": body}
    return made


def statement(property, value=None, rank="normal", *, classes=None, url=None, **options):
    made = {"type": "statement", "rank": rank, "mainsnak": snak(property, value, **options)}
    if classes is not None:
        made["qualifiers"] = {"P2308": [snak("P2308", id) if id else snak("P2308", kind="novalue") for id in classes]}
    if url:
        reference = {"snaktype": "value", "property": "P854", "datatype": "url"}
        made["references"] = [{"snaks": {"P854": [reference | {"datavalue": {"type": "string", "value": url}}]}}]
    return made


def entity(id, *statements, **fields):
    claims = {}
    for one in statements:
        claims.setdefault(one["mainsnak"]["property"], []).append(one)
    kind = {"type": "property", "datatype": "wikibase-item"} if id[:1] == "P" else {"type": "item"}
    texts = {"labels": {"en": text("en", f"thing {id}")}, "descriptions": {}, "aliases": {}}
    return kind | {"id": id} | texts | {"claims": claims, "sitelinks": {}} | fields


def text(language, value):
    return {"language": language, "value": value}


def parsed(row, *ignored):
    return parse_entity(json.dumps(row).encode(), ignored_references=ignored)


def parents(*statements, ignored=()):
    return parsed(entity("Q1", *statements), *ignored).concept.parents


# The line.


@pytest.mark.parametrize("line", [b"", b"[", b"]", b" [ \r\n", b"],", b"\t", b",", b"]\r"])
def test_the_frame_of_the_list_is_no_entity_and_no_problem(line):
    assert strip_frame(line) == b""


@pytest.mark.parametrize("line", [b'{"a": 1}', b' {"a": 1},', b'{"a": 1},\r\n', b'\t{"a": 1} ,'])
def test_what_ends_a_line_is_taken_off(line):
    assert strip_frame(line) == b'{"a": 1}'


@pytest.mark.parametrize(
    "line", [b"garbage", b'{"id": "Q1"', b'"id": "Q1"}', b"[[", b"[{}]", b"null", b"{", b"\x1f\x8b"]
)
def test_a_line_that_is_no_object_is_not_an_entity(line):
    with pytest.raises(NotAnEntity, match="not a JSON object|not valid JSON"):
        parse_entity(strip_frame(line))


def test_an_entity_without_statements_is_told_by_its_bytes():
    assert not has_statements(json.dumps(entity("Q1")).encode())
    assert has_statements(json.dumps(entity("Q1", statement("P31", "Q2"))).encode())
    assert has_statements(json.dumps(entity("P1")).encode())  # a property tells something without any


def test_an_id_is_found_at_the_beginning_only():
    assert id_of(b'{"type":"item","id":"Q42","labels":{}}') == "Q42"
    assert id_of(b'{"type":"property","datatype":"wikibase-item","id":"P31","labels":{}}') == "P31"
    assert id_of(b'{"type":"lexeme","id":"L7","lemmas":{}}') is None
    assert id_of(b'{"type":"item","aliases":{},"labels":{},"descriptions":{},"sitelinks":{},"id":"Q1"}') is None
    assert id_of(b'{"claims":{"P31":[{"id":"Q5$1234","rank":"normal"}]}}') is None  # of a statement
    assert id_of(b'{"id":"Q0"}') is None and id_of(b"") is None
    assert number_of("Q42") == number_of("P42") == 42


@given(st.integers(0, 1 << 62), st.integers(0, 1 << 62))
def test_spread_keeps_numbers_apart_and_within_64_bits(one, two):
    assert 0 <= spread(one) < 1 << 64
    assert (spread(one) == spread(two)) == (one == two)


def test_spread_is_the_same_on_every_machine_and_looks_random():
    # SplitMix64 begun with 0: the published first outputs.
    golden = 0x9E3779B97F4A7C15
    assert spread(0) == 0xE220A8397B1DCDAF and spread(golden) == 0x6E789E6AA1B965F4
    halves = [spread(number) >> 63 for number in range(10_000)]
    assert 4800 < sum(halves) < 5200


# Truthy statements.


def test_normal_statements_are_taken_in_their_order_each_value_once():
    assert parents(*(statement("P279", id) for id in ("Q9", "Q7", "Q9", "Q8"))) == ("Q9", "Q7", "Q8")


def test_a_preferred_statement_hides_the_normal_ones():
    assert parents(statement("P279", "Q7"), statement("P279", "Q8", "preferred")) == ("Q8",)


@pytest.mark.parametrize("rank", ["deprecated", "of another kind"])
def test_deprecated_statements_are_dropped(rank):
    assert parents(statement("P279", "Q7", rank)) == ()
    assert parents(statement("P279", "Q7", rank), statement("P279", "Q8")) == ("Q8",)


@pytest.mark.parametrize("kind", ["somevalue", "novalue"])
def test_a_statement_without_a_value_is_skipped_and_hides_normal_ones_if_preferred(kind):
    without = statement("P279", kind=kind)
    assert parents(without) == () and parents(without, statement("P279", "Q7")) == ("Q7",)
    assert parents(statement("P279", "Q7"), without | {"rank": "preferred"}) == ()
    assert parents(statement("P279", "Q7"), without | {"rank": "deprecated"}) == ("Q7",)


def test_ranks_of_one_property_are_nothing_to_another():
    item = parsed(entity("Q1", statement("P279", "Q7"), statement("P31", "Q8", "preferred"), statement("P31", "Q9")))
    assert item.concept.parents == ("Q7",) and item.concept.instance_of == ("Q8",)


@pytest.mark.parametrize("form", ["both", "numeric", "id"])
def test_ids_are_read_in_the_forms_of_old_and_new_dumps(form):
    assert parents(statement("P279", "Q7", form=form), statement("P279", "Q8", form=form)) == ("Q7", "Q8")
    assert parsed(entity("P1", statement("P1647", "P7", form=form))).parents == ("P7",)


def test_other_claims_between_items_are_links_of_what_is_an_instance():
    claims = [
        statement("P50", "Q3"),
        statement("P50", "Q4", "preferred"),
        statement("P51", "Q5"),
        statement("P51", kind="somevalue"),
        statement("P52", kind="novalue"),
        statement("P1647", "P3", datatype="wikibase-property"),
        {"rank": "normal", "mainsnak": {"snaktype": "value", "property": "P18", "datatype": "string"}},
    ]
    item = parsed(entity("Q1", statement("P31", "Q2"), statement("P279", "Q6"), *claims))
    assert item.links == (("P50", "Q4"), ("P51", "Q5")) and item.concept.parents == ("Q6",)
    assert parsed(entity("Q1", statement("P279", "Q6"), *claims)).links == ()
    old = statement("P51", "Q5")
    del old["mainsnak"]["datatype"]  # as in dumps of 2014
    assert parsed(entity("Q1", statement("P31", "Q2"), old)).links == ()


@pytest.mark.parametrize("property", ["P31", "P279", "P50"])
def test_a_property_with_a_list_of_no_statements_is_as_if_it_were_not_there(property):
    row = entity("Q1", statement("P31", "Q2"))
    row["claims"] = {property: []} | row["claims"]
    item = parsed(row)
    assert item.concept.parents == () and item.links == ()


def test_statements_with_an_ignored_reference_are_as_if_they_were_not():
    hidden = statement("P279", "Q8", "preferred", url="https://mirror.example/thing")
    shown = statement("P279", "Q7", url="https://library.example/thing")
    assert parents(shown, hidden) == ("Q8",)
    assert parents(shown, hidden, ignored=("mirror.example",)) == ("Q7",)
    assert parents(shown, hidden, ignored=("nowhere", "example/")) == ()
    assert parents(statement("P279", "Q7"), ignored=("mirror.example",)) == ("Q7",)
    bare = statement("P279", "Q7") | {"references": [{"snaks": []}, {"snaks": {"P248": [snak("P248", "Q3")]}}]}
    unknown = statement("P279", "Q9") | {"references": [{"snaks": {"P854": [snak("P854", kind="somevalue")]}}]}
    assert parents(bare, unknown, ignored=("mirror.example",)) == ("Q7", "Q9")
    item = parsed(
        entity("Q1", statement("P31", "Q2"), statement("P31", "Q3", url="x://m"), statement("P5", "Q4", url="x://m")),
        "x://m",
    )
    assert item.concept.instance_of == ("Q2",) and item.links == ()


# Terms.


def test_an_empty_map_may_be_a_list_or_missing():
    empty = {"labels": [], "descriptions": [], "aliases": [], "claims": [], "sitelinks": []}
    for row in (entity("Q1") | empty, {"type": "item", "id": "Q1"}, entity("Q1") | {key: {} for key in empty}):
        item = parsed(row)
        concept = item.concept
        assert (concept.id, concept.label, concept.description, concept.aliases) == ("Q1", "", "", ())
        assert (item.links, item.sitelinks, concept.parents, concept.instance_of) == ((), 0, (), ())
    made = parsed(entity("P1", statement("P2302", SUBJECT_TYPE) | {"qualifiers": []}) | empty | {"claims": []})
    assert made == Property("P1")
    assert parsed(entity("P1", statement("P2302", SUBJECT_TYPE) | {"qualifiers": []})).subject_types == ()


@pytest.mark.parametrize("field", ["labels", "descriptions"])
def test_texts_fall_back_from_en_by_its_varieties_to_mul(field):
    languages = ["de", "en-ca", "mul", "en-us", "en-gb", "en"]
    texts = {}
    expected = ["", "", "mul", "en-us", "en-gb", "en"]
    for language, found in zip(languages, expected, strict=True):
        texts[language] = text(language, f"in {language}")
        concept = parsed(entity("Q1", **{field: texts})).concept
        assert {"labels": concept.label, "descriptions": concept.description}[field] == (found and f"in {found}")


def test_aliases_are_those_of_all_english_languages_without_the_label():
    aliases = {
        "mul": [text("mul", "Dock"), text("mul", "dock")],
        "en-gb": [text("en-gb", "wharf")],
        "de": [text("de", "Kai")],
        "en": [text("en", "dock"), text("en", "berth"), text("en", "quay")],
    }
    concept = parsed(entity("Q1", labels={"en": text("en", "quay")}, aliases=aliases)).concept
    assert concept.aliases == ("dock", "berth", "wharf", "Dock")


def test_sitelinks_are_counted():
    links = {f"{language}wiki": {"site": f"{language}wiki", "title": "Quay"} for language in ("en", "de", "fr")}
    assert parsed(entity("Q1", sitelinks=links)).sitelinks == 3


# Properties.


def constraint(kind, classes, rank="normal", **options):
    return statement("P2302", kind, rank, classes=classes, **options)


def ends(*statements, ignored=()):
    made = parsed(entity("P1", *statements), *ignored)
    return made.subject_types, made.value_types


def test_type_constraints_name_the_classes_of_both_ends():
    other = statement("P2302", "Q19474404", classes=["Q99"])  # a constraint of another kind
    found = ends(constraint(SUBJECT_TYPE, ["Q5", "Q7"]), other, constraint(VALUE_TYPE, ["Q8"]))
    assert found == (("Q5", "Q7"), ("Q8",))


def test_several_constraints_of_a_kind_add_up():
    found = ends(constraint(SUBJECT_TYPE, ["Q5", "Q7"]), constraint(SUBJECT_TYPE, ["Q7", "Q6"]))
    assert found == (("Q5", "Q7", "Q6"), ())


def test_a_preferred_constraint_leaves_those_of_another_kind():
    found = ends(
        constraint(SUBJECT_TYPE, ["Q5"]),
        constraint(SUBJECT_TYPE, ["Q6"], "preferred"),
        constraint(VALUE_TYPE, ["Q7"]),
        constraint(VALUE_TYPE, ["Q8"], "deprecated"),
    )
    assert found == (("Q6",), ("Q7",))


def test_constraints_without_classes_name_none():
    assert ends(constraint(SUBJECT_TYPE, [None, "Q5"]), constraint(VALUE_TYPE, None)) == (("Q5",), ())
    assert ends(statement("P2302", kind="novalue"), statement("P2302", kind="somevalue")) == ((), ())
    # A preferred one says what holds, even if it names none.
    assert ends(constraint(SUBJECT_TYPE, ["Q5"]), constraint(SUBJECT_TYPE, [None], "preferred")) == ((), ())


def test_ignored_references_hold_for_constraints_and_parents_of_properties():
    row = [constraint(SUBJECT_TYPE, ["Q5"], url="x://m"), statement("P1647", "P2", url="x://m")]
    assert ends(*row) == (("Q5",), ()) and ends(*row, ignored=("x://",)) == ((), ())
    assert parsed(entity("P1", *row)).parents == ("P2",) and parsed(entity("P1", *row), "x://").parents == ()


def test_a_property_has_terms_and_parents():
    terms = {"descriptions": {"en-gb": text("en-gb", "where it lies")}, "aliases": {"en": [text("en", "port")]}}
    made = parsed(entity("P1", statement("P1647", "P2"), statement("P31", "Q3"), **terms))
    assert made == Property("P1", "thing P1", "where it lies", ("port",), ("P2",))


# What is no item and no property between items.


def test_other_kinds_of_entities_are_none():
    assert parsed({"type": "lexeme", "id": "L7", "lemmas": {}, "lexicalCategory": "Q1084"}) is None
    assert parsed({"type": "mediainfo", "id": "M7"}) is None
    assert parsed(entity("P1", datatype="string")) is None
    assert parsed(entity("P1", datatype="wikibase-property")) is None


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"type": "item"},
        {"id": "Q1"},
        {"type": "property", "id": "P1"},
        entity("Q1") | {"id": ""},
        entity("Q1") | {"id": "P1"},
        entity("Q1") | {"id": "Q"},
        entity("Q1") | {"id": "Q1-S2"},
        entity("Q1") | {"id": 1},
        entity("Q1") | {"id": ["Q", "1"]},
        entity("Q1") | {"id": "Q" + "1" * 5000},
        entity("P1") | {"id": "Q1"},
        entity("Q1") | {"claims": [1]},
        entity("Q1") | {"labels": {"en": "quay"}},
        entity("Q1") | {"labels": {"en": text("en", 7)}},
        entity("Q1") | {"descriptions": {"en": text("en", None)}},
        entity("Q1") | {"aliases": {"en": [text("en", ["quay"])]}},
        entity("Q1") | {"aliases": {"en": [text("en", 7)]}},
        entity("Q1") | {"sitelinks": 3},
        entity("Q1") | {"claims": {"P31": [{"rank": "normal"}]}},
        entity("Q1") | {"claims": {"P31": [{"mainsnak": {}, "rank": "normal"}]}},
        entity("Q1") | {"claims": {"P31": [{"mainsnak": snak("P31", "Q5")}]}},
    ],
)
def test_what_lacks_the_form_of_an_entity_says_so(row):
    with pytest.raises(NotAnEntity, match="not of the form of an entity: "):
        parsed(row)


@pytest.mark.parametrize("id", ["", "Q", "L5-S1", "quay", "5", 5, None, ["Q5"], {"Q": 5}, "Q" + "9" * 5000])
def test_a_value_that_is_no_id_is_not_passed_on(id):
    for property, more in (("P279", ()), ("P31", ()), ("P50", [statement("P31", "Q2")])):
        row = entity("Q1", statement(property, "Q5"), *more)
        row["claims"][property][0]["mainsnak"]["datavalue"]["value"]["id"] = id
        with pytest.raises(NotAnEntity, match="not of the form of an entity: "):
            parsed(row)
    row = entity("P1", constraint(SUBJECT_TYPE, ["Q5"]))
    row["claims"]["P2302"][0]["qualifiers"]["P2308"][0]["datavalue"]["value"]["id"] = id
    with pytest.raises(NotAnEntity, match="not of the form of an entity: "):
        parsed(row)


@pytest.mark.parametrize("number", [-5, 1e300, "x", None, [5]])
def test_a_number_that_is_no_id_is_not_passed_on(number):
    row = entity("Q1", statement("P279", "Q5", form="numeric"))
    row["claims"]["P279"][0]["mainsnak"]["datavalue"]["value"]["numeric-id"] = number
    with pytest.raises(NotAnEntity, match="not of the form of an entity: "):
        parsed(row)


# Whatever the bytes.

ID = re.compile(r"[QP]\d{1,19}")


def check_form(found):
    """What is passed on has the form that all that follows relies on."""
    if isinstance(found, Item):
        assert isinstance(found.sitelinks, int)
        concept = found.concept
        ids = [concept.id, *concept.parents, *concept.instance_of, *(value for _, value in found.links)]
        assert all(isinstance(property, str) for property, _ in found.links)
    elif isinstance(found, Property):
        concept = found
        ids = [found.id, *found.parents, *found.subject_types, *found.value_types]
    else:
        assert found is None
        return
    assert all(type(id) is str and ID.fullmatch(id) for id in ids)
    assert all(type(text) is str for text in (concept.label, concept.description, *concept.aliases))


def tried(line, ignored=()):
    """Parses what may be no entity; no other exception than the one for that may come of it."""
    try:
        if row := strip_frame(line):
            id_of(row), has_statements(row)
            check_form(parse_entity(row, ignored_references=ignored))
    except NotAnEntity as error:
        assert str(error)


FULL_ITEM = entity(
    "Q1",
    statement("P279", "Q7", url="x://m"),
    statement("P279", "Q8", "preferred", form="numeric"),
    statement("P31", "Q9"),
    statement("P50", "Q3"),
    statement("P51", kind="somevalue"),
    descriptions={"en": text("en", "where ships lie")},
    aliases={"en": [text("en", "dock")], "mul": [text("mul", "kade")]},
    sitelinks={"enwiki": {"title": "Quay"}},
)
FULL_PROPERTY = entity(
    "P1",
    constraint(SUBJECT_TYPE, ["Q5", None], url="x://m"),
    constraint(VALUE_TYPE, ["Q6"], "preferred"),
    statement("P1647", "P2", form="numeric"),
    aliases={"en": [text("en", "lies at")]},
)
KEYS = st.sampled_from(
    ["type", "id", "labels", "claims", "P31", "P279", "en", "value", "rank", "mainsnak", "datavalue"]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 70), 1 << 70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["Q5", "P31", "item", "property", "normal", "value", "wikibase-item", "preferred", "x://m"]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def places(value, path=()):
    """All paths into a JSON value."""
    yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from places(member, (*path, key))


@st.composite
def mutated(draw):
    """A good entity with some of its parts replaced, removed, or moved to where they do not belong."""
    row = copy.deepcopy(draw(st.sampled_from([FULL_ITEM, FULL_PROPERTY])))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([path for path in places(row) if path]))
        holder = row
        for key in way:
            holder = holder[key]
        how = draw(st.sampled_from(["replace", "remove", "empty", "wrap"]))
        if how == "replace":
            holder[last] = draw(VALUES)
        elif how == "remove":
            del holder[last]
        elif how == "empty":
            holder[last] = draw(st.sampled_from([[], {}, "", None, 0]))
        else:
            holder[last] = draw(st.sampled_from([[holder[last]], {"value": holder[last]}, {"id": holder[last]}]))
    return row


FUZZ = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FUZZ
@given(mutated(), st.sampled_from([(), ("x://m",)]))
def test_a_damaged_entity_is_read_in_its_form_or_not_at_all(row, ignored):
    tried(json.dumps(row).encode(), ignored)


@FUZZ
@given(
    st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value, ensure_ascii=False).encode(errors="replace"))
)
def test_no_bytes_bring_another_error(line):
    tried(line)
    tried(b"{" + line + b"}")


@FUZZ
@given(st.sampled_from([FULL_ITEM, FULL_PROPERTY]), st.data())
def test_no_cut_or_flipped_bytes_bring_another_error(row, data):
    line = bytearray(json.dumps(row).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    tried(bytes(line))
    tried(bytes(line[: data.draw(st.integers(0, len(line)))]))


def test_deeply_nested_json_is_not_an_entity():
    for inner in (b"[" * 100_000, b'{"a":' * 100_000):
        with pytest.raises(NotAnEntity, match="not valid JSON"):
            parse_entity(b'{"a":' + inner + b"}")


def test_lone_surrogates_are_not_an_entity():
    with pytest.raises(NotAnEntity, match="not valid JSON"):
        parse_entity(b'{"type":"item","id":"Q1","labels":{"en":{"value":"\\ud800"}}}')


# Real dumps.


def lines_of(name):
    path = DUMPS / name
    if not path.exists():
        pytest.skip(f"{path} absent")
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        yield from filter(None, map(strip_frame, file))


@pytest.fixture(scope="module")
def reconstructed():
    """How many entities of each type the reconstructed dump has, and those with an oddity: {id: (row, entity)}."""
    lines = list(lines_of("reconstructed-dump.json.gz"))
    odd = {id for group in json.loads((DUMPS / "oddities.json").read_bytes()).values() for id in group}
    counts, found = {}, {}
    for line in lines:
        made = parse_entity(line)
        counts[type(made)] = counts.get(type(made), 0) + 1
        if id_of(line) in odd:
            found[id_of(line)] = json.loads(line), made
    return counts, found


@pytest.fixture(scope="module")
def oddities(reconstructed):
    return {
        group: [(id, *reconstructed[1][id], told) for id, told in members.items()]
        for group, members in json.loads((DUMPS / "oddities.json").read_bytes()).items()
    }


def targets(row, property):
    """All values that a property has, whatever their rank."""
    snaks = [one["mainsnak"] for one in row["claims"].get(property, ())]
    return [f"Q{s['datavalue']['value']['numeric-id']}" for s in snaks if s["snaktype"] == "value"]


def test_every_entity_of_the_reconstructed_dump_is_read(reconstructed):
    assert reconstructed[0] == {Item: 92_852, Property: 1_711}


def test_the_oddities_are_those_that_are_tested_here(oddities):
    assert {group: len(members) for group, members in oddities.items()} == {
        **{"deprecated_rank_p279": 40, "preferred_rank_p279": 30, "preferred_rank_p31": 40},
        **{"somevalue_p279": 10, "novalue_p279": 10, "somevalue_p31": 10},
        **{"empty_list_aliases": 60, "empty_list_descriptions": 40, "empty_list_claims": 20},
        **{"empty_list_sitelinks": 60, "empty_list_labels": 20},
        **{"numeric_id_only_p279": 40, "numeric_id_only_p31": 40},
        **{"label_en-gb_class": 25, "label_en-gb_instance": 10, "label_mul_class": 25, "label_mul_instance": 10},
    }


def test_odd_ranks_are_read_as_truthy(oddities):
    for _, row, item, told in oddities["deprecated_rank_p279"]:
        real = [target for target in targets(row, "P279") if target != told["added_deprecated_target"]]
        assert told["added_deprecated_target"] in targets(row, "P279")
        assert list(item.concept.parents) == real
    for _, row, item, told in oddities["preferred_rank_p279"]:
        assert set(told["normal"]) < set(targets(row, "P279")) and item.concept.parents == (told["preferred"],)
    for _, row, item, told in oddities["preferred_rank_p31"]:
        assert set(told["normal"]) < set(targets(row, "P31")) and item.concept.instance_of == (told["preferred"],)


def test_odd_snaks_are_skipped(oddities):
    for group, property in (("somevalue_p279", "P279"), ("somevalue_p31", "P31")):
        for _, row, item, _ in oddities[group]:
            real = targets(row, property)
            assert len(row["claims"][property]) == len(real) + 1
            assert list(item.concept.parents if property == "P279" else item.concept.instance_of) == real
    assert all(item.concept.parents == () for _, _, item, _ in oddities["novalue_p279"])


def test_odd_empty_maps_are_empty(oddities):
    for field, empty in {"aliases": (), "descriptions": "", "claims": (), "sitelinks": 0, "labels": ""}.items():
        for id, row, item, _ in oddities[f"empty_list_{field}"]:
            assert row[field] == []
            concept = item.concept
            found = {
                "aliases": concept.aliases,
                "descriptions": concept.description,
                "claims": concept.parents + concept.instance_of + item.links,
                "sitelinks": item.sitelinks,
                "labels": concept.label,
            }
            assert found[field] == empty and concept.id == id
            assert field == "labels" or concept.label


def test_odd_ids_are_read_from_numbers(oddities):
    for _, row, item, told in oddities["numeric_id_only_p279"]:
        assert "id" not in row["claims"]["P279"][0]["mainsnak"]["datavalue"]["value"]
        assert list(item.concept.parents) == told["targets"]
    for _, _, item, told in oddities["numeric_id_only_p31"]:
        assert list(item.concept.instance_of) == told["targets"]


def test_odd_labels_are_found(oddities):
    for language in ("en-gb", "mul"):
        for kind in ("class", "instance"):
            for _, row, item, told in oddities[f"label_{language}_{kind}"]:
                assert list(row["labels"]) == [language] and item.concept.label == told["label"]


def test_genuine_entities_are_read():
    found = {line: parse_entity(line) for line in lines_of("real-entities.json.gz")}
    for made in found.values():
        check_form(made)
    items = {made.concept.id: made for made in found.values() if isinstance(made, Item)}
    properties = [made for made in found.values() if isinstance(made, Property)]
    assert len(found) == 51 and len(items) == 50 and [made.id for made in properties] == ["P279"]
    assert properties[0].label == "subclass of" and properties[0].description
    douglas = items["Q42"]
    assert douglas.concept.label == "Douglas Adams" and douglas.concept.instance_of == ("Q5",)
    assert douglas.sitelinks > 90 and ("P19", "Q350") in douglas.links
    # Whatever the rules above leave out, nothing is made up.
    for line, made in found.items():
        if isinstance(made, Item):
            row = json.loads(line)
            assert set(made.concept.parents) <= set(targets(row, "P279"))
            assert set(made.concept.instance_of) <= set(targets(row, "P31"))
            assert made.sitelinks == len(row["sitelinks"])
            assert id_of(line) in (None, made.concept.id)


@pytest.mark.parametrize(
    "name",
    [
        "mock-dump-for-testing.json",
        "mock-dump-for-long-testing.json",
        "mock-dump-with-bugs.json",
        "sample-dump-20150815.json.gz",
    ],
)
def test_the_dumps_that_others_test_with_are_read(name):
    found = list(map(parse_entity, lines_of(f"wdtk/{name}")))
    for made in found:
        check_form(made)
    assert any(isinstance(made, Item) for made in found)
