"""`kcjax corpus VERB`: the commands of the two phases' corpora."""

import argparse
import dataclasses
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from kcjax import library_commands
from kcjax.arguments import TASKS, Merged, Result, count, names, number, share, tasks, weights
from kcjax.errors import InputError, WorkError
from kcjax.files import matching
from kcjax.progress import shown

# Of kcjax.corpus.convert, which is not loaded for `--help`; a test holds them the same.
FORMS = (
    *("aligned", "tekgen", "kelm", "pile-ner", "instructie", "lsee"),
    *("knowcoder-phase1", "knowcoder-phase2", "knowcoder-schema"),
)

_PROMPTS = (
    ("--negatives", number, "classes without objects per class with some (default 3)"),
    ("--hard-negatives", share, "chance of these to be easily confused with one with objects"),
    ("--empty-share", share, "share kept of documents without objects (default 0.1)"),
    ("--all-negative-share", share, "share of documents that also give a prompt of classes without objects alone"),
    ("--comments", share, "share of prompts whose classes have docstrings (default 1)"),
    ("--description-dropout", share, "chance of a class to have no description"),
    ("--example-dropout", share, "chance of a class to have no examples"),
    ("--masked-names", share, "share of prompts whose classes are called Class1, Class2, ..."),
    ("--typed-by-import", share, "share of re and eae prompts that import the types of ends and arguments"),
)
_NOT_SHARED = ("--negatives", "--hard-negatives", "--all-negative-share")  # for a shared prompt asks for every class

if TYPE_CHECKING:
    from kcjax.corpus.document import Document
    from kcjax.corpus.recipe import Recipe, Source
    from kcjax.corpus.records_info import RecordsInfo
    from kcjax.problems import Problems


