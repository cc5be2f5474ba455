"""Whether two models are the same: tokenizer, weights, logits and greedy tokens, each with what was found."""

import dataclasses
import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from kcjax.corpus.tokenizer import Tokenizer, load_tokenizer
from kcjax.corpus.tokenizer_check import difference
from kcjax.decode.generate import Generator
from kcjax.errors import InputError
from kcjax.files import local_directory
from kcjax.model.config import LlamaConfig
from kcjax.model.huggingface import check_vocabulary, load_config
from kcjax.model.info import FILE_NAME, read_info
from kcjax.model.llama import Llama
from kcjax.model.shards import as_dtype
from kcjax.model.tensors import EMBEDDING, Tensors, WithRows, check_tensors, row_blocks
from kcjax.train.run import base_model_directory, is_run, load_any
from kcjax.train.run_tensors import tensors_of

PROMPTS = (
    'class Ship(Entity):\n\t"""\n\tDescription: a vessel with a name\n\t"""\n\tpass\n',
    'sentence = "The ferry \\"Orion\\" left Bergen at dawn."\n\nOutput:\nresults = [\n\t',
    "The capital of France is Paris, and the capital of Norway is",
)
NEW_TOKENS = 16


def compare_models(one: str | os.PathLike, other: str | os.PathLike, *, tolerance: float = 1e-3) -> dict[str, Any]:
    """Compares a model directory or run with another, in the coarser of the dtypes that they are stored in.

    The weights are compared one tensor at a time; then each model is loaded, one after the other.

    Returns:
      `passed`; `checks`, a row each with `check`, `passed` and `found`; `max_abs_logit_diff` of any logit in float32 on
      fixed prompts, and `same_greedy_tokens`.

    Raises:
      InputError: a model cannot be read, or they have different shapes or tokenizers.
    """
    directories = [base_model_directory(local_directory(d) if not is_run(d) else d) for d in (one, other)]
    configs = [load_config(directory) for directory in directories]
    tensors: list[Tensors] = [tensors_of(one), tensors_of(other)]
    for directory, config, t in zip((one, other), configs, tensors, strict=True):
        check_tensors(t, config)
        if config.num_layers != configs[0].num_layers or config.hidden_size != configs[0].hidden_size:
            raise InputError(f"{directory} has another number of layers, or another width, than {one}")
    tokenizers = [load_tokenizer(directory) for directory in directories]
    for directory, config, tokenizer in zip(directories, configs, tokenizers, strict=True):
        check_vocabulary(directory, tokenizer.vocab_size, config)
    checks = [
        _check("config", *_same_config(*configs)),
        _check("tokenizer", *_same_tokenizer(*tokenizers)),
    ]
    shared = min(_rows(d, t) for d, t in zip(directories, tensors, strict=True))
    if max(tokenizer.vocab_size for tokenizer in tokenizers) > shared:
        raise InputError(f"{one} and {other} have different tokenizers; they cannot be compared")
    dtype = min((t.dtypes[EMBEDDING] for t in tensors), key=lambda dtype: dtype.itemsize)
    checks.append(_check("weights", *_same_weights([WithRows(t, shared) for t in tensors], dtype)))
    tokenizer = tokenizers[0]
    (logits, tokens), (other_logits, other_tokens) = (
        _answers(_rounded(load_any(directory, param_dtype=t.dtypes[EMBEDDING]), dtype), tokenizer, shared)
        for directory, t in zip((one, other), tensors, strict=True)
    )
    # By NumPy, in which NaN stays NaN; XLA's reductions may lose it.
    largest = float(np.max([np.abs(a - b).max() for a, b in zip(logits, other_logits, strict=True)]))
    same = tokens == other_tokens
    same = same and all((a.argmax(-1) == b.argmax(-1)).all() for a, b in zip(logits, other_logits, strict=True))
    checks.append(_check("logits", largest <= tolerance, f"differ by up to {largest:.2e}, tolerated {tolerance:g}"))
    texts = f"{len(PROMPTS)} prompts of fixed text, {NEW_TOKENS} new tokens each"
    checks.append(_check("greedy tokens", same, ("the same, " if same else "others, ") + texts))
    return {
        "passed": all(check["passed"] for check in checks),
        "max_abs_logit_diff": largest,
        "same_greedy_tokens": same,
        "prompts": len(PROMPTS),
        "checks": checks,
    }


