"""Every field of a training run, with its default; `configs/*.py` start from here and change what they need."""

import importlib.util
import math
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from absl import flags
from ml_collections import ConfigDict, config_flags

from kcjax.errors import InputError
from kcjax.model.llama import REMAT_POLICIES
from kcjax.model.lora import ALL_LINEAR, LoraConfig

PHASES = ("understanding", "following", "refinement")
_COUNTS = (
    "batch_per_device",
    "accumulate_steps",
    "sequence_length",
    "loss_chunk",
    "log_every",
    "checkpoint_every",
    "keep_checkpoints",
)
_RANGES = {  # of the optimizer's numbers
    "learning_rate": (0.0, math.inf),
    "warmup_fraction": (0.0, 1.0),
    "final_fraction": (0.0, 1.0),
    "b1": (0.0, 1.0),
    "b2": (0.0, 1.0),
    "eps": (0.0, 1.0),
    "weight_decay": (0.0, math.inf),
    "clip_norm": (1e-9, math.inf),
}


def default_config() -> ConfigDict:
    """The values of the paper's phase 2 where it gives them (METHOD: LoRA rank 32, batch 128 to 256, lr 3e-4)."""
    config = ConfigDict()
    config.phase = "following"
    config.init_from = ""  # a model directory, or the workdir of an earlier run whose weights to start from
    config.data = ""  # made by `kcjax corpus build`: a directory, or several mixed by weight, as in data/a=2,data/b=1
    config.seed = 0
    config.sequence_length = 2048  # must be that of the data
    config.batch_per_device = 1  # sequences
    config.accumulate_steps = 1  # micro-batches of batch_per_device sequences in one optimizer step
    config.epochs = 1.0
    config.steps = 0  # optimizer steps; 0: as many as `epochs` takes
    config.dtype = "bfloat16"  # of the computation; parameters and optimizer state are float32
    config.remat = "full"  # none | dots | full: what the backward pass computes again to save memory
    config.loss_chunk = 256  # positions whose logits exist at one time
    config.mesh = {"slice": 1, "data": 1, "fsdp": -1, "tensor": 1}
    config.optimizer = {
        "learning_rate": 3e-4,
        "schedule": "cosine",  # or constant
        "warmup_fraction": 0.1,
        "final_fraction": 0.0,  # of the learning rate, where cosine ends
        "b1": 0.9,
        "b2": 0.95,
        "eps": 1e-8,
        "weight_decay": 0.0,
        "clip_norm": 1.0,
    }
    config.lora = {"rank": 0, "alpha": 64.0, "dropout": 0.1, "targets": ALL_LINEAR}  # rank 0: train all parameters
    config.log_every = 10
    config.checkpoint_every = 500
    config.keep_checkpoints = 2
    return config


def load_config(path: str, overrides: Sequence[str]) -> ConfigDict:
    """Runs the config file (the user's own program) and applies `--config.FIELD=VALUE` overrides.

    Raises:
      InputError: no such file, no `get_config`, an unknown field or a value of the wrong type.
    """
    if not Path(path).is_file():
        raise InputError(f"--config={path}: no such file; see configs/")
    values = flags.FlagValues()
    argv = ["kcjax", *overrides]
    defaults = _get_config(path)
    try:
        config_flags.DEFINE_config_dict("config", defaults, flag_values=values, sys_argv=argv)
        rest = values(argv)
        config = values["config"].value
    except (AttributeError, KeyError) as error:  # ml_collections gives the field's name in two pairs of quotes
        field = str(error).strip("\"'")
        raise InputError(f"--config={path}: there is no field {field}; see kcjax/train/config.py") from error
    except (flags.Error, TypeError, ValueError) as error:
        raise InputError(f"--config={path}: {error}") from error
    if len(rest) > 1:
        raise InputError(f"{rest[1]}: not an override; write --config.FIELD=VALUE")
    check(config)
    return config


def _get_config(path: str) -> ConfigDict:
    """What the file's `get_config()` returns; whatever goes wrong in it is said with its line."""
    spec = importlib.util.spec_from_file_location("config", path)
    if spec is None or spec.loader is None:
        raise InputError(f"--config={path}: not a Python file; see configs/")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        if not hasattr(module, "get_config"):
            raise InputError(f"--config={path}: has no function get_config(); see configs/")
        return module.get_config()
    except InputError:
        raise
    except Exception as error:
        line = getattr(error, "lineno", None) or traceback.extract_tb(error.__traceback__)[-1].lineno
        raise InputError(f"--config={path}: line {line}: {type(error).__name__}: {error}") from error


def check(config: ConfigDict) -> None:
    """Raises an `InputError` that names the first field with a value no run can have."""
    for field, allowed in {"phase": PHASES, "remat": tuple(REMAT_POLICIES), "dtype": ("float32", "bfloat16")}.items():
        if config[field] not in allowed:
            raise InputError(f"config.{field}={config[field]!r}: must be one of {', '.join(allowed)}")
    if config.optimizer.schedule not in ("cosine", "constant"):
        raise InputError(f"config.optimizer.schedule={config.optimizer.schedule!r}: must be cosine or constant")
    for field in _COUNTS:
        if config[field] < 1:
            raise InputError(f"config.{field}={config[field]}: must be at least 1")
    if config.steps < 0 or (not config.steps and not 0 < config.epochs < math.inf):
        raise InputError(f"config.steps={config.steps}, config.epochs={config.epochs}: one of them must be positive")
    for field, (least, most) in _RANGES.items():
        if not least <= config.optimizer[field] <= most:
            raise InputError(f"config.optimizer.{field}={config.optimizer[field]}: must be from {least} to {most}")
    lora_config(config)
    if config.sequence_length % min(config.loss_chunk, config.sequence_length):
        raise InputError(
            f"config.loss_chunk={config.loss_chunk} does not divide sequence_length {config.sequence_length}"
        )
    if not config.data:
        raise InputError("config.data is empty; give --config.data=DIR, made by `kcjax corpus build`")
    if not config.init_from:
        raise InputError("config.init_from is empty; give --config.init_from=DIR: a model directory or an earlier run")


def lora_config(config: ConfigDict | dict[str, Any]) -> LoraConfig | None:
    """The run's adapters, None where all parameters are trained."""
    fields = dict(config["lora"])
    return LoraConfig(**fields | {"targets": tuple(fields["targets"])}) if fields["rank"] else None


def to_json(config: ConfigDict) -> dict[str, Any]:
    """The resolved config as `config.json` holds it."""
    plain = config.to_dict()
    plain["lora"]["targets"] = list(plain["lora"]["targets"])
    return plain
