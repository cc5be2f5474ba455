import dataclasses
import json
import re
from pathlib import Path

import pytest

pytest.importorskip("array_record")

from kcjax.corpus.build import build_corpus
from kcjax.corpus.document import read_documents
from kcjax.corpus.following import FollowingOptions
from kcjax.corpus.recipe import Recipe, Source
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
        source = Source(paths=tuple(map(str, inputs)), schema=str(schema))
        recipe = Recipe(phase, str(tiny_model_dir), (source,), length=length, options=options, **kwargs)
        return build_corpus(recipe, output), Records(output)

    return build


def texts(records, tokenizer):
    """Each segment's text, in order."""
    for record in records:
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
    found = list(texts([records[n] for n in range(len(records))], tokenizer))
    assert all(sum(json.dumps(d.text, ensure_ascii=False) in text for text in found) >= 1 for d in documents)


def test_the_same_call_gives_the_same_bytes_and_another_seed_others(build, tmp_path):
    for name, seed in {"a": 0, "b": 0, "c": 1}.items():
        build(name=name, options=dataclasses.replace(OPTIONS, seed=seed))
    a, b, c = ((tmp_path / name / "kcjax_following-train.array_record-00000-of-00001").read_bytes() for name in "abc")
    assert a == b != c


def test_sharing_prefixes_takes_fewer_tokens_for_the_same_examples(build):
    options = dataclasses.replace(OPTIONS, every_class=True)
    alone, _ = build(name="alone", length=2048, options=options)
    shared, _ = build(name="shared", length=2048, options=options, share_prefixes=True)
    assert shared.examples == alone.examples and shared.learnt_tokens == alone.learnt_tokens
    assert shared.tokens < 0.6 * alone.tokens


def test_a_prompt_that_does_not_fit_becomes_several_and_asks_for_every_class_once(build, tiny_model_dir, caplog):
    whole, records = build(name="whole", length=4096, options=dataclasses.replace(OPTIONS, every_class=True))
    parts, split = build(name="parts", length=600, options=dataclasses.replace(OPTIONS, every_class=True))
    assert not whole.split and parts.split["ner: a prompt made two"] > 0
    tokenizer = load_tokenizer(tiny_model_dir)

    def asked(records):
        found = {}
        for record in (records[n] for n in range(len(records))):
            for id, text in zip(record.ids, texts([record], tokenizer), strict=True):
                found.setdefault(id.split("/")[0], []).append(
                    (
                        re.findall(r"^class (\w+)\(", text, re.MULTILINE),
                        re.findall(r"^\t(\w+\(\".*\"\))", text, re.MULTILINE),
                    )
                )
        return found

    before, after = asked(records), asked(split)
    left_out = {message.split("/")[0] for message in caplog.messages}
    assert len(left_out) == sum(parts.dropped.values()) < 10 and before.keys() == after.keys() | left_out
    for id in before.keys() - left_out:
        ((classes, objects),) = before[id]
        assert sorted(name for names, _ in after[id] for name in names) == sorted(classes)
        assert sorted(found for _, objects in after[id] for found in objects) == sorted(objects)


def test_a_sentence_that_fits_with_no_class_is_left_out_counted_and_named(build, caplog):
    info, _ = build(length=512)
    assert info.dropped == {"ner: longer than 512 tokens": 1}
    assert caplog.messages == ["harbour-train-062/ner.1.1.0: 514 tokens do not fit a record of 512; left out"]


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
