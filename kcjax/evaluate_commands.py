"""`kcjax evaluate`, `benchmark` and `report`."""

import argparse
import functools
import logging
from typing import TYPE_CHECKING, Any

from kcjax.arguments import TASKS, Result, count, names, share, tasks
from kcjax.errors import InputError, WorkError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kcjax.evaluate.protocol import Evaluation, Model
    from kcjax.extract.extractor import Extractor

log = logging.getLogger(__name__)
FORMS = ("kcjax", "gliner", "gollie", "universalner", "llm-json")
PROTOCOLS = ("zero-shot", "few-shot", "supervised", "low-resource")


def add(verb: Any) -> None:
    p = verb("evaluate", evaluate, "score predictions against gold annotations, or a model on known datasets")
    files = p.add_argument_group("of files")
    files.add_argument("--gold", help="documents with annotations, JSONL")
    files.add_argument("--predictions", help="the rows of `kcjax extract`, or documents with the same ids")
    files.add_argument("--form", choices=FORMS, default="kcjax", help="whose predictions they are (default kcjax)")
    files.add_argument("--tasks", type=tasks, help="comma-separated (default: what gold or predictions have)")
    files.add_argument("--schema", help="the types that were asked for (default: those that gold has)")
    files.add_argument("--library", help="a library: a type below the gold one is right too, in kc_compat")
    group = p.add_argument_group("of a model on datasets")
    group.add_argument("--protocol", choices=PROTOCOLS, help="how the model is asked; see docs/evaluation.md")
    group.add_argument("--datasets", type=names, help="comma-separated; NAME or NAME:SPLIT")
    _add_model(group)
    group.add_argument("--shots", type=count, default=5, help="demonstrations of few-shot (default 5)")
    group.add_argument(
        "--shares",
        type=names,
        default=["0.01", "0.05", "0.1"],
        help="of the training documents, for low-resource, comma-separated (default 0.01,0.05,0.1)",
    )
    group.add_argument("--config", help="of the refinement of low-resource; fields: --config.FIELD=VALUE")

    p = verb("benchmark", benchmark, "run a model over all known datasets that are here, and fill the paper's table")
    p.add_argument("--datasets", type=names, help="comma-separated (default: all that are in the data folder)")
    p.add_argument("--protocol", choices=PROTOCOLS[:3], default="zero-shot", help="default: zero-shot")
    _add_model(p)
    p.add_argument("--shots", type=count, default=5, help="demonstrations of few-shot (default 5)")

    p = verb("report", report, "make a page of HTML and one of Markdown of what evaluate and benchmark found")
    p.add_argument("results", help="their --output, a folder with results.jsonl")
    p.add_argument("--against", help="another such folder, to be compared with significance")
    p.add_argument("--output", required=True, help="the page to write, NAME.html; NAME.md is written beside it")


def _add_model(group: Any) -> None:
    group.add_argument("--model", help="a model directory")
    group.add_argument("--adapter", help="PEFT directory with a LoRA adapter of that model")
    group.add_argument("--data-dir", help="where the datasets are (default: $KCJAX_DATA)")
    group.add_argument("--output", help="a folder for results.jsonl and predictions; what is there is not done again")
    group.add_argument("--seeds", type=names, default=["0"], help="comma-separated; a row of results each (default 0)")
    group.add_argument("--limit", type=count, help="documents of each dataset, drawn by seed (default: all)")
    group.add_argument(
        "--trained-on", type=names, default=[], help="datasets, comma-separated; tells how far types are"
    )
    group.add_argument("--max-new-tokens", type=count, default=640)
    group.add_argument("--batch-size", type=count, default=32)
    group.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32", help="of the computation")


def evaluate(args: argparse.Namespace) -> Result:
    if args.overrides and not args.config:
        raise InputError(f"{args.overrides[0]} is a field of --config=configs/NAME.py; give that, or leave it out")
    if args.model or args.datasets or args.protocol:
        for flag in ("gold", "predictions", "tasks", "schema", "library"):
            if getattr(args, flag):
                raise InputError(f"--{flag} is for files of predictions; leave it out, or --model and --datasets")
        for flag in ("model", "datasets", "protocol", "output"):
            if not getattr(args, flag):
                raise InputError(
                    f"a model is evaluated with --model, --datasets, --protocol and --output; add --{flag}"
                )
        if (args.protocol == "low-resource") != bool(args.config):
            raise InputError("--config=configs/NAME.py goes with --protocol=low-resource, which refines the model")
        rows, failed = (_low_resource(args), {}) if args.config else _run(args, args.datasets)
        if failed:
            raise InputError("; ".join(f"{name}: {why}" for name, why in failed.items()))
        return {"results": f"{args.output}/results.jsonl", "datasets": rows if args.json else _brief(rows)}
    if not args.gold or not args.predictions:
        raise InputError("give --gold and --predictions, or --model, --datasets, --protocol and --output")
    return _score_files(args)


