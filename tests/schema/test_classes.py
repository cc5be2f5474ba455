"""Schemas as classes: they are what `parse_schema` reads of the same source, survive every form, and run nothing."""

# ruff: noqa: UP006, UP007, UP035, UP045, RUF012 (users write all kinds of type hints)

import dataclasses
import inspect
import subprocess
import sys
import typing
from abc import ABC
from typing import Annotated, Any, ClassVar, Generic, List, NamedTuple, Optional, TypeVar, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.errors import InputError
from kcjax.schema import classes as module
from kcjax.schema.classes import Entity, Event, Relation, classes_from_schema, schema_from_classes
from kcjax.schema.source import parse_schema
from kcjax.schema.types import CLEANUPS, EntityType, EventType, RelationType, Role, Schema
from tests.schema.strategies import hints, identifiers, lists, long_texts, schemas, texts

FORMS = ["plain", "dataclass", "pydantic"]

SMALL = Schema(
    (
        EntityType("Person", description="a human", identifier="Q5", cleanups=("drop_pronouns",)),
        EntityType("City", ("Place",), examples=("Riga", "Porto, Portugal")),
    ),
    (RelationType("BornIn", examples=(("Ada", "Riga"),), head=("Person",), tail=("City", "Entity")),),
    (EventType("Voyage", examples=("sailed",), roles=(Role("traveller", ("Person",)), Role("vessel"))),),
)


@pytest.fixture(params=FORMS)
def form(request):
    if request.param == "pydantic":
        pytest.importorskip("pydantic")
    return request.param


def make(schema: Schema, form: str) -> dict[str, Any]:
    return classes_from_schema(schema, form=form)  # type: ignore[arg-type]


def only(cls):
    (found,) = schema_from_classes([cls]).by_name.values()
    return found


# There and back.


def survives(schema: Schema, form: str) -> None:
    made = make(schema, form)
    assert list(made) == list(schema.by_name) == [cls.__name__ for cls in made.values()]
    assert schema_from_classes(made.values()) == schema


@given(schemas())
def test_schema_survives_plain_classes(schema):
    survives(schema, "plain")


@given(schemas())
def test_schema_survives_dataclasses(schema):
    survives(schema, "dataclass")


@given(schemas())
def test_schema_survives_pydantic_models(schema):
    pytest.importorskip("pydantic")
    survives(schema, "pydantic")


@pytest.mark.parametrize(
    "schema",
    [
        Schema((EntityType("City", description="\ud800é\n" * 5000, examples=("\ud800", "", " ", "a\nb", '"', ",")),)),
        Schema((EntityType("City", description="Examples: a\nDescription: b", identifier=" \ud800\n"),)),
        Schema((EntityType("List"), EntityType("str")), (RelationType("None_", head=("str",), tail=("List",)),)),
        Schema((), (RelationType("In", ("Happening",)),), (EventType("Trip", ("Happening",)),)),
        Schema((), (), (EventType("Binding", roles=(Role("theme", ("Event",)),)),)),
        Schema((EntityType("BaseModel"), EntityType("object"), EntityType("int", ("object",)))),
    ],
)
def test_hard_schemas_survive_every_form(schema, form):
    survives(schema, form)


@st.composite
def hierarchies(draw) -> Schema:
    """Types whose parents are types, of their kind and in any place; role names that pydantic has for itself."""
    roles = st.lists(
        st.builds(
            Role, st.sampled_from(["agent", "copy", "json", "schema", "args", "kwargs", "model_name", *CLEANUPS]), hints
        ),
        unique_by=lambda role: role.name,
    ).map(tuple)
    cleanups = st.lists(st.sampled_from(["drop_pronouns"]), unique=True).map(tuple)
    found: dict[type, list] = {EntityType: [], RelationType: [], EventType: []}
    for kind, base in ((EntityType, "Entity"), (RelationType, "Relation"), (EventType, "Event")):
        for number in range(draw(st.integers(0, 4))):
            above = [*(t.name for t in found[kind]), f"Other{base}", "Shared"]
            parents = draw(st.lists(st.sampled_from(above), unique=True, max_size=2).map(tuple)) or (base,)
            common = (f"{base}{number}", parents, draw(long_texts))
            rest = (draw(identifiers), draw(cleanups))
            if kind is EntityType:
                found[kind].append(EntityType(*common, draw(lists), *rest))
            elif kind is RelationType:
                pairs = tuple(draw(st.lists(st.tuples(texts, texts), max_size=2)))
                found[kind].append(RelationType(*common, pairs, draw(hints), draw(hints), *rest))
            else:
                found[kind].append(EventType(*common, draw(lists), draw(roles), *rest))
    return Schema(*(tuple(draw(st.permutations(types))) for types in found.values()))


