"""What the clean-ups of a schema do to the objects found (`CLEANUPS` of `schema/types.py` has their names).

A type has its own clean-ups and those of its ancestors, as far as the schema knows them. Mentions are read as English.

* drop_pronouns drops what is a pronoun: entities of an entity type, and the relations they are an end of; relations of
  a relation type that have one at either end; arguments of events of an event type. A word in capitals, such as US, is
  an acronym and none.
* drop_reflexive drops relations of a relation type whose ends have the same text, so those of an entity to itself too.
* normalise_number and normalise_date give entities of an entity type their `value`, as `number_value` and `date_value`
  read it from the mention. A mention that they do not wholly understand gets no value; they never guess. A type may
  have both, for only a year is a number and a date, and its value is the same.

On types of another kind a clean-up does nothing.
"""

import dataclasses
import datetime
import decimal
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from kcjax.corpus.document import Entity, Event, Relation
from kcjax.schema.types import Schema

# "one" is left out: it is a number as well, and a type of numbers may inherit drop_pronouns.
_PRONOUN_WORDS = """
i me you he him she her it we us they them thou thee ye
my mine your yours his hers its our ours their theirs thy thine
myself yourself himself herself itself ourselves yourselves themselves themself oneself thyself
this that these those
who whom whose which what whoever whomever whosever whichever whatever whosoever whatsoever
someone somebody something anyone anybody anything everyone everybody everything nobody nothing none
all another any both each either few many neither others several some
"""
_PRONOUNS = frozenset(_PRONOUN_WORDS.split()) | {"no one", "each other", "one another"}


class Cleaned(NamedTuple):
    """A document's objects after cleaning.

    `below_threshold` counts the entities, relations and events that the model was not sure enough of, and the relations
    that go with their ends; `dropped` the entities, relations and arguments that the schema's clean-ups took.
    """

    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    events: tuple[Event, ...]
    dropped: int
    below_threshold: int = 0


def clean_up(
    entities: Sequence[Entity],
    relations: Sequence[Relation],
    events: Sequence[Event],
    schema: Schema,
    threshold: Mapping[str, float] = MappingProxyType({}),
) -> Cleaned:
    """Applies thresholds and the clean-ups of the schema to the objects of one document; relations keep their ends.

    Args:
      threshold: for the name of a type, and for "" as that of all others, the confidence that its objects must have.
        Those of no confidence (made for the end of a relation) have it.
    """

    def is_sure(each: Entity | Relation | Event) -> bool:
        return each.confidence is None or each.confidence >= threshold.get(each.type, threshold.get("", 0.0))

    objects = len(entities) + len(relations) + len(events)
    entities, relations = _kept(entities, relations, is_sure, is_sure)
    events = [event for event in events if is_sure(event)]
    sure = len(entities) + len(relations) + len(events)

    def is_wanted(entity: Entity) -> bool:
        return "drop_pronouns" not in _rules(schema, entity.type) or not is_pronoun(entity.text)

    def is_wanted_relation(relation: Relation) -> bool:
        rules = _rules(schema, relation.type)
        head, tail = entities[relation.head].text, entities[relation.tail].text
        return not ("drop_pronouns" in rules and (is_pronoun(head) or is_pronoun(tail))) and not (
            "drop_reflexive" in rules and head == tail
        )

    kept, linked = _kept(entities, relations, is_wanted, is_wanted_relation)
    filled = tuple(
        dataclasses.replace(event, arguments=tuple(a for a in event.arguments if not is_pronoun(a.text)))
        if "drop_pronouns" in _rules(schema, event.type)
        else event
        for event in events
    )
    dropped = len(entities) - len(kept) + len(relations) - len(linked) + _arguments(events) - _arguments(filled)
    valued = tuple(_with_value(entity, _rules(schema, entity.type)) for entity in kept)
    return Cleaned(valued, tuple(linked), filled, dropped, objects - sure)


def _kept(
    entities: Sequence[Entity],
    relations: Sequence[Relation],
    keeps: Callable[[Entity], bool],
    keeps_relation: Callable[[Relation], bool],
) -> tuple[list[Entity], list[Relation]]:
    """Those that are kept; a relation goes with either of its ends."""
    indices = [index for index, entity in enumerate(entities) if keeps(entity)]
    place = {index: number for number, index in enumerate(indices)}
    linked = [
        dataclasses.replace(relation, head=place[relation.head], tail=place[relation.tail])
        for relation in relations
        if relation.head in place and relation.tail in place and keeps_relation(relation)
    ]
    return [entities[index] for index in indices], linked


def _rules(schema: Schema, name: str) -> list[str]:
    """The clean-ups of a class and of its ancestors; none for one that is not in the schema."""
    types = (schema.by_name.get(member) for member in schema.ancestors(name))
    return [rule for type in types if type for rule in type.cleanups]


def _arguments(events: Sequence[Event]) -> int:
    return sum(len(event.arguments) for event in events)


def _with_value(entity: Entity, rules: list[str]) -> Entity:
    readers = {"normalise_number": number_value, "normalise_date": date_value}
    values = (readers[rule](entity.text) for rule in rules if rule in readers)
    value = next(filter(None, values), None)
    return entity if value is None else dataclasses.replace(entity, value=value)


def is_pronoun(text: str) -> bool:
    """Whether the text as a whole is an English pronoun; US, IT and WHO are not."""
    acronym = text.isupper() and len(text) > 1
    return not acronym and " ".join(text.lower().split()) in _PRONOUNS