def _score_files(args: argparse.Namespace) -> Result:
    from kcjax.corpus.document import read_documents
    from kcjax.evaluate.matching import KcRules
    from kcjax.evaluate.metrics import score
    from kcjax.evaluate.objects import labels_of
    from kcjax.evaluate.peers import read_peer
    from kcjax.evaluate.predictions import read_predictions
    from kcjax.schema.library import SchemaLibrary, open_types

    gold = list(read_documents(args.gold))
    schema = open_types(args.schema) if args.schema else None
    if args.form == "kcjax":
        rows, malformed = read_predictions(args.predictions, gold)
    else:
        rows, malformed = read_peer(args.form, args.predictions, gold, schema), []
    rules = KcRules()
    if args.library:
        library = SchemaLibrary(args.library)
        rules = KcRules(ancestors=lambda name: library.ancestors(name) if name in library else ())
    asked = labels_of(schema) if schema else None
    found = score(gold, rows, tasks=args.tasks, schema=asked, rules=rules, malformed=malformed).to_json()
    return found if args.json else _summary(found)


def _summary(found: Result) -> Result:
    """What fits a terminal: a line for each task and match, and for each type."""
    from kcjax.evaluate.matching import MATCHES

    result: Result = {}
    for task in (task for task in TASKS if task in found):
        matches = {match: found[task][match] for match in MATCHES}
        keys = ("precision", "recall", "f1", "macro_f1", "true_positives", "predicted", "gold")
        result[task] = [
            {"match": match}
            | {key: scores[key] for key in keys}
            | {"interval": scores["f1_interval"], "identification_f1": scores["identification"]["f1"]}
            for match, scores in matches.items()
        ]
        result[f"{task} types (strict)"] = [
            {"type": name} | {key: counts[key] for key in ("precision", "recall", "f1", "predicted", "gold")}
            for name, counts in found[task]["strict"]["types"].items()
        ]
    return result | {key: value for key, value in found.items() if key not in TASKS}


def benchmark(args: argparse.Namespace) -> Result:
    from kcjax.corpus.dataset import dataset_names, load_dataset
    from kcjax.evaluate.matching import MATCHES
    from kcjax.evaluate.protocol import present
    from kcjax.evaluate.published import paper_rows

    for flag in ("model", "output"):
        if not getattr(args, flag):
            raise InputError(f"a benchmark needs --{flag}")
    asked = args.datasets or [name for name in dataset_names() if name != "harbour"]
    here = [name for name in asked if args.datasets or present(load_dataset(name), args.data_dir)]
    if not here:
        raise InputError("none of the datasets is here; name the folder they are in with --data-dir or $KCJAX_DATA")
    for name in sorted(set(asked) - set(here)):
        log.info("absent: %s", name)
    rows, failed = _run(args, here, with_unscored=True)
    found: dict[str, Any] = {}
    for row in rows:
        done = [task for task in TASKS if task in row["scores"]]
        for task in done:
            name = row["settings"]["dataset"] + (" with unscored types" if row["settings"]["unscored"] else "")
            found[name if len(done) == 1 else f"{name}/{task}"] = {
                match: {key: row["scores"][task][match][key] for key in ("precision", "recall", "f1")}
                for match in MATCHES
            }
    table = []
    for line in paper_rows():
        here_ = next((found[key] for key in (line.key, line.dataset) if key in found), None)
        table.append({"row": line.row, "task": line.task, "f1": here_["string"]["f1"] if here_ else None})
    result: Result = {"results": f"{args.output}/results.jsonl", "table": table, "datasets": found, "failed": failed}
    if not args.json:
        result["table"] = [row | {"f1": "absent" if row["f1"] is None else row["f1"]} for row in table]
    if failed:
        name, why = next(iter(failed.items()))
        raise WorkError(f"{len(failed)} of the datasets could not be run, the first of them {name}: {why}", result)
    return result


def report(args: argparse.Namespace) -> Result:
    from pathlib import Path

    from kcjax.evaluate.protocol import RESULTS, results
    from kcjax.evaluate.report import report as pages
    from kcjax.files import atomic_write, check_new_file

    output = Path(args.output)
    if output.suffix != ".html":
        raise InputError(f"{output}: name the page NAME.html; NAME.md is written beside it")
    for path in (output, output.with_suffix(".md")):
        check_new_file(path)
    found = []
    for folder in filter(None, (args.results, args.against)):
        if not (rows := results(folder)):
            raise InputError(f"{folder}: has no {RESULTS}; make it with `kcjax benchmark --output={folder}`")
        found.append(rows)
    for path, text in zip((output, output.with_suffix(".md")), pages(*found), strict=True):
        with atomic_write(path) as file:
            file.write(text)
    return {"evaluations": len(found[0]), "html": str(output), "markdown": str(output.with_suffix(".md"))}


