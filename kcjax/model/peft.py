"""LoRA adapters in the form of Hugging Face's `peft`."""

from pathlib import Path

import numpy as np

from kcjax.errors import InputError
from kcjax.files import atomic_directory, write_json
from kcjax.model.huggingface import LAYER_NAMES
from kcjax.model.llama import Llama
from kcjax.model.lora import lora_config_of
from kcjax.model.shards import write_shards


def save_peft_adapter(model: Llama, directory: str | Path, *, base_model: str) -> None:
    """Writes the model's LoRA adapters as `adapter_config.json` and `adapter_model.safetensors`.

    Args:
      base_model: name or path of the model the adapters belong to, as `peft` is to look for it.

    Raises:
      InputError: the model carries no adapters, or the directory exists.
    """
    lora = lora_config_of(model)
    if lora is None:
        raise InputError("the model carries no LoRA adapters; save_model writes whole models")
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
    tensors = {}
    for target in lora.targets:
        layer = getattr(model.blocks, target)
        for kind, stack in (("A", layer.a[...]), ("B", layer.b[...])):
            for index in range(model.config.num_layers):
                name = f"base_model.model.model.layers.{index}.{LAYER_NAMES[target]}.lora_{kind}.weight"
                tensors[name] = np.asarray(stack[index]).T
    with atomic_directory(directory) as partial:
        write_json(partial / "adapter_config.json", values)
        shapes = {name: tensor.shape for name, tensor in tensors.items()}
        dtypes = {name: tensor.dtype for name, tensor in tensors.items()}
        write_shards(partial, shapes, tensors.__getitem__, dtypes=dtypes, stem="adapter_model")
