"""`kcjax extract`."""

import argparse
import dataclasses
from typing import TYPE_CHECKING, Any

from kcjax.arguments import Result, count, number, share, some_of, tasks

if TYPE_CHECKING:
    from kcjax.extract.job import Job


def add(verb: Any) -> None:
    p = verb("extract", extract, "extract objects from documents, with character offsets")
    rows = add_job_arguments(p)
    rows.add_argument(
        "--retry",
        type=statuses,
        default=(),
        metavar="STATUS,...",
        help="do the rows of these statuses again, such as error,truncated, and keep the others",
    )
    rows.add_argument("--workers", type=count, default=1, help="processes, each with its cores or its accelerator")
    rows.add_argument(
        "--share",
        type=share_of_all,
        default=(0, 1),
        metavar="NUMBER/COUNT",
        help="this process's share of the parts, from 0/COUNT on, where several do the job together",
    )


def add_job_arguments(p: argparse.ArgumentParser) -> Any:
    """What a job is; returns the group of those that tell of the corpus."""
    p.set_defaults(anywhere=("model", "input", "output"))
    p.add_argument("--model", required=True, help="a model directory, on disk or in a bucket")
    p.add_argument("--adapter", help="PEFT directory with a LoRA adapter of that model, merged when loaded")
    p.add_argument(
        "--schema",
        required=True,
        help="Python or JSON file with the types, parsed and never run; or a library (.kcjax)",
    )
    p.add_argument("--types-per-text", type=count, default=20, help="asked of a library, of each kind (default 20)")
    p.add_argument("--tasks", type=tasks, help="comma-separated, of ner,re,ed,eae (default: what the schema has)")
    p.add_argument("--triggers", choices=("predicted", "gold"), default="predicted", help="whose events get arguments")
    p.add_argument("--without-comments", action="store_true", help="leave the docstrings out of the prompt")
    p.add_argument("--max-new-tokens", type=count, default=640)
    p.add_argument("--batch-size", type=count, default=32)
    p.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="of the computation")
    p.add_argument(
        "--int8",
        type=int8,
        default=(),
        metavar="weights,cache",
        help="what is held in 8 bits: the weights of the blocks, the keys and values, or both",
    )
    p.add_argument("--tensor", type=count, default=1, help="devices that the model is spread over (default 1)")
    p.add_argument(
        "--without-grammar", action="store_true", help="let the model write anything, not only objects of the schema"
    )
    p.add_argument(
        "--stop-bias",
        type=float,
        default=0.0,
        help="added to the logits of what ends a response: above 0 for fewer objects, below for more (default 0)",
    )
    p.add_argument(
        "--threshold",
        type=thresholds,
        default={},
        metavar="SHARE,TYPE=SHARE",
        help="the confidence that objects must have: of all types, of some, or both, such as 0.3,Person=0.8",
    )
    p.add_argument(
        "--window",
        type=count,
        metavar="TOKENS",
        help="the most of a text that is read at once; longer ones in overlapping stretches (default: what fits)",
    )
    p.add_argument(
        "--occurrences",
        choices=("nearest", "first", "all"),
        default="nearest",
        help="where a string stands that the text has several times: the next that is not taken (default), the first "
        "that is not taken, or everywhere",
    )
    p.add_argument(
        "--typed-by-import",
        action="store_true",
        help="ask for relations and arguments with the classes of their ends, of a model that was trained so",
    )
    rows = p.add_argument_group("the corpus")
    rows.add_argument(
        "--input",
        required=True,
        action="append",
        help="JSONL (.gz too) or Parquet: a file, or a pattern such as 'gs://bucket/part-*.jsonl'; may be given again",
    )
    rows.add_argument(
        "--output",
        required=True,
        help="NAME.jsonl or NAME.parquet, one row a document in the same order; without a suffix a folder of parts",
    )
    rows.add_argument("--id-column", default="id", metavar="NAME", help="of the input (default id)")
    rows.add_argument("--text-column", default="text", metavar="NAME", help="of the input (default text)")
    rows.add_argument(
        "--part-rows", type=count, default=1024, help="the most that is to be done again when stopped (default 1024)"
    )
    return rows


def extract(args: argparse.Namespace) -> Result:
    from kcjax.extract.workers import run

    return run(job_of(args), workers=args.workers)


def job_of(args: argparse.Namespace) -> "Job":
    from kcjax.extract.job import Job

    fields = {field.name: getattr(args, field.name) for field in dataclasses.fields(Job) if hasattr(args, field.name)}
    return Job(
        **fields,
        inputs=tuple(args.input),
        comments=not args.without_comments,
        grammar=not args.without_grammar,
    )


def thresholds(text: str) -> dict[str, float]:
    """`SHARE` for all types, `TYPE=SHARE` for one."""
    found: dict[str, float] = {}
    for item in text.split(","):
        name, _, value = item.rpartition("=")
        if name in found:
            raise argparse.ArgumentTypeError(f"gives {name or 'the threshold of all types'} twice")
        found[name.strip()] = share(value.strip())
    return found


def int8(text: str) -> tuple[str, ...]:
    return some_of(("weights", "cache"), "part", text)


def statuses(text: str) -> tuple[str, ...]:
    from kcjax.extract.extraction import STATUSES

    return some_of(STATUSES, "status", text)


def share_of_all(text: str) -> tuple[int, int]:
    first, _, of = text.partition("/")
    number_, count_ = number(first), count(of)
    if number_ >= count_:
        raise argparse.ArgumentTypeError(f"must be NUMBER/COUNT with a number below the count, found {text!r}")
    return number_, count_
