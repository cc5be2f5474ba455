"""Training tokens per second beside transformers, in one run: `python -m benchmarks.train_step --json`.

The same tokens, optimizer (AdamW) and float32 on both sides. A row is one document, so that both compute the same loss
without packing. Steps alternate, one of ours and one of theirs.
"""

import statistics
import time

import jax
import jax.numpy as jnp
import numpy as np
import torch
import transformers
from flax import nnx

from benchmarks.common import model_directory, model_parser, report
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.model.huggingface import load_model
from kcjax.model.lora import LoraConfig, LoraParam, add_lora
from kcjax.train.config import default_config
from kcjax.train.optimizer import make_optimizer, make_schedule
from kcjax.train.step import TrainState, make_train_step


def our_step(directory, tokens: np.ndarray, rank: int):
    """A function that does one step and returns its loss."""
    config = default_config()
    config.update({"sequence_length": tokens.shape[1], "remat": "none", "dtype": "float32"})
    config.lora.update({"rank": rank, "dropout": 0.0})
    model = load_model(directory)
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
    }

    def run() -> float:
        nonlocal state
        state, metrics = step(state, frozen, batch)
        return float(metrics["loss"])

    return run


def peer_step(directory, tokens: np.ndarray, rank: int):
    model = transformers.AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    if rank:
        import peft

        targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
        model = peft.get_peft_model(model, peft.LoraConfig(r=rank, lora_alpha=64, target_modules=targets))
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=1e-6, betas=(0.9, 0.95), eps=1e-8, weight_decay=0.0)
    ids = torch.tensor(tokens, dtype=torch.long)

    def run() -> float:
        optimizer.zero_grad(set_to_none=True)
        loss = model(input_ids=ids, labels=ids, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        return float(loss.detach())

    return run


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
    args = arguments.parse_args()
    torch.set_num_threads(args.threads)
    directory = model_directory(args.model)
    vocabulary = load_tokenizer(directory).vocab_size
    tokens = np.random.default_rng(0).integers(20, vocabulary, (args.rows, args.length)).astype(np.int32)
    figures = {}
    for mode, rank in (("full", 0), ("lora", args.rank)):
        ours, theirs = our_step(directory, tokens, rank), peer_step(directory, tokens, rank)
        losses = ours(), theirs()  # compiles and warms up
        times = [(timed(ours), timed(theirs)) for _ in range(args.steps)]
        ours_s, theirs_s = (statistics.median(column) for column in zip(*times, strict=True))
        figures[mode] = {
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
