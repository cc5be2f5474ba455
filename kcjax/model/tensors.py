"""A model's tensors by Hugging Face's names: which there are, what parameters they are, and whether they are whole."""

import functools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike

from kcjax.errors import InputError
from kcjax.model.config import LlamaConfig
from kcjax.model.llama import Llama

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
EMBEDDING, HEAD = "model.embed_tokens.weight", "lm_head.weight"
BLOCK_BYTES = 1 << 21  # of rows worked on together, so that they stay in the processor's cache
_CHECKED_AT_ONCE = 1 << 18  # elements, for the same reason
ALL_ROWS = slice(None)

ParamPath = tuple[str, ...]


class Tensors(Protocol):
    """Where a model's tensors come from, some rows at a time, in Hugging Face's names and layout."""

    @property
    def path(self) -> object:
        """The file or directory, for messages."""

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]: ...

    @property
    def dtypes(self) -> Mapping[str, np.dtype]: ...

    def file_of(self, name: str) -> object:
        """The file a tensor is in, for messages."""

    def get(self, name: str, rows: slice = ALL_ROWS) -> np.ndarray:
        """The rows, which must be within the tensor."""


def row_blocks(tensors: Tensors, name: str) -> Iterator[slice]:
    """The rows of a tensor, in parts of `BLOCK_BYTES` or a row."""
    rows, *rest = tensors.shapes[name]
    at_once = max(1, BLOCK_BYTES // (math.prod(rest) * tensors.dtypes[name].itemsize))
    return (slice(start, min(start + at_once, rows)) for start in range(0, rows, at_once))


class Source(NamedTuple):
    """The tensors a parameter is made of: one, or one for each layer of a stack; a kernel is the transposed weight."""

    names: list[str]
    stacked: bool
    transposed: bool


def source_of(path: ParamPath, num_layers: int) -> Source:
    """The tensors of the parameter at an NNX path such as `("blocks", "q", "kernel")`."""
    match path:
        case ("embedding",):
            return Source([EMBEDDING], stacked=False, transposed=False)
        case ("norm", "scale"):
            return Source(["model.norm.weight"], stacked=False, transposed=False)
        case ("head", "kernel"):
            return Source([HEAD], stacked=False, transposed=True)
        case ("blocks", part, kind):
            ending = f"{LAYER_NAMES[part]}.{'bias' if kind == 'bias' else 'weight'}"
            names = [f"model.layers.{layer}.{ending}" for layer in range(num_layers)]
            return Source(names, stacked=True, transposed=kind == "kernel")
    raise AssertionError(f"no Hugging Face name for {path}")


def param_path(keys: Iterable[object]) -> ParamPath:
    return tuple(map(str, keys))


def abstract_model(config: LlamaConfig, *, dtype: DTypeLike, param_dtype: DTypeLike) -> Llama:
    return nnx.eval_shape(lambda: Llama(config, rngs=nnx.Rngs(0), dtype=dtype, param_dtype=param_dtype))


def param_shapes(config: LlamaConfig) -> Iterator[tuple[ParamPath, tuple[int, ...]]]:
    """The parameters of a model by path, with their shapes."""
    model = abstract_model(config, dtype=jnp.float32, param_dtype=jnp.float32)
    for keys, variable in nnx.to_flat_state(nnx.state(model)):
        yield param_path(keys), variable.shape


def tensor_shapes(config: LlamaConfig) -> dict[str, tuple[int, ...]]:
    """Shapes of the model's tensors by Hugging Face's name, layer after layer."""
    shapes: dict[str, tuple[int, ...]] = {}
    layers: list[dict[str, tuple[int, ...]]] = [{} for _ in range(config.num_layers)]
    for path, shape in param_shapes(config):
        source = source_of(path, config.num_layers)
        shape = shape[1:] if source.stacked else shape
        for layer, name in enumerate(source.names):
            target = layers[layer] if source.stacked else shapes
            target[name] = shape[::-1] if source.transposed else shape
    embedding = {EMBEDDING: shapes.pop(EMBEDDING)}
    return embedding | {name: shape for layer in layers for name, shape in layer.items()} | shapes


def check_tensors(tensors: Tensors, config: LlamaConfig) -> None:
    """Compares what is in the files with what the config asks for.

    Raises:
      InputError: a tensor is missing, has another shape, or has no place in the model; the message names it.
    """
    expected = tensor_shapes(config)
    for name, shape in expected.items():
        if name not in tensors.shapes:
            raise InputError(f"{tensors.path}: tensor {name} {list(shape)} is missing")
        if tensors.shapes[name] != shape:
            found = list(tensors.shapes[name])
            raise InputError(
                f"{tensors.file_of(name)}: tensor {name} has shape {found}, the config asks for {list(shape)}"
            )
    for name in sorted(tensors.shapes.keys() - expected.keys()):
        if name.endswith(".rotary_emb.inv_freq"):  # in old LLaMA checkpoints; follows from the config
            continue
        if name == HEAD and config.tie_embeddings:
            if tensors.shapes[HEAD] == tensors.shapes[EMBEDDING] and all(
                np.array_equal(tensors.get(HEAD, rows), tensors.get(EMBEDDING, rows))
                for rows in row_blocks(tensors, EMBEDDING)
            ):
                continue
            raise InputError(
                f"{tensors.file_of(name)}: {name} differs from {EMBEDDING}, though config.json ties them; "
                "set tie_word_embeddings to false to use it"
            )
        raise InputError(f"{tensors.file_of(name)}: tensor {name} is no part of the model that the config describes")


def not_finite(values: np.ndarray) -> str | None:
    """ "NaN" or "infinity" if a float array holds one."""
    flat = values.reshape(-1)
    unsigned = np.dtype(f"uint{8 * flat.itemsize}")
    # The bits of the exponent, all of them set in what is not finite.
    mask = unsigned.type({"float16": 0x7C00, "bfloat16": 0x7F80, "float32": 0x7F800000}[flat.dtype.name])
    bits = flat.view(unsigned)
    for start in range(0, bits.size, _CHECKED_AT_ONCE):
        part = bits[start : start + _CHECKED_AT_ONCE]
        if ((part & mask) == mask).any():
            return "NaN" if np.isnan(flat[start : start + _CHECKED_AT_ONCE].astype(np.float32)).any() else "infinity"
    return None


class ArrayTensors:
    """Tensors that are in memory."""

    def __init__(self, path: str, arrays: Mapping[str, np.ndarray]):
        self.path, self._arrays = path, arrays
        self.shapes = {name: array.shape for name, array in arrays.items()}
        self.dtypes = {name: array.dtype for name, array in arrays.items()}

    def file_of(self, name: str) -> str:
        return self.path

    def get(self, name: str, rows: slice = ALL_ROWS) -> np.ndarray:
        return self._arrays[name][rows]


class WithRows:
    """Tensors of which the embedding and the head have another number of rows.

    Rows are taken off the end. New ones are the mean of those that were there, as transformers makes them, so that
    none of them wins over a token that was trained.
    """

    def __init__(self, tensors: Tensors, rows: int):
        self._tensors, self._rows = tensors, rows
        self._mean = functools.cache(self._mean_row)
        self.path = tensors.path
        resized = {name for name in (EMBEDDING, HEAD) if name in tensors.shapes}
        self.shapes = {name: (rows, *shape[1:]) if name in resized else shape for name, shape in tensors.shapes.items()}
        self.dtypes = tensors.dtypes

    def file_of(self, name: str) -> object:
        return self._tensors.file_of(name)

    def get(self, name: str, rows: slice = ALL_ROWS) -> np.ndarray:
        if name not in (EMBEDDING, HEAD):
            return self._tensors.get(name, rows)
        start, stop, _ = rows.indices(self._rows)
        there = self._tensors.shapes[name][0]
        values = self._tensors.get(name, slice(min(start, there), min(stop, there)))
        if stop <= there:
            return values
        new = np.broadcast_to(self._mean(name), (stop - max(start, there), values.shape[1]))
        return np.concatenate([values, new.astype(values.dtype)])

    def _mean_row(self, name: str) -> np.ndarray:
        parts = (self._tensors.get(name, rows) for rows in row_blocks(self._tensors, name))
        return sum(part.sum(axis=0, dtype=np.float64) for part in parts) / self._tensors.shapes[name][0]
