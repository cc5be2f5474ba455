import contextlib
import dataclasses
import json
import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("array_record")

from kcjax.corpus.build import build_corpus, keep_rates, thin
from kcjax.corpus.dataset import load_dataset
from kcjax.corpus.document import document_to_json, read_documents
from kcjax.corpus.following import FollowingOptions
from kcjax.corpus.packing import TokenizedExample
from kcjax.corpus.prompt import definition_text
from kcjax.corpus.recipe import Recipe, Source
from kcjax.corpus.records import Records
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError
from kcjax.files import file_hash, write_jsonl

SAMPLE = Path(__file__).resolve().parents[2] / "kcjax" / "corpus" / "datasets" / "harbour"
TRAIN = SAMPLE / "train.jsonl"
OPTIONS = FollowingOptions(tasks=("ner",), negatives=1, comments=0.0, empty_share=1.0)


@pytest.fixture
def build(tiny_model_dir, tmp_path):
    def build(phase="following", name="out", *, inputs=(SAMPLE / "train.jsonl",), length=1024, **kwargs):
        options = kwargs.pop("options", OPTIONS)
        output = tmp_path / name
        source = Source(paths=tuple(map(str, inputs)), schema=str(SAMPLE / "schema.py"), cap=kwargs.pop("cap", 0))
        sources = kwargs.pop("sources", (source,))
        recipe = Recipe(phase, str(tiny_model_dir), sources, length=length, options=options, **kwargs)
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


def test_a_source_of_another_schema_is_named_and_negatives_beside_good_ones_are_not(build, tmp_path):
    rows = {
        "other": {"id": "o", "text": "Orion", "entities": [{"type": "BOAT", "start": 0, "end": 5, "text": "Orion"}]},
        "none": {"id": "n", "text": "Nothing here."},
    }
    paths = {name: tmp_path / f"{name}.jsonl" for name in rows}
    for name, row in rows.items():
        write_jsonl(paths[name], [row])
    good = SAMPLE / "train.jsonl"
    with pytest.raises(InputError, match=r"other\.jsonl: none of its annotations .* 'BOAT'"):
        build(inputs=(paths["other"],))
    # One of several files, of which a part may well have no object of the schema's.
    counted, _ = build(inputs=(good, paths["other"]))
    assert counted.dropped["ner: object of type BOAT, which the schema does not have"] == 1
    shutil.rmtree(tmp_path / "out")
    with pytest.raises(InputError, match=r"none\.jsonl: no annotations for ner"):
        build(inputs=(paths["none"],))
    assert not (tmp_path / "out").exists()
    assert build(inputs=(good, paths["none"]))[0].examples == 121


def ids(records):
    return sorted(id for n in range(len(records)) for id in records[n].ids)


def prompts(records, tokenizer):
    """The text of every example by its id."""
    found = {}
    for record in (records[n] for n in range(len(records))):
        found.update(zip(record.ids, texts([record], tokenizer), strict=True))
    return found


def test_a_weight_of_two_gives_each_document_twice_with_other_prompts(build, tiny_model_dir):
    info, records = build(sources=(Source("harbour", weight=2.0),))
    found = prompts(records, load_tokenizer(tiny_model_dir))
    once = {f"harbour/harbour-train-{n:03}" for n in range(1, 121)}
    assert set(found) == {f"{id}{copy}/ner" for id in once for copy in ("", "@1")} and info.examples == 240
    others = [id for id in once if found[f"{id}/ner"] != found[f"{id}@1/ner"]]
    assert len(others) > 110  # the classes asked for, or their order
    sentences = {id: re.findall("^sentence = .*$", text, re.MULTILINE) for id, text in found.items()}
    assert all(sentences[f"{id}/ner"] == sentences[f"{id}@1/ner"] != [] for id in once)


