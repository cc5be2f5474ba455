"""The extractor around a fake generator whose responses are known; real decoding is tested in tests/decode."""

import dataclasses
import math
import re
import shutil

import pytest

from kcjax.corpus.document import Document, Entity, Event, Mention, document_from_json
from kcjax.corpus.prompt import following_prompt, following_response
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.decode.generate import Generation
from kcjax.decode.vocabulary import Vocabulary
from kcjax.errors import InputError
from kcjax.extract.extractor import Extraction, Extractor, _Job
from kcjax.files import read_json, write_json
from kcjax.schema.code import KCJAX, KNOWCODER
from kcjax.schema.concept import Concept
from kcjax.schema.library import open_schema, write_library
from kcjax.schema.source import parse_schema
from tests.schema.test_library_build import built

SCHEMA = parse_schema(
    """
class Person(Entity):
	pass

class Ship(Entity):
	pass

class CrewMember(Relation):
	def __init__(self, head_entity: Ship, tail_entity: Person):
		super().__init__(head_entity = head_entity, tail_entity = tail_entity)

class Voyage(Event):
	def __init__(
		self,
		trigger: str,
		vessel: List[Ship],
		destination: List[Entity],
	):
		super().__init__(trigger = trigger)
		self.vessel = vessel
		self.destination = destination
""",
    filename="schema.py",
)
TEXT = 'Ines Duarte sailed the "Orion" to Bergen, and the Orion sailed on.'


def gold(text: str = TEXT, id: str = "d") -> Document:
    at = lambda string, start=0: {"start": (i := text.index(string, start)), "end": i + len(string), "text": string}
    second = text.index("sailed on")
    events = [
        {
            "type": "Voyage",
            "trigger": at("sailed"),
            "arguments": [{"role": "vessel", **at("Orion")}, {"role": "destination", **at("Bergen")}],
        },
        {"type": "Voyage", "trigger": at("sailed", second), "arguments": [{"role": "vessel", **at("Orion", 40)}]},
    ]
    entities = [
        {"type": "Person", **at("Ines Duarte")},
        {"type": "Ship", **at("Orion")},
        {"type": "Ship", **at("Orion", 40)},
    ]
    row = {
        "id": id,
        "text": text,
        "entities": entities,
        "relations": [{"type": "CrewMember", "head": 1, "tail": 0}],
        "events": events,
    }
    return document_from_json(row, where="test")


class FakeGenerator:
    """Answers every prompt with the text that is made for it; a text that ends in `...` ran out of budget."""

    max_new_tokens, batch_size = 100, 2

    def __init__(self, tokenizer, answer, max_positions=8000):
        self.tokenizer, self.answer, self.max_positions = tokenizer, answer, max_positions
        self.prompts, self.prefixes = [], 0

    def room(self, prefix_tokens):
        return self.max_positions - self.max_new_tokens - prefix_tokens

    def prefill(self, tokens):
        self.prefixes += 1
        return type("Prefix", (), {"length": len(tokens), "text": self.tokenizer.decode(tokens, at_start=True)})

    def generate(self, prefix, prompts, automata=None, *, stop_bias=0.0):
        generations = []
        for tokens in prompts:
            assert len(tokens) <= self.room(prefix.length)
            self.prompts.append(prefix.text + self.tokenizer.decode(tokens))
            text = self.answer(self.prompts[-1])
            ids = self.tokenizer.encode(text.removesuffix("..."))
            generations.append(Generation(ids, [math.log(0.5)] * len(ids), not text.endswith("...")))
        return generations


@pytest.fixture
def make(tiny_tokenizer_dir):
    def make(answer, style=KCJAX, **kwargs) -> Extractor:
        extractor = Extractor.__new__(Extractor)
        extractor.tokenizer, extractor.style = load_tokenizer(tiny_tokenizer_dir), style
        extractor.vocabulary = Vocabulary(extractor.tokenizer)
        extractor.generator = FakeGenerator(extractor.tokenizer, answer, **kwargs)
        return extractor

    return make


