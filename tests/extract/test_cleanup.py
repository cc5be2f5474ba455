"""Clean-ups rule by rule, then as the extractor, the job and the files apply them."""

import calendar
import dataclasses
import datetime
import decimal
import re
from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import (
    Argument,
    Document,
    Entity,
    Event,
    Mention,
    Relation,
    document_from_json,
    document_to_json,
    read_documents,
    write_documents,
)
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.decode.vocabulary import Vocabulary
from kcjax.errors import InputError
from kcjax.extract import job
from kcjax.extract.cleanup import clean_up, date_value, is_pronoun, number_value
from kcjax.extract.extractor import Extraction, Extractor
from kcjax.extract.job import Job
from kcjax.extract.workers import run
from kcjax.files import read_jsonl, write_jsonl
from kcjax.schema.code import KCJAX, schema_source
from kcjax.schema.types import CLEANUPS, EntityType, EventType, RelationType, Role, Schema
from tests.extract.test_extractor import FakeGenerator, task_of

TEXT = "Ines met her brother Ines and he met the skipper"
WORDS = TEXT.split()


def entity(word: int, type: str = "Person") -> Entity:
    """The word of that number, for the text says "Ines" and "met" twice."""
    start = len(" ".join(WORDS[:word])) + (word > 0)
    return Entity(start, start + len(WORDS[word]), WORDS[word], type)


def at(text: str) -> tuple[int, int, str]:
    return TEXT.index(text), TEXT.index(text) + len(text), text


INES, HER, BROTHER, INES_AGAIN, HE = (entity(word) for word in (0, 2, 3, 4, 6))
BARE = Schema(
    (EntityType("Person"), EntityType("Sailor", ("Person",)), EntityType("Quantity"), EntityType("Day", ("Quantity",))),
    (RelationType("Knows"), RelationType("Kin", ("Knows",))),
    (EventType("Meeting", roles=(Role("who"),)), EventType("Farewell", ("Meeting",), roles=(Role("who"),))),
)


def schema(**cleanups: tuple[str, ...]) -> Schema:
    """BARE, with clean-ups in the classes named."""
    kinds = (BARE.entities, BARE.relations, BARE.events)
    return Schema(*(tuple(dataclasses.replace(t, cleanups=cleanups.get(t.name, ())) for t in kind) for kind in kinds))


# Pronouns.

PRONOUNS = "I i he Her us It mine theirs themselves this Those who whose what someone Nobody none both"


@pytest.mark.parametrize("text", [*PRONOUNS.split(), "each other", "no  one", "No\none"])
def test_pronouns(text):
    assert is_pronoun(text)


@pytest.mark.parametrize("text", ["US", "IT", "WHO", "HE", "Ines", "he who left", "her brother", "one", "", " ", "h e"])
def test_no_pronouns(text):
    assert not is_pronoun(text)


def test_entities_that_are_pronouns_go_with_their_relations():
    entities = (HER, INES, HE, BROTHER)
    relations = (Relation("Kin", 1, 3, 0.5), Relation("Kin", 0, 3), Relation("Knows", 3, 2), Relation("Knows", 3, 1))
    found = clean_up(entities, relations, (), schema(Person=("drop_pronouns",)))
    assert found == ((INES, BROTHER), (Relation("Kin", 0, 1, 0.5), Relation("Knows", 1, 0)), (), 4, 0)


def test_pronouns_of_other_types_and_of_no_type_in_the_schema_stay():
    entities = (HER, dataclasses.replace(HER, type="Quantity"), dataclasses.replace(HE, type="Unheard"))
    relations = (Relation("Unheard", 1, 2),)
    found = clean_up(entities, relations, (), schema(Person=("drop_pronouns",)))
    assert found == (entities[1:], (Relation("Unheard", 0, 1),), (), 1, 0)


def test_relations_with_a_pronoun_at_either_end_go_and_the_entities_stay():
    entities = (INES, HE, BROTHER)
    pairs = [(0, 1), (1, 2), (0, 2)]
    relations = tuple(Relation(type, *pair) for type in ("Knows", "Other") for pair in pairs)
    found = clean_up(entities, relations, (), schema(Knows=("drop_pronouns",)))
    assert found == (entities, relations[2:], (), 2, 0)


