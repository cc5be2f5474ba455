"""Datasets: every folder holds together, and of the annotated sets, where they are there, nothing is lost."""

import gzip
import json
import re
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.dataset import FOLDER, Dataset, dataset_names, load_dataset, with_examples, without_types
from kcjax.corpus.document import Document, Entity, Event, Mention, Relation
from kcjax.corpus.following import AMBIGUOUS, FollowingOptions, following_examples
from kcjax.corpus.prompt import types_of
from kcjax.corpus.response import parse_response
from kcjax.corpus.splits import few_shot, low_resource
from kcjax.errors import InputError
from kcjax.problems import Problems
from kcjax.schema.code import RESERVED_ROLES, check_type, definition, schema_source
from kcjax.schema.source import parse_schema
from kcjax.schema.types import BASE_CLASSES, EntityType, EventType, RelationType, Role, Schema

DATA = Path(__file__).parents[2].parent / "shared" / "data" / "ie"
SPLITS = [(name, split) for name in dataset_names() for split in load_dataset(name).splits]
VERIFIED = [
    "anatem",
    "bc2gm",
    "bc5cdr",
    "bionlp13cg",
    "btc",
    "crossner_ai",
    "crossner_literature",
    "crossner_music",
    "crossner_politics",
    "crossner_science",
    "fewrel",
    "genia_event",
    "genia_ner",
    "harbour",
    "litbank",
    "ncbi_disease",
    "phee",
    "redocred",
    "semeval2010",
    "wnut17",
]
every_dataset = pytest.mark.parametrize("name", dataset_names())
every_split = pytest.mark.parametrize(("name", "split"), SPLITS)


@pytest.fixture
def data() -> Path:
    if not DATA.is_dir():
        pytest.skip("the annotated sets are not here")
    return DATA


def needs(dataset: Dataset, split: str, data: Path) -> None:
    """Skips where the documents are not here: they are licensed, or not among those that were brought into JSONL."""
    if not any((folder / dataset.splits[split]).is_file() for folder in (dataset.folder, data)):
        pytest.skip(f"the {split} documents of {dataset.name} are not here")


def of_folder(name: str) -> dict:
    return json.loads((FOLDER / name / "dataset.json").read_text())


def test_every_folder_is_a_dataset():
    assert len(dataset_names()) == 40
    assert set(dataset_names()) == {path.name for path in FOLDER.iterdir() if path.is_dir() and path.name[0] != "_"}
    assert all((FOLDER / name / "__init__.py").exists() for name in dataset_names())  # a package, so it is shipped


@every_dataset
def test_every_description_of_a_dataset_is_whole(name):
    dataset = load_dataset(name)
    assert dataset.name == name and dataset.verified is (name in VERIFIED)
    assert dataset.releases or name == "harbour"
    assert all((dataset.title, dataset.licence, dataset.citation, dataset.splits))
    assert dataset.languages == ("en",)
    assert dataset.homepage.startswith("https://") or name == "harbour"
    for other in dataset.shares_sentences_with:
        assert name in load_dataset(other).shares_sentences_with
    assert set(dataset.unscored) <= set(dataset.full_schema.by_name)
    assert dataset.tasks == tuple(task for task in ("ner", "re", "ed", "eae") if task in dataset.tasks)


@every_dataset
def test_every_schema_reads_back_and_says_what_is_meant(name):
    dataset = load_dataset(name)
    schema = dataset.full_schema
    assert parse_schema(schema_source(schema), filename=name) == schema
    for t in schema.by_name.values():
        check_type(t)
        assert 15 <= len(t.description) <= 220 and not t.description.endswith(".")
        assert re.fullmatch(r"([QP]\d+)?", t.identifier)
        assert name == "harbour" or not t.examples, "examples come from training documents"
        assert f"\n{definition(t, members=True)}\n" in dataset.schema_file.read_text() or name == "harbour"
    for t in schema.relations:
        assert all(isinstance(schema.by_name.get(end), EntityType) or end == "Entity" for end in (*t.head, *t.tail))
    named = {end for event in schema.events for role in event.roles for end in role.types}
    assert all(isinstance(schema.by_name.get(end), EntityType) for end in named - {"Entity"})


@every_dataset
def test_every_label_has_a_class_and_every_class_a_label(name):
    dataset = load_dataset(name)
    schema, labels = dataset.full_schema, dataset.labels
    for key in ("entities", "relations", "events"):
        names = [name for name in labels.get(key, {}).values() if name not in BASE_CLASSES]
        assert sorted(names) == sorted(t.name for t in getattr(schema, key))
    assert set(labels.get("entities", {}).values()) <= {t.name for t in schema.entities} | {"Entity"}
    roles = {role.name for event in schema.events for role in event.roles}
    assert set(labels.get("roles", {}).values()) == roles
    assert len(set(labels.get("roles", {}).values())) == len(labels.get("roles", {}))
    assert not roles & set(RESERVED_ROLES) and all(re.fullmatch("[a-z]+(_[a-z]+)*", role) for role in roles)


