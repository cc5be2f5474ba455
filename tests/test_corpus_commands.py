"""`kcjax corpus VERB`: what it prints and writes, its exit codes, and one line for every mistake."""

import argparse
import dataclasses
import json
import re
import shutil
from pathlib import Path

import pytest

pytest.importorskip("array_record")

from kcjax import cli, corpus_commands
from kcjax.arguments import Parser
from kcjax.corpus.document import read_documents
from kcjax.corpus.following import FollowingOptions
from kcjax.corpus.recipe import Recipe, Source
from kcjax.corpus.records import Records
from kcjax.errors import InputError
from kcjax.files import read_json, write_json, write_jsonl

SAMPLE = Path(cli.__file__).parent / "corpus" / "datasets" / "harbour"
SCHEMA, TRAIN, HELDOUT = SAMPLE / "schema.py", SAMPLE / "train.jsonl", SAMPLE / "heldout.jsonl"
KEYS = {"examples", "tokens", "learnt_tokens", "records", "fill", "types", "kinds", "split", "ambiguous", "dropped"}


@pytest.fixture
def run(capsys):
    """`run("stats", ...)`: exit code, stdout, and stderr as lines."""

    def run(*argv):
        capsys.readouterr()
        try:
            code = cli.main(["corpus", *map(str, argv)])
        except SystemExit as error:  # argparse leaves this way
            code = int(error.code or 0)
        out, err = capsys.readouterr()
        return code, out, err.splitlines()

    return run


def result(run, *argv, code=0):
    found, out, err = run(*argv, "--json")
    assert found == code, err
    assert out.count("\n") == 1
    return json.loads(out)


def refused(run, *argv):
    """The one line that says what is wrong."""
    code, out, err = run(*argv)
    assert (code, out) == (2, "") and err[-1].startswith("kcjax: ") and "Traceback" not in "".join(err)
    return err[-1]


@pytest.fixture(scope="module")
def corpora(tmp_path_factory, tiny_model_dir):
    """Folder of `following`, `understanding` and `shared`, made of the sample."""
    folder = tmp_path_factory.mktemp("corpora")
    common = ("--dataset=harbour", f"--model={tiny_model_dir}")
    for name, extra in {
        "following": ("--phase=following", "--tasks=ner,re", "--length=1024"),
        "understanding": ("--phase=understanding", "--length=1024"),
        "shared": ("--phase=following", "--tasks=ner", "--length=2048", "--share-prefixes"),
    }.items():
        assert cli.main(["corpus", "build", *common, *extra, f"--output={folder / name}", "--json"]) == 0
    return folder