def test_arguments_that_are_pronouns_go_and_the_event_stays():
    who = [Argument(*at(text), "who") for text in ("her", "brother", "he ")]
    events = (Event("Meeting", Mention(*at("met")), tuple(who), 0.5), Event("Other", Mention(*at("met")), tuple(who)))
    found = clean_up((HER,), (), events, schema(Meeting=("drop_pronouns",)))
    assert found == ((HER,), (), (dataclasses.replace(events[0], arguments=(who[1],)), events[1]), 2, 0)
    trigger = Event("Meeting", Mention(*at("her")))
    assert clean_up((), (), (trigger,), schema(Meeting=("drop_pronouns",))) == ((), (), (trigger,), 0, 0)


# Thresholds.


def test_what_the_model_was_not_sure_enough_of_goes_with_its_relations():
    sure, unsure, made = (dataclasses.replace(INES, confidence=c) for c in (0.8, 0.4, None))
    sailor = dataclasses.replace(INES, type="Sailor", confidence=0.4)
    entities = (unsure, sure, made, sailor)
    relations = (
        Relation("Knows", 1, 2, 0.5),
        Relation("Knows", 1, 2, 0.49),
        Relation("Knows", 1, 0, 0.9),
        Relation("Kin", 2, 3, 0.2),
    )
    events = (Event("Meeting", Mention(*at("met")), (), 0.5), Event("Meeting", Mention(*at("met")), (), 0.1))
    found = clean_up(entities, relations, events, BARE, {"": 0.5, "Sailor": 0.3, "Kin": 0.2})
    assert found == ((sure, made, sailor), (Relation("Knows", 0, 1, 0.5), Relation("Kin", 1, 2, 0.2)), events[:1], 0, 4)
    assert clean_up(entities, relations, events, BARE, {"Sailor": 0.5}).below_threshold == 2
    assert clean_up(entities, relations, events, BARE, {}).below_threshold == 0


# Reflexive relations.


def test_relations_of_a_mention_to_itself_or_its_like_go():
    entities = (INES, BROTHER, INES_AGAIN, dataclasses.replace(INES, type="Sailor"))
    pairs = [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)]
    relations = tuple(Relation(type, *pair) for type in ("Knows", "Other") for pair in pairs)
    found = clean_up(entities, relations, (), schema(Knows=("drop_reflexive",)))
    assert found == (entities, (relations[1], *relations[4:]), (), 3, 0)


def test_clean_ups_of_another_kind_do_nothing():
    events = (Event("Meeting", Mention(*at("met")), (Argument(*at("Ines"), "who"), Argument(*at("Ines"), "who"))),)
    relations = (Relation("Knows", 0, 0), Relation("Knows", 0, 1))
    rules = ("normalise_number", "normalise_date")
    odd = schema(Person=("drop_reflexive",), Knows=rules, Meeting=("drop_reflexive", *rules))
    assert clean_up((INES, HER), relations, events, odd) == ((INES, HER), relations, events, 0, 0)


# Who has which clean-ups.


def test_descendants_inherit():
    rules = schema(
        Person=("drop_pronouns",),
        Quantity=("normalise_date",),
        Knows=("drop_reflexive",),
        Meeting=("drop_pronouns",),
    )
    entities = (dataclasses.replace(HE, type="Sailor"), INES, Entity(0, 4, "2004", "Day"))
    events = (Event("Farewell", Mention(*at("met")), (Argument(*at("her"), "who"),)),)
    found = clean_up(entities, (Relation("Kin", 1, 1),), events, rules)
    expected = (INES, dataclasses.replace(entities[2], value="2004"))
    assert found == (expected, (), (dataclasses.replace(events[0], arguments=()),), 3, 0)


def test_parents_do_not_have_the_clean_ups_of_their_children():
    found = clean_up((HE,), (), (), schema(Sailor=("drop_pronouns",)))
    assert found == ((HE,), (), (), 0, 0)