@given(hierarchies(), st.sampled_from(FORMS))
def test_hierarchies_survive_or_have_parents_that_python_cannot_order(schema, form):
    if form == "pydantic":
        pytest.importorskip("pydantic")
    if not schema.by_name:
        return
    try:
        made = make(schema, form)
    except InputError as error:
        assert "method resolution" in str(error)
        return
    assert schema_from_classes(made.values()) == schema
    for event in schema.events:
        voyage = made[event.name](trigger="went")
        assert voyage.trigger == "went"
        assert all(getattr(voyage, role.name) == [] for role in event.roles)


def test_what_a_schema_names_and_does_not_define_is_not_in_its_classes(form):
    schema = Schema((EntityType("City", ("Entity", "Place")),), (RelationType("Near", ("Touches",), head=("Ship",)),))
    made = make(schema, form)
    assert list(made) == ["City", "Near"]
    assert schema_from_classes(made.values()) == schema
    assert [base.__name__ for base in made["City"].__bases__] == ["Entity", "Place"]
    ship = inspect.signature(made["Near"]).parameters["head_entity"].annotation
    assert ship.__name__ == "Ship" and issubclass(ship, made["City"].__bases__[0])


def test_types_without_parents_derive_from_their_base(form):
    made = make(Schema((EntityType("City", ()),)), form)
    assert only(made["City"]) == EntityType("City", ("Entity",))
    assert [base.__name__ for base in made["City"].__bases__] == ["Entity"]


def test_types_may_name_events_and_relations_and_themselves(form):
    roles = (Role("theme", ("Binding", "Protein")), Role("cause", ("Cause", "Schema")))
    schema = Schema(
        (EntityType("Protein"),),
        (RelationType("Cause", head=("Binding",), tail=("Cause", "Schema")), RelationType("Has", head=("Schema",))),
        (EventType("Binding", roles=roles), EventType("Schema", roles=roles)),
    )
    made = make(schema, form)
    assert schema_from_classes(made.values()) == schema
    binding = made["Binding"](trigger="binds", theme=[made["Binding"](trigger="b"), made["Protein"](name="p53")])
    assert binding.theme[1].name == "p53" and binding.cause == []
    assert made["Has"](head_entity=made["Schema"](trigger="s"), tail_entity=made["Protein"](name="p53"))


# What is made can be used.


def test_classes_derive_from_their_base_and_from_each_other(form):
    schema = Schema(
        (EntityType("Capital", ("City",)), EntityType("City", ("Place",))), (RelationType("In"),), (EventType("Trip"),)
    )
    made = make(schema, form)
    entity, relation, event = made["City"].__mro__[2], made["In"].__mro__[1], made["Trip"].__mro__[1]
    assert [base.__name__ for base in (entity, relation, event)] == ["Entity", "Relation", "Event"]
    assert issubclass(made["Capital"], made["City"]) and issubclass(made["Capital"], entity)
    if form != "pydantic":
        assert (entity, relation, event) == (Entity, Relation, Event)
    assert make(schema, form)["City"].__mro__[2] is entity


@pytest.mark.parametrize("form", ["plain", "dataclass"])
def test_plain_classes_and_dataclasses_take_their_fields_in_order(form):
    made = make(SMALL, form)
    ada, riga = made["Person"]("Ada"), made["City"](name="Riga")
    assert (ada.name, riga.name, made["Person"].identifier) == ("Ada", "Riga", "Q5")
    born = made["BornIn"](ada, riga)
    assert born.head_entity is ada and born.tail_entity is riga
    first, second = made["Voyage"]("sailed", traveller=[ada]), made["Voyage"](trigger="left")
    assert first.traveller == [ada] and first.vessel == [] == second.traveller and first.vessel is not second.vessel
    for wrong in (lambda: made["Person"](), lambda: made["Voyage"]("sailed", ship=[]), lambda: made["BornIn"](ada)):
        with pytest.raises(TypeError):
            wrong()
    assert str(inspect.signature(made["Person"])) == "(name: str)"
    assert list(inspect.signature(made["Voyage"]).parameters) == ["trigger", "traveller", "vessel"]