@pytest.mark.parametrize(("weight", "least", "most"), [(0.3, 22, 50), (1.3, 142, 170), (0.0, 0, 0)])
def test_a_weight_takes_so_many_in_ten_and_counts_the_rest(build, weight, least, most):
    sources = (Source("harbour", "test"), Source("harbour", weight=weight))
    info, records = build(sources=sources)
    taken = [id for id in ids(records) if "train" in id]
    assert least <= len(taken) <= most and info.examples == 40 + len(taken)
    missing = 120 - len({id.partition("@")[0].removesuffix("/ner") for id in taken})
    assert info.dropped.get("document not taken, for the weight of its source", 0) == missing


def test_a_cap_takes_exactly_so_many_whatever_the_order_of_the_files_and_rows(build, tmp_path):
    lines = TRAIN.read_bytes().splitlines(keepends=True)
    (tmp_path / "one.jsonl").write_bytes(b"".join(lines[70:][::-1]))
    (tmp_path / "two.jsonl").write_bytes(b"".join(lines[:70]))
    parts = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    info, records = build(name="whole", cap=17)
    assert len(ids(records)) == 17 and info.dropped == {"document over the cap of its source": 103}
    for name, inputs in {"there": parts, "back": parts[::-1]}.items():
        assert ids(build(name=name, cap=17, inputs=inputs)[1]) == ids(records)
    other = build(name="seed", cap=17, options=dataclasses.replace(OPTIONS, seed=1))[1]
    assert len(ids(other)) == 17 and ids(other) != ids(records)
    assert set(ids(records)) < set(ids(build(name="more", cap=40)[1]))  # a smaller cap is part of a larger
    assert len(ids(build(name="all", cap=999)[1])) == 120


def test_a_cap_takes_so_many_of_the_documents_for_this_phase(build, tmp_path):
    rows = [document_to_json(document) for document in read_documents(TRAIN)]
    write_jsonl(
        tmp_path / "x.jsonl", [row | {"phase": ("following", "understanding")[n % 2]} for n, row in enumerate(rows)]
    )
    assert build(inputs=(tmp_path / "x.jsonl",), cap=30)[0].examples == 30


def test_documents_for_the_other_phase_are_kept_from_this_one(build, tmp_path):
    rows = [document_to_json(document) for document in read_documents(TRAIN)]
    for number, row in enumerate(rows[:60]):
        row["phase"] = "following" if number < 20 else "understanding"
    path = tmp_path / "phases.jsonl"
    write_jsonl(path, rows)
    for phase, own in {"following": rows[:20] + rows[60:], "understanding": rows[20:]}.items():
        info, records = build(phase, name=phase, inputs=(path,))
        asked = {f"{row['id']}/ner" for row in own if phase == "following" or row["entities"]}
        assert {id for id in ids(records) if id.startswith("harbour")} == asked
        assert info.dropped["document kept for the other phase"] == 120 - len(own)


def test_a_field_phase_that_is_the_users_own_keeps_no_document_out(build, tmp_path):
    rows = [document_to_json(document) | {"phase": "III"} for document in read_documents(TRAIN)]
    write_jsonl(tmp_path / "trial.jsonl", rows)
    assert build(inputs=(tmp_path / "trial.jsonl",))[0].examples == 120


def test_bad_rows_are_left_out_up_to_the_limit_and_one_more_ends_it(build, tmp_path, caplog):
    lines = TRAIN.read_bytes().splitlines(keepends=True)
    lines[3:3] = [b"{broken\n", b'{"id": "no text"}\n']
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b"".join(lines))
    assert build(inputs=(path,), max_problems=2)[0].examples == 120
    assert [message.partition(": ")[2].partition(": ")[0] for message in caplog.messages] == [f"{path}:4", f"{path}:5"]
    for limit, message in {0: "bad.jsonl:4: not valid JSON", 1: "bad.jsonl:5: text is missing.*; 2 problems"}.items():
        with pytest.raises(InputError, match=message):
            build(name="refused", inputs=(path,), max_problems=limit)
    assert not (tmp_path / "refused").exists()
    caplog.clear()
    options = dataclasses.replace(OPTIONS, comments=1.0)
    build(name="capped", inputs=(path,), max_problems=2, cap=50, examples_per_type=2, options=options, length=2048)
    assert len(caplog.messages) == 2  # said once, though the file is read three times