def task_of(prompt: str) -> str:
    if "confirmed as follows" in prompt:
        return "eae"
    return next(
        task for task, noun in (("ner", "some Entity"), ("re", "some Relation"), ("ed", "some Event")) if noun in prompt
    )


def perfect(prompt: str) -> str:
    return following_response(task_of(prompt), gold(), SCHEMA)


def test_a_perfect_model_gives_the_gold_objects_with_their_offsets(make):
    (found,) = make(perfect).extract([TEXT], SCHEMA)
    strip = lambda items: [{k: v for k, v in vars(item).items() if k != "confidence"} for item in items]
    assert strip(found.entities) == strip(gold().entities)
    assert strip(found.relations) == strip(gold().relations)
    assert strip(found.events) == strip(gold().events)
    assert (found.status, found.message, found.id, found.schema_hash) == ("ok", "", "0", SCHEMA.hash)
    assert set(found.raw) == {"ner", "re", "ed", "eae"}


def test_rows_keep_their_order_ids_and_extra_keys_over_many_chunks(make):
    documents = [Document(f"id{n}", f"Ship {n} lay still.", extra={"n": n}) for n in range(50)]
    found = list(make(lambda prompt: "results = []").extract(iter(documents), SCHEMA, tasks=["ner"]))
    assert [(e.id, e.text, e.extra, e.status) for e in found] == [(d.id, d.text, d.extra, "ok") for d in documents]


def test_input_is_read_lazily(make):
    def endless():
        n = 0
        while True:
            yield f"Text {n}"
            n += 1

    stream = make(lambda prompt: "results = []").extract(endless(), SCHEMA, tasks=["ner"])
    assert [next(stream).text for _ in range(40)][-1] == "Text 39"


@pytest.mark.parametrize(
    ("answer", "status", "entities", "message"),
    [
        (
            'results = [\n\tPerson("Ines Duarte"),\n\tShip("Ori...',
            "truncated",
            1,
            "ner: 100 new tokens were not enough",
        ),
        ("I cannot do that.", "parse_error", 0, "results = ["),
        ('results = [\n\tPerson("Ines Duarte"),\n\tShip(1 + 1)\n]', "parse_error", 1, "Ship"),
        ('results = [\n\tPerson("Ines Duarte")\n]', "ok", 1, ""),
    ],
)
def test_a_broken_response_keeps_its_complete_objects_and_says_what_is_wrong(make, answer, status, entities, message):
    (found,) = make(lambda prompt: answer).extract([TEXT], SCHEMA, tasks=["ner"])
    assert (found.status, len(found.entities)) == (status, entities)
    assert message in found.message
    assert found.raw["ner"] == answer.removesuffix("...")


def test_what_became_no_object_is_counted(make):
    answer = 'results = [\n\tPerson("Nobody"),\n\tTown("Bergen"),\n\tPerson("Ines Duarte"),\n\tPerson("Ines Duarte")\n]'
    (found,) = make(lambda prompt: answer).extract([TEXT], SCHEMA, tasks=["ner"])
    assert (found.hallucinated, found.off_schema, found.repeated, len(found.entities)) == (1, 1, 1, 1)
    unplaced = [("Person", ["Nobody"]), ("Town", ["Bergen"]), ("Person", ["Ines Duarte"])]
    assert found.to_json()["unplaced"] == [{"task": "ner", "label": label, "texts": t} for label, t in unplaced]


@pytest.mark.parametrize("window", [None, 20])
def test_a_text_of_more_than_64_stretches_is_too_long_and_costs_no_other(make, window):
    extractor = make(perfect, max_positions=8000 if window else 1000)
    found = list(
        extractor.extract([TEXT, "long " * (500 if window else 20_000), TEXT], SCHEMA, tasks=["ner"], window=window)
    )
    assert [e.status for e in found] == ["ok", "too_long", "ok"]
    assert "stretches, 64 are the most" in found[1].message
    assert not any("long long" in prompt for prompt in extractor.generator.prompts)


