"""Training tokens per second, beside transformers and PyTorch in the same run.

    python -m benchmarks.train_step --json

One batch of packed phase 2 records of the harbour sample. Both sides get the same tokens, positions, attention mask and
loss mask, in float32, with gradient clipping and AdamW, once for all parameters and once for LoRA. They take turns, one
step each; compilation and the first two steps are not counted. It ends with an error if their first losses differ.
"""

import argparse
import logging
import math
import tempfile
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import peft
import torch
import transformers
from flax import nnx

from benchmarks.common import SAMPLE, median_seconds, model_directory, parser, report, start
from kcjax.corpus.build import build_corpus
from kcjax.corpus.following import FollowingOptions
from kcjax.corpus.input import Batch, read_batch
from kcjax.corpus.records import DatasetInfo, Records
from kcjax.model.attention import packed_causal_mask
from kcjax.model.huggingface import load_model
from kcjax.model.lora import add_lora
from kcjax.train.config import default_config, lora_config
from kcjax.train.optimizer import make_optimizer
from kcjax.train.run import trained_filter
from kcjax.train.step import TrainState, make_train_step

LEARNING_RATE, B1, B2, EPS, CLIP_NORM, LORA_ALPHA = 1e-5, 0.9, 0.95, 1e-8, 1.0, 16.0
PEER = (
    "transformers LlamaForCausalLM on torch eager, sdpa attention with the records' own mask [rows, 1, length, length] "
    "and position_ids, labels -100 where nothing is learnt, fused AdamW; for LoRA, peft on all linear layers"
)
Step = Callable[[], float]


def packed_batch(directory: Path, args: argparse.Namespace) -> tuple[Batch, DatasetInfo]:
    """The first batch that a training run would see: arrays `[rows, length]`."""
    with tempfile.TemporaryDirectory() as folder:
        info = build_corpus(
            "following",
            SAMPLE / "schema.py",
            [SAMPLE / "train.jsonl"],
            directory,
            Path(folder) / "records",
            length=args.length,
            options=FollowingOptions(tasks=("ner",)),
            share_prefixes=args.share_prefixes,
        )
        return read_batch(Records(Path(folder) / "records"), batch_size=args.rows, seed=0, step=0), info


def our_step(directory: Path, batch: Batch, rank: int) -> Step:
    """kcjax's own jitted step; each call trains once and returns the loss before it. `rank` 0 trains all parameters."""
    config = default_config()
    length = batch["tokens"].shape[1]
    config.update({"dtype": "float32", "remat": "none", "sequence_length": length})
    config.loss_chunk = math.gcd(length, config.loss_chunk)
    config.optimizer.update({"learning_rate": LEARNING_RATE, "schedule": "constant", "warmup_fraction": 0.0})
    config.optimizer.update({"b1": B1, "b2": B2, "eps": EPS, "clip_norm": CLIP_NORM})
    config.lora.update({"rank": rank, "alpha": LORA_ALPHA, "dropout": 0.0})
    model = load_model(directory)
    if lora := lora_config(config):
        add_lora(model, lora, rngs=nnx.Rngs(0))
    graph, params, frozen = nnx.split(model, trained_filter(config), ...)
    optimizer = make_optimizer(config.optimizer, 1)
    state = TrainState(params, jax.jit(optimizer.init)(params), jnp.int32(0))
    step = make_train_step(graph, optimizer, config, None)
    micro_batches = {name: array[None] for name, array in batch.items()}

    def run() -> float:
        nonlocal state
        state, metrics = step(state, frozen, micro_batches)
        return float(jax.block_until_ready((state, metrics))[1]["loss"])

    return run


def peer_step(directory: Path, batch: Batch, rank: int) -> Step:
    """The same with transformers, PyTorch and peft."""
    model = transformers.AutoModelForCausalLM.from_pretrained(
        directory, dtype=torch.float32, attn_implementation="sdpa"
    )
    if rank:
        targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
        lora = peft.LoraConfig(r=rank, lora_alpha=LORA_ALPHA, lora_dropout=0.0, target_modules=targets)
        model = peft.get_peft_model(model, lora)
    model.train()
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, betas=(B1, B2), eps=EPS, weight_decay=0.0, fused=True)
    mask = np.array(packed_causal_mask(jnp.asarray(batch["segment_ids"]), jnp.asarray(batch["prefix_ids"])))
    inputs = {
        "input_ids": torch.tensor(batch["tokens"], dtype=torch.long),
        "labels": torch.tensor(np.where(batch["loss_weights"] > 0, batch["tokens"], -100), dtype=torch.long),
        "position_ids": torch.tensor(batch["positions"], dtype=torch.long),
        "attention_mask": torch.tensor(mask[:, None]),
    }

    def run() -> float:
        loss = model(**inputs, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP_NORM)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())

    return run


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--rows", type=int, default=2)
    arguments.add_argument("--length", type=int, default=512)
    arguments.add_argument("--share-prefixes", action="store_true", help="pack as `kcjax corpus build` does with it")
    arguments.add_argument("--rank", type=int, default=8, help="of LoRA in its mode")
    arguments.add_argument("--steps", type=int, default=10, help="counted steps of either side in each mode")
    args = start(arguments)
    torch.set_num_threads(args.threads)
    transformers.utils.logging.disable_progress_bar()
    logging.getLogger("kcjax.corpus.build").setLevel(logging.ERROR)  # what is left out is in the report
    directory = model_directory(args.model)
    batch, info = packed_batch(directory, args)
    tokens = int((batch["segment_ids"] > 0).sum())
    modes = {}
    for mode, rank in (("full", 0), ("lora", args.rank)):
        ours, theirs = our_step(directory, batch, rank), peer_step(directory, batch, rank)
        first, peer_first = ours(), theirs()
        if not math.isclose(first, peer_first, abs_tol=1e-3):
            raise SystemExit(f"{mode}: the first losses differ, {first} and {peer_first}: this compares nothing")
        ours(), theirs()
        ours_s, theirs_s = median_seconds(args.steps, ours, theirs)
        modes[mode] = {
            "tokens_per_s": round(tokens / ours_s, 1),
            "peer_tokens_per_s": round(tokens / theirs_s, 1),
            "ratio_to_transformers": round(theirs_s / ours_s, 3),
            "loss_first": first,
            "peer_loss_first": peer_first,
            "loss_last": ours(),
            "peer_loss_last": theirs(),
        }
        del ours, theirs
    headline = {key: modes["full"][key] for key in ("tokens_per_s", "peer_tokens_per_s", "ratio_to_transformers")}
    data = {
        "tokens": tokens,  # of the batch, without padding: what the rates count
        "learnt_tokens": int((batch["loss_weights"] > 0).sum()),
        "documents": len({(r, s) for r, row in enumerate(batch["segment_ids"]) for s in row if s}),
        "left_out": info.dropped,
    }
    figures = headline | {"device": jax.devices()[0].device_kind, "modes": modes, "batch": data}
    report("train_step", args, figures, packages=("jax", "torch", "transformers", "peft"), peer=PEER)


if __name__ == "__main__":
    main()