TEXT = {"id": "a", "task": "ner", "types": ["Ship"], "parts": [["read ", False], ["learnt", True]]}


def test_rendered_texts_are_taken_as_they_are(build, tmp_path, tiny_model_dir):
    path = tmp_path / "texts.jsonl"
    write_jsonl(path, [TEXT | {"id": f"r{n}"} for n in range(30)] + [TEXT | {"id": 7}])
    info, records = build(sources=(), rendered=(str(path),), max_problems=1)
    assert info.examples == 30 and info.types == 1 and info.sources == {str(path): file_hash(path)}
    assert set(prompts(records, load_tokenizer(tiny_model_dir)).values()) == {"read learnt"}


def test_a_rendered_text_of_another_phase_or_task_is_a_bad_row(build, tmp_path):
    path = tmp_path / "texts.jsonl"
    learnt = {"parts": [["all of it", True]]}
    write_jsonl(path, [TEXT, TEXT | {"id": "b", "task": "re"}, TEXT | {"id": "c"} | learnt])
    info, _ = build(sources=(), rendered=(str(path),), max_problems=2)
    assert info.examples == 1
    with pytest.raises(InputError, match=r"texts\.jsonl: b: its task is 're'; asked are ner"):
        build(name="none", sources=(), rendered=(str(path),))
    with pytest.raises(InputError, match=r"texts\.jsonl: a: not a text of phase understanding"):
        build("understanding", "none", sources=(), rendered=(str(path),))


def test_a_data_set_gives_examples_of_its_own_tasks_alone(build, monkeypatch):
    harbour = dataclasses.replace(load_dataset("harbour"), tasks=("ner", "ed"))
    monkeypatch.setattr("kcjax.corpus.build.load_dataset", lambda name: harbour)
    info, _ = build(sources=(Source("harbour"),), options=FollowingOptions())
    assert set(info.kinds) == {"ner", "ed"}


def test_one_id_in_two_files_is_refused(build, tmp_path):
    lines = (SAMPLE / "train.jsonl").read_bytes().splitlines(keepends=True)
    paths = [tmp_path / folder / "part.jsonl" for folder in "ab"]
    for path, part in zip(paths, (lines[:4], lines[3:9]), strict=True):
        path.parent.mkdir()
        path.write_bytes(b"".join(part))
    with pytest.raises(InputError, match="two examples have the id '.*'; make ids unique across files"):
        build(inputs=paths)


def test_a_sentence_that_fits_with_no_type_is_one_thing_left_out(build, tmp_path, caplog):
    path = tmp_path / "long.jsonl"
    rows = [json.loads(line) for line in (SAMPLE / "train.jsonl").read_text().splitlines()[:5]]
    write_jsonl(path, [*rows, {"id": "long", "text": "far and wide " * 500}])
    info, _ = build(inputs=(path,), options=dataclasses.replace(OPTIONS, negatives=9))
    assert info.dropped["ner: longer than 1024 tokens"] == 1 and not info.split
    assert sum("do not fit a record" in message for message in caplog.messages) == 1


def test_every_type_gets_the_mentions_of_the_documents_for_examples_but_for_those_to_avoid(
    build, tiny_model_dir, tmp_path
):
    def examples(name, *avoid):
        options = dataclasses.replace(OPTIONS, comments=1.0)
        _, records = build(name=name, options=options, length=2048, examples_per_type=2, avoid=tuple(map(str, avoid)))
        found = prompts(records, load_tokenizer(tiny_model_dir)).values()
        lines = {line for text in found for line in re.findall(r"Examples: (.*)", text)}
        assert len(lines) == 6 and all(line.count(", ") == 1 for line in lines)
        return {item for line in lines for item in line.split(", ")}

    mentions = {e.text for d in read_documents(TRAIN) for e in d.entities}
    first, *others = sorted(examples("all"))
    assert {first, *others} <= mentions
    write_jsonl(
        tmp_path / "gold.jsonl",
        [{"text": first, "entities": [{"type": "X", "start": 0, "end": len(first), "text": first}]}],
    )
    assert examples("avoiding", tmp_path / "gold.jsonl") & {first, *others} == set(others)


