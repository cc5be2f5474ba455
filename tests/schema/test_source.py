"""Schema source: every form people write is read, everything else is refused with line and remedy, nothing is run."""

import contextlib
import gzip
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kcjax.errors import InputError
from kcjax.schema.code import ENTITY_BASE, EVENT_ARGUMENTS_BASE, EVENT_DETECTION_BASE, RELATION_BASE
from kcjax.schema.source import parse_schema, read_schema, write_schema
from kcjax.schema.types import EntityType, EventType, RelationType, Role

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "golden.json").read_text("utf-8"))


def parse(source: str):
    return parse_schema(source, filename="schema.py")


def only(source: str):
    (found,) = parse(source).by_name.values()
    return found


@pytest.mark.parametrize("name", GOLDEN["following"])
def test_golden_prompts_are_readable_schemas(name):
    prompt = GOLDEN["following"][name]["prompt"]
    schema = parse(prompt[: prompt.index("sentence = ")])
    assert (
        set(schema.by_name)
        == {
            "ner": {"City", "Person", "Ship"},
            "ner_empty": {"City", "Person", "Ship"},
            "ner_without_comments": {"City", "Person"},
            "re": {"PlaceOfBirth", "CrewMember"},
            "re_typed_by_import": {"PlaceOfBirth", "CrewMember"},
            "ed": {"Repair", "Voyage"},
            "eae": {"Voyage"},
        }[name]
    )


def test_golden_event_forms_hold_roles_and_examples():
    roles = tuple(map(Role, ["traveller", "vessel", "origin", "destination"]))
    voyage = EventType("Voyage", description="a journey by water", examples=("sailed", "crossing"), roles=roles)
    for name in ("ed", "eae"):
        prompt = GOLDEN["following"][name]["prompt"]
        assert parse(prompt[: prompt.index("sentence = ")]).by_name["Voyage"] == voyage


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class City(Entity): pass", EntityType("City")),
        ("class City: pass", EntityType("City")),
        ("class City(Entity): ...", EntityType("City")),
        ('class City(Place):\n  "a town"', EntityType("City", ("Place",), "a town")),
        ("class City(Entity):\n  name: str", EntityType("City")),
        ("@dataclass\nclass City(Entity):\n  name: str", EntityType("City")),
        ("class City(Entity):\n  r'''Description: a\\d'''", EntityType("City", description="a\\d")),
        ('class City(Entity):\n  "Description: a" " b"', EntityType("City", description="a b")),
        (
            'class City(Entity):\n  """\n  Description: a town\n  or city\n  Examples: Riga,\n    Porto, \n  """',
            EntityType("City", description="a town or city", examples=("Riga", "Porto")),
        ),
        (
            'class City(Entity):\n  """Examples: Porto,"a, b", "c" d, ""\n"""',
            EntityType("City", examples=("Porto", "a, b", '"c" d', "")),
        ),
        ("class In(Relation): pass", RelationType("In")),
        (
            "class In:\n  head_entity: Entity\n  tail_entity: 'Entity | str'",
            RelationType("In", head=("Entity",), tail=("Entity",)),
        ),
        (
            'class In(Relation):\n  """Examples: (Paris (Texas), Riga), ("a, b", c), """',
            RelationType("In", examples=(("Paris (Texas)", "Riga"), ("a, b", "c"))),
        ),
        (
            "class Trip(Event):\n  trigger: str  # Examples: sailed, went\n  who: list[Entity]\n  via: Optional[str]",
            EventType("Trip", examples=("sailed", "went"), roles=(Role("who"), Role("via"))),
        ),
        ("class Trip:\n  trigger: str\n  who: List[str]", EventType("Trip", roles=(Role("who"),))),
        ("class Trip(Happening):\n  trigger: str", EventType("Trip", ("Happening",))),
    ],
)
def test_forms_that_people_write(source, expected):
    assert only(source) == expected


def test_type_hints_name_classes_defined_imported_or_known_as_parents():
    schema = parse(
        "from Entities import Ship\n"
        "class Person(Agent): pass\n"
        "class Owns(Relation):\n"
        "  def __init__(self, head_entity: Person | Agent, tail_entity: Union[Ship, Person]): pass\n"
        "class Sale(Event):\n  buyer: typing.List[Person | Ship]\n"
    )
    assert schema.relations[0].head == ("Person", "Agent") and schema.relations[0].tail == ("Ship", "Person")
    assert schema.events[0].roles == (Role("buyer", ("Person", "Ship")),)


def test_kind_and_fields_come_from_ancestors():
    schema = parse(
        "class Capital(City): pass\n"
        "class City(Entity): pass\n"
        "class Owns(Relation):\n  head_entity: City\n"
        "class Rents(Owns): pass\n"
        "class Sale(Deal):\n  trigger: str\n  item: City\n"
        "class Auction(Sale): pass\n"
        "class Gift(Sale):\n  item: Entity\n  to: Entity\n"
    )
    assert [t.name for t in schema.entities] == ["Capital", "City"]
    assert schema.by_name["Rents"] == RelationType("Rents", ("Owns",), head=("City",))
    assert schema.by_name["Gift"] == EventType("Gift", ("Sale",), roles=(Role("item"), Role("to")))
    assert schema.by_name["Auction"] == EventType("Auction", ("Sale",), roles=(Role("item", ("City",)),))


