"""Every field of a training run, with its default; `configs/*.py` start from here and change what they need."""

import functools
import importlib.util
import math
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from absl import flags
from ml_collections import ConfigDict, config_flags

from kcjax.errors import InputError
from kcjax.model.llama import remat_policy
from kcjax.model.lora import ALL_LINEAR, LoraConfig
from kcjax.model.packed_attention import ATTENTION
from kcjax.train.optimizer import OPTIMIZERS, SCHEDULES

PHASES = ("understanding", "following", "refinement")
_COUNTS = (
    "batch_per_device",
    "accumulate_steps",
    "sequence_length",
    "attention_block",
    "vocab_chunks",
    "log_every",
    "checkpoint_every",
    "keep_checkpoints",
    "profile_steps",
)
_FLOATS = ("float32", "bfloat16")
_CHOICES: dict[str, Sequence[str]] = {
    "phase": PHASES,
    "dtype": _FLOATS,
    "grad_dtype": _FLOATS,
    "nonfinite": ("abort", "skip"),
    "attention": ("auto", *ATTENTION),
    "optimizer.name": tuple(OPTIMIZERS),
    "optimizer.schedule": SCHEDULES,
    "optimizer.mu_dtype": _FLOATS,
    "lora.base_dtype": ("auto", *_FLOATS, "int8"),
}
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


def paper_config(phase: str) -> ConfigDict:
    """What the paper trained with, whatever the model (arXiv 2403.07969, and its released code).

    Phase 1: all parameters, loss on every token, batches of 512 sequences of 2048, a cosine down to a tenth (which
    its code never read: `config.optimizer.schedule="constant"` is what ran). Phase 2 and the refinement: LoRA of rank
    32 on all linear layers, batches of 128 to 256 sequences. One epoch each.
    """
    config = default_config()
    config.phase = phase
    if phase == "understanding":
        config.optimizer.learning_rate = 5e-6
        config.optimizer.final_fraction = 0.1
    else:
        config.lora.rank = 32
    return config


def default_config() -> ConfigDict:
    """Every field with its value where a config says nothing else."""
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
    config.dtype = "bfloat16"  # of the computation, and of what devices send each other; parameters are float32
    config.grad_dtype = "float32"  # of what is summed over micro-batches
    config.nonfinite = "abort"  # or skip: what a step whose gradients are not finite does
    # What the backward pass computes again: full | none | dots (all but matrix products), or save:NAMES and
    # offload:NAMES (to the host), of layer_input, qkv, attention, mlp, which are then not computed again.
    config.remat = "full"
    config.rows_at_once = 0  # rows of a device that a layer works on at a time, 0 for all: fewer take less memory
    config.attention = "auto"  # plain | splash (TPU) | cudnn (GPU); auto: the fastest of the platform
    config.attention_block = 512  # positions of a block of splash, at most
    config.vocab_chunks = 8  # parts of the vocabulary whose logits exist one at a time
    config.z_loss = 0.0  # weight of the square of the log of the logits' sum
    config.mesh = {"slice": 1, "data": 1, "fsdp": -1, "tensor": 1}
    config.optimizer = {
        "name": "adamw",  # or adafactor, lion, muon
        "learning_rate": 3e-4,
        "schedule": "cosine",  # or constant
        "warmup_fraction": 0.1,
        "final_fraction": 0.0,  # of the learning rate, where cosine ends
        "b1": 0.9,
        "b2": 0.95,
        "mu_dtype": "float32",  # of the first moment; bfloat16 saves 2 bytes a parameter
        "eps": 1e-8,
        "weight_decay": 0.0,
        "clip_norm": 1.0,
    }
    config.lora = {
        "rank": 0,  # 0: train all parameters
        "alpha": 64.0,
        "dropout": 0.1,
        "targets": ALL_LINEAR,
        "base_dtype": "auto",  # of the frozen matrices: float32 | bfloat16 | int8; auto: config.dtype
    }
    config.log_every = 10
    config.checkpoint_every = 500
    config.keep_checkpoints = 2  # the newest; those of every keep_every steps stay as well
    config.keep_every = 0
    config.export_every = 0  # steps that it divides are saved, and exported to WORKDIR/export/STEP; 0: none
    config.evaluate = {  # extraction from held-out documents during training, and after the last step
        "every": 0,  # steps; 0: not at all
        "documents": "",  # a JSONL file with annotated documents
        "schema": "",
        "tasks": ("ner",),
        "count": 64,  # the first so many
        "max_new_tokens": 256,
        "batch_size": 32,
    }
    config.profile_step = 0  # the first of `profile_steps` to trace for TensorBoard's profiler; 0: none
    config.profile_steps = 3
    config.wandb = ""  # a project of Weights & Biases to report to as well
    return config