BALANCE = {"definition": 0.25, "ner": 0.35, "re": 0.25, "eae": 0.15}
TOKENS = st.fixed_dictionaries(
    {kind: st.integers(1, 10**9) for kind in BALANCE},
    optional={f"{kind} synthetic": st.integers(1, 10**9) for kind in ("ner", "re")},
)


def recipe(**fields):
    return Recipe("understanding", "m", (Source("harbour"),), **fields)


def kept_tokens(tokens, rates):
    kept = {kind: count * rates[kind] for kind, count in tokens.items()}
    assert all(0 <= rate <= 1 + 1e-9 for rate in rates.values())
    return kept


@given(TOKENS)
def test_rates_give_every_kind_its_share_and_keep_all_of_the_scarcest(tokens):
    rates = keep_rates(tokens, recipe(balance=BALANCE))
    kept = kept_tokens(tokens, rates)
    for kind, share in BALANCE.items():
        own = kept[kind] + kept.get(f"{kind} synthetic", 0)
        assert own == pytest.approx(share * sum(kept.values()))
    assert max(rates.values()) == pytest.approx(1)


@given(TOKENS, st.just(0.0) | st.floats(0.001, 0.99))
def test_rates_keep_synthetic_tokens_to_their_share_and_all_others(tokens, synthetic):
    rates = keep_rates(tokens, recipe(synthetic=synthetic))
    kept = kept_tokens(tokens, rates)
    made = sum(count for kind, count in kept.items() if "synthetic" in kind)
    assert made <= synthetic * sum(kept.values()) * (1 + 1e-9)
    assert all(rate == 1 for kind, rate in rates.items() if "synthetic" not in kind)
    if min([1.0, *(rate for kind, rate in rates.items() if "synthetic" in kind)]) < 1:  # no more is left out than must
        assert made == pytest.approx(synthetic * sum(kept.values()))


@given(TOKENS, st.floats(0.01, 0.99))
def test_rates_keep_synthetic_tokens_to_their_share_with_a_balance_too(tokens, synthetic):
    kept = kept_tokens(tokens, keep_rates(tokens, recipe(synthetic=synthetic, balance=BALANCE)))
    made = sum(count for kind, count in kept.items() if "synthetic" in kind)
    assert made <= synthetic * sum(kept.values()) * (1 + 1e-9)


def test_a_balance_must_fit_the_kinds_there_are():
    with pytest.raises(InputError, match="says nothing of ner, re; give it a share, which may be 0"):
        keep_rates({"ner": 1, "re": 2, "eae": 3}, recipe(balance={"eae": 1.0}))
    with pytest.raises(InputError, match="gives re a share, but there are no such examples"):
        keep_rates({"ner": 1}, recipe(balance={"ner": 0.5, "re": 0.5, "eae": 0.0}))
    assert keep_rates({"ner": 4, "re": 2}, recipe(balance={"ner": 0.0, "re": 1.0})) == {"ner": 0.0, "re": 1.0}


@pytest.mark.parametrize(
    ("tokens", "fields"),
    [
        ({"ner synthetic": 5, "re": 9}, {"synthetic": 0.0, "balance": {"ner": 0.0, "re": 1.0}}),
        ({"ner": 5}, {"balance": {"ner": 0.0}}),
    ],
)
def test_shares_of_nothing_are_kept_or_refused(tokens, fields):
    with contextlib.suppress(InputError):
        assert keep_rates(tokens, recipe(**fields)).get("ner synthetic") == 0.0


