"""Training tokens per second beside transformers, in one run: `python -m benchmarks.train_step --json`.

The same tokens and optimizer (AdamW) on both sides. A row is one document, so that both compute the same loss without
packing. Steps alternate, one of ours and one of theirs. On a GPU:

    python -m benchmarks.train_step --shape=smollm2_1.7b --rows=8 --length=2048 --dtype=bfloat16 --compile --json

compiles the peer too (`torch.compile`, with the flash attention of PyTorch), and tells MFU.
"""

import argparse
import statistics
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import torch
import transformers
from flax import nnx

from benchmarks.common import model_directory, model_parser, report
from kcjax.files import cache_dir
from kcjax.model.flops import model_flops
from kcjax.model.huggingface import info_of, load_config, load_model, save_model
from kcjax.model.llama import Llama
from kcjax.model.lora import LoraConfig, LoraParam, add_lora
from kcjax.model.shapes import SHAPES
from kcjax.parallel.chips import peak_flops
from kcjax.train.config import default_config
from kcjax.train.optimizer import make_optimizer, make_schedule
from kcjax.train.state import TrainState
from kcjax.train.step import make_train_step


def our_step(directory, tokens: np.ndarray, rank: int, args: argparse.Namespace):
    """A function that does one step and returns its loss."""
    config = default_config()
    config.update({"sequence_length": tokens.shape[1], "remat": args.remat, "dtype": args.dtype})
    config.lora.update({"rank": rank, "dropout": 0.0})
    model = load_model(directory, dtype=args.dtype)
    if rank:
        add_lora(model, LoraConfig(rank=rank, dropout=0.0), rngs=nnx.Rngs(0))
    graph, params, frozen = nnx.split(model, LoraParam if rank else nnx.Param, ...)
    schedule = make_schedule(config.optimizer, 1000)
    optimizer = make_optimizer(config.optimizer, schedule)
    state = TrainState(params, jax.jit(optimizer.init)(params), jnp.int32(0))
    step = make_train_step(graph, optimizer, schedule, config, None)
    ones = np.ones((1, *tokens.shape), np.int32)
    batch = {
        "tokens": tokens[None],
        "segment_ids": ones,
        "prefix_ids": 0 * ones,
        "positions": np.broadcast_to(np.arange(tokens.shape[1], dtype=np.int32), ones.shape),
        "loss_weights": ones.astype(np.float32),
        "tasks": 0 * ones,
        "rows": np.arange(tokens.shape[0])[None],
    }

    def run() -> float:
        nonlocal state
        state, metrics = step(state, frozen, batch)
        return float(metrics["loss"])

    return run


def peer_step(directory, tokens: np.ndarray, rank: int, args: argparse.Namespace):
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = transformers.AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).to(device)
    if rank:
        import peft

        targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
        model = peft.get_peft_model(model, peft.LoraConfig(r=rank, lora_alpha=64, target_modules=targets))
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-6, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0)
    ids = torch.tensor(tokens, dtype=torch.long, device=device)
    if args.compile:
        model.compile()

    def run() -> float:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(device, torch.bfloat16, enabled=args.dtype == "bfloat16"):
            loss = model(input_ids=ids, labels=ids, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return float(loss.detach())

    return run


def shaped(name: str) -> Path:
    """A model directory with random weights."""
    directory = cache_dir() / "models" / f"benchmark-random-{name}"
    if not directory.exists():
        like = model_directory(None)  # its tokenizer
        model = Llama(SHAPES[name], rngs=nnx.Rngs(0))
        save_model(model, directory, tokenizer_dir=like, info=info_of(like))
    return directory


def timed(step) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def main() -> None:
    arguments = model_parser(__doc__)
    arguments.add_argument("--rows", type=int, default=2)
    arguments.add_argument("--length", type=int, default=512)
    arguments.add_argument("--rank", type=int, default=8, help="of LoRA in its mode")
    arguments.add_argument("--steps", type=int, default=5)
    arguments.add_argument("--shape", choices=tuple(SHAPES), help="random weights of this shape, in place of a model")
    arguments.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="of the computation")
    arguments.add_argument("--remat", default="none", help="our remat policy")
    arguments.add_argument("--compile", action="store_true", help="the peer too")
    args = arguments.parse_args()
    torch.set_num_threads(args.threads)
    directory = shaped(args.shape) if args.shape else model_directory(args.model)
    shape = load_config(directory)
    tokens = np.random.default_rng(0).integers(20, shape.vocab_size, (args.rows, args.length)).astype(np.int32)
    peak = peak_flops(jax.devices()[0])
    figures = {}
    for mode, rank in (("full", 0), ("lora", args.rank)):
        ours, theirs = our_step(directory, tokens, rank, args), peer_step(directory, tokens, rank, args)
        losses = ours(), theirs()  # compiles and warms up
        times = [(timed(ours), timed(theirs)) for _ in range(args.steps)]
        ours_s, theirs_s = (statistics.median(column) for column in zip(*times, strict=True))
        needed = model_flops(shape, tokens=tokens.size, length=args.length, lora=LoraConfig(rank) if rank else None)
        mfu = {"mfu": needed / ours_s / peak, "peer_mfu": needed / theirs_s / peak} if peak else {}
        figures[mode] = mfu | {
            "tokens_per_s": round(tokens.size / ours_s, 1),
            "peer_tokens_per_s": round(tokens.size / theirs_s, 1),
            "ratio_to_transformers": round(statistics.median(t / o for o, t in times), 2),
            "first_loss": losses[0],
            "peer_first_loss": losses[1],
        }
        del ours, theirs
    headline = {key: figures["full"][key] for key in ("tokens_per_s", "peer_tokens_per_s", "ratio_to_transformers")}
    report("train_step", args, headline | {"device": jax.devices()[0].device_kind} | figures)


if __name__ == "__main__":
    main()