def test_dataclasses_have_fields_and_are_compared_and_shown_by_them():
    made = make(SMALL, "dataclass")
    assert [field.name for field in dataclasses.fields(made["Voyage"])] == ["trigger", "traveller", "vessel"]
    assert made["City"]("Riga") == made["City"]("Riga") != made["City"]("Porto")
    sale, gift = EventType("Sale", roles=(Role("item"),)), EventType("Gift", ("Sale",), roles=(Role("to"),))
    assert repr(make(Schema(events=(sale, gift)), "dataclass")["Gift"]("gave")).endswith(
        "Gift(trigger='gave', item=[], to=[])"
    )


def test_models_are_validated():
    pydantic = pytest.importorskip("pydantic")
    made = make(SMALL, "pydantic")
    person, city, voyage = made["Person"], made["City"], made["Voyage"]
    assert person(name="Ada").name == "Ada"
    assert voyage(trigger="sailed", traveller=[person(name="Ada")]).vessel == []
    assert voyage.model_validate({"trigger": "left", "traveller": [{"name": "Ada"}]}).traveller == [person(name="Ada")]
    assert voyage(trigger="left", vessel=[city(name="Riga")]).vessel == [city(name="Riga")]  # any entity
    assert made["BornIn"](head_entity=person(name="Ada"), tail_entity=city(name="Riga")).tail_entity.name == "Riga"
    for wrong in (
        lambda: person(),
        lambda: person(name=5),
        lambda: voyage(trigger="sailed", traveller=[city(name="Riga")]),
        lambda: made["BornIn"](head_entity=city(name="Riga"), tail_entity=city(name="Riga")),
    ):
        with pytest.raises(pydantic.ValidationError):
            wrong()
    bases = [cls.__mro__[1] for cls in (person, made["BornIn"], voyage)]
    assert [[*base.model_fields] for base in bases] == [["name"], ["head_entity", "tail_entity"], ["trigger"]]
    described = person.model_json_schema()
    assert (described["description"], described["identifier"]) == ("a human", "Q5")
    assert city.model_json_schema()["examples"] == ["Riga", "Porto, Portugal"]


def test_docstrings_are_those_of_the_source():
    made = make(SMALL, "plain")
    assert made["Person"].__doc__ == "Description: a human"
    assert made["City"].__doc__ == 'Examples: Riga, "Porto, Portugal"'
    made["City"].__doc__ = "Description: a town"
    assert only(made["City"]) == EntityType("City", ("Place",), "a town")


# What users write.

SOURCE = '''
class Person(Entity):
    """
    Description: a human,
    alive or not
    Examples: Ada, "Brandt, Tom\\u00e1s"
    """
    identifier = "Q5"
    @classmethod
    def drop_pronouns(cls, found): ...
    @classmethod
    def normalise_number(cls, found): ...
class City(Place):
    name: str
class Capital(City):
    """the seat of a government"""
class BornIn(Relation):
    """Examples: (Ada, Riga), (Paris (Texas), "a, b")"""
    head_entity: Person
    tail_entity: "City | None"
class Owns:
    head_entity: Union[Person, "City"]
    tail_entity: str
class Rents(Owns):
    pass
class Sale(Event):
    """Description: a change of owner
    Examples: sold, bought"""
    trigger: str
    buyer: List[Person | City]
    item: Optional[str]
class Auction(Sale):
    item: list[City]
    house: typing.List["Person"]
class Voyage:
    trigger: str
    traveller: List[Union[Person, City]]
'''


