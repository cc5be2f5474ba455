"""Whether two models are the same: tokenizer, weights, logits and greedy tokens, each with what was found."""

import os
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from kcjax.corpus.tokenizer import Tokenizer, load_tokenizer
from kcjax.corpus.tokenizer_check import difference
from kcjax.errors import InputError
from kcjax.files import local_directory
from kcjax.model.info import FILE_NAME, read_info
from kcjax.model.llama import Llama
from kcjax.model.shards import as_dtype
from kcjax.model.tensors import EMBEDDING, Tensors, WithRows
from kcjax.train.run import base_model_directory, is_run, load_any
from kcjax.train.run_tensors import tensors_of

PROMPTS = (
    'class Ship(Entity):\n\t"""\n\tDescription: a vessel with a name\n\t"""\n\tpass\n',
    'sentence = "The ferry \\"Orion\\" left Bergen at dawn."\n\nOutput:\nresults = [\n\t',
    "The capital of France is Paris, and the capital of Norway is",
)
NEW_TOKENS = 16


def compare_models(one: str | os.PathLike, other: str | os.PathLike, *, tolerance: float = 1e-3) -> dict[str, Any]:
    """Compares a model directory or run with another; weights in the coarser of the two dtypes.

    Returns:
      `passed`; `checks`, a row each with `check`, `passed` and `found`; `max_abs_logit_diff` of any logit in float32 on
      fixed prompts, and `same_greedy_tokens`.

    Raises:
      InputError: a model cannot be read, or they have different shapes or tokenizers.
    """
    directories = [base_model_directory(local_directory(d) if not is_run(d) else d) for d in (one, other)]
    tokenizers = [load_tokenizer(directory) for directory in directories]
    checks = [_check("tokenizer", *_same_tokenizer(*tokenizers))]
    tensors: list[Tensors] = [tensors_of(one), tensors_of(other)]
    rows = [_rows(d, t) for d, t in zip(directories, tensors, strict=True)]
    for name in sorted(tensors[0].shapes.keys() & tensors[1].shapes.keys()):
        shapes = [t.shapes[name][1:] if name in (EMBEDDING, "lm_head.weight") else t.shapes[name] for t in tensors]
        if shapes[0] != shapes[1]:
            raise InputError(f"{one} and {other} are models of different shapes: {name} {shapes[0]} and {shapes[1]}")
    shared = min(rows)
    dtype = min((t.dtypes[EMBEDDING] for t in tensors), key=lambda dtype: dtype.itemsize)
    checks.append(_check("weights", *_same_weights([WithRows(t, shared) for t in tensors], dtype)))
    models = [_rounded(load_any(directory), dtype) for directory in (one, other)]
    largest = 0.0
    same = True
    tokenizer = tokenizers[0]
    for prompt in PROMPTS:
        tokens = [tokenizer.bos_id, *tokenizer.encode(prompt, at_start=True)]
        a, b = (_logits(model, tokens)[:, :shared] for model in models)
        # By NumPy, in which NaN stays NaN; XLA's reductions may lose it.
        largest = float(np.maximum(largest, np.abs(a - b).max()))
        same = same and bool((a.argmax(-1) == b.argmax(-1)).all())
        one_text, other_text = (_greedy(model, tokens, shared, tokenizer) for model in models)
        same = same and one_text == other_text
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
    one, other = tensors
    differ: list[str] = []
    largest = 0.0
    names = sorted(one.shapes.keys() & other.shapes.keys())
    for name in names:
        a, b = (as_dtype(as_dtype(t.get(name), dtype), np.dtype(np.float32)) for t in tensors)
        if not np.array_equal(a, b):
            differ.append(name)
            largest = float(np.maximum(largest, np.abs(a - b).max()))
    if differ:
        told = f"{len(differ)} of {len(names)} tensors differ in {dtype.name}"
        return False, f"{told}, by up to {largest:.2e}: {differ[0]}"
    return True, f"{len(names)} tensors equal in {dtype.name}"


def _rounded(model: Llama, dtype: np.dtype) -> Llama:
    """As it would be stored in `dtype`, to compute in float32."""
    nnx.update(model, jax.tree.map(lambda a: a.astype(dtype).astype(jnp.float32), nnx.state(model, nnx.Param)))
    return model


@nnx.jit
def _all_logits(model: Llama, tokens_1xT: jax.Array) -> jax.Array:
    positions = jnp.arange(tokens_1xT.shape[1])[None]
    return model.logits(model.hidden(tokens_1xT, positions_BxT=positions))[0]


def _logits(model: Llama, tokens: list[int]) -> np.ndarray:
    return np.asarray(_all_logits(model, jnp.array([tokens])))


def _greedy(model: Llama, tokens: list[int], rows: int, tokenizer: Tokenizer) -> list[int]:
    length = len(tokens) + NEW_TOKENS
    text = list(tokens)
    while len(text) < length and text[-1] != tokenizer.eos_id:
        logits = _logits(model, text + [0] * (length - len(text)))[len(text) - 1, :rows]
        text.append(int(logits.argmax()))
    return text[len(tokens) :]