def test_a_type_may_read_numbers_and_dates():
    rules = schema(Quantity=("normalise_number",), Day=("normalise_date",))
    values = {"12": "12", "0.50": "0.5", "2004": "2004", "May 2004": "2004-05", "some": None}
    for order in (rules, schema(Quantity=("normalise_date",), Day=("normalise_number",))):
        entities = [Entity(0, len(text), text, "Day") for text in values]
        assert [e.value for e in clean_up(entities, (), (), order).entities] == list(values.values())


def test_a_value_that_cannot_be_read_anew_is_kept():
    valued = Entity(0, 5, "a few", "Quantity", None, "3")
    assert clean_up((valued,), (), (), schema(Quantity=("normalise_number",))).entities == (valued,)


@st.composite
def objects(draw):
    texts = draw(st.lists(st.sampled_from(["Ines", "he", "US", "her", "12", "May 2004"]), max_size=6))
    types = st.sampled_from(["Person", "Sailor", "Quantity", "Unheard"])
    entities = tuple(Entity(n, n + len(text), text, draw(types)) for n, text in enumerate(texts))
    index = st.integers(0, len(entities) - 1)
    kinds = st.sampled_from(["Knows", "Kin", "Unheard"])
    relations = draw(st.lists(st.builds(Relation, kinds, index, index), max_size=8)) if entities else []
    return entities, tuple(relations)


rules_of_types = st.dictionaries(
    st.sampled_from(sorted(BARE.by_name)), st.lists(st.sampled_from(sorted(CLEANUPS)), unique=True).map(tuple)
)


@given(objects(), rules_of_types)
def test_the_relations_that_stay_have_the_ends_they_had(found, rules):
    entities, relations = found
    cleaned = clean_up(entities, relations, (), schema(**rules))

    def linked(entities, relations):
        bare = [dataclasses.replace(entity, value=None) for entity in entities]
        return [(relation.type, bare[relation.head], bare[relation.tail]) for relation in relations]

    before = iter(linked(entities, relations))
    assert all(relation in before for relation in linked(*cleaned[:2]))  # in their order, too
    assert cleaned.dropped == len(entities) - len(cleaned.entities) + len(relations) - len(cleaned.relations)
    assert clean_up(*cleaned[:3], schema(**rules)) == (*cleaned[:3], 0, 0)


@given(objects())
def test_a_schema_without_clean_ups_changes_nothing(found):
    assert clean_up(*found, (), BARE) == (*found, (), 0, 0)


# Numbers.


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", "5"),
        ("007", "7"),
        ("5,959", "5959"),
        ("1,234,567.50", "1234567.5"),
        ("20.0", "20"),
        (".5", "0.5"),
        ("0.00", "0"),
        ("-3.5", "-3.5"),
        ("\u22123.5", "-3.5"),
        ("-0.0", "0"),
        ("+12", "12"),
        ("minus twelve", "-12"),
        ("1.5 million", "1500000"),
        ("1.5-million", "1500000"),
        ("1.50\u00a0Million", "1500000"),
        ("3 hundred", "300"),
        ("2 million 300 thousand", "2300000"),
        ("0.0000001", "0.0000001"),
        ("1.2345678901234567890123456789012345 trillion", "1234567890123.4567890123456789012345"),
        ("9" * 60 + " thousand", "9" * 60 + "000"),
        ("zero", "0"),
        ("seven", "7"),
        ("Twenty-One", "21"),
        ("twenty one", "21"),
        ("three hundred and five", "305"),
        ("three-hundred-and-five", "305"),
        ("three hundred five", "305"),
        ("a hundred", "100"),
        ("a thousand and one", "1001"),
        ("fifteen hundred", "1500"),
        ("five thousand nine hundred and fifty-nine", "5959"),
        ("two hundred thousand", "200000"),
        ("a million two hundred thousand and six", "1200006"),
        ("three point one four", "3.14"),
        ("one hundred point zero five", "100.05"),
        ("one point five million", "1500000"),
        ("20%", "20%"),
        ("20.50 %", "20.5%"),
        ("twenty per cent", "20%"),
        ("-0.5 percent", "-0.5%"),
    ],
)
def test_numbers(text, value):
    assert number_value(text) == value