def plain_classes() -> list[type]:
    class Place(Entity):
        def __init__(self, name: str):
            raise SystemExit

    class Person(Entity):
        """
        Description: a human,
        alive or not
        Examples: Ada, "Brandt, Tom\u00e1s"
        """

        identifier = "Q5"

        @classmethod
        def drop_pronouns(cls, found):
            raise SystemExit

        @staticmethod
        def normalise_number(found):
            raise SystemExit

        def __repr__(self):
            raise SystemExit

        @property
        def age(self):
            raise SystemExit

    class City(Place):
        def __init__(self, name):
            raise SystemExit

    class Capital(City):
        """the seat of a government"""

    class BornIn(Relation):
        """Examples: (Ada, Riga), (Paris (Texas), "a, b")"""

        def __init__(self, head_entity: Person, tail_entity: City | None = None):
            raise SystemExit

    class Owns:
        def __init__(self, head_entity: Union[Person, "City"], tail_entity):
            raise SystemExit

    class Rents(Owns):
        pass

    class Sale(Event):
        """Description: a change of owner
        Examples: sold, bought"""

        def __init__(self, trigger: str, buyer: List[Person | City], *, item: Optional[str] = None):
            raise SystemExit

    class Auction(Sale):
        item: list[City]
        house: typing.List["Person"] = []

    class Voyage:
        def __init__(self, trigger: "str", traveller: "list[Person | City]"):
            raise SystemExit

    return [Person, City, Capital, BornIn, Owns, Rents, Sale, Auction, Voyage]


def dataclass_classes() -> list[type]:
    class Place(Entity):
        pass

    @dataclasses.dataclass
    class Person(Entity):
        """
        Description: a human,
        alive or not
        Examples: Ada, "Brandt, Tom\u00e1s"
        """

        name: str
        identifier: ClassVar[str] = "Q5"

        def __post_init__(self):
            raise SystemExit

        @classmethod
        def drop_pronouns(cls, found):
            raise SystemExit

        @classmethod
        def normalise_number(cls, found):
            raise SystemExit

    @dataclasses.dataclass(frozen=True)
    class City(Place):
        name: str

    @dataclasses.dataclass(frozen=True, slots=True)
    class Capital(City):
        """the seat of a government"""

    @dataclasses.dataclass(slots=True)
    class BornIn(Relation):
        """Examples: (Ada, Riga), (Paris (Texas), "a, b")"""

        head_entity: Person
        tail_entity: City | None = None

    @dataclasses.dataclass
    class Owns:
        head_entity: Union[Person, "City"]
        tail_entity: str

    @dataclasses.dataclass
    class Rents(Owns):
        pass

    @dataclasses.dataclass
    class Sale(Event):
        """Description: a change of owner
        Examples: sold, bought"""

        trigger: str
        buyer: List[Person | City]
        _: dataclasses.KW_ONLY
        item: Optional[str] = None

    @dataclasses.dataclass
    class Auction(Sale):
        item: list[City] = dataclasses.field(default_factory=list)
        house: typing.List["Person"] = dataclasses.field(default_factory=list)

    @dataclasses.dataclass(kw_only=True)
    class Voyage:
        trigger: str
        traveller: "List[Person | City]"

    return [Person, City, Capital, BornIn, Owns, Rents, Sale, Auction, Voyage]


