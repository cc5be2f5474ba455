"""`kcjax VERB` as a user meets it: help, exit codes, JSON, and one clear line for every mistake."""

import argparse
import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kcjax import cli
from kcjax.corpus.document import read_documents
from kcjax.files import read_json, read_jsonl, write_json, write_jsonl

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "kcjax" / "corpus" / "datasets" / "harbour"
LIBRARY_VERBS = ("build", "stats", "show", "search", "subset", "export", "audit")
VERBS = ("import", "corpus build", "corpus select", "train", "plan", "export", "verify", "extract", "evaluate")
SCHEMA, TRAIN = SAMPLE / "schema.py", SAMPLE / "train.jsonl"


@pytest.fixture
def base(tmp_path, monkeypatch, tiny_model_dir) -> Path:
    """A directory with a model, a schema and documents; commands run in it."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_model_dir, "model")
    shutil.copy(SCHEMA, "schema.py")
    write_jsonl("docs.jsonl", [row for _, row in read_jsonl(TRAIN)][:12])
    return tmp_path


@pytest.fixture
def run(capsys):
    """`run("extract", ...)`: exit code, stdout and stderr as lines."""

    def run(*argv: str) -> tuple[int, list[str], list[str]]:
        try:
            code = cli.main(argv)
        except SystemExit as error:  # argparse leaves this way
            code = int(error.code or 0)
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err.splitlines()

    return run


def command(verb: str, **changes) -> list[str]:
    """A command that works in `base`, but for the changes."""
    words, options = [verb], {}
    if verb == "corpus build":
        options = {"phase": "following", "schema": "schema.py", "input": "docs.jsonl", "model": "model"}
        options |= {"output": "out", "tasks": "ner", "length": "1024"}
        if changes.get("phase", "following") == "following":
            options["comments"] = "0"
    elif verb == "corpus select":
        options = {"input": "docs.jsonl", "output": "out", "n": "3"}
    elif verb == "extract":
        options = {"model": "model", "schema": "schema.py", "input": "docs.jsonl", "output": "out.jsonl"}
        options |= {"tasks": "ner", "max-new-tokens": "16", "batch-size": "4", "without-comments": None}
    elif verb == "evaluate":
        options = {"gold": "docs.jsonl", "predictions": "docs.jsonl"}
    elif verb == "verify":
        words, options = ["verify", "model"], {"against": "model"}
    elif verb == "import":
        words = ["import", "model", "out"]
    elif verb == "export":
        words = ["export", "run", "out"]
    elif verb == "train":
        options = {"config": str(ROOT / "configs" / "following_tiny.py"), "workdir": "out"}
        options |= {"config.data": "data", "config.init_from": "model"}
    dashed = {name if "." in name else name.replace("_", "-"): value for name, value in changes.items()}
    options |= {name: value for name, value in dashed.items() if name != "words"}
    words = changes.get("words", words)
    flags = [f"--{name}" if value is None else f"--{name}={value}" for name, value in options.items()]
    return [*" ".join(words).split(), *flags]


def refused(run, argv: list[str], *parts: str, code: int = 2) -> None:
    """One line on stderr that begins with `kcjax: ` and has all of `parts`; no result, no output."""
    found, out, err = run(*argv)
    own = [line for line in err if line.startswith("kcjax: ")]
    assert found == code, err
    assert not any("Traceback" in line for line in err) and out == []
    assert len(own) == 1 and err[-1] == own[0]
    for part in parts:
        assert part in own[0]
    assert not list(Path().glob("out*"))
    assert not list(Path().glob("**/*.partial"))


def test_a_result_is_told_in_lines_and_as_json(capsys):
    rows = [{"kind": "all-gather", "axes": ("fsdp", "tensor"), "bytes": 1.5e9}, {"kind": "all-reduce", "axes": ()}]
    result = {"steps": 3, "mfu": 0.123456, "mesh": {"fsdp": 4}, "sent": rows, "names": ["a", "b"], "left": {}}
    assert cli.run(lambda args: result, argparse.Namespace(json=False)) == 0
    assert capsys.readouterr().out.splitlines() == [
        "steps: 3",
        "mfu: 0.1235",
        "mesh:",
        "  fsdp: 4",
        "sent:",
        "  kind all-gather, axes fsdp tensor, bytes 1.5e+09",
        "  kind all-reduce, axes none",
        "names: a b",
        "left: none",
    ]
    assert cli.run(lambda args: result, argparse.Namespace(json=True)) == 0
    assert json.loads(capsys.readouterr().out)["sent"][0]["axes"] == ["fsdp", "tensor"]


@pytest.mark.parametrize("verb", ["", "corpus", "library", *VERBS, *(f"library {verb}" for verb in LIBRARY_VERBS)])
def test_every_verb_explains_itself(verb, run):
    code, out, err = run(*verb.split(), "--help")
    assert (code, err) == (0, []) and out[0].startswith(f"usage: kcjax {verb}".rstrip())


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        ([], "VERB"),
        (["frobnicate"], "frobnicate"),
        (["extract"], "--model"),
        (["extract", "--no-such=1"], "--model"),
        (command("evaluate", no_such=1), "--no-such=1"),
        (command("evaluate", **{"config.x": 1}), "--config.x=1"),
        (command("evaluate", tasks="ner,pos"), "unknown task 'pos'; known: ner, re, ed, eae"),
        (command("corpus select", n=0), "--n: must be a number from 1 on, found '0'"),
        (command("corpus build", length=-5), "--length"),
        (command("extract", batch_size="many"), "--batch-size"),
        (command("train", words=["train", "stray"]), "stray"),
        (command("export", format="onnx"), "--format"),
    ],
    ids=str,
)
def test_wrong_usage_is_one_line(run, base, argv, part):
    refused(run, argv, part)


@pytest.mark.parametrize("verb", ["corpus build", "corpus select", "import", "verify", "evaluate", "extract"])
def test_json_is_one_object_on_the_last_line_and_nothing_else(verb, run, base):
    code, out, err = run(*command(verb), "--json")
    assert code == 0, err
    assert len(out) == 1 and isinstance(json.loads(out[0]), dict)
    if Path("out").is_file():
        assert out[0].count('"output": "out"') == 1
    shutil.rmtree("out") if Path("out").is_dir() else Path("out").unlink(missing_ok=True)
    for made in Path().glob("out.jsonl*"):
        made.unlink()
    code, out, _ = run(*command(verb))
    assert code == 0 and out and not out[-1].startswith("{")


MISSING = [
    ("import", {"words": ["import", "no.such", "out"]}),
    ("import", {"words": ["import", "no.such.gguf", "out"]}),
    ("corpus build", {"schema": "no.such"}),
    ("corpus build", {"input": "no.such"}),
    ("corpus build", {"input": "no.such", "phase": "understanding"}),
    ("corpus build", {"model": "no.such"}),
    ("corpus select", {"input": "no.such"}),
    ("corpus select", {"labels": "no.such"}),
    ("train", {"config": "no.such"}),
    ("train", {"config.data": "no.such"}),
    ("train", {"config.init_from": "no.such"}),
    ("export", {"words": ["export", "no.such", "out"]}),
    ("verify", {"words": ["verify", "no.such"]}),
    ("verify", {"against": "no.such"}),
    ("extract", {"model": "no.such"}),
    ("extract", {"adapter": "no.such"}),
    ("extract", {"schema": "no.such"}),
    ("extract", {"input": "no.such"}),
    ("evaluate", {"gold": "no.such"}),
    ("evaluate", {"predictions": "no.such"}),
]


@pytest.mark.parametrize(("verb", "changes"), MISSING, ids=str)
def test_what_is_not_there_is_named(run, base, verb, changes):
    if verb == "train" and "config" not in changes:
        pytest.importorskip("tensorflow")
        if "config.init_from" in changes:
            assert run(*command("corpus build", output="data"))[0] == 0
    refused(run, command(verb, **changes), "no.such")


BAD_FILES = {
    "schema.py": [
        ("class Ship(Entity:\n", "schema.py:1: not valid Python"),
        ("", "schema.py"),
        ("import os\nos.system('true')\n", "schema.py:2"),
        ("class Ship(Entity):\n\tpass\n\nclass Ship(Entity):\n\tpass\n", "Ship"),
        (b"class Sh\xffp(Entity):\n\tpass\n", "not UTF-8"),
    ],
    "docs.jsonl": [
        ("", "docs.jsonl: no documents"),
        ('{"id": "a", "text": "x"}\n{"id": "a"', "docs.jsonl:2: not valid JSON"),
        ('["a"]\n', "docs.jsonl:1: expected a JSON object"),
        ('{"id": "a"}\n', "docs.jsonl:1: text is missing"),
        ('{"id": [1], "text": "x"}\n', "docs.jsonl:1: id"),
        ('{"id": "a", "text": "x"}\n{"id": "a", "text": "y"}\n', "docs.jsonl:2"),
        ('{"text": "ab", "entities": [{"type": "Ship", "start": 0, "end": 9, "text": "ab"}]}\n', "entities[0]"),
        (b'{"text": "a\xff"}\n', "docs.jsonl:1"),
    ],
}


@pytest.mark.parametrize("verb", ["corpus build", "extract"])
@pytest.mark.parametrize(
    ("name", "content", "part"), [(n, *case) for n, cases in BAD_FILES.items() for case in cases], ids=str
)
def test_a_broken_schema_or_document_is_named_with_its_line(run, base, verb, name, content, part):
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    if verb == "extract" and name == "docs.jsonl":  # a row of a corpus costs itself alone
        if not content:
            return refused(run, command(verb), "docs.jsonl: no rows")
        if content == '{"id": "a"}\n':
            return refused(run, command(verb), "docs.jsonl: no column 'text', but id")
        assert run(*command(verb))[0] == 0
        rows = [row for _, row in read_jsonl("out.jsonl")]
        assert len(rows) == len(Path(name).read_bytes().splitlines())
        assert all(row["status"] in ("ok", "truncated") or row["message"].startswith("docs.jsonl:") for row in rows)
    else:
        refused(run, command(verb), name, part)


@pytest.mark.parametrize("cut", [20, -6])
def test_a_damaged_gzip_file_is_named(run, base, cut):
    data = bytearray(gzip.compress(Path("docs.jsonl").read_bytes()))
    Path("docs.jsonl.gz").write_bytes(data[:cut])
    refused(run, command("extract", input="docs.jsonl.gz"), "docs.jsonl.gz", "damaged or cut short")
    data[60:70] = b"\xff" * 10
    Path("docs.jsonl.gz").write_bytes(data)
    refused(run, command("corpus build", input="docs.jsonl.gz"), "docs.jsonl.gz")
    Path("schema.py.gz").write_bytes(gzip.compress(Path("schema.py").read_bytes())[:-cut])
    refused(run, command("extract", schema="schema.py.gz"), "schema.py.gz", "damaged or cut short")


def relabel(**names: str) -> None:
    rows = [row for _, row in read_jsonl("docs.jsonl")]
    for row in rows:
        for entity in row["entities"]:
            entity["type"] = names.get(entity["type"], names.get("other", entity["type"]))
    write_jsonl("docs.jsonl", rows)


@pytest.mark.parametrize("phase", ["understanding", "following"])
def test_annotations_of_no_type_of_the_schema_are_refused(run, base, phase):
    relabel(other="PER")
    refused(run, command("corpus build", phase=phase), "docs.jsonl: none of its annotations", "'PER'", "--labels")


@pytest.mark.parametrize("phase", ["understanding", "following"])
def test_some_annotations_of_no_type_of_the_schema_are_counted_and_said(run, base, phase, caplog):
    relabel(Ship="BOAT")
    boats = sum(entity.type == "BOAT" for document in read_documents("docs.jsonl") for entity in document.entities)
    code, out, _ = run(*command("corpus build", phase=phase), "--json")
    reason = "ner: object of type BOAT, which the schema does not have"
    assert code == 0 and boats > 1
    assert json.loads(out[0])[phase]["dropped"][reason] == boats == read_json("out/metadata.json")["dropped"][reason]
    assert f"left out: {boats} times {reason}" in caplog.text


def test_documents_without_annotations_make_no_corpus(run, base):
    write_jsonl("docs.jsonl", [{"text": "Nothing here."}, {"text": "Nor here."}])
    for phase in ("following", "understanding"):
        refused(run, command("corpus build", phase=phase), "docs.jsonl: no annotations for ner")
    argv = [argument for argument in command("corpus build") if not argument.startswith("--input")]
    refused(run, argv, "--input")


def test_a_corpus_whose_examples_are_all_too_long_says_so(run, base):
    refused(run, command("corpus build", length=16), "nothing in them to learn", "ner: longer than 16 tokens")


def test_a_label_that_the_table_lacks_is_named(run, base):
    write_json(Path("labels.json"), {"entities": {"Ship": "Boat"}})
    refused(run, command("corpus select", labels="labels.json"), "is not in the table entities")
    refused(run, command("corpus select", n=13), "asked for 13 documents, there are 12")


def test_documents_are_selected_from_a_dataset_by_share_or_by_type(run, base):
    select = ("corpus", "select", "--dataset=harbour")
    assert run(*select, "--output=all", "--split=test")[0] == 0
    assert run(*select, "--output=tenth", "--share=0.1")[0] == 0
    assert run(*select, "--output=few", "--shots=2", "--task=ed")[0] == 0
    everything, tenth, few = (list(read_documents(name)) for name in ("all", "tenth", "few"))
    assert len(everything) == 40 and len(tenth) == 12
    assert all(
        sum(any(e.type == name for e in d.events) for d in few) >= 2 for name in ("Voyage", "Repair", "Accident")
    )


@pytest.mark.parametrize(
    ("flags", "part"),
    [
        ("--dataset=harbor", "near it: harbour"),
        ("--dataset=harbour --split=dev", "it has train, test"),
        ("--dataset=wnut17 --data-dir=no.such", "no.such/wnut17.train.jsonl.gz: no such file"),
        ("--dataset=harbour --input=docs.jsonl", "not allowed with argument"),
        ("--dataset=harbour --labels=labels.json", "--labels goes with --input"),
        ("--input=docs.jsonl --split=train", "--split goes with --dataset alone"),
        ("--input=docs.jsonl --shots=2", "--shots goes with --task alone"),
        ("--input=docs.jsonl --task=ner", "--task goes with --shots alone"),
        ("--input=docs.jsonl --n=2 --share=0.5", "not allowed with argument"),
        ("--input=docs.jsonl --share=0", "above 0 and at most 1"),
        ("", "--input --dataset is required"),
    ],
)
def test_select_refuses_what_does_not_go_together(run, base, flags, part):
    refused(run, ["corpus", "select", "--output=out", *flags.split()], part)


@pytest.mark.parametrize("verb", ["corpus build", "corpus select", "import", "extract"])
def test_output_that_exists_is_left_as_it_is(run, base, verb):
    Path("mine").mkdir()
    Path("mine/file").write_text("precious")
    for output in ("mine", "mine/file"):
        argv = command(verb, words=["import", "model", output]) if verb == "import" else command(verb, output=output)
        refused(run, argv, f"{output}: exists already; remove it or choose another output")
    assert Path("mine/file").read_text() == "precious" and len(list(Path("mine").iterdir())) == 1


def test_output_where_nothing_can_be_written_is_named(run, base):
    refused(run, command("extract", output="schema.py/out"), "schema.py", code=1)
    refused(run, command("import", words=["import", "model", "schema.py/out"]), "schema.py", code=1)


@pytest.mark.parametrize("verb", ["import", "extract", "verify"])
def test_a_tokenizer_with_more_tokens_than_the_embedding_has_rows_is_named(run, base, verb):
    for name in ("tokenizer.json", "kcjax.json"):
        content = json.loads(Path("model", name).read_text())
        if name == "tokenizer.json":
            content["added_tokens"].append({"id": 360, "content": "<new>", "special": True, "normalized": False})
            content["added_tokens"][-1] |= {"single_word": False, "lstrip": False, "rstrip": False}
            Path("model", name).write_text(json.dumps(content))
        else:
            Path("model", name).unlink()
    refused(run, command(verb), "model: the tokenizer has 361 tokens", "360 rows")


def test_another_tokenizer_than_the_models_is_named(run, base):
    with open("model/tokenizer.json", "a") as file:
        file.write("\n")
    refused(run, command("extract"), "its tokenizer is not the one the model was made with")


def test_weights_that_are_damaged_or_of_another_shape_are_named(run, base):
    write_json(Path("model/config.json"), read_json("model/config.json") | {"intermediate_size": 96})
    refused(run, command("extract"), "mlp.down_proj.weight has shape [64, 160], the config asks for [64, 96]")
    Path("model/model.safetensors").write_bytes(b"cut")
    refused(run, command("extract"), "model.safetensors: damaged or cut short")
    Path("model/config.json").write_text("{")
    refused(run, command("extract"), "model/config.json: not valid JSON")


def test_a_document_longer_than_the_context_costs_only_itself(run, base):
    write_json(Path("model/config.json"), read_json("model/config.json") | {"max_position_embeddings": 700})
    Path("schema.py").write_text("class Ship(Entity):\n\tpass\n")
    write_jsonl("docs.jsonl", [{"text": "The Orion."}, {"text": "long " * 40_000}, {"text": "The Vega."}])
    code, out, err = run(*command("extract"), "--json")
    assert code == 0, err
    rows = [row for _, row in read_jsonl("out.jsonl")]
    assert [row["id"] for row in rows] == ["1", "2", "3"]
    assert rows[1]["status"] == "too_long" and "stretches, 64 are the most" in rows[1]["message"]
    assert all(row["status"] != "too_long" for row in (rows[0], rows[2]))
    assert json.loads(out[0])["status"]["too_long"] == 1


def test_a_schema_longer_than_the_context_is_refused(run, base):
    write_json(Path("model/config.json"), read_json("model/config.json") | {"max_position_embeddings": 100})
    refused(run, command("extract"), "the prompt for ner of", "use no comments, or fewer new tokens")


def test_a_task_that_the_schema_has_no_types_for_is_refused(run, base):
    Path("schema.py").write_text("class Ship(Entity):\n\tpass\n")
    refused(run, command("extract", tasks="re"), "re")


def test_verify_fails_where_logits_differ(run, base, tiny_model_dir):
    from kcjax.model.huggingface import load_model, save_model
    from kcjax.model.info import read_info

    model = load_model("model")
    model.blocks.q.kernel[...] += 0.1
    save_model(model, "other", tokenizer_dir="model", info=read_info("model"))
    code, out, err = run(*command("verify", against="other"))
    assert code == 1 and err[-1].startswith("kcjax: model is not the same model as other: see weights, logits")
    assert out[0] == "passed: False" and any("check tokenizer, passed True" in line for line in out)


def test_predictions_of_other_documents_are_refused(run, base):
    write_jsonl("predictions.jsonl", [{"id": "another", "text": "x"}])
    refused(
        run, command("evaluate", predictions="predictions.jsonl"), "no row for the gold document 'harbour-train-001'"
    )


@pytest.mark.parametrize(("raised", "code"), [("InputError", 2), ("WorkError", 1), ("Interrupted", 75)])
def test_exit_codes_are_those_of_the_contract(run, monkeypatch, raised, code):
    import kcjax.errors

    def fail(*_, **__):
        raise getattr(kcjax.errors, raised)("of two\nlines")

    monkeypatch.setattr("kcjax.files.read_jsonl", fail)
    monkeypatch.setattr("kcjax.corpus.document.read_jsonl", fail)
    assert run(*command("evaluate")) == (code, [], ["kcjax: of two lines"])


def test_the_installed_command_has_the_exit_code_of_main(tmp_path):
    argv = [sys.executable, "-m", "kcjax.cli", "evaluate", "--gold=no.such", "--predictions=no.such"]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "kcjax: no.such: no such file\n")


def test_a_bucket_is_not_taken_for_a_folder(base, run):
    for argv in (
        command("extract", schema="gs://bucket/schema.py"),
        command("corpus build", schema="gs://bucket/schema.py"),
    ):
        code, out, err = run(*argv)
        assert (code, out) == (2, []) and err[0].startswith("kcjax: gs://bucket/")
    field = "--config.evaluate.schema=gs://bucket/schema.py"
    assert run("train", f"--config={ROOT}/configs/following_tiny.py", "--workdir=w", field)[0] == 2
    assert not list(base.glob("gs:*"))