def test_base_classes_as_kcjax_writes_them_are_skipped():
    bases = [ENTITY_BASE, RELATION_BASE, EVENT_DETECTION_BASE, EVENT_ARGUMENTS_BASE]
    assert only("\n".join([*bases, "class City(Entity): pass"])) == EntityType("City")


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("class City(Entity:\n  pass", 1, "not valid Python"),
        ("class City\x00", 1, "not"),
        ("class \ud800", 1, "not"),
        ("(" * 5000, 1, "not"),
        ("", 1, "no class"),
        ('"""only words"""\nimport os', 1, "no class"),
        ("class City: pass\nclass City: pass", 2, "first in line 1"),
        ("class Entity: pass", 1, "base class"),
        ("import os\nos.system('x')", 2, "remove"),
        ("x = 1", 1, "remove"),
        ("def f(): pass", 1, "remove"),
        ("if True:\n  class City: pass", 1, "remove"),
        ("class City:\n  x = open('y')", 2, "runs no code"),
        ("class City(Entity):\n  def clean(self): pass", 2, "runs no code"),
        ("@evil()\nclass City: pass", 1, "@dataclass"),
        ("class City(f()): pass", 1, "plain class names"),
        ("class City(metaclass=M): pass", 1, "plain class names"),
        ("class In(Relation):\n  head_entity: Person", 1, "Person"),
        ("class Trip(Event):\n  who: List[Person]", 1, "Person"),
        ("class In(Relation):\n  head_entity: f()", 2, "type hint"),
        ("class In(Relation):\n  head_entity: 'a b'", 2, "type hint"),
        ("class In(Relation):\n  size: Entity", 1, "size"),
        ("class City(Entity):\n  mayor: Entity", 1, "mayor"),
        ("class A(B): pass\nclass B(A): pass", 1, "own ancestor"),
        ("class A(Entity, Event): pass", 1, "Entity and Event"),
        ("class Trip(Event):\n  who: Entity\n  who: Entity", 3, "twice"),
        ("class Trip(Event):\n  def __init__(self, trigger: str, *args):\n    arg_names = [f()]", 3, "arg_names"),
        ("class Trip(Event):\n  def __init__(self, trigger: str):\n    open('x')", 3, "may only"),
        ("class Trip(Event):\n  def __init__(self, trigger: str = f()): pass", 2, "defaults"),
        ('class In(Relation):\n  """Examples: Riga, Porto"""', 1, "(head, tail)"),
    ],
)
def test_bad_source_is_refused_with_file_line_and_remedy(source, line, words):
    with pytest.raises(InputError) as error:
        parse(source)
    assert str(error.value).startswith(f"schema.py:{line}: ") and words in str(error.value)


def test_line_ends_and_gzip_and_byte_order_mark_make_no_difference(tmp_path):
    source = 'class City(Entity):\n\t"""\n\tDescription: a\n\tExamples: b, ç\n\t"""\n'
    expected = parse(source)
    plain, packed = tmp_path / "schema.py", tmp_path / "schema.py.gz"
    plain.write_bytes(("\ufeff" + source.replace("\n", "\r\n")).encode())
    packed.write_bytes(gzip.compress(source.encode()))
    assert read_schema(plain) == read_schema(packed) == expected
    assert expected.entities[0].examples == ("b", "ç")


