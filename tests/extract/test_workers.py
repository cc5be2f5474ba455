"""Real jobs with a tiny random model: several processes, and processes that are killed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kcjax.errors import InputError, WorkError
from kcjax.extract.job import Job
from kcjax.extract.workers import run
from kcjax.files import read_jsonl, write_jsonl

SCHEMA = "class Ship(Entity):\n\tpass\n\nclass Port(Entity):\n\tpass\n"
NAMES = [
    "Orion",
    "Vega",
    "Lyra",
    "Bergen",
    "Riga",
    "Oslo",
    "Ines",
    "Duarte",
    "sails",
    "from",
    "to",
    "and",
    "the",
    "old",
]


@pytest.fixture
def here(tmp_path, monkeypatch, tiny_model_dir):
    monkeypatch.chdir(tmp_path)
    Path("schema.py").write_text(SCHEMA)
    os.symlink(tiny_model_dir, "model")
    return tmp_path


def write_corpus(count: int) -> None:
    chance = random.Random(0)
    write_jsonl("in.jsonl", ({"text": " ".join(chance.choices(NAMES, k=chance.randint(2, 9)))} for _ in range(count)))


def job(output: str, **changes) -> Job:
    settings = {"max_new_tokens": 48, "batch_size": 32, "comments": False, "part_rows": 64} | changes
    return Job(("in.jsonl",), output, "model", "schema.py", **settings)


def test_workers_make_what_one_process_makes(here):
    write_corpus(150)
    alone = run(job("alone.jsonl"))
    together = run(job("together.jsonl"), workers=2)
    assert together == alone | {"output": "together.jsonl"}
    assert Path("together.jsonl").read_bytes() == Path("alone.jsonl").read_bytes()
    rows = [row for _, row in read_jsonl("alone.jsonl")]
    assert len(rows) == 150 and {row["status"] for row in rows} == {"ok"} and alone["tokens"] > 0


def test_a_worker_that_fails_is_told(here, capfd):
    write_corpus(150)
    with pytest.raises(WorkError, match="a worker ended with exit code 2"):
        run(job("out.jsonl", tasks=("re",)), workers=2)
    assert "there is no type to ask for in task re" in capfd.readouterr().err
    with pytest.raises(InputError, match="task re"):
        run(job("out.jsonl", tasks=("re",)))
    assert not list(Path().glob("out*"))


def test_workers_do_not_share_devices_that_a_model_is_spread_over(here):
    with pytest.raises(InputError, match="tensor=2 spreads the model over the devices that 2 workers would share"):
        run(job("out.jsonl", tensor=2), workers=2)


def start(output: str, *, workers: int = 1) -> subprocess.Popen:
    arguments = "--model=model --schema=schema.py --input=in.jsonl --max-new-tokens=48 --without-comments"
    command = [sys.executable, "-m", "kcjax.cli", "extract", *arguments.split()]
    command += [f"--output={output}", "--part-rows=64", f"--workers={workers}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)


def test_a_signal_stops_it_and_says_that_it_goes_on(here):
    write_corpus(3000)
    process = start("out")
    while not list(Path("out").glob("done/*")):
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate()
    assert process.returncode == 75 and b"the same command goes on" in err


@pytest.mark.slow
def test_killed_at_20_random_moments_it_is_the_same_as_undisturbed(here):
    """SIGKILL, now and then to two workers and whoever started them, while anything from one part on is done."""
    write_corpus(5000)
    run(job("undisturbed.jsonl"))
    chance = random.Random(0)
    for kill in range(20):
        process = start("out.jsonl", workers=1 + kill % 2)
        done = lambda: len(list(Path("out.jsonl.parts").glob("done/*")))
        before = done()
        while kill % 5 and process.poll() is None and done() < before + 1:  # at every fifth, before anything is
            time.sleep(0.05)
        time.sleep(chance.uniform(0.0, 1.5))
        assert process.poll() is None, process.stderr.read()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert 0 < done() < 79
    process = start("out.jsonl")
    _, err = process.communicate()
    assert process.returncode == 0, err
    assert Path("out.jsonl").read_bytes() == Path("undisturbed.jsonl").read_bytes()
    assert sorted(path.name for path in Path().glob("out*")) == ["out.jsonl", "out.jsonl.manifest.json"]