NO_NUMBERS = """
-; %; percent; and; a; point; 5.; 1,50; 1,2345; 12,34,567; 1.234.567; 1e6; 5 9; 5 959; --5; minus -5; - 5; V; 5th
$5; 5 km; five people; about 5; 5-7; 5 to 7; 1/2; two thirds; third; twenty-first; dozen; half a million; a five
million; millions; hundred and five; several million; million percent; point five; three point; three point ten
three five; nineteen ninety; one and one; and five; twenty and one; twenty-zero; twenty-eleven; twenty-five-six
seven hundred and; one hundred and zero; one hundred one hundred; one thousand and two hundred; one million million
one hundred and one thousand and two hundred; one hundred thousand million thousand; 5 million 1,000,000
1.5 million five; 2 million 0.5; zero hundred and five
one point five thousand two; one point five hundred point one; two point five point one; 1.5 point five
"""


@pytest.mark.parametrize("text", ["", " ", "\u0665", "\u00b2", "\uff15", *re.split(r";\s|\n", NO_NUMBERS.strip())])
def test_no_numbers(text):
    assert number_value(text) is None


def spelt(number: int, *, british: bool) -> str:
    """A whole number in words, written another way than the code under test reads it."""
    small = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    small = [*small.split(), "seventeen", "eighteen", "nineteen"]
    tens = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
    if number < 20:
        return small[number]
    if number < 100:
        return tens[number // 10] + (f"-{small[number % 10]}" if number % 10 else "")
    powers = {12: "trillion", 9: "billion", 6: "million", 3: "thousand", 2: "hundred"}
    scale, word = next((10**power, word) for power, word in powers.items() if number >= 10**power)
    times, rest = divmod(number, scale)
    link = " and " if british and rest < 100 else " "
    return f"{spelt(times, british=british)} {word}" + (link + spelt(rest, british=british) if rest else "")


@given(st.integers(0, 10**15 - 1) | st.integers(0, 2000), st.booleans())
def test_whole_numbers_in_words_and_digits(number, british):
    assert number_value(spelt(number, british=british)) == str(number)
    assert number_value(spelt(number, british=british).replace("-", " ").upper()) == str(number)
    assert number_value(f"{number:,}") == str(number)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.sampled_from(["", " thousand", " billion"]))
def test_decimals_are_exact(number, scale):
    value = number_value(f"{number:,f}{scale}")
    factor = {"": 0, " thousand": 3, " billion": 9}[scale]
    assert Decimal(value) == Decimal(f"{number:f}e{factor}")
    assert re.fullmatch(r"-?(0|[1-9]\d*)(\.\d*[1-9])?", value)


# Dates.


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2004", "2004"),
        ("2004-05", "2004-05"),
        ("1963-03-13", "1963-03-13"),
        ("1963/3/13", "1963-03-13"),
        ("1963.03.13", "1963-03-13"),
        ("13 March 1963", "1963-03-13"),
        ("13 MARCH 1963", "1963-03-13"),
        ("13\u00a0Mar.\n1963", "1963-03-13"),
        ("13-Mar-1963", "1963-03-13"),
        ("13th of March, 1963", "1963-03-13"),
        ("the 1st of May 2004", "2004-05-01"),
        ("Wednesday, 13 March 1963", "1963-03-13"),
        ("Wed. March 13th, 1963", "1963-03-13"),
        ("Thurs 29 February 1996", "1996-02-29"),
        ("March 13, 1963", "1963-03-13"),
        ("March 13 1963", "1963-03-13"),
        ("March the 3rd, 1963", "1963-03-03"),
        ("Sept 2, 1999", "1999-09-02"),
        ("May 2004", "2004-05"),
        ("Dec. 2004", "2004-12"),
        ("May of 2004", "2004-05"),
        ("May, 2004", "2004-05"),
        ("05/2004", "2004-05"),
        ("13/03/2005", "2005-03-13"),
        ("03/13/2005", "2005-03-13"),
        ("13.3.2005", "2005-03-13"),
        ("13-03-2005", "2005-03-13"),
        ("04/04/2005", "2005-04-04"),
        ("14 October 1066", "1066-10-14"),
    ],
)
def test_dates(text, value):
    assert date_value(text) == value


