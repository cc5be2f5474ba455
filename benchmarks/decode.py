"""Extraction prompts per second, beside transformers in the same run: `python -m benchmarks.decode --json`.

Many sentences share one schema prompt. kcjax computes its keys and values once; transformers gets whole prompts, in
left-padded batches, as a user would write it. Both decode greedily for the same number of new tokens, in float32.
"""

import statistics
import time

import torch
import transformers

from benchmarks.common import SAMPLE, model_directory, model_parser, report
from kcjax.corpus.document import read_documents
from kcjax.corpus.prompt import following_prompt
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.decode.generate import Generator
from kcjax.model.huggingface import load_model
from kcjax.schema.source import read_schema


def main() -> None:
    arguments = model_parser(__doc__)
    arguments.add_argument("--sentences", type=int, default=40)
    arguments.add_argument("--new-tokens", type=int, default=64)
    arguments.add_argument("--batch-size", type=int, default=20)
    arguments.add_argument("--rounds", type=int, default=3)
    args = arguments.parse_args()
    torch.set_num_threads(args.threads)
    directory = model_directory(args.model)
    tokenizer = load_tokenizer(directory)
    schema = read_schema(SAMPLE / "schema.py")
    documents = [*read_documents(SAMPLE / "heldout.jsonl"), *read_documents(SAMPLE / "train.jsonl")][: args.sentences]
    prompts = [following_prompt("ner", schema, document.text) for document in documents]
    prefix = [tokenizer.bos_id, *tokenizer.encode(prompts[0].schema, at_start=True)]
    sentences = tokenizer.encode_batch([prompt.sentence for prompt in prompts])

    model = load_model(directory)
    settings = {"max_new_tokens": args.new_tokens, "batch_size": args.batch_size}
    free = Generator(model, tokenizer, stop=(), **settings)
    stopping = Generator(model, tokenizer, **settings)
    peer = transformers.AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()

    def ours(generator: Generator) -> list[list[int]]:
        return [g.tokens for g in generator.generate(generator.prefill(prefix), sentences)]

    def theirs() -> list[list[int]]:
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
        found: dict[int, list[int]] = {}
        for start in range(0, len(order), args.batch_size):
            rows = order[start : start + args.batch_size]
            length = max(len(sentences[i]) for i in rows) + len(prefix)
            padded = [prefix + sentences[i] for i in rows]
            ids = torch.tensor([[tokenizer.eos_id] * (length - len(row)) + row for row in padded])
            mask = torch.tensor([[0] * (length - len(row)) + [1] * len(row) for row in padded])
            with torch.inference_mode():
                out = peer.generate(
                    ids,
                    attention_mask=mask,
                    do_sample=False,
                    max_new_tokens=args.new_tokens,
                    pad_token_id=tokenizer.eos_id,
                )
            for i, new in zip(rows, out[:, length:].tolist(), strict=True):
                found[i] = new[: new.index(tokenizer.eos_id)] if tokenizer.eos_id in new else new
        return [found[i] for i in range(len(sentences))]

    def seconds(function, *arguments) -> float:
        start = time.perf_counter()
        function(*arguments)
        return time.perf_counter() - start

    same = ours(free) == theirs()  # also compiles and warms up
    ours(stopping)
    rounds = [(seconds(ours, free), seconds(theirs), seconds(ours, stopping)) for _ in range(args.rounds)]
    ours_s, theirs_s, stopping_s = (statistics.median(column) for column in zip(*rounds, strict=True))
    figures = {
        "sentences_per_s": round(args.sentences / ours_s, 3),
        "peer_sentences_per_s": round(args.sentences / theirs_s, 3),
        "ratio_to_transformers": round(statistics.median(t / o for o, t, _ in rounds), 2),
        "ratio_to_vllm": None,
        "sentences_per_s_with_stop_strings": round(args.sentences / stopping_s, 3),
        "same_tokens_unconstrained": same,
        "prompt_tokens": len(prefix) + round(statistics.mean(map(len, sentences))),
    }
    report("decode", args, figures)


if __name__ == "__main__":
    main()
