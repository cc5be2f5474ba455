"""Model directories: Hugging Face's layout of config, safetensors and tokenizer, with our `kcjax.json` beside them."""

import functools
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.sharding import Sharding, SingleDeviceSharding
from jax.typing import DTypeLike

from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError
from kcjax.files import atomic_directory, file_hash, read_json, write_json
from kcjax.model.config import LlamaConfig
from kcjax.model.hf_config import config_from_hf, config_to_hf
from kcjax.model.info import FILE_NAME, ModelInfo, read_info, write_info
from kcjax.model.llama import Llama
from kcjax.model.lora import lora_config_of
from kcjax.model.shards import MAX_SHARD_BYTES, TensorReader, storable, write_shards
from kcjax.model.tensors import (
    ALL_ROWS,
    EMBEDDING,
    ParamPath,
    Source,
    Tensors,
    abstract_model,
    check_tensors,
    param_path,
    source_of,
    tensor_shapes,
)

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
    "chat_template.json",
)


def info_of(directory: str | Path) -> ModelInfo:
    """What `kcjax.json` says, or what it would say of a plain Hugging Face directory."""
    directory = Path(directory)
    config = load_config(directory)
    tokenizer = load_tokenizer(directory)
    check_vocabulary(directory, tokenizer.vocab_size, config)
    if (directory / FILE_NAME).is_file():
        return read_info(directory)
    return ModelInfo(tokenizer.bos_id, tokenizer.eos_id, tokenizer.hash, base_model=directory.name)


def check_vocabulary(directory: Path, vocab_size: int, config: LlamaConfig) -> None:
    if vocab_size > config.vocab_size:
        raise InputError(
            f"{directory}: the tokenizer has {vocab_size} tokens, but {EMBEDDING} only {config.vocab_size} rows; "
            "they belong to different models, or the embedding was not resized, as `kcjax import --vocab-multiple` does"
        )


def load_config(directory: str | Path) -> LlamaConfig:
    """The shape of the model in a directory, or in a bucket; see `config_from_hf`."""
    path = f"{os.fspath(directory).rstrip('/')}/config.json"
    return config_from_hf(read_json(path), where=path)


def load_model(
    directory: str | Path,
    *,
    dtype: DTypeLike = jnp.float32,
    param_dtype: DTypeLike = jnp.float32,
    sharding_of: Callable[[ParamPath, tuple[int, ...]], Sharding] | None = None,
) -> Llama:
    """Reads a model; every device reads only its own part of each tensor.

    Args:
      dtype: what to compute in; param_dtype: what to hold matrices in; norms and biases are float32.
      sharding_of: the sharding of a parameter, given its path (`("blocks", "q", "kernel")`) and shape `[L, in, out]`;
        by default everything is on the first device.

    Raises:
      InputError: a tensor is missing, left over, of the wrong shape or damaged, or the tokenizer is not the model's.
    """
    directory = Path(directory)
    config = load_config(directory)
    reader = TensorReader(directory)
    check_tensors(reader, config)
    _check_tokenizer(directory, config)
    graph, state = nnx.split(abstract_model(config, dtype=dtype, param_dtype=param_dtype))
    one_device = SingleDeviceSharding(jax.local_devices()[0])
    loaded = []
    for keys, variable in nnx.to_flat_state(state):
        path, shape = param_path(keys), variable.shape
        sharding = one_device if sharding_of is None else sharding_of(path, shape)
        held_in = np.dtype(param_dtype if path[-1] in ("kernel", "embedding") else jnp.float32)
        part = functools.partial(_read_part, reader, source_of(path, config.num_layers), shape, held_in)
        loaded.append((keys, variable.replace(jax.make_array_from_callback(shape, sharding, part))))
    return nnx.merge(graph, nnx.from_flat_state(loaded))


def _read_part(
    reader: TensorReader, source: Source, shape: tuple[int, ...], dtype: np.dtype, index: tuple[slice, ...] | None
) -> np.ndarray:
    """The part of a parameter of this shape that `index` selects."""
    index = index or (slice(None),) * len(shape)
    out = np.empty([len(range(size)[at]) for size, at in zip(shape, index, strict=True)], dtype)
    names, rest = (source.names[index[0]], index[1:]) if source.stacked else (source.names, index)
    for name, target in zip(names, out if source.stacked else [out], strict=True):
        values = reader.slice_of(name)[rest[::-1] if source.transposed else rest]
        target[...] = values.T if source.transposed else values
    return out


