"""The benchmarks run and print the figures they promise; how large these are decides nothing here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMON = {"benchmark", "commit", "machine", "config", "ratio_to_transformers"}


def figures(*arguments: str) -> dict:
    command = [sys.executable, "-m", *arguments, "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_decode(tiny_model_dir):
    pytest.importorskip("torch")
    small = ["--sentences=3", "--new-tokens=16", "--rounds=1", "--peer-batch-sizes=2"]
    found = figures("benchmarks.decode", f"--model={tiny_model_dir}", *small)
    assert found.keys() >= COMMON | {"sentences_per_s", "ratio_to_vllm", "same_tokens_unconstrained"}
    assert found["same_tokens_unconstrained"] is True and found["parsed"] == 3


@pytest.mark.slow
def test_grammar(tiny_model_dir):
    found = figures("benchmarks.grammar", f"--model={tiny_model_dir}", "--sentences=4", "--batch-size=4", "--rounds=2")
    assert found.keys() >= {"automaton_ms", "llguidance_ms", "grammar_share_of_step", "step_ms"}


@pytest.mark.slow
def test_train_step(tiny_model_dir):
    pytest.importorskip("torch")
    found = figures("benchmarks.train_step", f"--model={tiny_model_dir}", "--length=1536", "--rows=1", "--steps=1")
    assert found.keys() >= COMMON | {"tokens_per_s", "peer_tokens_per_s", "device"}
    for mode in ("full", "lora"):
        assert found[mode]["first_loss"] == pytest.approx(found[mode]["peer_first_loss"], abs=1e-3)