# Numbers.

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SMALL = {word: number for number, word in enumerate([*_ONES, *_TEENS.split()])} | {
    f"{ten} {one}".removesuffix(" zero"): 10 * tens + ones
    for tens, ten in enumerate(_TENS, 2)
    for ones, one in enumerate(_ONES)
}
_SCALES = {"trillion": 10**12, "billion": 10**9, "million": 10**6, "thousand": 1000, "hundred": 100}
_NUMERAL = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?|\.\d+", re.ASCII)
_NUMBER = re.compile(r"(minus |negative |[-\u2212+])?(.*?)( ?%| per ?cent)?")


def number_value(text: str) -> str | None:
    """The number in plain digits, the same for equal numbers, with % after it if it is a percentage.

    "5,959" gives 5959, "-3.50" -3.5, "1.5 million" 1500000, "three hundred and five" 305, "20 per cent" 20%. Commas are
    thousands, the point is the decimal one, a billion is 10^9. None for amounts with a unit or of money ("5 km", "$5"),
    approximations ("about 5"), fractions, ordinals, ranges, and what leans on a word left out ("million").
    """
    text = re.sub(r"(?<=[a-z0-9])-(?=[a-z])", " ", " ".join(text.lower().split()))  # twenty-one, 5-million
    match = _NUMBER.fullmatch(text)
    assert match  # whatever the text, for it is one line now
    sign, number, percent = match.groups()
    # Precise enough for the digits written and those of the scales, whatever the caller's context: nothing is rounded.
    exact = decimal.Context(prec=len(text) + 50, Emax=decimal.MAX_EMAX)
    with decimal.localcontext(exact):
        value = _number(number)
        if value is None:
            return None
        value = -value if sign and sign != "+" else value  # of zero, decimal makes no minus zero here
        return f"{value.normalize():f}" + ("%" if percent else "")


def _number(text: str) -> Decimal | None:
    """What the text says as one number without a sign; None if it does not."""
    before, found, after = _partition(text, "point")
    if found and after and all(word in _ONES for word in after.split()):  # "three point one four"
        whole = _number(before)
        digits = "".join(str(_SMALL[word]) for word in after.split())
        return None if whole is None or whole % 1 else whole + Decimal(f".{digits}")
    for word, scale in _SCALES.items():
        before, found, after = _partition(text, word)
        if found:
            return None if word in after.split() else _scaled(before, scale, after)
    if _NUMERAL.fullmatch(text):
        return Decimal(text.replace(",", ""))
    return Decimal(_SMALL[text]) if text in _SMALL else None


def _scaled(before: str, scale: int, after: str) -> Decimal | None:
    """`before` times the scale, and `after`, which is less: "three", 100, "and five". Before a scale "a" is one."""
    times = Decimal(1) if before == "a" else _number(before)
    if times is None or not after:
        return times and times * scale
    rest = _number(after.removeprefix("and "))
    limit = 100 if after.startswith("and ") else scale  # "one thousand and two hundred" may well be two numbers
    if not times or not rest or rest >= limit or times % 1 or rest % 1:
        return None
    return times * scale + rest


def _partition(text: str, word: str) -> tuple[str, bool, str]:
    """What stands before the first such word, whether there is one, and what stands after it."""
    before, found, after = f" {text} ".partition(f" {word} ")
    return before.strip(), bool(found), after.strip()


# Dates.

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DATES = [
    re.compile(
        pattern.format(
            weekday=r"(?:(?P<weekday>monday|tuesday|wednesday|thursday|friday|saturday|sunday"
            rf"|(?:{'|'.join(_WEEKDAYS)}|tues|thurs?)\.?),? )?",
            day=r"(?P<day>\d\d?)(?:st|nd|rd|th)?",
            month=r"(?P<month>january|february|march|april|may|june|july|august|september|october|november|december"
            rf"|(?:{'|'.join(_MONTHS)}|sept)\.?)",
            year=r"(?P<year>[1-9]\d\d\d)",
        ),
        re.ASCII | re.IGNORECASE,
    )
    for pattern in (
        r"{year}(?:-(?P<month>\d\d))?",  # "2004-5" may be two years
        r"{year}([-/.])(?P<month>\d\d?)\2(?P<day>\d\d?)",
        r"(?P<month>\d\d?)/{year}",
        r"(?P<either>\d\d?)([-/.])(?P<other>\d\d?)\2{year}",
        r"{weekday}(?:the )?{day}[- ](?:of )?{month},?[- ]{year}",
        r"{weekday}{month} (?:the )?{day},? {year}",
        r"{month},? (?:of )?{year}",
    )
]


def date_value(text: str) -> str | None:
    """The date by ISO 8601, as precise as the mention: 1963-03-13, 2004-05 or 2004.

    None for a date without a year of four digits, with day and month in unknown order ("03/04/2005"), with a weekday
    that it does not fall on, or with a time of day; for ranges, decades and seasons; and for days that there are not.
    A date is taken as it is written, not converted from another calendar.
    """
    text = " ".join(text.split())
    match = next(filter(None, (pattern.fullmatch(text) for pattern in _DATES)), None)
    if match is None:
        return None
    parts = match.groupdict()
    if "either" in parts:
        year, either, other = parts["year"], parts["either"], parts["other"]
        readings = {_iso(year, either, other), _iso(year, other, either)} - {None}
        return readings.pop() if len(readings) == 1 else None
    return _iso(**parts)


def _iso(year: str, month: str | None = None, day: str | None = None, weekday: str | None = None) -> str | None:
    if month and not month.isdigit():
        month = str(_MONTHS.index(month[:3].lower()) + 1)
    try:
        date = datetime.date(int(year), int(month or 1), int(day or 1))
    except ValueError:  # 31 April
        return None
    if weekday and date.weekday() != _WEEKDAYS.index(weekday[:3].lower()):
        return None
    return date.isoformat()[: 10 if day else 7 if month else 4]