def pydantic_classes() -> list[type]:
    pydantic = pytest.importorskip("pydantic")
    BaseModel, Field = pydantic.BaseModel, pydantic.Field

    class Entity(BaseModel):
        """Something with a name."""

        name: str

    class Relation(BaseModel):
        pass

    class Event(BaseModel, ABC):
        trigger: str

    class Place(Entity):
        model_config = pydantic.ConfigDict(json_schema_extra={"examples": ["here"], "identifier": "Q1"})

    class Person(Entity):
        """
        Description: a human,
        alive or not
        """

        model_config = pydantic.ConfigDict(
            json_schema_extra={"examples": ["Ada", "Brandt, Tom\u00e1s"], "identifier": "Q5"}
        )
        _seen: int = 0

        @pydantic.field_validator("name")
        def check_name(cls, value):
            raise SystemExit

        def model_post_init(self, context):
            raise SystemExit

        @classmethod
        def drop_pronouns(cls, found):
            raise SystemExit

        @classmethod
        def normalise_number(cls, found):
            raise SystemExit

    class City(Place):
        name: Annotated[str, Field(min_length=1)]

        def __init__(self, label: int, **data):
            raise SystemExit

    class Capital(City):
        """the seat of a government"""

    class BornIn(Relation):
        model_config = pydantic.ConfigDict(json_schema_extra={"examples": [("Ada", "Riga"), ["Paris (Texas)", "a, b"]]})
        head_entity: Person
        tail_entity: City | None

    class Owns(BaseModel):
        head_entity: Union[Person, "City"]
        tail_entity: str

    class Rents(Owns):
        pass

    class Sale(Event):
        """a change of owner
        Examples: sold, bought"""

        buyer: List[Person | City]
        item: Optional[str] = None

    class Auction(Sale):
        item: Annotated[list[City], Field(default_factory=list)]
        house: "Annotated[typing.List[Person], Field(max_length=1)]"

    T = TypeVar("T")

    class Voyage(BaseModel, Generic[T]):
        model_config = pydantic.ConfigDict(json_schema_extra=lambda schema: sys.exit())
        trigger: str
        traveller: List[Union[Person, City]]

    return [Person, City, Capital, BornIn, Owns, Rents, Sale, Auction, Voyage]


@pytest.mark.parametrize("written", [plain_classes, dataclass_classes, pydantic_classes])
def test_classes_say_what_their_source_says(written):
    assert schema_from_classes(written()) == parse_schema(SOURCE, filename="s.py")


@pytest.mark.parametrize("written", [plain_classes, dataclass_classes, pydantic_classes])
def test_base_classes_and_classes_given_twice_are_passed_over(written):
    classes = written()
    expected = schema_from_classes(classes)
    bases = classes[0].__mro__[1:]  # with `object` and pydantic's BaseModel
    assert schema_from_classes([*bases, *classes, classes[0]]) == expected


@pytest.mark.parametrize("written", [plain_classes, dataclass_classes, pydantic_classes])
@pytest.mark.parametrize("form", FORMS)
def test_what_users_write_survives_every_form(written, form):
    if form == "pydantic":
        pytest.importorskip("pydantic")
    schema = schema_from_classes(written())
    assert schema_from_classes(make(schema, form).values()) == schema


# Nothing of it is run.


def test_string_annotations_are_read_and_not_evaluated():
    class Person:
        name: "sys.exit()" = "Ada"

    with pytest.raises(InputError, match="class Person, field name: a type hint is written"):
        schema_from_classes([Person])

    class Owns(Relation):
        head_entity: "City | None"
        tail_entity: Optional["geo.City"]  # noqa: F821

    class City(Entity):
        pass

    found = schema_from_classes([Owns, City]).by_name["Owns"]
    assert found == RelationType("Owns", head=("City",), tail=("City",))


def test_what_a_class_holds_is_not_run():
    class Trap:
        def __get__(self, instance, owner):
            raise SystemExit

        __repr__ = __eq__ = __call__ = __str__ = __bool__ = __get__  # type: ignore[assignment]

    class Meta(type):
        def __call__(cls, *args):
            raise SystemExit

    class City(Entity, metaclass=Meta):
        other = Trap()
        name: str = Trap()  # type: ignore[assignment]

    assert only(City) == EntityType("City")


# What is told apart.


def test_docstrings_and_examples_of_parents_are_not_those_of_their_children(form):
    place = EntityType(
        "Place", description="somewhere", examples=("here",), identifier="Q1", cleanups=("drop_pronouns",)
    )
    schema = Schema((place, EntityType("City", ("Place",))))
    made = make(schema, form)
    assert schema_from_classes(made.values()) == schema
    assert schema_from_classes([type("Own", (made["City"],), {})]).entities == (EntityType("Own", ("City",)),)


def test_what_dataclasses_write_is_no_description_and_class_variables_are_no_fields():
    @dataclasses.dataclass
    class City(Entity):
        name: str = "a (b)"

    @dataclasses.dataclass(init=False)
    class Town(Entity):
        "Town(s), villages (and hamlets)"

        identifier: "ClassVar[str]" = "Q3957"

    assert City.__doc__ and City.__doc__.startswith("City(")
    assert only(City) == EntityType("City")
    assert only(Town) == EntityType("Town", description="Town(s), villages (and hamlets)", identifier="Q3957")
    City.__doc__ = None
    assert only(City) == EntityType("City")