NO_DATES = """
Monday; March; May; March 13; 13 March; 13; today; last week; 476; 0800; 20044; 44 BC; 1990s; the 1990s; spring 2004
03/04/2005; 3.4.2005; 13/03/05; 13 March 63; 13/03-2005; 2004-05/03; 13/13/2005; 00/00/2004; 2004-13; 2004-00
early May 2004; May-June 2004; 13-15 March 1963; 2004-2005; 2004/05; 2004-5; 5.2004; 13 Marchy 1963; 13 M 1963
31 April 2004; 29 February 1900; 0 May 2004; 40 May 2004; 2004-02-30; Monday, 13 March 1963; 13March1963
1963-03-13T10:00; 13 March 1963 at noon; on 13 March 1963
"""


@pytest.mark.parametrize(
    "text", ["", "\u0661\u0669\u0666\u0663", "13 \u017feptember 1963", *re.split(r";\s|\n", NO_DATES.strip())]
)
def test_no_dates(text):
    assert date_value(text) is None


@given(st.dates(min_value=datetime.date(1000, 1, 1)))
def test_dates_however_written(date):
    month, weekday = calendar.month_name[date.month], calendar.day_name[date.weekday()]
    day, year = date.day, date.year
    spelt = f"{day} {month} {year}", f"{weekday}, {month} {day}, {year}", f"{day} {month[:3]}. {year}", f"{date}"
    assert [date_value(text) for text in spelt] == [str(date)] * 4
    assert date_value(f"{month} {year}") == str(date)[:7]
    american, european = (date_value(f"{a}/{b}/{year}") for a, b in ((date.month, day), (day, date.month)))
    assert american == european == (str(date) if day > 12 or day == date.month else None)


PARTS = "13 2004 03 / - . , : % March may Monday the of st and a point one hundred million minus \u2212 5 \u0665"


@given(st.text() | st.lists(st.sampled_from([*PARTS.split(), " ", "\n", "\u2028"]), max_size=12).map("".join))
def test_no_text_breaks_them(text):
    date, number = date_value(text), number_value(text)
    is_pronoun(text)
    assert date is None or (re.fullmatch(r"[1-9]\d{3}(-\d\d){0,2}", date) and date[:4] in text)
    assert number is None or Decimal(number.removesuffix("%")).is_finite()


@pytest.mark.parametrize("text", ["one million " * 3000, "point one " * 3000, "1," * 9000, "minus " * 3000])
def test_nor_does_a_long_one(text):
    assert number_value(text) is None and date_value(text) is None and not is_pronoun(text)


@pytest.mark.parametrize("text", ["9" * 1_000_001, f"0.{'0' * 1_000_001}7"])  # beyond the exponents decimal starts with
def test_long_numbers_are_exact_whatever_decimal_is_set_to(text):
    with decimal.localcontext(prec=3, Emax=9, traps=[decimal.Inexact]):
        assert number_value(text) == text


# In documents, the extractor and the job.