@pytest.fixture
def base(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parsed(*argv):
    parser = Parser()
    corpus_commands.add_recipe_arguments(parser)
    fixed = ["--model=model", "--output=out", *argv]
    return corpus_commands.recipe(parser.parse_args(fixed, argparse.Namespace(phase="following")))


PLAIN = Recipe("following", "model", (Source("harbour"),))


@pytest.mark.parametrize(
    ("argument", "fields"),
    [
        ("--length=512", {"length": 512}),
        ("--synthetic=0.25", {"synthetic": 0.25}),
        ("--balance=ner=0.5,re=0.5", {"balance": {"ner": 0.5, "re": 0.5}}),
        ("--examples-per-type=4", {"examples_per_type": 4}),
        ("--rendered=a.jsonl", {"rendered": ("a.jsonl",)}),
        ("--avoid=b.jsonl --examples-per-type=1", {"avoid": ("b.jsonl",), "examples_per_type": 1}),
        ("--data-dir=d", {"data_dir": "d"}),
        ("--max-problems=3", {"max_problems": 3}),
        ("--share-prefixes", {"share_prefixes": True, "options": FollowingOptions(every_class=True)}),
        ("--cap=7", {"sources": (Source("harbour", cap=7),)}),
        ("--weight=harbour=2.5", {"sources": (Source("harbour", weight=2.5),)}),
        ("--dataset=wnut17:dev", {"sources": (Source("harbour"), Source("wnut17", "dev"))}),
        ("--schema=s.py --input=c", {"sources": (Source("harbour"), Source(paths=("c",), schema="s.py"))}),
        ("--tasks=re,ner", {"options": FollowingOptions(tasks=("re", "ner"))}),
        ("--negatives=5", {"options": FollowingOptions(negatives=5)}),
        *(
            (f"--{name.replace('_', '-')}=0.125", {"options": FollowingOptions(**{name: 0.125})})
            for name in (
                *("hard_negatives", "empty_share", "all_negative_share", "comments", "description_dropout"),
                *("example_dropout", "masked_names", "typed_by_import"),
            )
        ),
        ("--seed=9", {"options": FollowingOptions(seed=9)}),
    ],
)
def test_every_argument_is_a_field_of_the_recipe(argument, fields):
    assert parsed("--dataset=harbour", *argument.split()) == dataclasses.replace(PLAIN, **fields)


@pytest.mark.parametrize("flag", ["negatives=1", "hard-negatives=0", "all-negative-share=0.5"])
def test_what_a_shared_prompt_has_no_use_for_is_refused(flag):
    with pytest.raises(InputError, match=f"^--{flag.partition('=')[0]} has no effect with --share-prefixes"):
        parsed("--dataset=harbour", "--share-prefixes", f"--{flag}")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--phase=understanding", "--comments=1"], "--comments is of phase following; leave it out"),
        (["--phase=understanding", "--share-prefixes"], "phase understanding has no prompts to share"),
        (["--phase=following", "--weight=harbour=2,harbour=0.1"], "gives harbour twice"),
        (["--phase=following", "--weight=harbour=2", "--weight=harbour=0.1"], "--weight gives harbour twice"),
        (["--phase=following", "--length=512", "--length=1024"], "--length is given twice"),
        (["--phase=following", "--negatives=0", "--hard-negatives=1"], "hard_negatives has no effect without neg"),
        (["--phase=following", "--comments=0", "--masked-names=1"], "masked_names has no effect without comments"),
        (["--phase=following", "--tasks=ner", "--typed-by-import=1"], "typed_by_import has no effect but on re"),
    ],
)
def test_arguments_without_an_effect_are_refused(arguments, told, base, capsys, tiny_model_dir):
    command = ["corpus", "build", "--dataset=harbour", f"--model={tiny_model_dir}", "--output=out", *arguments]
    try:
        assert cli.main(command) == 2
    except SystemExit as error:
        assert error.code == 2
    assert told in capsys.readouterr().err and not Path("out").exists()


def test_weights_add_up_and_are_for_a_data_set_a_split_or_the_users_own_documents():
    found = parsed(
        *("--dataset=harbour", "--dataset=harbour:test", "--schema=s.py", "--input=c", "--weight=harbour=2"),
        *("--weight=input=3", "--weight=harbour:test=0.5"),
    )
    assert [source.weight for source in found.sources] == [2.0, 0.5, 3.0]


def test_inputs_may_be_patterns_and_have_the_schema(base):
    for name in ("b.jsonl", "a.jsonl"):
        Path(name).touch()
    assert parsed("--schema=s.py", "--input=*.jsonl", "--input=c", "--cap=3").sources == (
        Source(paths=("a.jsonl", "b.jsonl", "c"), schema="s.py", cap=3),
    )


def test_a_weight_is_for_all_splits_of_a_data_set():
    sources = parsed("--dataset=harbour", "--dataset=harbour:test", "--weight=harbour=2").sources
    assert [source.weight for source in sources] == [2.0, 2.0]


def test_stats_are_what_build_said_and_what_the_records_hold(corpora, run, tiny_model_dir, tmp_path):
    built = result(
        *(run, "build", "--phase=following", "--dataset=harbour", f"--model={tiny_model_dir}", "--length=1024"),
        *("--tasks=ner,re", f"--output={tmp_path / 'again'}"),
    )
    found = result(run, "stats", corpora / "following")
    assert found == built and set(found) == {"following"} and set(found["following"]) == KEYS
    records = Records(corpora / "following")
    assert found["following"]["examples"] == sum(len(records[n].ids) for n in range(len(records)))
    kinds = found["following"]["kinds"]
    assert set(kinds) == {"ner", "re"} and sum(k["examples"] for k in kinds.values()) == found["following"]["examples"]
    assert sum(k["tokens"] for k in kinds.values()) == found["following"]["tokens"]