def test_unreadable_files_are_input_errors(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_schema(tmp_path / "none.py")
    (tmp_path / "latin.py").write_bytes("# é".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read_schema(tmp_path / "latin.py")


def test_text_layer_loads_no_ml_library():
    code = (
        "import sys, kcjax.schema.source, kcjax.corpus.prompt, kcjax.corpus.response, kcjax.corpus.following, "
        "kcjax.corpus.understanding\n"
        "print([m for m in ('numpy', 'jax', 'flax', 'tensorflow', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_identifier_and_cleanups_are_recognised_by_name():
    source = (
        "class Person(Entity):\n  identifier = 'Q5'\n  @classmethod\n"
        "  def drop_pronouns(cls, found):\n    raise SystemExit\n"
    )
    assert only(source) == EntityType("Person", identifier="Q5", cleanups=("drop_pronouns",))
    with pytest.raises(InputError, match="schema.py:2: .*drop_pronouns, .* remove this"):
        parse("class Person(Entity):\n  def keep(cls): ...")
    with pytest.raises(
        InputError, match="schema.py:1: class In is of kind Relation, which normalise_date does nothing"
    ):
        parse("class In(Relation):\n  def normalise_date(cls, found): ...")
    with pytest.raises(InputError, match="schema.py:2: the identifier must be a string"):
        parse("class Person(Entity):\n  identifier = open('x')")


def test_own_init_hides_the_fields_of_ancestors():
    source = "class Trip(Event):\n  def __init__(self, trigger: str, by: List[Entity]): pass\n"
    assert parse(source + "class Voyage(Trip): pass").by_name["Voyage"].roles == (Role("by"),)
    own = "class Voyage(Trip):\n  def __init__(self, trigger: str, ship: List[Entity]): pass"
    assert parse(source + own).by_name["Voyage"].roles == (Role("ship"),)
    added = "class Voyage(Trip):\n  ship: List[Entity]"
    assert parse(source + added).by_name["Voyage"].roles == (Role("by"), Role("ship"))


@pytest.mark.parametrize(
    "source",
    [
        f"class A(Relation):\n  '''Examples: ({' ' * 20_000}x'''\n",
        f"class A(Relation):\n  '''Examples: (a{' ' * 20_000}, b{' ' * 20_000}'''\n",
        f"class A(Relation):\n  '''Examples: {'(' * 20_000}'''\n",
    ],
)
def test_examples_that_are_none_are_read_in_no_time(source):
    start = time.perf_counter()
    with contextlib.suppress(InputError):
        parse_schema(source, filename="x.py")
    assert time.perf_counter() - start < 2


def test_a_hint_of_many_classes_is_read_or_refused_in_few_words():
    many = " | ".join(["Entity"] * 2000)
    source = "class A(Relation):\n  def __init__(self, head_entity: {}, tail_entity: Entity): ...\n"
    (relation,) = parse_schema(source.format(many), filename="x.py").relations
    assert relation.head == ("Entity",)
    with pytest.raises(InputError) as error:
        parse_schema(source.format(f'"{" | ".join(["Entity"] * 50_000)} |"'), filename="x.py")
    assert len(str(error.value)) < 300


def test_a_line_of_very_many_ancestors_is_refused_at_once():
    source = "class C0(Entity): pass\n" + "".join(f"class C{n}(C{n - 1}): pass\n" for n in range(1, 20_000))
    start = time.perf_counter()
    with pytest.raises(InputError, match="has more than 1000 ancestors; name fewer"):
        parse_schema(source, filename="x.py")
    assert time.perf_counter() - start < 20


def test_a_schema_is_written_under_the_names_it_is_read_by(tmp_path):
    schema = parse_schema("class A(Entity): pass\n", filename="x.py")
    for name in ("a.py", "a.json"):
        write_schema(tmp_path / name, schema)
        assert read_schema(tmp_path / name) == schema
    for name in ("a.kcjax", "a.json.gz", "a", "a.JSONL"):
        with pytest.raises(InputError, match=r"ends in \.py or \.json"):
            write_schema(tmp_path / name, schema)
        assert not (tmp_path / name).exists()


@pytest.mark.parametrize("label", ["Examples:", "Example:", "examples:", "EXAMPLES :"])
def test_examples_are_found_however_the_label_is_written(label):
    description = "description : where people live, for example: Riga"
    source = f"class Town(Entity):\n  '''\n  {description}\n  {label} Porto, Brest\n  '''\n"
    (town,) = parse_schema(source, filename="x.py").entities
    assert (town.description, town.examples) == ("where people live, for example: Riga", ("Porto", "Brest"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = " + "(" * 100_000, "x.py"),
        (
            f"class A(Relation):\n  def __init__(self, head_entity: '{'(' * 100_000}', tail_entity: Entity): ...\n",
            "not a type hint",
        ),
        (
            "class A(Relation):\n  def __init__(self, *, head_entity: Entity, tail_entity: Entity): ...\n",
            "x.py:2: __init__ takes self and named arguments",
        ),
    ],
)
def test_what_python_itself_chokes_on_is_refused_in_few_words(source, message):
    with pytest.raises(InputError, match=message) as error:
        parse_schema(source, filename="x.py")
    assert len(str(error.value)) < 400


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lines_may_end_as_on_any_system(end):
    source = 'class Town(Entity):\n\t"""\n\tDescription: where people live\n\tExamples: Riga, Porto\n\t"""\n\tpass\n'
    assert parse_schema(source.replace("\n", end), filename="x.py") == parse_schema(source, filename="x.py")


def test_a_clean_up_that_is_declared_twice_counts_once():
    hook = "  @classmethod\n  def drop_pronouns(cls, found): ...\n"
    (town,) = parse_schema(f"class Town(Entity):\n{hook}{hook}", filename="x.py").entities
    assert town.cleanups == ("drop_pronouns",)


@pytest.mark.parametrize(("base", "meant"), [("Entty", "Entity"), ("Relaton", "Relation"), ("Evnt", "Event")])
def test_a_misspelt_base_class_is_named(base, meant):
    with pytest.raises(InputError, match=f"there is no class {base}; is {meant} meant"):
        parse_schema(f"class Town({base}):\n\tpass\n", filename="s.py")
    assert parse_schema(f"class {base}(Entity): pass\nclass Town({base}): pass\n", filename="s.py").entities
