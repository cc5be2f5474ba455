import json
from pathlib import Path

import pytest

from kcjax.errors import InputError
from kcjax.train.config import default_config, load_config, lora_config, to_json

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = sorted(path.stem for path in (ROOT / "configs").glob("*_*.py"))
GIVEN = ["--config.data=DATA", "--config.init_from=MODEL"]


def load(name: str, *overrides: str):
    return load_config(str(ROOT / "configs" / f"{name}.py"), [*GIVEN, *overrides])


@pytest.mark.parametrize("name", CONFIGS)
def test_resolved_configs_are_the_golden_ones(name):
    """A change of a default changes every run; see it here. Write anew with `python -m tests.train.test_config`."""
    golden = json.loads((ROOT / "tests" / "golden" / "configs.json").read_text())
    assert to_json(load(name)) == golden[name]


def test_every_field_can_be_overridden_on_the_command_line():
    config = load("following_smollm2_135m", "--config.lora.rank=3", "--config.mesh.data=2", "--config.optimizer.b2=0.9")
    assert (config.lora.rank, config.mesh.data, config.optimizer.b2) == (3, 2, 0.9)
    assert lora_config(config).rank == 3
    assert lora_config(load("following_smollm2_135m", "--config.lora.rank=0")) is None


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("--config.no_such=1", "no_such"),
        ("--config.steps=many", "steps"),
        ("--config.remat=some", "remat='some': must be none, dots, full, save:NAMES"),
        ("--config.phase=third", "config.phase='third'"),
        ("--config.dtype=float16", "config.dtype='float16'"),
        ("--config.optimizer.schedule=linear", "must be one of cosine, constant"),
        ("--config.batch_per_device=0", "config.batch_per_device=0: must be at least 1"),
        ("--config.rows_at_once=-1", "config.rows_at_once=-1: must be 0 or more"),
        ("--config.evaluate.every=-1", "config.evaluate.every=-1"),
        ("--config.remat=save:norm", "remat='save:norm': must be none, dots, full, save:NAMES or offload:NAMES"),
        ("--config.optimizer.name=sgd", "config.optimizer.name='sgd': must be one of adamw, adafactor, lion, muon"),
        ("--config.optimizer.clip_norm=0", "clip_norm=0.0: must be from"),
        ("--config.optimizer.warmup_fraction=2", "warmup_fraction=2.0: must be from 0.0 to 1.0"),
        ("--config.optimizer.learning_rate=-1", "learning_rate=-1.0: must be from"),
        ("--config.data=", "config.data is empty"),
        ("--config.init_from=", "config.init_from is empty"),
        ("stray", "stray"),
    ],
)
def test_a_bad_field_is_named(override, message):
    with pytest.raises(InputError, match=message):
        load("following_smollm2_135m", override)


def test_rows_are_worked_on_in_equal_parts_or_all_at_once():
    with pytest.raises(InputError, match="config.rows_at_once=4 does not divide batch_per_device 6"):
        load("understanding_llama2_7b", "--config.batch_per_device=6")
    assert load("understanding_llama2_7b", "--config.batch_per_device=2").rows_at_once == 4


def test_a_missing_config_is_named():
    with pytest.raises(InputError, match=r"nowhere\.py: no such file"):
        load_config("nowhere.py", [])


def test_a_config_file_that_cannot_be_run_is_named_with_its_line(tmp_path):
    for text, message in {
        "x = 1\ny = (\n": "line 2: SyntaxError",
        "import no_such_module\n": "line 1: ModuleNotFoundError: No module named 'no_such_module'",
        "x = 1\n": r"has no function get_config\(\)",
        "def get_config():\n    return missing\n": "line 2: NameError",
    }.items():
        path = tmp_path / "config.py"
        path.write_text(text)
        with pytest.raises(InputError, match=rf"config\.py: {message}"):
            load_config(str(path), [])


def test_the_paper_s_values_are_the_defaults_of_phase_2():
    config = default_config()
    assert (config.lora.alpha, config.lora.dropout, config.optimizer.learning_rate) == (64.0, 0.1, 3e-4)


if __name__ == "__main__":
    resolved = {name: to_json(load(name)) for name in CONFIGS}
    (ROOT / "tests" / "golden" / "configs.json").write_text(json.dumps(resolved, indent=1, sort_keys=True) + "\n")
