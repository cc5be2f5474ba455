"""Small corpora in the tiny tokenizer, and a way to train on them."""

from pathlib import Path

import pytest

from kcjax.corpus.build import build_corpus
from kcjax.corpus.following import FollowingOptions
from kcjax.train.config import load_config

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "kcjax" / "corpus" / "datasets" / "harbour"
LENGTH = {"understanding": 512, "following": 1024}


@pytest.fixture(scope="session")
def corpora(tiny_model_dir, tmp_path_factory) -> dict[str, Path]:
    """A dataset for each phase; records of the lengths above."""
    pytest.importorskip("tensorflow")
    directory = tmp_path_factory.mktemp("corpora")
    for phase, length in LENGTH.items():
        build_corpus(
            phase,
            SAMPLE / "schema.py",
            [SAMPLE / "train.jsonl"],
            tiny_model_dir,
            directory / phase,
            length=length,
            options=FollowingOptions(tasks=("ner",), negatives_per_positive=0, comments=0.0),
        )
    return {phase: directory / phase for phase in LENGTH}


@pytest.fixture(scope="session")
def overrides(tiny_model_dir, corpora):
    """Command-line overrides for a run of a phase that takes seconds."""

    def overrides(phase: str, /, **fields) -> list[str]:
        given = {"init_from": tiny_model_dir, "data": corpora[phase], "sequence_length": LENGTH[phase]} | fields
        return [f"--config.{name}={value}" for name, value in given.items()]

    return overrides


@pytest.fixture(scope="session")
def configured(overrides):
    """`configured(phase, **fields)`: the tiny config of a phase."""

    def configured(phase: str, /, **fields):
        return load_config(str(ROOT / "configs" / f"{phase}_tiny.py"), overrides(phase, **fields))

    return configured


@pytest.fixture(scope="session")
def finished(configured, tmp_path_factory) -> dict[str, Path]:
    """Workdirs of undisturbed runs: phase 1, full-parameter, and phase 2, LoRA, on top of it."""
    from kcjax.train.loop import train

    directory = tmp_path_factory.mktemp("finished")
    train(configured("understanding"), directory / "understanding")
    train(configured("following", init_from=directory / "understanding"), directory / "following")
    return {phase: directory / phase for phase in LENGTH}
