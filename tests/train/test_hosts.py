"""Whole runs on two processes of four devices each, as on two hosts of a slice."""

import os
import random
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from kcjax import cli
from kcjax.files import read_json
from kcjax.train.loop import train
from kcjax.train.metrics import read_metrics
from kcjax.train.run import load_run
from tests.train.test_loop import STEPS, argv_of, build, config_of, until_steps

ROOT = Path(__file__).resolve().parents[2]
PHASES = ("understanding", "following")


class Hosts:
    """Two processes that train together."""

    def __init__(self, *argvs: list[str], output: Path):
        """One command of both, or one of each."""
        with socket.socket() as probe:
            probe.bind(("localhost", 0))
            address = f"localhost:{probe.getsockname()[1]}"
        output.mkdir(exist_ok=True, parents=True)
        self.logs = [output / f"host{number}.log" for number in range(2)]
        self.processes = []
        for number, log in enumerate(self.logs):
            environment = os.environ | {
                "JAX_COORDINATOR_ADDRESS": address,
                "JAX_NUM_PROCESSES": "2",
                "JAX_PROCESS_ID": str(number),
                "JAX_PLATFORMS": "cpu",
                "XLA_FLAGS": "--xla_force_host_platform_device_count=4",
            }
            with open(log, "w") as out:
                command = [sys.executable, "-m", "kcjax.cli", *argvs[number % len(argvs)]]
                self.processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out))

    def wait(self, timeout: float = 300) -> list[int]:
        try:
            return [process.wait(timeout) for process in self.processes]
        finally:
            self.kill()

    def kill(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()

    @property
    def told(self) -> str:
        return "\n".join(log.read_text() for log in self.logs)


@pytest.fixture(scope="module")
def inputs(tiny_model_dir, tmp_path_factory) -> dict[str, tuple[Path, Path]]:
    """Data and weights of both phases; phase 2 goes on from an undisturbed phase 1 on one process."""
    directory = tmp_path_factory.mktemp("hosts")
    data = {phase: build(phase, tiny_model_dir, directory / f"{phase}-data") for phase in PHASES}
    train(config_of("understanding", data["understanding"], tiny_model_dir), directory / "understanding")
    train(config_of("following", data["following"], directory / "understanding"), directory / "following")
    return {
        "understanding": (data["understanding"], tiny_model_dir),
        "following": (data["following"], directory / "understanding"),
        "alone": (directory / "understanding", directory / "following"),
    }


def losses(workdir: Path) -> np.ndarray:
    rows = {row["step"]: row["loss"] for row in read_metrics(workdir) if "loss" in row}
    assert list(rows) == list(range(1, STEPS + 1))
    return np.array(list(rows.values()))


@pytest.mark.parametrize("phase", [pytest.param("understanding", marks=pytest.mark.slow), "following"])
def test_two_hosts_train_as_one_does_also_if_one_of_them_is_killed(phase, inputs, tmp_path):
    """With dropout in phase 2, whose masks do not depend on where a row lies."""
    workdir, alone = tmp_path / "run", inputs["alone"][PHASES.index(phase)]
    sample = Path(cli.__file__).parent / "corpus" / "datasets" / "harbour"
    argv = [*argv_of(phase, workdir, *inputs[phase]), "--config.checkpoint_every=1", "--config.evaluate.every=6"]
    argv += [
        f"--config.evaluate.documents={sample / 'heldout.jsonl'}",
        f"--config.evaluate.schema={sample / 'schema.py'}",
    ]
    argv += ["--config.evaluate.count=2", "--config.evaluate.max_new_tokens=4"]
    hosts = Hosts(argv, output=tmp_path)
    until_steps(workdir, random.Random(phase).randrange(2, STEPS - 1), hosts.processes[0])
    hosts.processes[1].send_signal(signal.SIGKILL)
    hosts.kill()
    assert not (workdir / "DONE").exists(), hosts.told
    hosts = Hosts(argv, output=tmp_path)
    assert hosts.wait() == [0, 0], hosts.told
    assert f"resuming {workdir} at step " in hosts.told
    np.testing.assert_allclose(losses(workdir), losses(alone), rtol=1e-4)
    assert "evaluate/ner_f1" in read_json(workdir / "DONE")
    assert read_json(workdir / "DONE")["tokens"] == read_json(alone / "DONE")["tokens"]
    for one, other in zip(trained(workdir), trained(alone), strict=True):  # what two hosts saved, one can read
        np.testing.assert_allclose(one, other, atol=1e-4)


def trained(workdir: Path) -> list[np.ndarray]:
    model = load_run(workdir)
    return [np.asarray(a) for a in (model.embedding[...], model.blocks.q.kernel[...], model.blocks.down.kernel[...])]


def test_a_notice_to_one_host_stops_both_at_the_same_step_and_they_go_on_elsewhere(inputs, tmp_path):
    """On one process of eight devices then: another number of hosts."""
    workdir = tmp_path / "run"
    argv = argv_of("understanding", workdir, *inputs["understanding"])
    hosts = Hosts(argv, output=tmp_path)
    until_steps(workdir, 1, hosts.processes[0])
    hosts.processes[1].send_signal(signal.SIGTERM)
    codes = hosts.wait()
    if codes == [0, 0]:
        pytest.skip("the run was over before the notice came")
    assert codes == [75, 75], hosts.told
    assert hosts.told.count(f"kcjax: {workdir}: saved at step ") == 2
    train(config_of("understanding", *inputs["understanding"]), workdir)
    np.testing.assert_allclose(losses(workdir), losses(inputs["alone"][0]), rtol=1e-4)


@pytest.mark.parametrize(
    ("differs", "told"),
    [
        ("seed", "kcjax: seed is not the same on all hosts; give all of them the same command, data and model"),
        ("workdir", "kcjax: {}: not all hosts see it; give a directory that they share, or one in a bucket"),
    ],
)
def test_hosts_that_do_not_do_the_same_stop_and_say_in_what_they_differ(differs, told, inputs, tmp_path):
    workdirs = [tmp_path / "run", tmp_path / ("other" if differs == "workdir" else "run")]
    argvs = [argv_of("understanding", workdir, *inputs["understanding"]) for workdir in workdirs]
    if differs == "seed":
        argvs[1].append("--config.seed=7")
    hosts = Hosts(*argvs, output=tmp_path)
    assert hosts.wait() == [2, 2], hosts.told
    for workdir, log in zip(workdirs, hosts.logs, strict=True):
        assert told.format(workdir) in log.read_text()


def test_one_of_the_variables_alone_is_named(inputs, tmp_path):
    command = [sys.executable, "-m", "kcjax.cli", *argv_of("understanding", tmp_path / "run", *inputs["understanding"])]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"JAX_NUM_PROCESSES": "2"}, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("kcjax: JAX_NUM_PROCESSES is set and JAX_COORDINATOR_ADDRESS is not; set ")