def test_stats_of_several_corpora_are_told_apart(corpora, run):
    paths = [corpora / name for name in ("following", "understanding", "shared")]
    found = result(run, "stats", *paths)
    assert set(found) == set(map(str, paths))
    assert found[str(paths[1])] == result(run, "stats", paths[1])["understanding"]
    code, out, _ = run("stats", paths[0])
    assert code == 0 and f"  examples: {found[str(paths[0])]['examples']}" in out.splitlines()


def test_inspect_shows_every_segment_with_its_text(corpora, run, tiny_model_dir):
    argv = ("inspect", corpora / "following", f"--model={tiny_model_dir}")
    found = result(run, *argv, "--record=1")
    record = Records(corpora / "following")[1]
    assert found["record"] == 1 and [s["id"] for s in found["segments"]] == list(record.ids)
    assert sum(s["tokens"] for s in found["segments"]) == (record.segment_ids > 0).sum()
    assert sum(s["learnt"] for s in found["segments"]) == (record.loss_weights > 0).sum()
    for segment in found["segments"]:
        assert [learnt for _, learnt in segment["parts"]] == [False, True]
        assert segment["parts"][1][0].startswith("results = [")
    code, out, err = run(*argv, "--record=1")
    assert (code, err) == (0, []) and out.startswith(f"# 1: {record.ids[0]}, ")
    for segment in found["segments"]:
        assert "".join(text for text, _ in segment["parts"]) in out
    assert out.count("\n# ") == len(record.ids) - 1
    assert result(run, *argv)["record"] == 0


def test_inspect_shows_a_shared_prompt_once(corpora, run, tiny_model_dir):
    found = result(run, "inspect", corpora / "shared", f"--model={tiny_model_dir}")["segments"]
    assert found[0]["id"] == "" and {s["prefix"] for s in found[1:]} == {1}
    out = run("inspect", corpora / "shared", f"--model={tiny_model_dir}")[1]
    assert out.startswith("# 1: a prompt that is shared, ") and out.count("class Ship(Entity)") == 1


def test_inspect_colours_what_is_learnt_on_a_terminal(corpora, run, tiny_model_dir, monkeypatch):
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    code, out, _ = run("inspect", corpora / "following", f"--model={tiny_model_dir}")
    assert code == 0 and "\x1b[1;32mresults = [" in out and "\x1b[2mYou are a highly skilled" in out
    record = Records(corpora / "following")[0]
    plain = re.sub(r"\x1b\[[\d;]*m", "", out)
    assert f"{(record.segment_ids == 0).sum()} of 1024 tokens are padding" in plain and record.ids[0] in plain


def test_inspect_refuses_what_it_cannot_show(corpora, run, tiny_model_dir, tmp_path):
    count = len(Records(corpora / "following"))
    argv = ("inspect", corpora / "following", f"--model={tiny_model_dir}")
    assert f"the corpus has {count} records, numbered from 0" in refused(run, *argv, f"--record={count}")
    assert "--record: must be a number from 0 on, found '-1'" in refused(run, *argv, "--record=-1")
    shutil.copytree(tiny_model_dir, tmp_path / "other")
    with open(tmp_path / "other" / "tokenizer.json", "a") as file:
        file.write("\n")
    assert "made with another tokenizer" in refused(run, *argv[:2], f"--model={tmp_path / 'other'}")
    assert "no metadata.json here" in refused(run, "inspect", tmp_path, f"--model={tiny_model_dir}")
    assert "no metadata.json here" in refused(run, "stats", corpora / "following", tmp_path)


def test_leaks_are_printed_and_fail(run, tmp_path):
    rows = [{"id": d.id, "text": d.text.upper()} for d in list(read_documents(TRAIN))[:3]]
    rows[1]["text"] += " And then they all went home."
    rows[2]["text"] = "Nothing of the kind, " + rows[2]["text"]
    write_jsonl(tmp_path / "evaluation.jsonl", rows)
    argv = ("leaks", f"--training={TRAIN}", f"--evaluation={tmp_path / 'evaluation.jsonl'}", f"--evaluation={HELDOUT}")
    found = result(run, *argv, "--near=0.3", code=1)
    assert (found["training"], found["evaluation"], found["repeated"], found["nearly"]) == (120, 43, 1, 2)
    source = f"{tmp_path / 'evaluation.jsonl'}: "  # of two files
    assert [leak["evaluation"] == source + leak["training"] for leak in found["leaks"]] == [True] * 3
    code, out, err = run(*argv)
    assert code == 1 and "repeated: 1" in out.splitlines()
    assert "evaluation documents are in the training files (" in err[-1]
    assert "evaluation.jsonl: harbour-train-001 in harbour-train-001" in err[-1]
    assert err[-1].endswith("leave them out")


