"""The extractor around a fake generator whose responses are known; real decoding is tested in tests/decode."""

import dataclasses
import math
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
from kcjax.schema.library import write_library
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
    """Answers with the texts it is given, in order; a text that ends in `...` ran out of budget."""

    max_new_tokens, max_positions, batch_size = 100, 4000, 2

    def __init__(self, tokenizer, answer, room=1000):
        self.tokenizer, self.answer, self._room, self.prompts = tokenizer, answer, room, []

    def room(self, prefix_tokens):
        return self._room

    def prefill(self, tokens):
        return type("Prefix", (), {"length": len(tokens), "text": self.tokenizer.decode(tokens, at_start=True)})

    def generate(self, prefix, prompts, automata=None, *, stop_bias=0.0):
        generations = []
        for tokens in prompts:
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


def test_a_sentence_too_long_for_the_context_is_said_so_and_costs_no_other(make):
    extractor = make(perfect, room=200)
    found = list(extractor.extract([TEXT, "long " * 300, TEXT], SCHEMA, tasks=["ner"]))
    assert [e.status for e in found] == ["ok", "too_long", "ok"]
    assert "the context leaves 200" in found[1].message and len(extractor.generator.prompts) == 2


def test_half_a_surrogate_pair_is_escaped_like_any_character_that_cannot_be_written(make):
    (found,) = make(lambda prompt: "results = []").extract(["a \udc00 b"], SCHEMA, tasks=["ner"])
    assert found.status == "ok"


def test_a_schema_prompt_that_leaves_no_room_is_bad_input(make):
    with pytest.raises(InputError, match="the schema's prompt for ner has .* tokens"):
        list(make(perfect, room=0).extract([TEXT], SCHEMA, tasks=["ner"]))


def test_confidence_is_the_probability_of_the_objects_tokens(make):
    extractor = make(perfect)
    (found,) = extractor.extract([TEXT], SCHEMA, tasks=["ner"])
    # Every token had probability 1/2; a token that also holds a neighbouring comma or tab counts as well.
    for entity in found.entities:
        tokens = -math.log2(entity.confidence)
        written = len(extractor.tokenizer.encode(f'{entity.type}("{entity.text}")'))
        assert written - 1 <= tokens <= written + 2


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


def test_events_without_arguments_keep_the_confidence_of_their_detection(make):
    extractor = make(lambda prompt: perfect(prompt) if task_of(prompt) == "ed" else "results = []")
    (found,) = extractor.extract([TEXT], SCHEMA, tasks=["ed", "eae"])
    assert len(found.events) == 2 and all(0 < event.confidence < 1 for event in found.events)


def test_events_without_roles_are_not_asked_about_and_kept(make):
    schema = dataclasses.replace(SCHEMA, events=tuple(dataclasses.replace(e, roles=()) for e in SCHEMA.events))
    extractor = make(perfect)
    (found,) = extractor.extract([TEXT], schema, tasks=["ed", "eae"])
    assert [task_of(prompt) for prompt in extractor.generator.prompts] == ["ed"] and len(found.events) == 2


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
    extractor = make(lambda prompt: "results = []", room=10**6)
    long, short = extractor.extract(["word " * 14_000, "Orion"], SCHEMA, tasks=["ner"])
    assert (long.status, short.status) == ("too_long", "ok")
    assert "a text of 70000 bytes: the grammar takes 65535 at most" in long.message
    (free,) = extractor.extract(["word " * 14_000], SCHEMA, tasks=["ner"], grammar=False)
    assert free.status == "ok"