@every_dataset
def test_tasks_are_those_the_schema_has_types_for(name):
    dataset = load_dataset(name)
    assert all(types_of(task, dataset.schema) for task in dataset.tasks)
    assert ("ner" in dataset.tasks) == bool(dataset.schema.entities)
    assert ("re" in dataset.tasks) == bool(dataset.schema.relations)
    assert ("ed" in dataset.tasks) == bool(dataset.schema.events)
    assert ("eae" in dataset.tasks) == any(event.roles for event in dataset.schema.events)


@pytest.mark.parametrize("domain", ["ai", "literature", "music", "politics", "science"])
def test_misc_of_crossner_is_known_but_not_asked_for(domain):
    dataset = load_dataset(f"crossner_{domain}")
    assert "Miscellaneous" in dataset.full_schema.by_name and "Miscellaneous" not in dataset.schema.by_name
    assert (
        len(dataset.schema.entities) == {"ai": 13, "literature": 11, "music": 12, "politics": 8, "science": 16}[domain]
    )


def test_an_unknown_name_is_told_what_is_near():
    with pytest.raises(InputError, match=r"there is no dataset 'wnut'; near it: wnut17"):
        load_dataset("wnut")
    with pytest.raises(InputError, match=r"there is no dataset '\.\./x'; known: ace04, .*wnut17"):
        load_dataset("../x")


def test_a_missing_file_is_told_where_to_get_and_where_to_put(tmp_path, monkeypatch):
    monkeypatch.delenv("KCJAX_DATA", raising=False)
    dataset = load_dataset("wnut17")
    with pytest.raises(InputError) as error:
        dataset.documents("dev", tmp_path)
    for part in (f"{tmp_path}/wnut17.dev.jsonl.gz: no such file", dataset.homepage, "--data-dir or $KCJAX_DATA"):
        assert part in str(error.value)
    with pytest.raises(InputError, match=r"^wnut17\.dev\.jsonl\.gz: no such file"):
        dataset.documents("dev")
    with pytest.raises(InputError, match="wnut17 has no split 'valid'; it has train, dev, test"):
        dataset.documents("valid", tmp_path)


ROWS = [
    {"id": "a", "text": "At Riga", "entities": [{"type": "location", "start": 3, "end": 7, "text": "Riga"}]},
    {"id": "b", "text": "Riga", "entities": [{"type": "location", "start": 0, "end": 9, "text": "Riga"}]},
    {"id": "a", "text": "Riga"},
    {"id": "c", "text": "no names"},
]


