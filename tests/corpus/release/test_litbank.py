import pytest
from hypothesis import given
from hypothesis import strategies as st

from kcjax.corpus.document import Document, Entity, Event, Mention
from kcjax.corpus.release.litbank import read
from kcjax.errors import InputError
from kcjax.problems import Problems

ENTITIES = "the\tO\tB-FAC\t\nmate\tB-PER\tI-FAC\t\n's\tO\tI-FAC\t\ncabin\tO\tI-FAC\t\nburnt\tO\tO\t\n\n\"\tO\n.\tO\n"
EVENTS = "the\tO\nmate\tO\n's\tO\ncabin\tO\nburnt\tEVENT\n\n\"\tO\n.\tO\n"
DOCUMENTS = [
    Document(
        "x.dev.a.0",
        "the mate 's cabin burnt",
        (Entity(4, 8, "mate", "PER"), Entity(0, 17, "the mate 's cabin", "FAC")),
        events=(Event("Event", Mention(18, 23, "burnt")),),
    ),
    Document("x.dev.a.1", '" .'),
]
ALL = {"dev": range(10)}


def files(entities=ENTITIES, events=EVENTS, name="a.tsv"):
    return {f"entities/tsv/{name}": entities, f"events/tsv/{name}": events}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_entities_of_all_columns_and_events(read_release, end):
    both = files("\ufeff" + ENTITIES.replace("\n", end), EVENTS.replace("\n", end))
    assert read_release("litbank", both, tenths=ALL) == DOCUMENTS


def test_tenths_share_out_the_novels(read_release):
    novels = {name: text for number in range(11) for name, text in files(name=f"{number:02}.tsv").items()}
    ordered = dict(sorted(novels.items()))
    found = read_release("litbank", ordered, tenths={"dev": [0]})
    assert [document.id for document in found] == ["x.dev.00.0", "x.dev.00.1", "x.dev.10.0", "x.dev.10.1"]


@pytest.mark.parametrize(
    ("entities", "events", "message"),
    [
        (ENTITIES.replace("B-PER", "I-PER"), EVENTS, "a.tsv:2: 'I-PER' continues no mention"),
        (ENTITIES.replace("'s\tO\tI-FAC", "'s\tO\tI-PER"), EVENTS, "a.tsv:3: 'I-PER' continues no mention"),
        (ENTITIES.replace("B-PER", "PER"), EVENTS, "a.tsv:2: 'PER' continues no mention"),
        (ENTITIES.replace("burnt\tO\tO\t", "burnt"), EVENTS, "a.tsv:5: no tag after the word 'burnt'"),
        (ENTITIES, EVENTS.replace("cabin", "room"), "a.tsv: the words are not those of .*events/tsv/a.tsv"),
        (ENTITIES, EVENTS.replace("\n\n", "\n"), "a.tsv: the words are not those of"),
        (ENTITIES, EVENTS.replace("EVENT", "E"), "a.tsv:5: 'E' is no tag of an event"),
        (ENTITIES.encode() + b"\xff\tO\n", EVENTS, "a.tsv: not of this form"),
    ],
)
def test_a_bad_novel_is_named_and_left_out(read_release, entities, events, message):
    both = {**files(entities, events), **files(name="b.tsv")}
    with pytest.raises(InputError, match=message):
        read_release("litbank", both, tenths=ALL)
    rest = read_release("litbank", both, tenths=ALL, problems=Problems(1))
    assert [document.id for document in rest] == ["x.dev.b.0", "x.dev.b.1"]


def test_a_novel_without_events_is_told(read_release):
    with pytest.raises(InputError, match=r"a\.tsv: there is no file of this name with the events"):
        read_release("litbank", {"entities/tsv/a.tsv": ENTITIES}, tenths=ALL)


@given(st.lists(st.tuples(st.sampled_from(["", "PER", "LOC"]), st.integers(1, 3)), min_size=1, max_size=5))
def test_tags_of_mentions_read_back(tmp_path_factory, parts):
    """Mentions written as tags come back as they were."""
    folder = tmp_path_factory.mktemp("novel")
    lines, mentions, position = [], [], 0
    for kind, length in parts:
        tags = [f"{'BI'[place > 0]}-{kind}" for place in range(length)] if kind else ["O"] * length
        lines += [f"w\t{tag}" for tag in tags]
        if kind:
            mentions.append((position, position + 2 * length - 1, kind))
        position += 2 * length
    paths = []
    for name, text in files("\n".join(lines), "w\tO\n" * len(lines)).items():
        paths.append(folder / name)
        paths[-1].parent.mkdir(parents=True)
        paths[-1].write_text(text)
    (document,) = read(paths, prefix="x.dev", problems=Problems(), tenths=ALL)
    assert [(entity.start, entity.end, entity.type) for entity in document.entities] == mentions