def test_no_leaks_are_no_failure_and_the_sample_has_none(run):
    found = result(run, "leaks", f"--training={TRAIN}", f"--evaluation={HELDOUT}")
    assert found == {"training": 120, "evaluation": 40, "repeated": 0, "nearly": 0, "problems": 0, "leaks": []}


def test_leaks_names_what_it_cannot_read(run, tmp_path):
    (tmp_path / "bad.jsonl").write_text("{")
    assert "absent: no such file" in refused(run, "leaks", "--training=absent", f"--evaluation={HELDOUT}")
    assert "bad.jsonl:1: not valid JSON" in refused(
        run, "leaks", f"--training={TRAIN}", f"--evaluation={tmp_path}/bad.jsonl"
    )
    assert "--near: must be a share from 0 to 1" in refused(
        run, "leaks", f"--training={TRAIN}", f"--evaluation={HELDOUT}", "--near=2"
    )
    assert "--evaluation" in refused(run, "leaks", f"--training={TRAIN}")


@pytest.fixture
def world(base, monkeypatch):
    """A dump and the library made of it."""
    pytest.importorskip("apache_beam")
    pytest.importorskip("rapidgzip")
    from tests.pipelines.test_schema_library import LINES, framed

    Path("dump.json").write_bytes(framed(LINES))
    monkeypatch.setenv("KCJAX_LIBRARY", "library.kcjax")
    assert cli.main(["library", "build", "--dump=dump.json", "--min-support=2"]) == 0


def test_verbalise_writes_documents_that_a_corpus_is_made_of(world, run, tiny_model_dir):
    found = result(run, "verbalise", "--dump=dump.json", "--output=facts.jsonl", "--following-share=0.5")
    documents = list(read_documents("facts.jsonl"))
    assert found["documents"] == len(documents) > 10 and found["output"] == "facts.jsonl"
    assert {d.extra["phase"] for d in documents} == {"following", "understanding"}
    relations = {r.type for d in documents for r in d.relations}
    assert relations == {"MooredAt", "Winner", "Skipper"} and all(d.extra["synthetic"] is True for d in documents)
    for phase in ("understanding", "following"):
        common = ("--schema=library.kcjax", "--input=facts.jsonl", f"--model={tiny_model_dir}", "--length=4096")
        built = result(run, "build", f"--phase={phase}", *common, f"--output={phase}")[phase]
        others = sum(d.extra["phase"] != phase for d in documents)
        assert built["dropped"]["document kept for the other phase"] == others
        assert {kind for kind in built["kinds"] if kind.endswith(" synthetic")} >= {"ner synthetic", "re synthetic"}


def test_verbalise_keeps_to_its_options(world, run):
    found = result(run, "verbalise", "--dump=dump.json", "--output=few.jsonl", "--per-type=1", "--following-share=0")
    documents = list(read_documents("few.jsonl"))
    assert found["left_out"]["facts of a type that has enough sentences"] > 3
    assert {d.extra["phase"] for d in documents} == {"understanding"}
    assert len([d for d in documents if d.relations]) == 3
    entity = {"type": "X", "start": 0, "end": 7, "text": "marsvin"}
    write_jsonl("gold.jsonl", [{"id": "g", "text": "marsvin", "entities": [entity]}])
    result(run, "verbalise", "--dump=dump.json", "--output=rest.jsonl", "--avoid=gold.jsonl")
    assert not any("Marsvin" in d.text for d in read_documents("rest.jsonl"))