def test_half_a_surrogate_pair_is_escaped_like_any_character_that_cannot_be_written(make):
    (found,) = make(lambda prompt: "results = []").extract(["a \udc00 b"], SCHEMA, tasks=["ner"])
    assert found.status == "ok"


def test_a_schema_prompt_that_leaves_no_room_is_bad_input(make):
    with pytest.raises(InputError, match="the prompt for ner of Person has .* tokens"):
        list(make(perfect, max_positions=200).extract([TEXT], SCHEMA, tasks=["ner"]))


def test_confidence_is_the_probability_of_the_objects_tokens(make):
    extractor = make(perfect)
    (found,) = extractor.extract([TEXT], SCHEMA, tasks=["ner"])
    # Every token had probability 1/2; a token that also holds a neighbouring comma or tab counts as well.
    for entity in found.entities:
        tokens = -math.log2(entity.confidence)
        written = len(extractor.tokenizer.encode(f'{entity.type}("{entity.text}")'))
        assert written - 1 <= tokens <= written + 2


def test_an_object_may_stand_for_all_occurrences_of_its_string(make):
    extractor = make(lambda prompt: 'results = [\n\tShip("Orion")\n]')
    texts = ["The Orion passed the Orion."]
    for occurrences, starts in (("nearest", [4]), ("all", [4, 21])):
        (found,) = extractor.extract(texts, SCHEMA, tasks=["ner"], occurrences=occurrences)
        assert [entity.start for entity in found.entities] == starts


def test_relations_may_be_asked_for_with_the_classes_of_their_ends(make):
    extractor = make(lambda prompt: 'results = [\n\tCrewMember(Person("Ines Duarte"), Ship("Orion"))\n]')
    (found,) = extractor.extract([TEXT], SCHEMA, tasks=["re"], typed_by_import=True)
    assert "from Entities import" in extractor.generator.prompts[0]
    assert [entity.type for entity in found.entities] == ["Person", "Ship"] and found.relations


def test_a_model_spread_over_devices_extracts_the_same(tiny_model_dir):
    def found(**kwargs):
        extractor = Extractor.from_pretrained(tiny_model_dir, max_new_tokens=20, **kwargs)
        (extraction,) = extractor.extract([TEXT], SCHEMA, tasks=["ner"], comments=False, grammar=False)
        return extraction.raw["ner"]

    assert found(tensor=2) == found() != ""
    assert found(int8=("weights", "cache"), tensor=2) == found(int8=("weights", "cache"))
    with pytest.raises(InputError, match="tensor=99: there are 8 devices"):
        found(tensor=99)


def test_gold_triggers_are_those_of_the_input(make):
    document = Document(
        "d", TEXT, events=(Event("Voyage", Mention(12, 18, "sailed")),), entities=(Entity(0, 4, "Ines", "Person"),)
    )
    extractor = make(lambda prompt: 'results = [\n\tVoyage(trigger = "sailed", vessel = [Entity("Orion")])\n]')
    (found,) = extractor.extract([document], SCHEMA, tasks=["eae"], triggers="gold")
    assert '"sailed" is the trigger of event type "Voyage"' in extractor.generator.prompts[0]
    assert [(e.trigger.start, [a.text for a in e.arguments]) for e in found.events] == [(12, ["Orion"])]
    assert found.entities == ()  # the input's own annotations are not repeated


def test_gold_triggers_are_asked_about_in_text_order_and_never_scored_as_found(make):
    sooner, later = (Event("Voyage", Mention(s, s + len(t), t)) for t in ("sailed", "on.") for s in [TEXT.index(t)])
    document = Document("d", TEXT, events=(later, sooner))
    extractor = make(lambda prompt: "results = []")
    list(extractor.extract([document], SCHEMA, triggers="gold"))
    assert [task_of(prompt) for prompt in extractor.generator.prompts] == ["ner", "re", "eae"]
    assert extractor.generator.prompts[-1].endswith(
        following_prompt("eae", SCHEMA, TEXT, triggers=[("Voyage", "sailed"), ("Voyage", "on.")]).sentence
    )
    with pytest.raises(InputError, match='the task "ed" finds triggers, so it does not go with gold ones'):
        list(extractor.extract([document], SCHEMA, tasks=["ed", "eae"], triggers="gold"))