def test_values_survive_jsonl(tmp_path):
    plain, valued = Entity(0, 4, "2004", "Day"), Entity(5, 7, "12", "Quantity", 0.5, "12")
    document = Document("d", "2004 12", (plain, valued))
    write_documents(tmp_path / "a.jsonl", [document])
    assert list(read_documents(tmp_path / "a.jsonl")) == [document]
    first, second = document_to_json(document)["entities"]
    assert "value" not in first and second["value"] == "12"
    row = document_to_json(document) | {"entities": [second | {"value": None}]}
    assert document_from_json(row, where="row").entities == (dataclasses.replace(valued, value=None),)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            {"entities": [{"type": "Day", "start": 0, "end": 4, "text": "2004", "value": 2004}]},
            "must be a string or null",
        ),
        ({"events": [{"type": "E", "trigger": {"start": 0, "end": 4, "text": "2004", "value": "x"}}]}, "unknown key"),
    ],
)
def test_values_are_strings_and_of_entities_alone(row, words):
    with pytest.raises(InputError, match=f"FILE:3: .*value.* {words}|FILE:3: .*{words} 'value'"):
        document_from_json({"id": "d", "text": "2004", **row}, where="FILE:3")


SENTENCE = "Ines saw Ada in May 2004, and she waved."
ANSWERS = {
    "ner": 'results = [\n\tSailor("she"),\n\tSailor("Ines"),\n\tSailor("Ada"),\n\tDay("May 2004")\n]',
    "re": 'results = [\n\tKin(Sailor("Ines"), Sailor("Ada")),\n\tKin(Sailor("she"), Sailor("Ada"))\n]',
    "ed": 'results = [\n\tFarewell("waved")\n]',
    "eae": 'results = [\n\tFarewell(trigger = "waved", who = [Entity("she"), Entity("Ada")])\n]',
}
DECLARED = schema(Person=("drop_pronouns",), Quantity=("normalise_date",), Meeting=("drop_pronouns",))


@pytest.fixture
def extractor(tiny_tokenizer_dir, monkeypatch):
    extractor = Extractor.__new__(Extractor)
    extractor.tokenizer, extractor.style = load_tokenizer(tiny_tokenizer_dir), KCJAX
    extractor.vocabulary = Vocabulary(extractor.tokenizer)
    extractor.generator = FakeGenerator(extractor.tokenizer, lambda prompt: ANSWERS[task_of(prompt)])
    extractor.generator.counts = Counter(prefixes=0, prompts=0, tokens=0)
    monkeypatch.setattr(job.Extractor, "from_pretrained", lambda *args, **kwargs: extractor)
    return extractor


def seen(extraction: Extraction):
    relations = [(extraction.entities[r.head].text, extraction.entities[r.tail].text) for r in extraction.relations]
    arguments = [argument.text for event in extraction.events for argument in event.arguments]
    return [(e.text, e.value) for e in extraction.entities], relations, arguments


def test_the_extractor_cleans_up_when_all_tasks_are_done(extractor):
    (found,) = extractor.extract([SENTENCE], DECLARED)
    assert seen(found) == ([("Ines", None), ("Ada", None), ("May 2004", "2004-05")], [("Ines", "Ada")], ["Ada"])
    assert (found.cleaned, found.to_json()["cleaned"], found.status) == (3, 3, "ok")
    assert all(entity.confidence is not None for entity in found.entities)
    assert "she" in found.raw["ner"]


def test_the_extractor_drops_nothing_that_the_schema_does_not_declare(extractor):
    (found,) = extractor.extract([SENTENCE], BARE)
    entities = [("she", None), ("Ines", None), ("Ada", None), ("May 2004", None)]
    assert seen(found) == (entities, [("Ines", "Ada"), ("she", "Ada")], ["she", "Ada"])
    assert found.cleaned == found.to_json()["cleaned"] == 0


def test_the_job_sums_what_was_dropped_over_the_file(extractor, tmp_path):
    write_jsonl(tmp_path / "in.jsonl", [{"text": SENTENCE}, {"text": SENTENCE, "cleaned": 9}])
    (tmp_path / "schema.py").write_text(schema_source(DECLARED))
    (tmp_path / "model").mkdir()
    paths = [str(tmp_path / name) for name in ("in.jsonl", "out.jsonl", "model", "schema.py")]
    summary = run(Job((paths[0],), *paths[1:]))
    rows = [row for _, row in read_jsonl(tmp_path / "out.jsonl")]
    assert summary["cleaned"] == 6 and [row["cleaned"] for row in rows] == [3, 3]
    assert rows[0]["entities"][-1]["value"] == "2004-05"