def load_config(path: str, overrides: Sequence[str], *, complete: bool = True) -> ConfigDict:
    """Runs the config file (the user's own program) and applies `--config.FIELD=VALUE` overrides.

    Args:
      complete: whether data and model must be named.

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
    check(config, complete=complete)
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


def check(config: ConfigDict, *, complete: bool = True) -> None:
    """Raises an `InputError` that names the first field with a value no run can have."""
    for field, allowed in _CHOICES.items():
        if (value := _field(config, field)) not in allowed:
            raise InputError(f"config.{field}={value!r}: must be one of {', '.join(allowed)}")
    remat_policy(config.remat)
    for field in _COUNTS:
        if config[field] < 1:
            raise InputError(f"config.{field}={config[field]}: must be at least 1")
    if config.steps < 0 or (not config.steps and not 0 < config.epochs < math.inf):
        raise InputError(f"config.steps={config.steps}, config.epochs={config.epochs}: one of them must be positive")
    for field, (least, most) in _RANGES.items():
        if not least <= config.optimizer[field] <= most:
            raise InputError(f"config.optimizer.{field}={config.optimizer[field]}: must be from {least} to {most}")
    lora_config(config)
    if 0 < config.rows_at_once < config.batch_per_device and config.batch_per_device % config.rows_at_once:
        raise InputError(
            f"config.rows_at_once={config.rows_at_once} does not divide batch_per_device {config.batch_per_device}"
        )
    for field in ("rows_at_once", "keep_every", "export_every", "evaluate.every", "profile_step", "z_loss"):
        if (value := _field(config, field)) < 0:
            raise InputError(f"config.{field}={value}: must be 0 or more")
    if config.evaluate.every and not (config.evaluate.documents and config.evaluate.schema):
        raise InputError("config.evaluate.every is set; give config.evaluate.documents and config.evaluate.schema")
    if complete and not config.data:
        raise InputError("config.data is empty; give --config.data=DIR, made by `kcjax corpus build`")
    if complete and not config.init_from:
        raise InputError("config.init_from is empty; give --config.init_from=DIR: a model directory or an earlier run")


def _field(config: ConfigDict, path: str) -> Any:
    return functools.reduce(lambda fields, name: fields[name], path.split("."), config)


def lora_config(config: ConfigDict | dict[str, Any]) -> LoraConfig | None:
    """The run's adapters, None where all parameters are trained."""
    fields = {name: config["lora"][name] for name in ("rank", "alpha", "dropout")}
    return LoraConfig(**fields, targets=tuple(config["lora"]["targets"])) if fields["rank"] else None


def base_dtype(config: ConfigDict | dict[str, Any]) -> str:
    """Of the matrices that adapters are trained on."""
    found = config["lora"]["base_dtype"]
    return config["dtype"] if found == "auto" else found


def to_json(config: ConfigDict) -> dict[str, Any]:
    """The resolved config as `config.json` holds it."""
    plain = config.to_dict()
    for section, field in (("lora", "targets"), ("evaluate", "tasks")):
        plain[section][field] = list(plain[section][field])
    return plain