def _run(
    args: argparse.Namespace, asked: list[str], *, with_unscored: bool = False
) -> tuple[list[Result], dict[str, str]]:
    """The rows of results of all datasets and seeds; and for what could not be run, why."""
    from kcjax.corpus.dataset import load_dataset
    from kcjax.evaluate.protocol import Model
    from kcjax.parallel.start import cache_programs

    cache_programs()
    model = Model.at(args.model, args.adapter)
    extractor = _extractor(args, model)
    rows, failed = [], {}
    for item in asked:
        dataset = load_dataset(item.partition(":")[0])
        for seed in _seeds(args):
            for unscored in (False, True) if with_unscored and dataset.unscored else (False,):
                evaluation = _evaluation(args, item, seed, unscored=unscored)
                try:
                    rows.append(_row(args, evaluation, model, extractor))
                except InputError as error:  # the other datasets can do without it
                    log.error("%s: %s", evaluation.name, error)
                    failed[evaluation.name] = str(error)
    return rows, failed


def _low_resource(args: argparse.Namespace) -> list[Result]:
    """Refines the model on each share of each dataset's training documents, and evaluates what comes of it."""
    from kcjax.evaluate.protocol import Model

    rows = []
    for item in args.datasets:
        for seed in _seeds(args):
            for part in map(share, args.shares):
                model = Model.at(_refined(args, item.partition(":")[0], seed, part))
                rows.append(_row(args, _evaluation(args, item, seed, share=part), model, _extractor(args, model)))
    return rows


def _evaluation(args: argparse.Namespace, item: str, seed: int, **more: Any) -> "Evaluation":
    """The evaluation of `NAME` or `NAME:SPLIT` that the arguments ask for."""
    from kcjax.evaluate.protocol import Evaluation

    name, _, split = item.partition(":")
    given = {"limit": args.limit, "shots": args.shots, "max_new_tokens": args.max_new_tokens}
    return Evaluation(name, args.protocol, split or None, seed=seed, **given, **more)


def _row(
    args: argparse.Namespace, evaluation: "Evaluation", model: "Model", extractor: "Callable[[], Extractor]"
) -> Result:
    from kcjax.evaluate.protocol import evaluate as run

    return run(evaluation, model, extractor, args.output, data_dir=args.data_dir, trained_on=args.trained_on)


def _refined(args: argparse.Namespace, name: str, seed: int, part: float) -> "Path":
    """The model directory of a refinement on a share of a dataset. Each step is done once, and gone on with where it
    stopped: the documents, the corpus, the run, the export."""
    from pathlib import Path

    from kcjax.corpus.build import build_corpus
    from kcjax.corpus.dataset import load_dataset
    from kcjax.corpus.document import write_documents
    from kcjax.corpus.following import FollowingOptions
    from kcjax.corpus.recipe import Recipe, Source
    from kcjax.corpus.splits import low_resource
    from kcjax.schema.source import write_schema
    from kcjax.train.config import load_config
    from kcjax.train.export import export_run
    from kcjax.train.loop import train

    if args.adapter:
        raise InputError("--adapter does not go with low-resource; merge it with `kcjax export`, and refine that")
    folder = Path(args.output) / "runs" / f"{name}.seed{seed}.share{part:g}"
    folder.mkdir(parents=True, exist_ok=True)
    dataset = load_dataset(name)
    documents, schema, data, run, model = (folder / n for n in ("train.jsonl", "schema.json", "data", "run", "model"))
    fields = [f"--config.init_from={args.model}", f"--config.data={data}", f"--config.seed={seed}"]
    config = load_config(args.config, [*fields, *args.overrides])
    if not documents.exists():
        write_documents(documents, low_resource(dataset.documents("train", args.data_dir), part, seed=seed))
    if not schema.exists():
        write_schema(schema, dataset.schema)
    if not data.exists():
        # Classes without comments, as the paper refines; and documents without objects too, for they are the set's.
        options = FollowingOptions(dataset.tasks, comments=0.0, empty_share=1.0, every_class=True, seed=seed)
        source = Source(paths=(str(documents),), schema=str(schema))
        recipe = Recipe("following", args.model, (source,), length=config.sequence_length, options=options)
        build_corpus(recipe, data)
    train(config, run)
    if not model.exists():
        export_run(str(run), str(model))
    return model


def _seeds(args: argparse.Namespace) -> list[int]:
    if unsound := [seed for seed in args.seeds if not seed.isdigit()]:
        raise InputError(f"--seeds={unsound[0]}: must be numbers from 0 on")
    return list(map(int, args.seeds))


def _extractor(args: argparse.Namespace, model: "Model") -> "Callable[[], Extractor]":
    """What loads the model when it is first asked for it."""

    def load() -> "Extractor":
        from kcjax.extract.extractor import Extractor

        return Extractor.from_pretrained(
            model.path,
            adapter=model.adapter,
            dtype=args.dtype,
            max_new_tokens=args.max_new_tokens,
            batch_size=args.batch_size,
        )

    return functools.cache(load)


def _brief(rows: list[Result]) -> list[Result]:
    from kcjax.evaluate.matching import MATCHES

    return [
        {"name": row["name"], "task": task, "documents": row["scores"]["documents"]}
        | {match: row["scores"][task][match]["f1"] for match in MATCHES}
        | {"interval": row["scores"][task]["strict"]["f1_interval"]}
        for row in rows
        for task in row["analysis"]
    ]