def save_model(
    model: Llama,
    directory: str | Path,
    *,
    tokenizer_dir: str | Path,
    info: ModelInfo,
    dtype: DTypeLike | None = None,
    max_shard_bytes: int = MAX_SHARD_BYTES,
) -> None:
    """Writes a model directory, with the tokenizer files of `tokenizer_dir` as they are, one tensor at a time.

    Args:
      dtype: what to store the weights in; by default what the model holds them in.

    Raises:
      InputError: the directory exists, the tokenizer is not the one of `info`, the model carries LoRA adapters, or a
        parameter is not finite.
    """
    if lora_config_of(model) is not None:
        raise InputError("the model carries LoRA adapters: merge them first, or save them with save_peft_adapter")
    stored = storable(model.embedding[...].dtype if dtype is None else dtype)
    with atomic_directory(directory) as partial:
        copy_files(tokenizer_dir, partial, TOKENIZER_FILES)
        write_model(
            partial, _ParamTensors(model), model.config, info=info, dtype=stored, max_shard_bytes=max_shard_bytes
        )


class _ParamTensors:
    """The `Tensors` of a model in memory."""

    def __init__(self, model: Llama):
        self.path = "the model"
        self._on_host = functools.lru_cache(maxsize=1)(self._to_host)
        self.shapes = tensor_shapes(model.config)
        self._parameters: dict[str, tuple[jax.Array, int | None, bool]] = {}
        for keys, variable in nnx.to_flat_state(nnx.state(model, nnx.Param)):
            source = source_of(param_path(keys), model.config.num_layers)
            for layer, name in enumerate(source.names):
                self._parameters[name] = (variable[...], layer if source.stacked else None, source.transposed)
        self.dtypes = {name: np.dtype(value.dtype) for name, (value, *_) in self._parameters.items()}

    def file_of(self, name: str) -> str:
        return self.path

    def get(self, name: str, rows: slice = ALL_ROWS) -> np.ndarray:
        return self._on_host(name)[rows]

    def _to_host(self, name: str) -> np.ndarray:
        value, layer, transposed = self._parameters[name]
        tensor = np.asarray(value if layer is None else value[layer])
        return tensor.T if transposed else tensor


def write_model(
    directory: Path,
    tensors: Tensors,
    config: LlamaConfig,
    *,
    info: ModelInfo,
    dtype: np.dtype | None,
    hf_config: Mapping[str, Any] | None = None,
    max_shard_bytes: int = MAX_SHARD_BYTES,
) -> None:
    """Fills a directory that holds the tokenizer's files already. `config.json`, without which none loads it, is last.

    Args:
      dtype: what to store the weights in; by default each as it is.
      hf_config: fields of a `config.json` that this one is to keep.

    Raises:
      InputError: the tokenizer is not the one of `info`, or a tensor is not finite.
    """
    dtypes = dict.fromkeys(tensors.shapes, dtype) if dtype else dict(tensors.dtypes)
    write_info(info, directory)
    _check_tokenizer(directory, config)
    if not (directory / "generation_config.json").is_file():
        values = {"bos_token_id": info.bos_id, "eos_token_id": info.eos_id, "do_sample": False}
        write_json(directory / "generation_config.json", values)
    write_shards(directory, tensors, tensor_shapes(config), dtypes=dtypes, max_shard_bytes=max_shard_bytes)
    ours = config_to_hf(config, bos_id=info.bos_id, eos_id=info.eos_id, dtype=dtypes[EMBEDDING].name)
    if hf_config is not None:
        ours = {**hf_config, "vocab_size": config.vocab_size, "torch_dtype": ours["torch_dtype"]}
        ours.pop("dtype", None)
    write_json(directory / "config.json", ours)


def copy_files(source: str | Path, target: Path, names: tuple[str, ...]) -> None:
    """Copies those of the files that are there, as they are."""
    for name in names:
        if (Path(source) / name).is_file():
            shutil.copyfile(Path(source) / name, target / name)


def _check_tokenizer(directory: Path, config: LlamaConfig) -> None:
    """Checks that the tokenizer is the one `kcjax.json` names, and that the embedding has a row for each token."""
    files = [directory / name for name in ("tokenizer.json", "tokenizer.model") if (directory / name).is_file()]
    if (directory / FILE_NAME).is_file():
        info = read_info(directory)
        if not files or file_hash(files[0]) != info.tokenizer_hash:
            raise InputError(f"{directory}: its tokenizer is not the one the model was made with (see {FILE_NAME})")
    if files:
        check_vocabulary(directory, load_tokenizer(directory).vocab_size, config)
