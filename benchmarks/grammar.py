"""What the output grammar costs: `python -m benchmarks.grammar --json`.

Milliseconds to build the automaton of a sentence, tokenisation included, beside llguidance's compiled grammar of the
same responses; the same for the arguments of PHEE's events, where each sentence has a grammar of its own; and the share
of a decoding step that choosing by the automata takes.
"""

import functools
import itertools
import statistics
import time

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from benchmarks.common import model_directory, model_parser, report
from benchmarks.decode import DATA, workload
from kcjax.corpus.dataset import load_dataset
from kcjax.corpus.grammar import lark_grammar
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.decode import constraint
from kcjax.decode import slots as programs
from kcjax.decode.automaton import Grammar
from kcjax.decode.language import response_language
from kcjax.decode.vocabulary import Vocabulary
from kcjax.model.huggingface import load_model


def main() -> None:
    arguments = model_parser(__doc__)
    arguments.add_argument("--sentences", type=int, default=200)
    arguments.add_argument("--batch-size", type=int, default=64)
    arguments.add_argument("--prefix-tokens", type=int, default=640)
    arguments.add_argument("--rounds", type=int, default=10)
    args = arguments.parse_args()
    directory = model_directory(args.model)
    tokenizer = load_tokenizer(directory)
    schema, documents = workload(args.sentences)
    texts = [document.text for document in documents]
    start = time.perf_counter()
    grammar = Grammar(response_language("ner", schema), Vocabulary(tokenizer))
    made = time.perf_counter() - start
    automata, times = [], []
    for text in texts:
        start = time.perf_counter()
        automata.append(grammar.automaton(text))
        times.append(1e3 * (time.perf_counter() - start))
    figures = {
        "grammar_ms": round(1e3 * made, 2),
        "automaton_ms": round(statistics.mean(times), 3),
        "automaton_ms_median": round(statistics.median(times), 3),
        "automaton_ms_longest": round(max(times), 3),
        "mean_words": round(statistics.mean(len(text.split()) for text in texts), 1),
        "mean_states": round(statistics.mean(len(a.first) for a in automata), 1),
        "mean_edges": round(statistics.mean(len(a.edges) for a in automata), 1),
        "llguidance_ms": _llguidance(directory, [lark_grammar("ner", schema, text=text) for text in texts]),
        "arguments_ms": _arguments(Vocabulary(tokenizer), args.sentences),
    }
    report("grammar", args, figures | _share(args, load_model(directory), automata))


def _arguments(vocabulary: Vocabulary, count: int) -> float | None:
    """Milliseconds for the grammar and the automaton of a sentence whose events are asked for their arguments."""
    path = DATA.with_name("phee.dev.jsonl.gz")
    if not path.exists():
        return None
    phee = load_dataset("phee")
    documents = list(itertools.islice((d for d in phee.read(path, "dev") if d.events), count))
    start = time.perf_counter()
    for document in documents:
        triggers = [(event.type, event.trigger.text) for event in document.events]
        Grammar(response_language("eae", phee.schema, triggers=triggers), vocabulary).automaton(document.text)
    return round(1e3 * (time.perf_counter() - start) / len(documents), 3)


def _llguidance(directory, grammars: list[str]) -> float | None:
    """Milliseconds until it has compiled a grammar and computed a mask."""
    try:
        import llguidance
        import llguidance.hf
        import transformers
    except ImportError:
        return None
    engine = llguidance.hf.from_tokenizer(transformers.AutoTokenizer.from_pretrained(directory))
    start = time.perf_counter()
    for grammar in grammars:
        llguidance.LLMatcher(engine, llguidance.grammar_from("lark", grammar)).compute_bitmask()
    return round(1e3 * (time.perf_counter() - start) / len(grammars), 3)


def _share(args, model, automata) -> dict[str, float]:
    """A step of all slots in the middle of their responses, and the part of it that chooses by the automata."""
    B, N = args.batch_size, 128
    some = (automata * B)[:B]
    shape = constraint.shape_of(some)
    graph, params = nnx.split(model)
    slots = programs.empty_slots(model.config, model.dtype, False, B, 1, 128, N, shape)
    rng = np.random.default_rng(0)
    states = np.array([rng.integers(a.strings, a.strings + len(a.near)) for a in some], np.int32)
    progress = constraint.beginning(jnp.asarray(states), N // 4 + 1)
    ones = jnp.ones(B, jnp.int32)
    slots = slots._replace(
        tables=jax.tree.map(jnp.asarray, constraint.tables_of(some, shape, slots=B)),
        progress=progress._replace(count_B=8 * ones),
        live_B=ones > 0,
        sure_B=ones,
        counts_B=ones,
        length_B=80 * ones,
        written_B=20 * ones,
    )
    cache = programs.empty_slots(model.config, model.dtype, False, 1, 1, args.prefix_tokens, 1, None).cache
    prefix = programs.Prefix(cache, jnp.int32(args.prefix_tokens))

    @functools.partial(jax.jit, static_argnames="by_grammar")
    def whole(params, slots, by_grammar):
        loop = programs.new_loop(model.config, model.dtype, slots)
        vocab, table = model.config.vocab_size, jnp.zeros((2, model.config.vocab_size), jnp.int32)
        kind = shape if by_grammar else None
        return programs.step(
            nnx.merge(graph, params), prefix, slots.cache, loop, jnp.int32(0), table, 0.0, shape=kind, vocab_size=vocab
        ).slots

    @jax.jit
    def choice(slots, logits):
        return programs.chosen_by_grammar(slots, logits[:, None], jnp.float32(0), shape)

    bare = slots._replace(cache=None)
    logits = jnp.asarray(rng.normal(size=(B, model.config.vocab_size)), jnp.float32)

    @jax.jit
    def free_choice(slots, logits):
        return programs.chosen_freely(slots, logits, jnp.zeros((2, model.config.vocab_size), jnp.int32))

    functions = {
        "step": lambda: whole(params, slots, True),
        "free_step": lambda: whole(params, slots, False),
        "choice": lambda: choice(bare, logits),
        "free_choice": lambda: free_choice(bare, logits),
    }
    for function in functions.values():
        jax.block_until_ready(function())
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(args.rounds):
        for name, function in functions.items():
            start = time.perf_counter()
            jax.block_until_ready(function())
            seconds[name].append(time.perf_counter() - start)
    least = {name: min(found) for name, found in seconds.items()}
    return {
        **{f"{name}_ms": round(1e3 * found, 3) for name, found in least.items()},
        "grammar_share_of_step": round((least["choice"] - least["free_choice"]) / least["step"], 4),
    }


if __name__ == "__main__":
    main()
