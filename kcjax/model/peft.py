"""LoRA adapters in the form of Hugging Face's `peft`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike

from kcjax.errors import InputError
from kcjax.files import atomic_directory, read_json, write_json
from kcjax.model.llama import Llama
from kcjax.model.lora import ALL_LINEAR, LoraConfig, LoraLinear, add_lora, lora_config_of
from kcjax.model.shards import TensorReader, storable, write_shards
from kcjax.model.tensors import LAYER_NAMES, ArrayTensors

_CONFIG = "adapter_config.json"
_TENSOR = "base_model.model.model.layers.{}.{}.lora_{}.weight"
_NAME = re.compile(r"base_model\.model\.model\.layers\.\d+\.(.+)\.lora_[AB]\.weight")
_TARGETS = {LAYER_NAMES[target]: target for target in ALL_LINEAR}
# Fields of `adapter_config.json` read here, and those that say nothing of how a trained adapter computes. Any other
# field is one of many that change the computation (DoRA, ranks by layer, ...), unless it has a value that means "no".
_READ = ("peft_type", "r", "lora_alpha", "lora_dropout", "target_modules", "init_lora_weights")
_HARMLESS = (
    "auto_mapping",
    "base_model_name_or_path",
    "corda_config",
    "eva_config",
    "inference_mode",
    "layers_pattern",
    "loftq_config",
    "megatron_config",
    "megatron_core",
    "peft_version",
    "qalora_group_size",
    "revision",
    "runtime_config",
    "task_type",
)
_NO: tuple[Any, ...] = ("none", [], {})


def save_peft_adapter(model: Llama, directory: str | Path, *, base_model: str, dtype: DTypeLike | None = None) -> None:
    """Writes the model's LoRA adapters as `adapter_config.json` and `adapter_model.safetensors`.

    Args:
      base_model: name or path of the model the adapters belong to, as `peft` is to look for it.
      dtype: what to store the adapters in, float32, bfloat16 or float16; by default what the model holds them in.

    Raises:
      InputError: the model carries no adapters, one is not finite, or the directory exists.
    """
    lora = lora_config_of(model)
    if lora is None:
        raise InputError("the model carries no LoRA adapters; save_model writes whole models")
    stacks = {}
    for target in lora.targets:
        layer = getattr(model.blocks, target)
        stacks[target] = (np.asarray(layer.a[...]), np.asarray(layer.b[...]))
    with atomic_directory(directory) as partial:
        write_peft_adapter(partial, lora, stacks, base_model=base_model, dtype=dtype)


def write_peft_adapter(
    directory: Path,
    lora: LoraConfig,
    stacks: Mapping[str, tuple[np.ndarray, np.ndarray]],
    *,
    base_model: str,
    dtype: DTypeLike | None = None,
) -> None:
    """The same of each target's stacks `a` `[L, d_in, rank]` and `b` `[L, rank, d_out]`; the config comes last."""
    tensors = {}
    for target, (a, b) in stacks.items():
        for layer in range(len(a)):
            for kind, stack in (("A", a), ("B", b)):
                tensors[_TENSOR.format(layer, LAYER_NAMES[target], kind)] = stack[layer].T
    dtypes = {name: tensor.dtype if dtype is None else storable(dtype) for name, tensor in tensors.items()}
    write_shards(directory, ArrayTensors("the adapter", tensors), tensors, dtypes=dtypes, stem="adapter_model")
    values = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_model,
        "r": lora.rank,
        "lora_alpha": lora.alpha,
        "lora_dropout": lora.dropout,
        "target_modules": sorted(LAYER_NAMES[target].rpartition(".")[2] for target in lora.targets),
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
    }
    write_json(directory / _CONFIG, values)