def test_what_is_kept_has_the_shares_asked_for_whatever_the_order():
    rng = np.random.default_rng(0)
    kinds = {"definition": 2000, "ner": 9000, "ner synthetic": 9000, "re": 5000, "eae": 3000}
    examples = [
        TokenizedExample(f"{kind}{n}", np.ones(rng.integers(20, 200)), np.ones(0), kind=kind)
        for kind, count in kinds.items()
        for n in range(count)
    ]
    tokens, own = Counter(), recipe(balance=BALANCE)
    for example in examples:
        tokens[example.kind] += len(example.tokens)
    left_out = Counter()
    kept = list(thin(examples, keep_rates(tokens, own), own, left_out))
    total = sum(len(example.tokens) for example in kept)
    for kind, share in BALANCE.items():
        assert abs(sum(len(e.tokens) for e in kept if e.kind.startswith(kind)) / total - share) < 0.02
    again = list(thin(examples[::-1], keep_rates(tokens, own), own, Counter()))
    assert {e.id for e in again} == {e.id for e in kept}
    assert len(examples) - len(kept) == left_out.total() and set(left_out) <= {
        f"{kind}: not taken, for the balance of kinds" for kind in kinds
    }


def test_a_corpus_has_the_balance_and_the_synthetic_share_asked_for(build, tmp_path):
    rows = [document_to_json(document) | {"synthetic": True} for document in read_documents(TRAIN)]
    write_jsonl(tmp_path / "made.jsonl", rows)
    own = Source(paths=(str(tmp_path / "made.jsonl"),), schema=str(SAMPLE / "schema.py"))
    sources = (Source("harbour", weight=16.0), Source("harbour", "test", weight=16.0), own)
    options = FollowingOptions()
    info, _ = build("understanding", name="made", sources=sources, options=options, synthetic=0.02)
    made = sum(found["tokens"] for kind, found in info.kinds.items() if kind.endswith("synthetic"))
    assert 0.01 < made / info.tokens < 0.03
    balance = {"definition": 0.02, "ner": 0.4, "re": 0.3, "eae": 0.28}
    info, _ = build("understanding", name="balanced", sources=sources[:2], options=options, balance=balance)
    assert info.tokens > 100_000
    for kind, share in balance.items():
        assert abs(info.kinds[kind]["tokens"] / info.tokens - share) < 0.02


def test_a_response_that_is_ambiguous_is_counted_once_though_its_prompt_is_split(build, tmp_path):
    text = "The Orion, then the Orion"
    entity = {"type": "Ship", "start": 20, "end": 25, "text": "Orion"}
    path = tmp_path / "one.jsonl"
    write_jsonl(path, [{"id": "a", "text": text, "entities": [entity]}])
    options = dataclasses.replace(OPTIONS, every_class=True)
    assert build(name="whole", inputs=(path,), options=options, length=2048)[0].ambiguous == {"ner": 1}
    assert build(name="parts", inputs=(path,), options=options, length=450)[0].ambiguous == {"ner": 1}


def test_the_definitions_of_a_data_set_stand_in_a_corpus_once(build):
    _, records = build("understanding", sources=(Source("harbour"), Source("harbour", "test")))
    assert max(Counter(ids(records)).values()) == 1


def test_a_definition_longer_than_a_record_is_cut_into_windows_that_hold_all_of_it(build, tiny_model_dir):
    info, records = build("understanding", inputs=(), length=128)
    assert info.split["definition: a text cut into windows"] > 0 and not info.dropped
    tokenizer, schema = load_tokenizer(tiny_model_dir), load_dataset("harbour").schema
    learnt = {}
    for record in (records[n] for n in range(len(records))):
        for number, id in enumerate(record.ids, start=1):
            own = (record.segment_ids == number) & (record.loss_weights > 0)
            learnt.setdefault(id.partition("#")[0], {})[id] = record.tokens[own].tolist()
    for name in ("PlaceOfBirth", "Ship"):
        pieces = learnt[f"definition/{name}"]
        tokens = [token for id in sorted(pieces, key=lambda id: int(id.partition("#")[2] or 0)) for token in pieces[id]]
        types = ("Person", "Town", name) if name == "PlaceOfBirth" else (name,)
        assert tokenizer.decode(tokens) == definition_text(types, schema) and (len(pieces) > 1) == (len(types) > 1)