def test_verbalise_refuses_what_it_cannot_do(world, run):
    assert "no dump to read; give --dump=FILE" in refused(run, "verbalise", "--output=x.jsonl")
    assert "absent.kcjax: no such file" in refused(
        run, "verbalise", "--dump=dump.json", "--library=absent.kcjax", "--output=x.jsonl"
    )
    assert "exists already" in refused(run, "verbalise", "--dump=dump.json", "--output=dump.json")
    assert "written plain" in refused(run, "verbalise", "--dump=dump.json", "--output=x.jsonl.gz")
    assert not Path("x.jsonl").exists()


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--dataset=harbor",), "there is no dataset 'harbor'; near it: harbour"),
        (("--dataset=harbour:dev",), "harbour has no split 'dev'; it has train, test"),
        (("--dataset=wnut17",), "wnut17.train.jsonl.gz: no such file; put its release into wnut17 ("),
        (("--dataset=harbour", "--weight=habour=2"), "--weight=habour: no such documents are given; given are harbour"),
        (("--dataset=harbour", "--weight=harbour"), "must be NAME=NUMBER, found 'harbour'"),
        (("--dataset=harbour", "--weight=harbour=-1"), "must be NAME=NUMBER with a number from 0 on"),
        (("--dataset=harbour", "--weight=harbour=nan"), "must be NAME=NUMBER with a number from 0 on"),
        (("--dataset=harbour", "--balance=ner=0.5,re=0.5"), "the balance says nothing of eae, ed"),
        (("--dataset=harbour", "--balance=definition=1"), "balance definition=1.0: must be a share"),
        (("--dataset=harbour", "--masked-names=2"), "--masked-names: must be a share from 0 to 1, found '2'"),
        (("--dataset=harbour", "--tasks=ner,pos"), "unknown task 'pos'; known: ner, re, ed, eae"),
        (("--dataset=harbour", "--cap=few"), "--cap: must be a number from 1 on, found 'few'"),
        (("--dataset=harbour", "--length=0"), "--length: must be a number from 1 on, found '0'"),
        (("--dataset=harbour", "--avoid=absent", "--examples-per-type=1"), "absent: no such file"),
        (("--dataset=harbour", "--avoid=absent"), "avoid has no effect without examples_per_type"),
        (("--dataset=harbour", f"--schema={SCHEMA}"), "--schema has no effect without --input"),
        (("--dataset=harbour", "--dataset=harbour"), "harbour: given twice"),
        ((f"--schema={SCHEMA}", f"--input={TRAIN}", f"--input={TRAIN}"), "train.jsonl: given twice"),
        ((f"--input={TRAIN}",), "--input needs --schema=FILE"),
        ((f"--schema={SCHEMA}",), "phase following needs annotated documents"),
        (("--rendered=absent",), "absent: no such file"),
        ((), "phase following needs annotated documents; give --input=FILE.jsonl or --dataset=NAME"),
        (("--dataset=harbour", "--phase=third"), "invalid choice: 'third'"),
    ],
    ids=str,
)
def test_what_cannot_be_built_is_said_in_one_line(run, base, tiny_model_dir, monkeypatch, argv, message):
    monkeypatch.delenv("KCJAX_DATA", raising=False)
    fixed = ("build", "--phase=following", f"--model={tiny_model_dir}", "--output=out")
    assert message in refused(run, *fixed, *argv)
    assert not list(base.iterdir())


def test_rows_that_are_tolerated_are_said_and_the_corpus_is_made(run, base, tiny_model_dir, caplog):
    Path("bad.jsonl").write_bytes(b"{\n" + TRAIN.read_bytes())
    fixed = ("build", "--phase=following", "--tasks=ner", f"--model={tiny_model_dir}", f"--schema={SCHEMA}")
    argv = (*fixed, "--input=bad.jsonl", "--empty-share=0", "--output=out")
    assert "bad.jsonl:1: not valid JSON" in refused(run, *argv)
    found = result(run, *argv, "--max-problems=1")["following"]
    assert "left out: bad.jsonl:1: not valid JSON" in caplog.text
    (reason,) = [reason for reason in found["dropped"] if "without objects" in reason]
    assert f"left out: {found['dropped'][reason]} times {reason}" in caplog.text
    assert set(read_json("out/metadata.json")["sources"]) == {str(SCHEMA), "bad.jsonl"}