def _check(name: str, passed: bool, found: str) -> dict[str, Any]:
    return {"check": name, "passed": passed, "found": found}


def _same_config(one: LlamaConfig, other: LlamaConfig) -> tuple[bool, str]:
    """But for the number of rows, which may be padded, and for a head that is a copy of the embedding."""
    differ = [
        f"{field.name} {getattr(one, field.name)} and {getattr(other, field.name)}"
        for field in dataclasses.fields(LlamaConfig)
        if field.name not in ("vocab_size", "tie_embeddings") and getattr(one, field.name) != getattr(other, field.name)
    ]
    return not differ, ", ".join(differ) or "the same fields"


def _same_tokenizer(one: Tokenizer, other: Tokenizer) -> tuple[bool, str]:
    if (one.bos_id, one.eos_id) != (other.bos_id, other.eos_id):
        return False, f"<bos>, <eos> are {one.bos_id}, {one.eos_id} and {other.bos_id}, {other.eos_id}"
    if one.hash == other.hash:
        return True, "the same file"
    if one.vocab_size != other.vocab_size:
        return False, f"{one.vocab_size} and {other.vocab_size} tokens"
    found = difference(one, other)
    return found is None, found or "other files, the same tokens for code"


def _rows(directory: Any, tensors: Tensors) -> int:
    """Rows of the embedding that stand for something outside of kcjax."""
    info = read_info(directory) if (directory / FILE_NAME).is_file() else None
    return (info and info.vocab_rows) or tensors.shapes[EMBEDDING][0]


def _same_weights(tensors: list[WithRows], dtype: np.dtype) -> tuple[bool, str]:
    differ: list[str] = []
    largest = 0.0
    names = sorted(name for name in tensors[0].shapes.keys() | tensors[1].shapes.keys() if "rotary_emb" not in name)
    for name in names:
        found = [name if name in t.shapes else EMBEDDING for t in tensors]  # only a head may be missing
        one, other = (list(t.shapes[there]) for t, there in zip(tensors, found, strict=True))
        if one != other:
            raise InputError(f"tensor {name} has shape {one} in one model and {other} in the other")
        apart = 0.0
        same = True
        for rows in row_blocks(tensors[0], found[0]):
            parts = (t.get(there, rows) for t, there in zip(tensors, found, strict=True))
            a, b = (as_dtype(as_dtype(values, dtype), np.dtype(np.float32)) for values in parts)
            if not np.array_equal(a, b):
                same = False
                apart = float(np.maximum(apart, np.abs(a - b).max()))
        if not same:
            differ.append(name)
            largest = float(np.maximum(largest, apart))
    if differ:
        told = f"{len(differ)} of {len(names)} tensors differ in {dtype.name}"
        return False, f"{told}, by up to {largest:.2e}: {differ[0]}"
    return True, f"{len(names)} tensors equal in {dtype.name}"


def _rounded(model: Llama, dtype: np.dtype) -> Llama:
    """As it would be stored in `dtype`."""
    nnx.update(model, jax.tree.map(lambda a: a.astype(dtype).astype(a.dtype), nnx.state(model, nnx.Param)))
    return model


def _answers(model: Llama, tokenizer: Tokenizer, rows: int) -> tuple[list[np.ndarray], list[list[int]]]:
    """To each prompt the logits of all tokens, and the new tokens, as `kcjax extract` chooses them."""
    prompts = [tokenizer.encode(prompt, at_start=True) for prompt in PROMPTS]
    logits = [_logits(model, jnp.array([[tokenizer.bos_id, *prompt]]))[0, :, :rows] for prompt in prompts]
    generator = Generator(model, tokenizer, max_new_tokens=NEW_TOKENS, batch_size=len(prompts), stop=())
    found = generator.generate(generator.prefill([tokenizer.bos_id]), prompts)
    return [np.asarray(a) for a in logits], [generation.tokens for generation in found]


@nnx.jit
def _logits(model: Llama, tokens_1xT: jax.Array) -> jax.Array:
    return model.logits(model.hidden(tokens_1xT, positions_BxT=jnp.arange(tokens_1xT.shape[1])[None]))
