import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("apache_beam")

from kcjax import cli
from kcjax.corpus.records import Records
from pipelines import following_corpus, understanding_corpus
from pipelines.following_corpus import main

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "kcjax" / "corpus" / "datasets" / "harbour"
SCHEMA, TRAIN = SAMPLE / "schema.py", SAMPLE / "train.jsonl"
PROCESSES = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")


@pytest.fixture
def arguments(tiny_model_dir, tmp_path):
    def arguments(name, *extra, inputs=(TRAIN,)):
        fixed = (f"--schema={SCHEMA}", f"--model={tiny_model_dir}", f"--output={tmp_path / name}", "--json")
        return [*fixed, *(f"--input={path}" for path in inputs), "--length=1024", *extra]

    return arguments


def parts(tmp_path, pieces):
    """The training documents in several files, and what names them all."""
    lines = TRAIN.read_bytes().splitlines(keepends=True)
    for n in range(pieces):
        (tmp_path / f"part-{n}.jsonl").write_bytes(b"".join(lines[n::pieces]))
    return [tmp_path / "part-*.jsonl"]


def ids(directory):
    records = Records(directory)
    return sorted(id for n in range(len(records)) for id in records[n].ids)


def files(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (following_corpus, ("--empty-share=0.5",)),
        (following_corpus, ("--share-prefixes", "--empty-share=0.5")),
        (following_corpus, ("--cap=50", "--examples-per-type=3", "--hard-negatives=0.5", "--masked-names=0.5")),
        (understanding_corpus, ("--balance=definition=0.3,ner=0.4,re=0.2,eae=0.1",)),
    ],
)
def test_one_shard_is_what_corpus_build_makes_to_the_byte(arguments, tmp_path, capsys, module, options):
    phase = module.__name__.removeprefix("pipelines.").removesuffix("_corpus")
    assert cli.main(["corpus", "build", f"--phase={phase}", *arguments("alone", *options)]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert module.main(arguments("beam", *options)) == 0
    assert json.loads(capsys.readouterr().out) == alone and alone[phase]["dropped"]
    assert files(tmp_path / "beam") == files(tmp_path / "alone")


def test_neither_the_files_nor_the_workers_change_the_shards(arguments, tmp_path):
    assert main(arguments("whole", "--shards=4")) == 0
    assert main(arguments("parts", "--shards=4", *PROCESSES, inputs=parts(tmp_path, 3))) == 0
    whole, apart = files(tmp_path / "whole"), files(tmp_path / "parts")
    infos = [json.loads(found.pop("metadata.json")) for found in (whole, apart)]
    assert whole == apart and list(sorted(whole))[-1] == "kcjax_following-train.array_record-00003-of-00004"
    assert [len(info.pop("sources")) for info in infos] == [2, 4]
    assert [len(info["recipe"].pop("sources")[0]["paths"]) for info in infos] == [1, 3] and infos[0] == infos[1]


def test_shards_hold_every_example_once_and_are_read_as_one(arguments, tmp_path):
    for name, shards in {"one": 1, "five": 5}.items():
        assert main(arguments(name, f"--shards={shards}")) == 0
    assert ids(tmp_path / "one") == ids(tmp_path / "five")
    next(iter(tmp_path.glob("five/*array_record-00002-*"))).unlink()
    with pytest.raises(cli.InputError, match="cannot be read .*; build it anew"):
        Records(tmp_path / "five")


@pytest.mark.parametrize("workers", [(), PROCESSES])
def test_bad_input_is_one_line_and_leaves_nothing(arguments, tmp_path, capfd, workers):
    broken, foreign = tmp_path / "broken.jsonl", tmp_path / "foreign.jsonl"
    broken.write_bytes(TRAIN.read_bytes()[:-20])
    row = {"id": "o", "text": "Orion", "entities": [{"type": "BOAT", "start": 0, "end": 5, "text": "Orion"}]}
    foreign.write_text(json.dumps(row))
    for path, message in {
        broken: f"kcjax: {broken}:120: not valid JSON: ",
        foreign: f"kcjax: {foreign}: none of its annotations has a type of the schema",
        tmp_path / "absent.jsonl": f"kcjax: {tmp_path / 'absent.jsonl'}: no such file",
    }.items():
        assert main(arguments("out", *workers, inputs=(path,) if path == foreign else (TRAIN, path))) == 2
        last = capfd.readouterr().err.splitlines()[-1]
        assert last.startswith(message) and "while running" not in last
        assert not (tmp_path / "out").exists()


def test_a_misspelt_option_is_refused(arguments, tmp_path, capsys):
    assert main(arguments("out", "--lenth=3")) == 2
    assert capsys.readouterr().err == "kcjax: --lenth: neither this command nor Beam has such an option; see --help\n"
    assert not (tmp_path / "out").exists()
    assert main(arguments("out", inputs=())) == 2
    assert "give --input=FILE.jsonl or --dataset=NAME" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("-m", "kcjax.cli", "corpus", "build", "--phase=following"), marks=pytest.mark.slow),
        ("-m", "pipelines.following_corpus"),
    ],
)
def test_a_killed_run_leaves_no_corpus_and_a_second_one_finishes_it(arguments, tmp_path, command):
    """Killed where it has begun to write: the folder beside the output is there."""
    argv = [sys.executable, *command, *arguments("out", "--weight=harbour=30", "--dataset=harbour", inputs=())]
    argv = [arg for arg in argv if not arg.startswith("--schema=")]
    run = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while run.poll() is None and not list(tmp_path.glob(".out.*.partial")):
        time.sleep(0.01)
    run.kill()
    assert run.wait() == -signal.SIGKILL
    with pytest.raises(cli.InputError, match=r"no metadata\.json here"):
        Records(tmp_path / "out")
    assert subprocess.run(argv, cwd=ROOT, stdout=subprocess.DEVNULL).returncode == 0
    assert len(Records(tmp_path / "out")) > 100


def test_bad_rows_of_all_files_count_together(arguments, tmp_path, tiny_model_dir):
    good = {"id": "a", "task": "ner", "types": [], "parts": [["x = 1", True]]}
    for name in "ab":
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(good | {"id": name}) + "\n{\n")
    rendered = [f"--rendered={tmp_path / name}.jsonl" for name in "ab"]
    argv = [*rendered, f"--model={tiny_model_dir}", "--length=64"]
    for problems, code in ((1, 2), (2, 0)):
        places = [f"--output={tmp_path / kind}-{problems}" for kind in ("alone", "beam")]
        options = [*argv, f"--max-problems={problems}"]
        assert cli.main(["corpus", "build", "--phase=understanding", places[0], *options]) == code
        assert understanding_corpus.main([places[1], *options]) == code