def test_tasks_that_could_find_nothing_are_refused(make):
    extractor = make(perfect)
    with pytest.raises(InputError, match='ask for "ed" too, or give gold triggers'):
        list(extractor.extract([TEXT], SCHEMA, tasks=["ner", "eae"]))
    entities = dataclasses.replace(SCHEMA, events=())
    with pytest.raises(InputError, match="there is no type to ask for in task eae"):
        list(extractor.extract([TEXT], entities, tasks=["eae"], triggers="gold"))


@pytest.mark.parametrize("response", ["results = []", 'results = [\n\tVoyage(trigger = "sailed")\n]'])
def test_events_without_arguments_are_kept_with_a_confidence(make, response):
    extractor = make(lambda prompt: perfect(prompt) if task_of(prompt) == "ed" else response)
    (found,) = extractor.extract([TEXT], SCHEMA, tasks=["ed", "eae"])
    assert len(found.events) == 2 and all(0 < event.confidence < 1 for event in found.events)


def test_events_without_roles_are_not_asked_about_and_kept(make):
    schema = dataclasses.replace(SCHEMA, events=tuple(dataclasses.replace(e, roles=()) for e in SCHEMA.events))
    extractor = make(perfect)
    (found,) = extractor.extract([TEXT], schema, tasks=["ed", "eae"])
    assert [task_of(prompt) for prompt in extractor.generator.prompts] == ["ed"] and len(found.events) == 2
    (found,) = extractor.extract([gold()], schema, tasks=["eae", "ner"], triggers="gold")
    assert [event.trigger for event in found.events] == [event.trigger for event in gold().events]


def test_an_argument_prompt_that_does_not_fit_costs_its_document_alone(make, monkeypatch):
    extractor = make(perfect)
    prefix = _Job.prefix

    def cramped(self, task, schema_prompt):
        if task == "eae":
            raise InputError("the schema's prompt does not fit")
        return prefix(self, task, schema_prompt)

    monkeypatch.setattr(_Job, "prefix", cramped)
    (found,) = extractor.extract([TEXT], SCHEMA)
    assert (found.status, found.message) == ("too_long", "eae: the schema's prompt does not fit")
    assert len(found.events) == 2 and found.entities


def test_prompts_are_in_the_style_of_the_model(make, tmp_path, tiny_model_dir):
    for style in (KCJAX, KNOWCODER):
        extractor = make(lambda prompt: "results = []", style)
        list(extractor.extract([TEXT], SCHEMA, tasks=["ner"]))
        expected = following_prompt("ner", SCHEMA, TEXT, style=style)
        assert extractor.generator.prompts == [expected.schema + expected.sentence]
    shutil.copytree(tiny_model_dir, tmp_path / "model")
    write_json(tmp_path / "model" / "kcjax.json", read_json(tmp_path / "model" / "kcjax.json") | {"prompt_style": "x"})
    with pytest.raises(InputError, match="prompt_style is 'x'; known: kcjax, knowcoder"):
        Extractor.from_pretrained(tmp_path / "model")


def test_without_triggers_no_arguments_are_asked_for(make):
    extractor = make(lambda prompt: "results = []")
    (found,) = extractor.extract([TEXT], SCHEMA, tasks=["ed", "eae"])
    assert found.status == "ok" and set(found.raw) == {"ed"} and len(extractor.generator.prompts) == 1


def test_an_extraction_is_a_document_when_written(make):
    (found,) = make(perfect).extract([TEXT], SCHEMA)
    assert isinstance(found, Extraction)
    row = found.to_json()
    again = document_from_json(row, where="row")
    assert again.entities == found.entities and again.events == found.events
    assert {"schema_hash", "status", "raw", "hallucinated", "off_schema", "repeated"} <= set(again.extra)