def load_peft_adapter(model: Llama, directory: str | Path) -> None:
    """Adds the LoRA adapters of a `peft` directory to the model in place: the inverse of `save_peft_adapter`.

    Raises:
      InputError: the directory holds no LoRA adapter, one that computes in a way kcjax does not, one of a model of
        another shape, or a damaged one; or the model carries adapters already.
    """
    if lora_config_of(model) is not None:
        raise InputError("the model carries LoRA adapters already; merge them first")
    path = Path(directory) / _CONFIG
    values = read_json(path)
    reader = TensorReader(directory, stem="adapter_model")
    targets = _targets(reader, path, values)
    lora = _lora_config(path, values, targets)
    tensors = {target: _stacks(model, reader, target, lora.rank) for target in targets}
    if left_over := reader.shapes.keys() - {name for stacks in tensors.values() for names in stacks for name in names}:
        raise InputError(
            f"{path.parent}: tensor {min(left_over)} has no place in the model of {model.config.num_layers} layers"
        )
    add_lora(model, lora, rngs=nnx.Rngs(0))
    for target, stacks in tensors.items():
        layer: LoraLinear = getattr(model.blocks, target)
        for parameter, names in zip((layer.a, layer.b), stacks, strict=True):
            stack = np.stack([reader.get(name).T for name in names])
            parameter[...] = jnp.asarray(stack, parameter[...].dtype)


def _targets(reader: TensorReader, path: Path, values: dict[str, Any]) -> tuple[str, ...]:
    """The layers the tensors belong to, which must be those that the config names."""
    found = set()
    for name in reader.shapes:
        match = _NAME.fullmatch(name)
        if not match or match[1] not in _TARGETS:
            raise InputError(f"{reader.file_of(name)}: tensor {name} is not LoRA on a linear layer of a LLaMA's blocks")
        found.add(_TARGETS[match[1]])
    wanted = values.get("target_modules")
    if isinstance(wanted, list):  # else a pattern, which the tensors stand for
        ends = {layer.rpartition(".")[2]: target for layer, target in _TARGETS.items()}
        for module in wanted:
            if ends.get(str(module).rpartition(".")[2]) not in found:
                raise InputError(f"{path}: target_modules has {module!r}, for which {reader.path} has no tensors")
    return tuple(target for target in ALL_LINEAR if target in found)


def _lora_config(path: Path, values: dict[str, Any], targets: tuple[str, ...]) -> LoraConfig:
    if values.get("peft_type") != "LORA":
        raise InputError(f"{path}: peft_type is {values.get('peft_type')!r}; only LORA can be loaded")
    for field, value in values.items():
        if field not in (*_READ, *_HARMLESS) and value is not None and value is not False and value not in _NO:
            raise InputError(f"{path}: {field} is {value!r:.60}: not supported, for it changes what is computed")
    start = values.get("init_lora_weights", True)
    if start not in (True, False, None, "gaussian"):  # others change the base model as well
        raise InputError(f"{path}: init_lora_weights is {start!r:.60}, which changes the base model; not supported")
    numbers = {"r": None, "lora_alpha": None, "lora_dropout": 0.0} | values
    for field, kind in (("r", int), ("lora_alpha", int | float), ("lora_dropout", int | float)):
        if isinstance(value := numbers[field], bool) or not isinstance(value, kind):
            raise InputError(f"{path}: {field} is {value!r:.60}, it must be a number")
    return LoraConfig(numbers["r"], numbers["lora_alpha"], numbers["lora_dropout"], targets)


def _stacks(model: Llama, reader: TensorReader, target: str, rank: int) -> tuple[list[str], list[str]]:
    """The names of the tensors A and B of every layer, checked against the model."""
    _, d_in, d_out = getattr(model.blocks, target).kernel.shape
    stacks: tuple[list[str], list[str]] = ([], [])
    for names, kind, shape in zip(stacks, "AB", ((rank, d_in), (d_out, rank)), strict=True):
        for layer in range(model.config.num_layers):
            name = _TENSOR.format(layer, LAYER_NAMES[target], kind)
            if name not in reader.shapes:
                raise InputError(f"{reader.path}: tensor {name} is missing")
            if reader.shapes[name] != shape:
                raise InputError(
                    f"{reader.file_of(name)}: tensor {name} has shape {list(reader.shapes[name])}, the model and "
                    f"rank {rank} ask for {list(shape)}; it is an adapter of another model"
                )
            names.append(name)
    return stacks