def test_identifier_and_cleanups_may_be_roles_as_well(form):
    names = ("identifier", "drop_pronouns", "normalise_date")
    trip = EventType("Trip", roles=tuple(map(Role, names)), identifier="Q9", cleanups=("drop_pronouns",))
    schema = Schema(events=(trip, EventType("Voyage", ("Trip",), roles=trip.roles[:1])))
    made = make(schema, form)
    assert schema_from_classes(made.values()) == schema
    trip, voyage = made["Trip"](trigger="went"), made["Voyage"](trigger="left")
    assert trip.identifier == trip.drop_pronouns == voyage.identifier == []
    assert form == "plain" or voyage.drop_pronouns == []  # dataclasses and models have the fields of their parents

    @dataclasses.dataclass
    class Flight(Event):
        trigger: str
        identifier: str = "LH1"
        drop_pronouns: Entity | None = None

    assert only(Flight) == EventType("Flight", roles=(Role("identifier"), Role("drop_pronouns")))


def test_parents_count_where_they_are_not_given():
    class Sale(Event):
        def __init__(self, trigger: str, item: list[Entity]): ...

    class Auction(Sale):
        _house: Entity

    class Counted:
        def __init__(self, *args, **kwargs): ...

    class Gift(Counted, Sale):
        pass

    roles = (Role("item"), Role("_house"))
    assert only(Auction) == EventType("Auction", ("Sale",), roles=roles)
    assert only(Gift) == EventType("Gift", ("Counted", "Sale"), roles=roles[:1])


def test_own_init_hides_the_fields_of_ancestors(form):
    sale, gift = EventType("Sale", roles=(Role("item"), Role("to"))), EventType("Gift", ("Sale",), roles=(Role("to"),))
    loan = EventType("Loan", ("Gift",), roles=(Role("end"), Role("to"), Role("item")))
    schema = Schema(events=(loan, sale, gift, EventType("Theft", ("Sale",))))
    assert schema_from_classes(make(schema, form).values()) == schema


# What is wrong.


def errors() -> list[tuple[str, list[Any]]]:
    class Sized(Entity):
        size: int

    class Lost(Relation):
        head_entity: Sized

    class Odd(Event):
        what: dict[str, int]

    class Unread(Event):
        what: "a b"  # type: ignore # noqa: F722

    class Deep(Event):
        what: "(" * 5000  # type: ignore # noqa: F722

    class Bare(Event):
        what: List

    class Many(Event):
        def __init__(self, trigger: str, *args): ...

    class Numbered(Entity):
        identifier = 5

    class Flagged(Entity):
        drop_pronouns = True

    class Paired(Relation):
        """Examples: Riga, Porto"""

    class Both(Entity, Event):
        pass

    class When(Event):
        time: List[int]

    return [
        ("class Sized is of kind Entity, which has no field 'size'", [Sized]),
        ("class Lost, field head_entity: the class Sized is not given; give it too", [Lost]),
        ("class When, field time: the class int is not given", [When]),
        ("class Odd, field what: a type hint is written", [Odd]),
        ("class Unread, field what: 'a b' is not a type hint", [Unread]),
        ("class Deep, field what: .* is not a type hint", [Deep]),
        ("class Bare, field what: a type hint is written", [Bare]),
        ("class Many: __init__ takes self and named arguments", [Many]),
        ("class Numbered: the identifier must be a string", [Numbered]),
        ("class Flagged: drop_pronouns is no method", [Flagged]),
        ("class Paired: cannot read the examples", [Paired]),
        ("class Both is both Entity and Event", [Both]),
        ("two classes are called City; rename one", [type("City", (), {}), type("City", (), {})]),
        ("two classes are called City; rename one", [type("City", (type("City", (), {}),), {})]),
        ("the class name 'a city' is not a Python identifier", [type("a city", (Entity,), {})]),
        ("no class is given", []),
        ("no class is given", [Entity, Event]),
        ("classes must be given in a list", ["City"]),
        ("classes must be given in a list", [Sized("Riga")]),
        ("classes must be given in a list", Sized),  # type: ignore[list-item]
    ]