def test_a_library_asks_each_text_for_the_types_likeliest_in_it(make, tmp_path):
    types, builder = built()
    path = tmp_path / "world.kcjax"
    write_library(path, types.values(), builder.told)
    texts = ["They reached Riga at dawn.", "Ada sailed away."]
    answers = {"Riga": 'results = [\n\tTown("Riga")\n]', "Ada": 'results = [\n\tHuman("Ada")\n]'}
    extractor = make(lambda prompt: next(answer for name, answer in answers.items() if f"{name} " in prompt))
    riga, ada = extractor.extract(texts, path, tasks=["ner"], types_per_text=2)
    assert [(e.type, e.text) for e in (*riga.entities, *ada.entities)] == [("Town", "Riga"), ("Human", "Ada")]
    classes = [prompt.count("\nclass ") - 1 for prompt in extractor.generator.prompts]  # less the base class
    assert classes == [2, 2] and "class Town(Place):" in extractor.generator.prompts[0]
    # Of what the documents hold, only triggers that are given may be seen in the prompt.
    voyage = Document("x", texts[1], events=(Event("Sail", Mention(4, 10, "sailed")),))
    (_,) = extractor.extract([voyage], path, tasks=["eae"], triggers="gold", types_per_text=1)
    assert "class Sail(Event):" in extractor.generator.prompts[-1]


def test_a_text_too_long_for_the_grammar_costs_only_itself(make):
    extractor = make(lambda prompt: "results = []", max_positions=10**6)
    long, short = extractor.extract(["word " * 14_000, "Orion"], SCHEMA, tasks=["ner"])
    assert (long.status, short.status) == ("too_long", "ok")
    assert "a text of 70000 bytes: the grammar takes 65535 at most" in long.message
    (free,) = extractor.extract(["word " * 14_000], SCHEMA, tasks=["ner"], grammar=False)
    assert free.status == "ok"


# Long texts, large schemas, libraries.

# Its last sentence but one is in two stretches where two fit one.
LONG = (
    "Ada sailed the Vega to Riga. Bo sailed the Lyra to Oslo. Cy sailed the Nova to Bari. Di sailed the Argo to Faro."
)
PEOPLE, SHIPS = ("Ada", "Bo", "Cy", "Di"), ("Vega", "Lyra", "Nova", "Argo")
HARBOURS = ("Riga", "Oslo", "Bari", "Faro")


def sailor(prompt: str) -> str:
    """Finds all there is in the part of `LONG` that it is asked about, of the classes that it is asked for."""
    task, text = task_of(prompt), prompt.rpartition('sentence = "')[2]
    voyages = [voyage for voyage in zip(PEOPLE, SHIPS, HARBOURS, strict=True) if voyage[0] in text]
    asked = lambda name: f"class {name}(" in prompt
    found = []
    for person, ship, harbour in voyages:
        if task == "ner":
            found += [f'Person("{person}")'] * asked("Person") + [f'Ship("{ship}")'] * asked("Ship")
        elif task == "re":
            found.append(f'CrewMember(Entity("{ship}"), Entity("{person}"))')
        elif task == "ed":
            found.append('Voyage("sailed")')
        else:
            found.append(
                f'Voyage(trigger = "sailed", vessel = [Entity("{ship}")], destination = [Entity("{harbour}")])'
            )
    return "results = [\n\t" + ",\n\t".join(found) + "\n]"


def told(extraction: Extraction) -> tuple[set, set, set]:
    """The objects, without confidences and order."""
    mention = lambda m: (m.start, m.end, m.text)
    entities = [(e.type, *mention(e)) for e in extraction.entities]
    relations = [(r.type, entities[r.head], entities[r.tail]) for r in extraction.relations]
    events = [
        (e.type, mention(e.trigger), tuple((a.role, *mention(a)) for a in e.arguments)) for e in extraction.events
    ]
    for objects in (entities, relations, events):
        assert len(set(objects)) == len(objects)
    return set(entities), set(relations), set(events)


def stretches(extractor: Extractor, task: str) -> list[str]:
    return [p.rpartition('sentence = "')[2] for p in extractor.generator.prompts if task_of(p) == task]