def test_select_draws_by_seed_keeps_the_order_and_renames(run, base):
    everything = [d.id for d in read_documents(TRAIN)]
    drawn = {}
    for name, extra in {"a": ("--n=9",), "b": ("--n=9",), "c": ("--n=9", "--seed=1"), "d": ("--share=0.1",)}.items():
        found = result(run, "select", f"--input={TRAIN}", f"--output={name}.jsonl", *extra)
        drawn[name] = [d.id for d in read_documents(f"{name}.jsonl")]
        assert found == {"documents": len(drawn[name]), "problems": 0, "output": f"{name}.jsonl"}
        assert drawn[name] == [id for id in everything if id in drawn[name]]
    assert drawn["a"] == drawn["b"] != drawn["c"] and list(map(len, drawn.values())) == [9, 9, 9, 12]
    types = ("Person", "Ship", "Organization", "Town", "Date", "Cargo")
    tables = {"entities": {name: name.upper() for name in types}}
    write_json(Path("labels.json"), tables)
    assert "is not in the table relations" in refused(
        run, "select", f"--input={TRAIN}", "--output=x.jsonl", "--labels=labels.json"
    )
    write_jsonl(
        "plain.jsonl", [{"text": "Orion", "entities": [{"type": "Ship", "start": 0, "end": 5, "text": "Orion"}]}]
    )
    result(run, "select", "--input=plain.jsonl", "--output=x.jsonl", "--labels=labels.json")
    assert [e.type for d in read_documents("x.jsonl") for e in d.entities] == ["SHIP"]


def test_the_forms_that_help_names_are_those_there_are(run):
    from kcjax.corpus import convert

    assert set(corpus_commands.FORMS) == set(convert.FORMS)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("--form=pile-ner", "--schema=o.jsonl"), "o.jsonl: both --output and --schema"),
        (("--form=pile-ner", "--schema=o.txt"), "o.txt: the name of a schema file ends in .py or .json"),
        (("--form=knowcoder-phase1", "--schema=o.py"), "--schema has no effect on knowcoder-phase1; leave it out"),
        (("--form=instructie",), "train.jsonl:1: relation and entity are missing; is this a file of another form?"),
        (("--form=knowcoder-phase1",), "train.jsonl:1: neither classes nor objects; is this a file of another form?"),
    ],
)
def test_what_cannot_be_converted_is_said_and_leaves_nothing(run, base, argv, message):
    assert message in refused(run, "convert", f"--input={TRAIN}", "--output=o.jsonl", *argv)
    assert not list(base.iterdir())


def test_a_file_that_gives_nothing_is_refused(run, base):
    Path("empty.jsonl").touch()
    assert "empty.jsonl: gave no documents" in refused(
        run, "convert", "--form=pile-ner", "--input=empty.jsonl", "--output=o.jsonl"
    )
    assert not Path("o.jsonl").exists()


def test_select_refuses_a_split_given_twice(run, base):
    assert "give the split once" in refused(run, "select", "--dataset=harbour:test", "--split=test", "--output=o.jsonl")


def test_select_takes_a_data_set_with_its_split(run, base):
    assert result(run, "select", "--dataset=harbour:test", "--output=o.jsonl")["documents"] == 40


def test_datasets_are_listed_with_what_is_here(run, tmp_path, monkeypatch):
    monkeypatch.delenv("KCJAX_DATA", raising=False)
    (tmp_path / "wnut17.dev.jsonl.gz").write_bytes(b"")
    (tmp_path / "ace05").mkdir()  # empty
    (tmp_path / "fabner").mkdir()
    (tmp_path / "fabner/S4-test.txt").write_text("")
    code, out, _ = run("datasets", f"--data-dir={tmp_path}", "--json")
    found = {row["name"]: row for row in json.loads(out)["datasets"]}
    assert code == 0 and len(found) == 40
    assert found["wnut17"]["here"] == ["dev"] and found["harbour"]["here"] == found["harbour"]["splits"]
    assert found["ace05"]["here"] == found["ace04"]["here"] == [] and found["fabner"]["here"] == ["test"]
    assert "LDC" in found["ace05"]["licence"] and all(
        row["releases"] for row in found.values() if row["name"] != "harbour"
    )
