import dataclasses
import json
from pathlib import Path

import pytest

pytest.importorskip("array_record")

from kcjax.corpus.build import build_corpus, rename_labels, sample_documents
from kcjax.corpus.document import Argument, Document, Entity, Event, Mention, Relation, read_documents
from kcjax.corpus.following import FollowingOptions
from kcjax.corpus.records import Records
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError
from kcjax.files import file_hash, write_jsonl

SAMPLE = Path(__file__).resolve().parents[2] / "kcjax" / "corpus" / "datasets" / "harbour"
OPTIONS = FollowingOptions(tasks=("ner",), negatives_per_positive=1, comments=0.0, empty_share=1.0)


@pytest.fixture
def build(tiny_model_dir, tmp_path):
    def build(phase="following", name="out", *, inputs=(SAMPLE / "train.jsonl",), length=1024, **kwargs):
        options = kwargs.pop("options", OPTIONS)
        output = tmp_path / name
        schema = SAMPLE / "schema.py"
        info = build_corpus(phase, schema, inputs, tiny_model_dir, output, length=length, options=options, **kwargs)
        return info, Records(output)

    return build


def texts(records, tokenizer):
    """Each segment's text, in order."""
    for record in (records[n] for n in range(len(records))):
        for segment in range(1, record.segment_ids.max() + 1):
            yield tokenizer.decode(record.tokens[record.segment_ids == segment].tolist())


def test_every_document_is_in_the_corpus_once_and_info_says_what_was_done(build, tiny_model_dir):
    info, records = build()
    documents = list(read_documents(SAMPLE / "train.jsonl"))
    ids = [id for n in range(len(records)) for id in records[n].ids]
    assert sorted(ids) == sorted(f"{document.id}/ner" for document in documents)
    assert info == records.info and info.examples == len(documents) and info.dropped == {}
    tokenizer = load_tokenizer(tiny_model_dir)
    assert (info.tokenizer_hash, info.vocab_size) == (tokenizer.hash, tokenizer.vocab_size)
    assert info.sources == {str(f): file_hash(f) for f in (SAMPLE / "schema.py", SAMPLE / "train.jsonl")}
    found = list(texts(records, tokenizer))
    assert all(sum(json.dumps(d.text, ensure_ascii=False) in text for text in found) >= 1 for d in documents)


def test_the_same_call_gives_the_same_bytes_and_another_seed_others(build, tmp_path):
    for name, seed in {"a": 0, "b": 0, "c": 1}.items():
        build(name=name, options=dataclasses.replace(OPTIONS, seed=seed))
    a, b, c = ((tmp_path / name / "records-00000-of-00001.array_record").read_bytes() for name in "abc")
    assert a == b != c


def test_sharing_prefixes_takes_fewer_tokens_for_the_same_examples(build):
    options = dataclasses.replace(OPTIONS, every_class=True)
    alone, _ = build(name="alone", length=2048, options=options)
    shared, _ = build(name="shared", length=2048, options=options, share_prefixes=True)
    assert shared.examples == alone.examples and shared.learnt_tokens == alone.learnt_tokens
    assert shared.tokens < 0.6 * alone.tokens


def test_what_does_not_fit_is_left_out_counted_and_named(build, caplog):
    info, _ = build(length=512)
    long = info.dropped["ner: longer than 512 tokens"]
    assert 0 < long < 120 and info.examples == 120 - long
    assert sum("do not fit a record of 512; left out" in message for message in caplog.messages) == long


def test_phase_1_needs_no_documents(build):
    info, records = build("understanding", inputs=())
    assert info.examples == info.types and all(id.startswith("definition/") for id in records[0].ids)
    assert info.learnt_tokens == info.tokens - info.examples  # all but <bos>


def test_phase_1_without_a_task_it_has_is_refused(build):
    with pytest.raises(InputError, match="phase understanding has the tasks ner, re, eae"):
        build("understanding", options=dataclasses.replace(OPTIONS, tasks=("ed",)))


def test_a_file_of_another_schema_is_named_and_negatives_beside_good_ones_are_not(build, tmp_path):
    rows = {
        "other": {"id": "o", "text": "Orion", "entities": [{"type": "BOAT", "start": 0, "end": 5, "text": "Orion"}]},
        "none": {"id": "n", "text": "Nothing here."},
    }
    paths = {name: tmp_path / f"{name}.jsonl" for name in rows}
    for name, row in rows.items():
        write_jsonl(paths[name], [row])
    good = SAMPLE / "train.jsonl"
    with pytest.raises(InputError, match=r"other\.jsonl: none of its annotations .* 'BOAT'"):
        build(inputs=(good, paths["other"]))
    with pytest.raises(InputError, match=r"none\.jsonl: no annotations for ner"):
        build(inputs=(paths["none"],))
    assert not (tmp_path / "out").exists()
    assert build(inputs=(good, paths["none"]))[0].examples == 121


DOCUMENT = Document(
    "d",
    "Ines sails",
    entities=(Entity(0, 4, "Ines", "PER"),),
    relations=(Relation("SAILS", 0, 0),),
    events=(Event("GO", Mention(5, 10, "sails"), (Argument(0, 4, "Ines", "WHO"),)),),
)


def test_labels_are_looked_up_everywhere_and_none_may_be_missing():
    table = {"PER": "Person", "SAILS": "Sailing", "GO": "Voyage", "WHO": "sailor"}
    (renamed,) = rename_labels([DOCUMENT], table)
    assert (renamed.entities[0].type, renamed.relations[0].type) == ("Person", "Sailing")
    assert (renamed.events[0].type, renamed.events[0].arguments[0].role) == ("Voyage", "sailor")
    for label in table:
        with pytest.raises(InputError, match=f"document d: the label '{label}' is not in the table"):
            list(rename_labels([DOCUMENT], {k: v for k, v in table.items() if k != label}))


def test_a_sample_is_drawn_by_seed_and_keeps_the_order():
    documents = [Document(str(n), "x") for n in range(50)]
    drawn = [int(d.id) for d in sample_documents(documents, 10, seed=3)]
    assert drawn == sorted(set(drawn)) and len(drawn) == 10
    assert drawn == [int(d.id) for d in sample_documents(iter(documents), 10, seed=3)]
    assert drawn != [int(d.id) for d in sample_documents(documents, 10, seed=4)]
    with pytest.raises(InputError, match="asked for 51 documents, there are 50"):
        sample_documents(documents, 51, seed=0)