def window_of(extractor: Extractor, *sentences: int) -> int:
    """Tokens of so many sentences of `LONG`."""
    return 4 + len(extractor.tokenizer.encode(". ".join(LONG.split(". ")[slice(*sentences)])))


def test_a_long_text_in_stretches_gives_what_the_whole_text_gives(make):
    whole, cut = make(sailor), make(sailor)
    (expected,) = whole.extract([LONG], SCHEMA)
    (found,) = cut.extract([LONG], SCHEMA, window=window_of(cut, 0, 2))
    assert [len(stretches(whole, task)) for task in ("ner", "re", "ed", "eae")] == [1, 1, 1, 1]
    assert [len(stretches(cut, task)) for task in ("ner", "re", "ed", "eae")] == [3, 3, 3, 3]
    assert told(found) == told(expected)
    assert [len(objects) for objects in told(found)] == [8, 4, 4]
    assert all(LONG[e.start : e.end] == e.text for e in found.entities)
    assert all(LONG[a.start : a.end] == a.text for e in found.events for a in (e.trigger, *e.arguments))
    assert found.status == "ok" and found.raw["ner"].count("results = [") == 3 and found.text == LONG


def test_what_the_common_sentence_has_is_kept_once_with_the_higher_confidence(make):
    extractor = make(sailor)
    generate, calls = extractor.generator.generate, []

    def surer_and_surer(prefix, prompts, automata=None, **options):
        found = []
        for generation in generate(prefix, prompts, automata, **options):
            calls.append(generation)
            share = {1: 0.9, 2: 0.99, 3: 0.95}[len(calls)]
            found.append(dataclasses.replace(generation, logprobs=[math.log(share)] * len(generation.tokens)))
        return found

    extractor.generator.generate = surer_and_surer
    (found,) = extractor.extract([LONG], SCHEMA, tasks=["ner"], window=window_of(extractor, 0, 2))
    confidence = {e.text: e.confidence for e in found.entities}
    assert len(calls) == 3 and len(confidence) == len(found.entities) == 8
    assert confidence["Ada"] < min(confidence[name] for name in ("Bo", "Lyra", "Cy", "Nova")) > confidence["Argo"]


def test_a_relation_links_what_stands_in_its_own_stretch(make):
    text = LONG.replace("Argo", "Vega")

    def first_alone(prompt):  # of the entities, those of the first stretch
        return sailor(prompt) if task_of(prompt) == "re" or 'sentence = "Ada' in prompt else "results = []"

    extractor = make(lambda prompt: first_alone(prompt).replace("Argo", "Vega"))
    (found,) = extractor.extract([text], SCHEMA, tasks=["ner", "re"], window=window_of(extractor, 0, 2))
    ends = {found.entities[r.tail].text: found.entities[r.head].start for r in found.relations}
    assert (ends["Ada"], ends["Di"]) == (text.index("Vega"), text.rindex("Vega"))


def test_objects_below_the_threshold_of_their_type_go(make):
    (found,) = make(sailor).extract([LONG], SCHEMA, tasks=["ner", "re"], threshold={"Person": 0.9})
    assert {e.type for e in found.entities} == {"Ship"} and found.relations == ()
    assert found.below_threshold == 8  # the people, and the relations that go with them


def test_gold_triggers_are_asked_about_in_each_stretch_that_has_them(make):
    starts = [n for n in range(len(LONG)) if LONG.startswith("sailed", n)]
    events = tuple(Event("Voyage", Mention(n, n + 6, "sailed")) for n in starts)
    extractor = make(sailor)
    window = window_of(extractor, 0, 2)
    (found,) = extractor.extract([Document("d", LONG, events=events)], SCHEMA, triggers="gold", window=window)
    assert [p.count("is the trigger of") for p in extractor.generator.prompts if task_of(p) == "eae"] == [2, 2, 2]
    assert [event.trigger.start for event in found.events] == starts
    assert [[a.text for a in e.arguments] for e in found.events] == [list(p) for p in zip(SHIPS, HARBOURS, strict=True)]