@pytest.fixture
def damaged(tmp_path) -> Path:
    """A folder with a file of which lines 2, 3 and 5 are no documents."""
    lines = [json.dumps(row) for row in ROWS] + ['{"id": ']
    (tmp_path / "wnut17.dev.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    return tmp_path


def test_files_are_looked_for_in_the_folder_of_the_environment(damaged, monkeypatch):
    monkeypatch.setenv("KCJAX_DATA", str(damaged))
    assert next(load_dataset("wnut17").documents("dev")).entities[0].type == "Location"
    (damaged / "train.jsonl").write_text("")
    assert len(list(load_dataset("harbour").documents("train", damaged))) == 120  # its own come first


def test_bad_rows_are_named_and_left_out_up_to_a_number(damaged, caplog):
    dataset, problems = load_dataset("wnut17"), Problems(tolerated=3)
    assert [d.id for d in dataset.documents("dev", damaged, problems=problems)] == ["a", "c"]
    assert problems.count == 3
    said = [record.getMessage() for record in caplog.records]
    assert [re.search(r"wnut17\.dev\.jsonl\.gz:(\d+)", text)[1] for text in said] == ["2", "3", "5"]
    with pytest.raises(InputError, match=r"jsonl\.gz:5: not valid JSON.*; 3 problems, --max-problems tolerates 2"):
        list(dataset.documents("dev", damaged, problems=Problems(tolerated=2)))
    with pytest.raises(InputError, match=r"jsonl\.gz:2: entities\[0\] spans 0 to 9"):
        list(dataset.documents("dev", damaged))


def test_unscored_objects_are_counted_and_relations_follow_their_ends(tmp_path):
    document = Document(
        "a",
        "a b c",
        (Entity(0, 1, "a", "Out"), Entity(2, 3, "b", "In"), Entity(4, 5, "c", "In")),
        (Relation("R", 0, 1), Relation("R", 2, 1), Relation("Out", 1, 2)),
        (Event("Out", Mention(0, 1, "a")), Event("V", Mention(2, 3, "b"))),
    )
    left_out = Counter()
    (kept,) = without_types([document], ("Out",), left_out)
    assert [e.text for e in kept.entities] == ["b", "c"]
    assert kept.relations == (Relation("R", 1, 0),) and [e.type for e in kept.events] == ["V"]
    ended = "relation of type R, an end of which is not scored"
    assert left_out == {"object of type Out, which is not scored": 3, ended: 1}
    row = {"id": "a", "text": "x", "entities": [{"type": "misc", "start": 0, "end": 1, "text": "x"}]}
    (tmp_path / "crossner_ai.dev.jsonl.gz").write_bytes(gzip.compress(json.dumps(row).encode()))
    dataset, left_out = load_dataset("crossner_ai"), Counter()
    assert not next(dataset.documents("dev", tmp_path, left_out=left_out)).entities
    assert left_out == {"object of type Miscellaneous, which is not scored": 1}
    assert next(dataset.documents("dev", tmp_path, unscored=True)).entities[0].type == "Miscellaneous"


# --- examples of types ---

NAMES = Schema(
    (EntityType("E", examples=("old",)), EntityType("F")),
    (RelationType("R"),),
    (EventType("V", roles=(Role("who"),)),),
)


@st.composite
def annotated(draw) -> list[Document]:
    texts = st.text(min_size=1, max_size=6) | st.sampled_from(["a", "A", 'b, "c"', "(d)", "\\e", "f\n", "@"])
    documents = []
    for number in range(draw(st.integers(0, 5))):
        words = draw(st.lists(texts, min_size=1, max_size=4))
        entities = tuple(Entity(0, 1, word, draw(st.sampled_from("EFX"))) for word in words)
        index = st.integers(0, len(words) - 1)
        relations = tuple(Relation("R", draw(index), draw(index)) for _ in range(draw(st.integers(0, 3))))
        events = tuple(Event("V", Mention(0, 1, draw(texts))) for _ in range(draw(st.integers(0, 2))))
        documents.append(Document(str(number), "x", entities, relations, events))
    return documents


@given(annotated(), st.integers(0, 4), st.sets(st.sampled_from(["a", "b", "old"])))
def test_examples_are_the_most_frequent_mentions_and_read_back(documents, n, avoid):
    schema = with_examples(NAMES, documents, n=n, avoid=avoid)
    assert parse_schema(schema_source(schema), filename="x") == schema
    mentions = [e.text for d in documents for e in d.entities if e.type == "E"]
    pairs = [(d.entities[r.head].text, d.entities[r.tail].text) for d in documents for r in d.relations]
    triggers = [e.trigger.text for d in documents for e in d.events]

    def fit(text: str) -> bool:
        return text.isprintable() and any(map(str.isalnum, text)) and text.casefold() not in avoid

    for name, found in {"E": mentions, "R": pairs, "V": triggers}.items():
        good = [x for x in found if (fit(x) if isinstance(x, str) else fit(x[0]) and fit(x[1]))]
        wanted = sorted(set(good), key=lambda x: (-good.count(x), good.index(x)))[:n]
        if name == "E" and not wanted and "old" not in avoid:  # what the schema says stays
            wanted = ["old"]
        assert list(schema.by_name[name].examples) == wanted
        check_type(schema.by_name[name])
    assert [t.description for t in schema.by_name.values()] == [t.description for t in NAMES.by_name.values()]


# --- the annotated sets themselves ---


def figures(data: Path) -> dict[tuple[str, str], tuple[int, ...]]:
    """(set, split) -> records, entities, relations, events, as the table of the sets tells them."""
    rows = re.findall(r"^\| (\w+) \| [^|]+\| ([^|]+:[^|]+)\|", (data / "README.md").read_text(), re.MULTILINE)
    return {
        (name, part.split(":")[0].strip()): tuple(
            int(number.replace(",", "")) for number in part.split(":")[1].split("/")
        )
        for name, parts in rows
        for part in parts.split(";")
        if name != "set"
    }


def test_every_set_of_the_table_is_a_dataset(data):
    assert set(figures(data)) <= set(SPLITS)
    assert {name for name, _ in figures(data)} == {n for n in dataset_names() if load_dataset(n).verified} - {"harbour"}


@every_split
def test_every_document_converts_and_none_falls_out(data, name, split):
    dataset, left_out = load_dataset(name), Counter()
    needs(dataset, split, data)
    documents = list(dataset.documents(split, data, unscored=True))
    counts = [
        len(documents),
        *(sum(len(getattr(d, k)) for d in documents) for k in ("entities", "relations", "events")),
    ]
    if name != "harbour":
        assert tuple(counts) == figures(data)[name, split]
    schema = dataset.full_schema
    for d in documents:
        assert all(isinstance(schema.by_name.get(e.type), EntityType) or e.type == "Entity" for e in d.entities)
        assert all(isinstance(schema.by_name.get(r.type), RelationType) for r in d.relations)
        for event in d.events:
            kind = schema.by_name[event.type]
            assert isinstance(kind, EventType)
            assert {a.role for a in event.arguments} <= {role.name for role in kind.roles}
    scored = list(dataset.documents(split, data, left_out=left_out))
    misc = sum(e.type in dataset.unscored for d in documents for e in d.entities)
    assert sum(len(d.entities) for d in scored) == counts[1] - misc and left_out.total() == misc
    assert bool(misc) == bool(dataset.unscored)


@every_split
@pytest.mark.parametrize("every_class", [False, True])
def test_every_document_renders_for_every_task(data, name, split, every_class):
    dataset, left_out = load_dataset(name), Counter()
    needs(dataset, split, data)
    documents = list(islice(dataset.documents(split, data), 50))
    options = FollowingOptions(tasks=dataset.tasks, every_class=every_class, empty_share=1.0)
    examples = list(following_examples(documents, dataset.schema, options, left_out=left_out))
    assert {example.task for example in examples} == set(dataset.tasks)
    assert {why for why in left_out if not why.startswith(AMBIGUOUS)} <= {"eae: document without objects"}
    counts = Counter(example.task for example in examples)
    assert all(counts[task] == len(documents) for task in dataset.tasks if task != "eae")
    by_id = {document.id: document for document in documents}
    for example in examples:
        document = by_id[example.id.rpartition("/")[0]]
        parsed = parse_response(example.parts[-1][0])
        assert parsed.status == "ok"
        objects = {
            "ner": [e.type for e in document.entities],
            "re": [r.type for r in document.relations],
            "ed": [type for type, _ in {(e.type, e.trigger) for e in document.events}],
            "eae": [e.type for e in document.events],
        }[example.task]
        assert Counter(found.name for found in parsed.objects) == Counter(objects)


@every_dataset
def test_an_event_has_the_roles_that_occur_with_it(data, name):
    dataset = load_dataset(name)
    roles = defaultdict(set)
    for split in {split for known, split in figures(data) if known == name} or dataset.splits:
        needs(dataset, split, data)
        for document in dataset.documents(split, data):
            for event in document.events:
                roles[event.type].update(a.role for a in event.arguments)
    assert {e.name: {role.name for role in e.roles} for e in dataset.schema.events} == roles


def test_ends_of_redocred_are_of_the_classes_that_are_common_there(data):
    dataset = load_dataset("redocred")
    ends = defaultdict(Counter)
    for document in dataset.documents("dev", data):
        for r in document.relations:
            ends[r.type, "head"][document.entities[r.head].type] += 1
            ends[r.type, "tail"][document.entities[r.tail].type] += 1
    for (name, end), counts in ends.items():
        if counts.total() >= 10:
            common = {t for t, n in counts.items() if n >= 0.05 * counts.total()}
            assert set(getattr(dataset.schema.by_name[name], end)) == common


@pytest.mark.parametrize("name", ["bionlp13cg", "wnut17", "semeval2010"])
def test_parts_of_real_sets(data, name):
    dataset = load_dataset(name)
    documents = list(dataset.documents("train", data))
    one, ten = (low_resource(documents, share, seed=0) for share in (0.01, 0.1))
    assert len(ten) == round(len(documents) / 10) and {d.id for d in one} < {d.id for d in ten}
    task = dataset.tasks[0]
    drawn = few_shot(documents, dataset.schema, task, 5, seed=0)
    counts = Counter(t for d in drawn for t in {x.type for x in (d.relations if task == "re" else d.entities)})
    assert all(counts[t.name] >= 5 for t in types_of(task, dataset.schema)) and len(drawn) <= 5 * len(counts)


def test_examples_of_a_real_set_are_no_mentions_of_its_test(data):
    dataset = load_dataset("bc5cdr")
    test = {e.text.casefold() for d in dataset.documents("test", data) for e in d.entities}
    train = list(dataset.documents("train", data))
    schema = with_examples(dataset.schema, train, avoid=test)
    assert all(len(t.examples) == 10 for t in schema.entities)
    assert not {example.casefold() for t in schema.entities for example in t.examples} & test
    most = Counter(e.text for d in train for e in d.entities if e.type == "Disease").most_common(1)[0][0]
    assert with_examples(dataset.schema, train).by_name["Disease"].examples[0] == most