@pytest.mark.parametrize(("message", "classes"), errors())
def test_what_is_wrong_with_classes_is_named(message, classes):
    with pytest.raises(InputError, match=f"^{message}"):
        schema_from_classes(classes)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"examples": "Riga"}, "examples in json_schema_extra must be a list"),
        ({"examples": [("Ada", "Riga")]}, "its examples must be strings"),
        ({"examples": [{"name": "Riga"}]}, "its examples must be strings"),
        ({"identifier": 5}, "the identifier must be a string"),
        ({"only_roles": ["vessel"]}, "only_roles names fields of the class itself"),
    ],
)
def test_what_is_wrong_with_a_model_is_named(extra, message):
    pydantic = pytest.importorskip("pydantic")

    class Trip(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(json_schema_extra=extra)
        trigger: str

    with pytest.raises(InputError, match=f"^class Trip: {message}"):
        schema_from_classes([Trip])


def test_examples_of_a_relation_model_are_pairs():
    pydantic = pytest.importorskip("pydantic")

    class Near(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(json_schema_extra={"examples": ["Riga"]})
        head_entity: str

    with pytest.raises(InputError, match="^class Near: its examples must be pairs"):
        schema_from_classes([Near])


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (Schema((EntityType("A", ("B",)), EntityType("B", ("A",)))), "class [AB] is its own ancestor"),
        (Schema((EntityType("A", ("A",)),)), "class A is its own ancestor"),
        (Schema((EntityType("A", ("Entity", "B")), EntityType("B"))), "class A cannot be made: .*; put a parent"),
        (Schema((EntityType("A", ("B", "B")),)), "class A cannot be made: .*; put a parent"),
        (Schema((EntityType("A", ("Event",)),)), "class A is both Entity and Event"),
        (Schema((EntityType("A", ("T",)),), (), (EventType("T", ("X",)),)), "class A is both Entity and Event"),
        (Schema((EntityType("A"),), (RelationType("A"),)), "two types of the schema have one name"),
        (Schema((EntityType("a city"),)), "the class name 'a city' is not a Python identifier"),
        (Schema((EntityType("Event"),)), "the class name 'Event' is that of a base class"),
        (Schema(events=(EventType("T", roles=(Role("__init__"),)),)), "class T: the role '__init__' is no name for"),
    ],
)
def test_schemas_that_are_no_classes_are_refused(schema, message, form):
    with pytest.raises(InputError, match=f"^{message}"):
        make(schema, form)


def test_names_that_pydantic_keeps_for_itself_are_refused_for_models_alone():
    pytest.importorskip("pydantic")
    for name in ("_x", "model_config", "model_dump", "model_fields"):
        schema = Schema(events=(EventType("Trip", roles=(Role(name),)),))
        survives(schema, "plain")
        survives(schema, "dataclass")
        with pytest.raises(InputError, match=f"^class Trip: the role '{name}' is no name for a pydantic field; rename"):
            make(schema, "pydantic")


def test_forms_are_known():
    with pytest.raises(InputError, match="the form 'attrs' is unknown"):
        make(SMALL, "attrs")


def test_missing_pydantic_is_told_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydantic", None)
    module._models.cache_clear()
    assert schema_from_classes(make(SMALL, "dataclass").values()) == SMALL
    with pytest.raises(InputError, match="`pip install pydantic`"):
        make(SMALL, "pydantic")


def test_classes_load_neither_pydantic_nor_an_ml_library():
    code = (
        "import sys\n"
        "from kcjax.schema.classes import *\n"
        "class City(Entity): pass\n"
        "classes_from_schema(schema_from_classes([City]), form='dataclass')\n"
        "print([m for m in ('pydantic', 'numpy', 'jax', 'flax', 'tensorflow', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_namedtuple_writes_for_a_docstring_is_none():
    class Town(NamedTuple):
        name: str

    class Ship(NamedTuple):
        """Examples: Vega, Orion"""

        name: str

    town, ship = schema_from_classes([Town, Ship]).entities
    assert town.description == "" and ship.examples == ("Vega", "Orion")