def test_of_a_trigger_in_two_stretches_the_fuller_arguments_are_kept(make):
    def forgetful(prompt):
        response = sailor(prompt)
        if task_of(prompt) == "eae" and 'sentence = "Bo' in prompt:  # the second stretch
            return response.replace('vessel = [Entity("Lyra")], ', "")
        return response

    extractor = make(forgetful)
    (found,) = extractor.extract([LONG], SCHEMA, window=window_of(extractor, 0, 2))
    assert [len(event.arguments) for event in found.events] == [2, 2, 2, 2]


def test_a_long_text_of_blanks_has_nothing_to_ask_about(make):
    extractor = make(sailor)
    (found,) = extractor.extract([" \n" * 5000], SCHEMA, tasks=["ner"], window=50)
    assert (found.status, found.entities, extractor.generator.prompts) == ("ok", (), [])


def test_a_text_that_does_not_fit_the_context_is_read_in_stretches(make):
    filler = "Nothing happened on that day at all. " * 60
    extractor = make(sailor, max_positions=900)
    (found,) = extractor.extract([filler + LONG], SCHEMA, tasks=["ner"])
    assert found.status == "ok" and 1 < len(extractor.generator.prompts) < 20
    assert [(e.start, e.text) for e in found.entities if e.text == "Argo"] == [((filler + LONG).index("Argo"), "Argo")]


MANY = parse_schema(
    "\n\n".join(f"class {name}(Entity):\n\tpass" for name in ("Person", *(f"Thing{n}" for n in range(30)), "Ship"))
    + "".join(
        f"\n\nclass {name}(Relation):\n\tdef __init__(self, head_entity: Ship, tail_entity: Person):\n"
        "\t\tsuper().__init__(head_entity = head_entity, tail_entity = tail_entity)"
        for name in ("CrewMember",)
    )
    + "".join(
        f"\n\nclass {name}(Event):\n\tdef __init__(self, trigger: str, vessel: List[Ship]):\n"
        "\t\tsuper().__init__(trigger = trigger)\n\t\tself.vessel = vessel"
        for name in ("Voyage", *(f"Deed{n}" for n in range(12)))
    ),
    filename="schema.py",
)


def doer(prompt: str) -> str:
    """As `sailor`; and every word is a trigger of the events that are asked for."""
    task = task_of(prompt)
    if task in ("ner", "re"):
        return sailor(prompt)
    names = [name for name in ("Voyage", *(f"Deed{n}" for n in range(12))) if f"class {name}(" in prompt]
    call = "{}(trigger = {}, vessel = [Entity({})])" if task == "eae" else "{}({})"
    found = [call.format(name, '"sailed"', '"Vega"') for name in names]
    return "results = [\n\t" + ",\n\t".join(found) + "\n]"


def test_a_schema_in_pieces_gives_what_a_context_that_is_large_enough_gives(make):
    text = LONG.split(". ")[0] + "."
    large, small = make(doer), make(doer, max_positions=900)
    (expected,) = large.extract([text], MANY)
    (found,) = small.extract([text], MANY)
    asked = lambda extractor: [task_of(prompt) for prompt in extractor.generator.prompts]
    assert asked(large) == ["ner", "re", "ed", "eae"]
    assert all(asked(small).count(task) > 1 for task in ("ner", "ed", "eae"))
    assert told(found) == told(expected) and (found.status, found.message) == ("ok", "")
    # Ship and Person are asked for in different prompts, and linked all the same.
    assert not any("class Ship(" in prompt and "class Person(" in prompt for prompt in small.generator.prompts)
    assert [(found.entities[r.head].type, found.entities[r.tail].type) for r in found.relations] == [("Ship", "Person")]
    assert len(found.events) == 13 and all(event.arguments for event in found.events)


def worded(make, tmp_path):
    """A library, and an extractor that finds a type of it by its own name."""
    types, builder = built()
    path = tmp_path / "world.kcjax"
    write_library(path, types.values(), builder.told)
    return path, make(lambda prompt: "results = []")


