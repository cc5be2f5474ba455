"""Models in Hugging Face's layout, in and out: a directory of config, safetensors, tokenizer, and our `kcjax.json`."""

import functools
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

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
from kcjax.model.gguf import GgufModel
from kcjax.model.hf_config import config_from_hf, config_to_hf
from kcjax.model.info import FILE_NAME, ModelInfo, read_info, write_info
from kcjax.model.llama import Llama
from kcjax.model.lora import lora_config_of
from kcjax.model.shards import MAX_SHARD_BYTES, TensorReader, write_shards

# Part of a block -> Hugging Face's name for it below `model.layers.N.`.
LAYER_NAMES = {
    "attention_norm": "input_layernorm",
    "q": "self_attn.q_proj",
    "k": "self_attn.k_proj",
    "v": "self_attn.v_proj",
    "o": "self_attn.o_proj",
    "mlp_norm": "post_attention_layernorm",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}
_TOKENIZER_FILES = (
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
_DTYPES = ("float32", "bfloat16", "float16")
_EMBEDDING, _HEAD = "model.embed_tokens.weight", "lm_head.weight"

ParamPath = tuple[str, ...]


class _Source(NamedTuple):
    """The tensors a parameter is made of: one, or one for each layer of a stack; a kernel is the transposed weight."""

    names: list[str]
    stacked: bool
    transposed: bool


def import_model(
    source: str | Path,
    output: str | Path,
    *,
    dtype: DTypeLike | None = None,
    prompt_style: str = "kcjax",
    base_model: str | None = None,
) -> ModelInfo:
    """Makes a model directory of a Hugging Face one or a `.gguf` file, one tensor at a time.

    Args:
      dtype: what to store the weights in; by default as they are, and float32 for GGUF's quantised ones.
      prompt_style, base_model: what `kcjax.json` is to say, unless the source has one.

    Raises:
      InputError: the source is damaged or no model kcjax can run as it was meant; nothing is written.
    """
    source = Path(source)
    reader: TensorReader | GgufModel
    if source.suffix == ".gguf":
        reader = GgufModel(source)
        config = reader.config
        dtypes = dict.fromkeys(reader.shapes, np.dtype(np.float32))
    else:
        config = load_config(source)
        reader = TensorReader(source)
        dtypes = reader.dtypes
    shapes = _tensor_shapes(config)
    _check_tensors(reader, shapes, config)
    if dtype is not None:
        dtypes = dict.fromkeys(shapes, _storable(dtype))
    info_from = functools.partial(
        _info_of, config=config, prompt_style=prompt_style, base_model=base_model or source.stem
    )

    with atomic_directory(output) as directory:
        if isinstance(reader, GgufModel):
            for name, content in reader.tokenizer_files.items():
                (directory / name).write_bytes(content)
            info = info_from(directory)
        else:
            info = info_from(source)
            for name in (*_TOKENIZER_FILES, "generation_config.json", FILE_NAME):
                if (source / name).is_file():
                    shutil.copyfile(source / name, directory / name)
        dtype_name = dtypes[_EMBEDDING].name
        if isinstance(reader, GgufModel):
            hf_config = config_to_hf(config, bos_id=info.bos_id, eos_id=info.eos_id, dtype=dtype_name)
        else:
            hf_config = read_json(source / "config.json") | {"torch_dtype": dtype_name}
            hf_config.pop("dtype", None)
        write_json(directory / "config.json", hf_config)
        if not (directory / "generation_config.json").is_file():
            _write_generation_config(directory, info)
        write_info(info, directory)
        write_shards(directory, shapes, reader.get, dtypes=dtypes)
    return info


def _info_of(directory: Path, config: LlamaConfig, *, prompt_style: str, base_model: str) -> ModelInfo:
    """The info of a directory that holds the tokenizer's files; checks them against the model."""
    tokenizer = load_tokenizer(directory)
    _check_vocabulary(directory, tokenizer.vocab_size, config)
    if (directory / FILE_NAME).is_file():
        return read_info(directory)
    return ModelInfo(tokenizer.bos_id, tokenizer.eos_id, tokenizer.hash, prompt_style, base_model)


def info_of(directory: str | Path) -> ModelInfo:
    """What `kcjax.json` says, or what it would say of a plain Hugging Face directory."""
    directory = Path(directory)
    return _info_of(directory, load_config(directory), prompt_style="kcjax", base_model=directory.name)


def _check_vocabulary(directory: Path, vocab_size: int, config: LlamaConfig) -> None:
    if vocab_size > config.vocab_size:
        raise InputError(
            f"{directory}: the tokenizer has {vocab_size} tokens, but {_EMBEDDING} only {config.vocab_size} rows; "
            "they belong to different models, or the embedding was not resized"
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
    _check_tensors(reader, _tensor_shapes(config), config)
    _check_tokenizer(directory, config)
    graph, state = nnx.split(_abstract(config, dtype=dtype, param_dtype=param_dtype))
    one_device = SingleDeviceSharding(jax.local_devices()[0])
    loaded = []
    for keys, variable in nnx.to_flat_state(state):
        path, shape = _path(keys), variable.shape
        sharding = one_device if sharding_of is None else sharding_of(path, shape)
        held_in = np.dtype(param_dtype if path[-1] in ("kernel", "embedding") else jnp.float32)
        part = functools.partial(_read_part, reader, _source_of(path, config), shape, held_in)
        loaded.append((keys, variable.replace(jax.make_array_from_callback(shape, sharding, part))))
    return nnx.merge(graph, nnx.from_flat_state(loaded))


def _read_part(
    reader: TensorReader, source: _Source, shape: tuple[int, ...], dtype: np.dtype, index: tuple[slice, ...] | None
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
      InputError: the directory exists, the tokenizer is not the one of `info`, or the model carries LoRA adapters.
    """
    if lora_config_of(model) is not None:
        raise InputError("the model carries LoRA adapters: merge them first, or save them with save_peft_adapter")
    config = model.config
    parameters: dict[str, tuple[jax.Array, int | None, bool]] = {}
    for keys, variable in nnx.to_flat_state(nnx.state(model, nnx.Param)):
        source = _source_of(_path(keys), config)
        for layer, name in enumerate(source.names):
            parameters[name] = (variable[...], layer if source.stacked else None, source.transposed)

    def get(name: str) -> np.ndarray:
        value, layer, transposed = parameters[name]
        tensor = np.asarray(value if layer is None else value[layer])
        return tensor.T if transposed else tensor

    stored = _storable(model.embedding[...].dtype if dtype is None else dtype)
    shapes = _tensor_shapes(config)
    with atomic_directory(directory) as partial:
        for name in _TOKENIZER_FILES:
            if (Path(tokenizer_dir) / name).is_file():
                shutil.copyfile(Path(tokenizer_dir) / name, partial / name)
        hf_config = config_to_hf(config, bos_id=info.bos_id, eos_id=info.eos_id, dtype=stored.name)
        write_json(partial / "config.json", hf_config)
        _write_generation_config(partial, info)
        write_info(info, partial)
        _check_tokenizer(partial, config)
        dtypes = dict.fromkeys(shapes, stored)
        write_shards(partial, shapes, get, dtypes=dtypes, max_shard_bytes=max_shard_bytes)


def _write_generation_config(directory: Path, info: ModelInfo) -> None:
    values = {"bos_token_id": info.bos_id, "eos_token_id": info.eos_id, "do_sample": False}
    write_json(directory / "generation_config.json", values)


def _storable(dtype: DTypeLike) -> np.dtype:
    found = np.dtype(dtype)
    if found.name not in _DTYPES:
        raise InputError(f"dtype {found.name} is not supported; {', '.join(_DTYPES)} are")
    return found


def _abstract(config: LlamaConfig, *, dtype: DTypeLike, param_dtype: DTypeLike) -> Llama:
    return nnx.eval_shape(lambda: Llama(config, rngs=nnx.Rngs(0), dtype=dtype, param_dtype=param_dtype))


def _path(keys: Iterable[object]) -> ParamPath:
    return tuple(map(str, keys))


def _source_of(path: ParamPath, config: LlamaConfig) -> _Source:
    match path:
        case ("embedding",):
            return _Source([_EMBEDDING], stacked=False, transposed=False)
        case ("norm", "scale"):
            return _Source(["model.norm.weight"], stacked=False, transposed=False)
        case ("head", "kernel"):
            return _Source([_HEAD], stacked=False, transposed=True)
        case ("blocks", part, kind):
            ending = f"{LAYER_NAMES[part]}.{'bias' if kind == 'bias' else 'weight'}"
            names = [f"model.layers.{layer}.{ending}" for layer in range(config.num_layers)]
            return _Source(names, stacked=True, transposed=kind == "kernel")
    raise AssertionError(f"no Hugging Face name for {path}")


def _tensor_shapes(config: LlamaConfig) -> dict[str, tuple[int, ...]]:
    """Shapes of the model's tensors by Hugging Face name, layer after layer."""
    shapes: dict[str, tuple[int, ...]] = {}
    layers: list[dict[str, tuple[int, ...]]] = [{} for _ in range(config.num_layers)]
    model = _abstract(config, dtype=jnp.float32, param_dtype=jnp.float32)
    for keys, variable in nnx.to_flat_state(nnx.state(model)):
        source = _source_of(_path(keys), config)
        shape = variable.shape[1:] if source.stacked else variable.shape
        for layer, name in enumerate(source.names):
            target = layers[layer] if source.stacked else shapes
            target[name] = shape[::-1] if source.transposed else shape
    embedding = {_EMBEDDING: shapes.pop(_EMBEDDING)}
    return embedding | {name: shape for layer in layers for name, shape in layer.items()} | shapes


def _check_tensors(
    reader: TensorReader | GgufModel, expected: Mapping[str, tuple[int, ...]], config: LlamaConfig
) -> None:
    """Compares what is in the files with what the config asks for."""
    for name, shape in expected.items():
        if name not in reader.shapes:
            raise InputError(f"{reader.path}: tensor {name} {list(shape)} is missing")
        if reader.shapes[name] != shape:
            found = list(reader.shapes[name])
            raise InputError(
                f"{reader.file_of(name)}: tensor {name} has shape {found}, the config asks for {list(shape)}"
            )
    for name in sorted(reader.shapes.keys() - expected.keys()):
        if name.endswith(".rotary_emb.inv_freq"):  # in old LLaMA checkpoints; follows from the config
            continue
        if name == _HEAD and config.tie_embeddings:
            if np.array_equal(reader.get(_HEAD), reader.get(_EMBEDDING)):
                continue
            raise InputError(
                f"{reader.file_of(name)}: {name} differs from {_EMBEDDING}, though config.json ties them; "
                "set tie_word_embeddings to false to use it"
            )
        raise InputError(f"{reader.file_of(name)}: tensor {name} is no part of the model that the config describes")


def _check_tokenizer(directory: Path, config: LlamaConfig) -> None:
    """Checks that the tokenizer is the one `kcjax.json` names, and that the embedding has a row for each token."""
    files = [directory / name for name in ("tokenizer.json", "tokenizer.model") if (directory / name).is_file()]
    if (directory / FILE_NAME).is_file():
        info = read_info(directory)
        if not files or file_hash(files[0]) != info.tokenizer_hash:
            raise InputError(f"{directory}: its tokenizer is not the one the model was made with (see {FILE_NAME})")
    if files:
        _check_vocabulary(directory, load_tokenizer(directory).vocab_size, config)
