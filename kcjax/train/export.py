"""From a run to what others load: a Hugging Face model directory or a PEFT adapter; and a comparison of two models."""

import dataclasses
import logging
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError
from kcjax.files import check_new
from kcjax.model.huggingface import info_of, save_model
from kcjax.model.peft import save_peft_adapter
from kcjax.train.config import lora_config
from kcjax.train.run import base_model_directory, is_run, load_any, load_run, phases_of, run_config

log = logging.getLogger(__name__)

PROMPTS = (
    'class Ship(Entity):\n\t"""\n\tDescription: a vessel with a name\n\t"""\n\tpass\n',
    'sentence = "The ferry \\"Orion\\" left Bergen at dawn."\n\nOutput:\nresults = [\n\t',
    "The capital of France is Paris, and the capital of Norway is",
)


def export_run(run: str | Path, output: str | Path, *, format: str = "hf", dtype: str = "float32") -> None:
    """Writes the newest checkpoint of a run, `hf` with adapters merged or `peft` as the adapter alone."""
    if not is_run(run):
        raise InputError(f"{run}: not the workdir of a run; nothing to export")
    check_new(output)
    if format == "peft":
        config = run_config(run)
        if lora_config(config) is None:
            raise InputError(f"{run}: trained all parameters, so there is no adapter; export it with --format=hf")
        model = load_run(run, merge=False)
        save_peft_adapter(model, output, base_model=config["init_from"], dtype=dtype)
        if is_run(config["init_from"]):
            log.warning(
                "%s: adapts what %s was trained to; export that with --format=hf, and load both",
                output,
                config["init_from"],
            )
        return
    base = base_model_directory(run)
    info = info_of(base)
    info = dataclasses.replace(info, base_model=info.base_model or base.name, phases=phases_of(run))
    save_model(load_run(run), output, tokenizer_dir=base, dtype=dtype, info=info)


def compare_models(one: str | Path, other: str | Path) -> dict[str, Any]:
    """Largest difference of any logit, in float32 on fixed prompts, and whether the greedy next tokens agree."""
    tokenizers = [load_tokenizer(base_model_directory(directory)) for directory in (one, other)]
    if tokenizers[0].hash != tokenizers[1].hash:
        raise InputError(f"{one} and {other} have different tokenizers; their logits cannot be compared")
    models = [load_any(directory) for directory in (one, other)]
    largest, same = 0.0, True
    for prompt in PROMPTS:
        tokens_BxT = jnp.array([[tokenizers[0].bos_id, *tokenizers[0].encode(prompt, at_start=True)]])
        positions = jnp.arange(tokens_BxT.shape[1])[None]
        a, b = (m.logits(m.hidden(tokens_BxT, positions_BxT=positions)) for m in models)
        if a.shape != b.shape:
            raise InputError(f"{one} and {other} have vocabularies of {a.shape[-1]} and {b.shape[-1]} tokens")
        # By NumPy, in which NaN stays NaN; XLA's reductions may lose it.
        largest = float(np.maximum(largest, np.abs(np.asarray(a) - np.asarray(b)).max()))
        same = same and bool((a.argmax(-1) == b.argmax(-1)).all())
    return {"max_abs_logit_diff": largest, "same_greedy_tokens": same, "prompts": len(PROMPTS)}