def add(verbs: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    """The verbs of `kcjax corpus`."""
    corpus = verbs.add_parser("corpus", help="the corpora of the two phases").add_subparsers(
        required=True, metavar="VERB"
    )
    p = verb("build", build, "render, tokenise and pack the examples of a phase", corpus)
    p.add_argument("--phase", choices=("understanding", "following"), required=True)
    add_recipe_arguments(p)
    p = verb("datasets", datasets, "list the known datasets: what is here, licences, and what to put where", corpus)
    p.add_argument("--dataset", type=names, metavar="NAMES", help="comma-separated (default: all)")
    p.add_argument("--data-dir", metavar="DIR", help="where the datasets are (default $KCJAX_DATA)")

    p = verb("select", select, "copy documents: all or a seeded sample, with labels made class names", corpus)
    source = p.add_mutually_exclusive_group(required=True)
    source.add_argument("--input", help="annotated documents, JSONL or .jsonl.gz")
    source.add_argument("--dataset", metavar="NAME", help="a dataset that kcjax has the schema of, such as wnut17")
    p.add_argument("--split", help="of the dataset (default train)")
    p.add_argument("--data-dir", metavar="DIR", help="where the dataset's files are (default $KCJAX_DATA)")
    p.add_argument("--output", required=True)
    p.add_argument(
        "--labels", metavar="FILE", help="tables entities, relations, events, roles as JSON: label -> class or role"
    )
    sample = p.add_mutually_exclusive_group()
    sample.add_argument("--n", type=count, help="how many, drawn by --seed and kept in their order (default all)")
    sample.add_argument("--share", type=float, help="share of them, such as 0.05; a smaller share is part of a larger")
    sample.add_argument("--shots", type=count, help="how many for each type of --task")
    p.add_argument("--task", choices=TASKS, help="with --shots: whose types")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--max-problems", type=number, default=0, help="bad rows that are tolerated (default 0)")
    p = verb("convert", convert, "read other people's corpora: into documents, or texts rendered already", corpus)
    p.add_argument("--form", required=True, help=f"how the files are written: {', '.join(FORMS)}")
    p.add_argument("--input", action="append", required=True, help="a file of that form; repeatable")
    p.add_argument("--output", required=True, help="documents or examples to write, JSONL; or a schema, .py or .json")
    p.add_argument("--library", help="the library whose types to use; without one, types are named after the labels")
    p.add_argument("--schema", metavar="FILE", help="the types met, to write as .py or .json")
    p.add_argument("--max-problems", type=number, default=0, help="bad rows that are tolerated (default 0)")
    p = verb("verbalise", verbalise, "write sentences made of a dump's facts, for types that no text has", corpus)
    library_commands.add_dump_arguments(p)
    p.add_argument("--library", help="the library file (default $KCJAX_LIBRARY, or library.kcjax in the cache)")
    p.add_argument("--output", required=True, help="documents to write, JSONL")
    p.add_argument(
        "--per-type", type=count, default=20, help="sentences for a class or a property at most (default 20)"
    )
    p.add_argument(
        "--following-share", type=share, default=0.3, help="share of the things kept for phase 2 (default 0.3)"
    )
    p.add_argument(
        "--avoid",
        action="append",
        default=[],
        metavar="FILE",
        help="documents none of whose mentions may be in a sentence",
    )
    p.add_argument("--seed", type=int, default=0)
    p = verb("stats", stats, "count what corpora hold", corpus)
    p.add_argument("corpus", nargs="+", help="directory made by `kcjax corpus build`")
    p = verb("inspect", inspect, "show a record as text: what is learnt, what is only read", corpus)
    p.add_argument("corpus", help="directory made by `kcjax corpus build`")
    p.add_argument("--model", required=True, help="model directory whose tokenizer the corpus was made with")
    p.add_argument("--record", type=number, default=0, help="which, from 0 (default 0)")
    p = verb("leaks", leaks, "find sentences of evaluation files that are in training files too", corpus)
    p.add_argument("--training", action="append", required=True, metavar="FILE", help="documents; repeatable")
    p.add_argument("--evaluation", action="append", required=True, metavar="FILE", help="documents; repeatable")
    p.add_argument(
        "--near", type=share, default=0.8, help="share of its runs of 4 words that make a leak (default 0.8)"
    )
    p.add_argument("--max-problems", type=number, default=0, help="bad rows that are tolerated (default 0)")


def add_recipe_arguments(p: argparse.ArgumentParser) -> None:
    """The arguments of every command that builds a corpus."""
    what = p.add_argument_group("what it is made of")
    what.add_argument("--schema", help="file with the types, .py or .json, parsed and never run; or a library (.kcjax)")
    what.add_argument(
        "--input",
        action="append",
        default=[],
        help="documents annotated with those types, JSONL or .jsonl.gz; repeatable",
    )
    what.add_argument(
        "--dataset",
        action="append",
        default=[],
        metavar="NAME[:SPLIT]",
        help="a data set that kcjax knows (default split train); repeatable",
    )
    what.add_argument("--data-dir", default="", help="the folder with the files of data sets (default $KCJAX_DATA)")
    what.add_argument(
        "--rendered",
        action="append",
        default=[],
        metavar="FILE",
        help="texts rendered already, as `kcjax corpus convert` writes them; repeatable",
    )
    what.add_argument("--cap", type=count, default=0, help="documents taken of a data set, or of all --input, at most")
    what.add_argument(
        "--weight",
        type=weights,
        action=Merged,
        default={},
        metavar="NAME=N,...",
        help="times the documents of a data set (NAME or NAME:SPLIT, or `input` for those of --input) are used, every "
        "time with other choices; 0.3 takes three in ten",
    )
    what.add_argument(
        "--balance",
        type=weights,
        action=Merged,
        default={},
        metavar="KIND=SHARE,...",
        help="shares of the tokens of definition, ner, re, ed, eae",
    )
    what.add_argument(
        "--synthetic", type=share, default=1.0, help="largest share of the tokens made from facts (default 1)"
    )
    what.add_argument("--tasks", type=tasks, default=TASKS, help="comma-separated, of ner,re,ed,eae (default all)")
    what.add_argument("--seed", type=int, default=0)
    what.add_argument("--max-problems", type=number, default=0, help="bad rows that are tolerated (default 0)")
    form = p.add_argument_group("the records")
    form.add_argument("--model", required=True, help="model directory whose tokenizer to use")
    form.add_argument("--output", dest="records", required=True, help="the directory to write, here or in a bucket")
    form.add_argument("--length", type=count, default=2048, help="tokens of a record (default 2048)")
    form.add_argument(
        "--share-prefixes",
        action="store_true",
        help="ask for all classes in schema order, and lay that prompt down once for many sentences",
    )
    prompt = p.add_argument_group("the prompts of phase following")
    # Without defaults, so that it is known which of them were given; those of `FollowingOptions` hold.
    for flag, kind, help in _PROMPTS:
        prompt.add_argument(flag, type=kind, help=help)
    prompt.add_argument(
        "--examples-per-type",
        type=number,
        default=0,
        help="examples to give to types in place of the schema's: their most frequent mentions in the documents",
    )
    prompt.add_argument(
        "--avoid",
        action="append",
        default=[],
        metavar="FILE",
        help="documents whose mentions are to be no examples; repeatable",
    )


def recipe(args: argparse.Namespace) -> "Recipe":
    """What the arguments of `add_recipe_arguments` ask for."""
    from kcjax.corpus.following import FollowingOptions
    from kcjax.corpus.recipe import Recipe

    given = {flag: value for flag, _, _ in _PROMPTS if (value := getattr(args, _field(flag))) is not None}
    if args.phase != "following":
        _refuse(given, "is of phase following")
    if args.share_prefixes:
        _refuse([flag for flag in _NOT_SHARED if flag in given], "has no effect with --share-prefixes")
    chosen = {_field(flag): value for flag, value in given.items()}
    options = FollowingOptions(tasks=args.tasks, every_class=args.share_prefixes, seed=args.seed, **chosen)
    return Recipe(
        phase=args.phase,
        model=args.model,
        sources=tuple(_sources(args)),
        rendered=tuple(args.rendered),
        length=args.length,
        options=options,
        share_prefixes=args.share_prefixes,
        balance=args.balance,
        synthetic=args.synthetic,
        examples_per_type=args.examples_per_type,
        avoid=tuple(args.avoid),
        data_dir=args.data_dir,
        max_problems=args.max_problems,
    )


def _field(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")


def _refuse(flags: Iterable[str], why: str) -> None:
    for flag in flags:
        raise InputError(f"{flag} {why}; leave it out")


def _sources(args: argparse.Namespace) -> Iterator["Source"]:
    from kcjax.corpus.recipe import Source

    if args.input and not args.schema:
        raise InputError("--input needs --schema=FILE, the types that its documents are annotated with")
    if args.schema and not args.input and args.phase == "following" and (args.dataset or args.rendered):
        raise InputError("--schema has no effect without --input, documents annotated with its types; leave it out")
    datasets = [item.partition(":") for item in args.dataset]
    named = {name for name, _, _ in datasets} | {*args.dataset} | ({"input"} if args.input else set())
    if unknown := args.weight.keys() - named:
        known = ", ".join(sorted(named)) or "none"
        raise InputError(f"--weight={min(unknown)}: no such documents are given; given are {known}")
    for name, _, split in datasets:
        weight = args.weight.get(f"{name}:{split}", args.weight.get(name, 1.0))
        yield Source(name, split or "train", cap=args.cap, weight=weight)
    if args.schema:
        paths = [path for pattern in args.input for path in matching(pattern)]
        weight = args.weight.get("input", 1.0)
        yield Source(paths=tuple(paths), schema=args.schema, cap=args.cap, weight=weight)


def result(info: "RecordsInfo") -> Result:
    """What a command that built a corpus says of it."""
    for reason, times in info.dropped.items():
        logging.warning("left out: %d times %s", times, reason)
    return {info.phase: _counts(info)}


def _counts(info: "RecordsInfo") -> Result:
    keys = ("examples", "tokens", "learnt_tokens", "records", "fill", "types", "kinds", "split", "ambiguous", "dropped")
    return {key: getattr(info, key) for key in keys}


def build(args: argparse.Namespace) -> Result:
    from kcjax.corpus.build import build_corpus

    return result(build_corpus(recipe(args), args.records))


def select(args: argparse.Namespace) -> Result:
    from kcjax.corpus.dataset import load_dataset
    from kcjax.corpus.document import read_documents, write_documents
    from kcjax.corpus.labels import read_labels, renaming
    from kcjax.corpus.splits import few_shot, low_resource, sample_documents
    from kcjax.files import check_new_file
    from kcjax.problems import Problems

    together = {"labels": "input", "split": "dataset", "data_dir": "dataset", "task": "shots", "shots": "task"}
    for one, other in together.items():
        if getattr(args, one) and not getattr(args, other):
            raise InputError(f"--{one.replace('_', '-')} goes with --{other} alone; give that, or leave it out")
    name, _, split = (args.dataset or "").partition(":")
    if split and args.split:
        raise InputError(f"--dataset={args.dataset} --split={args.split}: give the split once")
    check_new_file(args.output)
    left_out: Counter[str] = Counter()
    problems = Problems(args.max_problems)
    schema = None
    if args.dataset:
        dataset = load_dataset(name)
        schema = dataset.schema
        split = split or args.split or "train"
        documents = dataset.documents(split, args.data_dir, left_out=left_out, problems=problems)
    else:
        finish = renaming(read_labels(args.labels)) if args.labels else None
        documents = read_documents(args.input, finish=finish, problems=problems)
    if args.n:
        documents = iter(sample_documents(documents, args.n, seed=args.seed))
    elif args.share is not None:
        documents = iter(low_resource(documents, args.share, seed=args.seed))
    elif args.shots:
        documents = iter(few_shot(documents, schema, args.task, args.shots, seed=args.seed))
    written = write_documents(args.output, documents)
    for reason, times in left_out.items():
        logging.warning("left out: %d times %s", times, reason)
    return {"documents": written, "problems": problems.count, "output": args.output}


def datasets(args: argparse.Namespace) -> Result:
    from kcjax.corpus.dataset import dataset_names, load_dataset

    known = map(load_dataset, args.dataset or dataset_names())
    return {
        "datasets": [
            {
                "name": dataset.name,
                "tasks": list(dataset.tasks),
                "here": [split for split in dataset.splits if dataset.is_here(split, args.data_dir)],
                "splits": list(dataset.splits),
                "licence": dataset.licence,
                "homepage": dataset.homepage,
                "releases": [release.get for release in dataset.releases],
                "checked": [release.checked for release in dataset.releases],
            }
            for dataset in known
        ]
    }


def convert(args: argparse.Namespace) -> Result:
    from kcjax.corpus import convert as forms
    from kcjax.corpus.document import write_documents
    from kcjax.corpus.example import example_to_json
    from kcjax.files import check_new_file, write_jsonl
    from kcjax.problems import Problems
    from kcjax.schema.library import SchemaLibrary
    from kcjax.schema.source import check_schema_path, write_schema

    for path in filter(None, (args.output, args.schema)):
        check_new_file(path)
    if args.schema == args.output:
        raise InputError(f"{args.output}: both --output and --schema; give them different names")
    if args.schema:
        check_schema_path(args.schema)
    problems = Problems(args.max_problems)
    left_out: Counter[str] = Counter()
    form = forms.FORMS.get(args.form)
    if form and not form.document:
        _refuse([f"--{name}" for name in ("schema", "library") if getattr(args, name)], f"has no effect on {args.form}")
    if form and form.example:
        examples = forms.examples(args.form, args.input, problems=problems)
        found = {"examples": write_jsonl(args.output, map(example_to_json, shown(examples, "examples")))}
        _check_any(found, args.input, args.output)
    elif form and not form.document:
        schema = forms.schema_of(args.form, args.input, problems=problems, left_out=left_out)
        write_schema(args.output, schema)
        found = {"types": len(schema.by_name)}
    else:
        classes = forms.Classes(SchemaLibrary(args.library)) if args.library else forms.Classes()
        documents = forms.convert(args.form, args.input, classes, problems=problems, left_out=left_out)
        found = {"documents": write_documents(args.output, shown(documents, "documents"))}
        _check_any(found, args.input, args.output)
        if args.schema:
            write_schema(args.schema, classes.schema())
            found["types"] = len(classes.schema().by_name)
    return {**found, "problems": problems.count, "left_out": dict(left_out), "output": args.output}


def _check_any(found: Result, read: list[str], output: str) -> None:
    """Raises an `InputError`, and removes the output, if nothing was found to write to it."""
    for name, many in found.items():
        if not many:
            os.remove(output)
            raise InputError(f"{', '.join(read)}: gave no {name}; is it a file of another form?")


def verbalise(args: argparse.Namespace) -> Result:
    from kcjax.corpus.document import mention_keys, write_documents
    from kcjax.corpus.verbalise import VerbaliseOptions
    from kcjax.corpus.verbalise import verbalise as sentences
    from kcjax.files import check_new_file
    from kcjax.schema.concept import Claim, Instances
    from kcjax.schema.library import SchemaLibrary
    from pipelines.schema_library import read_facts

    check_new_file(args.output)
    library = SchemaLibrary(args.library or library_commands.default_library())
    options = VerbaliseOptions(args.per_type, args.following_share, mention_keys(args.avoid), args.seed)
    left_out: Counter[str] = Counter()
    with read_facts(args) as facts:
        told = (fact for fact in facts.facts() if isinstance(fact, Claim | Instances))
        documents = write_documents(args.output, sentences(told, library, options, left_out=left_out))
    _check_any({"documents": documents}, [args.dump], args.output)
    return {"documents": documents, "left_out": dict(left_out), "output": args.output}


def stats(args: argparse.Namespace) -> Result:
    from kcjax.corpus.records_info import read_info

    found: Result = {}
    for directory in args.corpus:
        info = read_info(directory)
        found[info.phase if len(args.corpus) == 1 else str(directory)] = _counts(info)
    return found


def inspect(args: argparse.Namespace) -> Result:
    from kcjax.corpus.inspect import segments
    from kcjax.corpus.records import Records
    from kcjax.corpus.tokenizer import load_tokenizer

    records, tokenizer = Records(args.corpus), load_tokenizer(args.model)
    if tokenizer.hash != records.info.tokenizer_hash:
        raise InputError(f"{args.corpus}: made with another tokenizer than that of {args.model}")
    if args.record >= len(records):
        raise InputError(f"--record={args.record}: the corpus has {len(records)} records, numbered from 0")
    record = records[args.record]
    found = list(segments(record, tokenizer))
    if args.json:
        return {"record": args.record, "segments": [dataclasses.asdict(segment) for segment in found]}
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True)
    if not console.is_terminal:  # as it is, tabs and all
        for segment in found:
            print(f"# {segment.title}\n{''.join(text for text, _ in segment.parts)}\n")
        return {}
    for segment in found:
        console.rule(Text(segment.title), align="left")
        text = Text()
        for part, learnt in segment.parts:
            text.append(part, style="bold green" if learnt else "dim")
        console.print(text)
    padding = records.info.length - sum(segment.tokens for segment in found)
    console.rule(f"{padding} of {records.info.length} tokens are padding", align="left")
    return {}


def leaks(args: argparse.Namespace) -> Result:
    from kcjax.corpus.leaks import find_leaks
    from kcjax.problems import Problems

    problems = Problems(args.max_problems)
    training, evaluation = list(_read(args.training, problems)), list(_read(args.evaluation, problems))
    found = find_leaks(training, evaluation, near=args.near)
    result = {
        "training": len(training),
        "evaluation": len(evaluation),
        "repeated": sum(leak.share == 1 for leak in found),
        "nearly": sum(leak.share < 1 for leak in found),
        "problems": problems.count,
        "leaks": [dataclasses.asdict(leak) for leak in found],
    }
    if found:
        few = "; ".join(f"{leak.evaluation} in {leak.training}" for leak in found[:5])
        raise WorkError(f"{len(found)} evaluation documents are in the training files ({few}); leave them out", result)
    return result


def _read(paths: list[str], problems: "Problems") -> Iterator["Document"]:
    from kcjax.corpus.document import read_documents

    for path in paths:
        for document in read_documents(path, problems=problems):
            yield dataclasses.replace(document, id=f"{path}: {document.id}") if len(paths) > 1 else document