def test_texts_share_the_bundles_of_a_library_and_come_in_order(make, tmp_path):
    path, extractor = worded(make, tmp_path)
    extractor.generator.batch_size = 8
    words = ["town", "human", "captain", "race", "ring", "place", "Riga", "Ada"]
    texts = [f"{n}: the {words[n % 8]} and the {words[n // 8]}." for n in range(64)]
    found = list(extractor.extract(texts, path, tasks=["ner"], types_per_text=2))
    assert [e.text for e in found] == texts and {e.status for e in found} == {"ok"}
    assert extractor.generator.prefixes <= 8 < 64 <= len(extractor.generator.prompts)
    assert all(e.unasked == 0 for e in found)


def test_types_of_a_library_that_are_likely_and_not_asked_for_are_counted(make, tmp_path, monkeypatch):
    path, extractor = worded(make, tmp_path)
    texts = ["The captain of the town won the race.", "A ring, a place, a human."]
    library = open_schema(path)
    wanted = [[name for name, _ in library.retrieve(text, k=3, kind="entity")] for text in texts]
    monkeypatch.setattr("kcjax.extract.extractor.bundles", lambda wanted, size: [tuple(wanted[0][:2])])
    found = list(extractor.extract(texts, library, tasks=["ner"], types_per_text=3))
    assert [e.unasked for e in found] == [len(set(names) - set(wanted[0][:2])) for names in wanted]
    assert sum(e.unasked for e in found) > 0


def test_bundles_that_do_not_fit_the_context_are_asked_in_pieces(make, tmp_path):
    path, large = worded(make, tmp_path)
    small = make(lambda prompt: "results = []", max_positions=600)
    for extractor in (large, small):
        (found,) = extractor.extract(["The captain of the town won the race."], path, tasks=["ner"], types_per_text=8)
        assert (found.status, found.unasked) == ("ok", 0)
    (whole,), pieces = large.generator.prompts, small.generator.prompts
    defined = lambda prompt: re.findall(r"class (\w+)\((?!\))", prompt)
    assert len(pieces) > 1 and sorted(name for p in pieces for name in defined(p)) == sorted(defined(whole))


def test_a_library_knows_that_a_type_fits_though_those_between_are_not_asked_for(make, tmp_path, monkeypatch):
    types, builder = built(Concept("Q20", "pilot", parents=("Q7",)))  # a captain, who is human
    path = tmp_path / "world.kcjax"
    write_library(path, types.values(), builder.told)
    answers = {
        "ner": 'results = [\n\tPilot("pilot")\n]',
        "re": 'results = [\n\tRival(Entity("pilot"), Entity("pilot"))\n]',
    }
    extractor = make(lambda prompt: answers[task_of(prompt)])
    only = {"Pilot", "Rival"}
    monkeypatch.setattr("kcjax.extract.extractor.bundles", lambda wanted, size: [tuple(only.intersection(wanted[0]))])
    (found,) = extractor.extract(["The pilot is a rival."], path, tasks=["ner", "re"], types_per_text=3)
    assert "class Human" not in "".join(extractor.generator.prompts)
    assert [(r.type, found.entities[r.head].type, r.violates) for r in found.relations] == [("Rival", "Pilot", ())]


@pytest.mark.parametrize("batch_size", [1, 2, 7])
def test_neither_order_nor_chunks_lose_or_swap_rows(make, batch_size):
    texts = [f"Number {n}. {sentence}" for n in range(5) for sentence in (LONG, *LONG.split(". "), "", " ")]
    extractor = make(sailor)
    extractor.generator.batch_size = batch_size
    window = window_of(extractor, 0, 2)
    found = list(extractor.extract(texts, SCHEMA, window=window))
    back = list(extractor.extract(texts[::-1], SCHEMA, window=window))[::-1]
    assert [e.text for e in found] == [e.text for e in back] == texts
    assert list(map(told, found)) == list(map(told, back))
    for extraction in found:
        people = {e.text for e in extraction.entities if e.type == "Person"}
        assert people == {name for name in PEOPLE if f"{name} sailed" in extraction.text}
