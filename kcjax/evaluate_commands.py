"""`kcjax evaluate`, `benchmark` and `report`."""

import argparse
import functools
import itertools
import logging
from typing import TYPE_CHECKING, Any

from kcjax.arguments import TASKS, Result, count, names, number, share, tasks
from kcjax.errors import InputError, WorkError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kcjax.evaluate.figures import Figure
    from kcjax.evaluate.protocol import Evaluation, Model, Scoring
    from kcjax.extract.extractor import Extractor

log = logging.getLogger(__name__)
FORMS = ("kcjax", "gliner", "gollie", "universalner", "llm-json")
PROTOCOLS = ("zero-shot", "few-shot", "supervised", "low-resource")


def add(verb: Any) -> None:
    p = verb("evaluate", evaluate, "score predictions against gold annotations, or a model on known datasets")
    files = p.add_argument_group("predictions in a file")
    files.add_argument("--predictions", help="the rows of `kcjax extract`, documents with the same ids, or see --form")
    files.add_argument("--gold", help="documents with annotations, JSONL; or score on --datasets=NAME")
    files.add_argument("--form", choices=FORMS, default="kcjax", help="whose predictions they are (default kcjax)")
    files.add_argument("--tasks", type=tasks, help="comma-separated (default: what gold or predictions have)")
    files.add_argument("--schema", help="the types that were asked for (default: those that gold has)")
    group = p.add_argument_group("known datasets")
    group.add_argument("--protocol", choices=PROTOCOLS, help="how the model is asked; see docs/evaluation.md")
    group.add_argument("--datasets", type=names, help="comma-separated; NAME or NAME:SPLIT")
    _add_model(group)
    group.add_argument(
        "--shares",
        type=shares,
        default=[0.01, 0.05, 0.1],
        help="of the training documents, for low-resource, comma-separated (default 0.01,0.05,0.1)",
    )
    group.add_argument("--config", help="of the refinement of low-resource; fields: --config.FIELD=VALUE")

    p = verb("benchmark", benchmark, "run a model over all known datasets that are here, and fill the paper's table")
    p.add_argument("--datasets", type=names, help="comma-separated (default: all that are in the data folder)")
    p.add_argument("--protocol", choices=PROTOCOLS[:3], default="zero-shot", help="default: zero-shot")
    _add_model(p)

    p = verb("report", report, "make a page of HTML and one of Markdown of what evaluate and benchmark found")
    p.add_argument("results", help="their --output, a folder with results.jsonl")
    p.add_argument("--against", help="another such folder, to be compared with significance")
    p.add_argument("--output", required=True, help="the page to write, NAME.html; NAME.md is written beside it")


def _add_model(group: Any) -> None:
    group.add_argument("--model", help="a model directory")
    group.add_argument("--adapter", help="PEFT directory with a LoRA adapter of that model")
    group.add_argument("--data-dir", help="where the datasets are (default: $KCJAX_DATA)")
    group.add_argument("--output", help="a folder for results.jsonl and predictions; what is there is not done again")
    group.add_argument("--seeds", type=seeds, default=[0], help="comma-separated; a row of results each (default 0)")
    group.add_argument("--limit", type=count, help="documents of each dataset, drawn by seed (default: all)")
    group.add_argument("--shots", type=count, default=5, help="demonstrations of few-shot (default 5)")
    group.add_argument(
        "--trained-on", type=names, default=[], help="datasets, comma-separated; tells how far types are"
    )
    group.add_argument("--max-new-tokens", type=count, default=640, help="of a response (default 640)")
    group.add_argument("--batch-size", type=count, default=32, help="default 32")
    group.add_argument(
        "--dtype", choices=("float32", "bfloat16"), default="float32", help="of the computation (default float32)"
    )
    group.add_argument("--without-grammar", action="store_true", help="let the model write anything")
    group.add_argument("--library", help="a library: a type below the gold one is right too, in kc_compat")
    group.add_argument("--kc-off", type=names, default=[], help="rules of kc_compat to switch off, comma-separated")


def shares(text: str) -> list[float]:
    return list(map(share, names(text)))


def seeds(text: str) -> list[int]:
    return list(map(number, names(text)))


def _refuse(args: argparse.Namespace, *flags: str, why: str) -> None:
    """What is of no use here must not be given."""
    for flag in flags:
        if flag in vars(args).get("_given", ()):
            raise InputError(f"--{flag.replace('_', '-')} is {why}; leave it out")


_OF_A_MODEL = (
    *("adapter", "seeds", "limit", "shots", "max_new_tokens", "batch_size", "dtype", "without_grammar", "shares"),
    "config",
)


def evaluate(args: argparse.Namespace) -> Result:
    if args.overrides and not args.config:
        raise InputError(f"{args.overrides[0]} is a field of --config=configs/NAME.py; give that, or leave it out")
    if args.predictions and args.model:
        raise InputError("--predictions are scored as they are; leave them out, or --model")
    if args.predictions and args.datasets:
        return _score_on_dataset(args)
    if args.predictions or args.gold:
        return _score_files(args)
    for flag in ("model", "datasets", "protocol", "output"):
        if not getattr(args, flag):
            raise InputError(
                "give --gold and --predictions; or --datasets, --predictions and --output; or, of a model, --model, "
                f"--datasets, --protocol and --output: --{flag} is missing"
            )
    _refuse(args, "form", "tasks", "schema", why="for predictions in a file")
    if (args.protocol == "low-resource") != bool(args.config):
        raise InputError("--config=configs/NAME.py goes with --protocol=low-resource, which refines the model")
    rows, failed = _low_resource(args) if args.config else _run(args, args.datasets)
    result = {"results": f"{args.output}/results.jsonl", "datasets": rows if args.json else _brief(rows)}
    return _done(result, failed)


def _done(result: Result, failed: dict[str, str]) -> Result:
    if failed:
        name, why = next(iter(failed.items()))
        raise WorkError(f"{len(failed)} of the evaluations could not be run, the first of them {name}: {why}", result)
    return result


def _score_on_dataset(args: argparse.Namespace) -> Result:
    from kcjax.evaluate.protocol import Evaluation, evaluate_saved

    if len(args.datasets) > 1:
        raise InputError("a file of predictions is of one dataset; name one")
    if not args.output:
        raise InputError("where are the results to go? add --output")
    _refuse(args, "gold", "schema", why="for documents that are of no known dataset")
    _refuse(args, *_OF_A_MODEL, why="for a model, and the predictions are made")
    name, _, split = args.datasets[0].partition(":")
    row = evaluate_saved(
        Evaluation(name, args.protocol or "saved", split or None),
        args.form,
        args.predictions,
        args.output,
        tasks=args.tasks,
        data_dir=args.data_dir,
        scoring=_scoring(args),
    )
    return {"results": f"{args.output}/results.jsonl", "datasets": [row] if args.json else _brief([row])}


def _scoring(args: argparse.Namespace) -> "Scoring":
    from kcjax.evaluate.protocol import Scoring

    return Scoring(args.trained_on, args.kc_off, args.library)


def _score_files(args: argparse.Namespace) -> Result:
    from kcjax.corpus.document import read_documents
    from kcjax.evaluate.metrics import score
    from kcjax.evaluate.objects import labels_of
    from kcjax.evaluate.peers import read_peer
    from kcjax.schema.library import open_types

    for flag in ("gold", "predictions"):
        if not getattr(args, flag):
            raise InputError(f"give --gold and --predictions: --{flag} is missing")
    why = "for known datasets; score on one by --datasets=NAME in place of --gold"
    _refuse(args, *_OF_A_MODEL, "protocol", "data_dir", "output", "trained_on", why=why)
    gold = list(read_documents(args.gold))
    schema = open_types(args.schema) if args.schema else None
    rows, malformed = read_peer(args.form, args.predictions, gold, schema)
    asked = labels_of(schema) if schema else None
    rules = _scoring(args).rules()
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
    from kcjax.evaluate.figures import figures, paper_table
    from kcjax.evaluate.matching import MATCHES
    from kcjax.evaluate.protocol import present

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
    found: dict[str, dict[str, dict[str, float | None]]] = {
        _named(figure, rows): {
            match: {
                **{key: figure.mean(match, key) for key in ("precision", "recall", "f1")},
                "f1_deviation": figure.spread(match),
            }
            for match in MATCHES
        }
        for figure in figures(rows)
    }
    table = paper_table(rows)
    if not args.json:
        table = [{key: "absent" if value is None else value for key, value in line.items()} for line in table]
    result: Result = {"results": f"{args.output}/results.jsonl", "table": table, "datasets": found, "failed": failed}
    return _done(result, failed)


def _named(figure: "Figure", rows: list[Result]) -> str:
    """The dataset, and what tells it from the other rows."""
    same = [row["settings"] for row in rows if row["settings"]["dataset"] == figure["dataset"]]
    name = figure["dataset"]
    if len({settings["split"] for settings in same}) > 1:
        name += f":{figure['split']}"
    name += " with unscored types" if figure["unscored"] else ""
    return name if len(figure.rows[0]["analysis"]) == 1 else f"{name}/{figure.task}"


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
    sets = [(item, load_dataset(item.partition(":")[0])) for item in asked]
    model = Model.at(args.model, args.adapter)
    extractor = _extractor(args, model)
    rows, failed = [], {}
    for item, dataset in sets:
        for seed in args.seeds:
            for unscored in (False, True) if with_unscored and dataset.unscored else (False,):
                evaluation = _evaluation(args, item, seed, unscored=unscored)
                try:
                    rows.append(_row(args, evaluation, model, extractor))
                except InputError as error:  # the other datasets can do without it
                    log.error("%s: %s", evaluation.name, error)
                    failed[evaluation.name] = str(error)
    return rows, failed


def _low_resource(args: argparse.Namespace) -> tuple[list[Result], dict[str, str]]:
    """Refines the model on each share of each dataset's training documents, and evaluates what comes of it."""
    from kcjax.corpus.dataset import load_dataset
    from kcjax.evaluate.protocol import Model, present

    if args.adapter:
        raise InputError("--adapter does not go with low-resource; merge it with `kcjax export`, and refine that")
    for item in args.datasets:
        name, _, split = item.partition(":")
        dataset = load_dataset(name)
        for needed in ("train", split or present(dataset, args.data_dir) or "test"):
            dataset.file(needed, args.data_dir)  # says what is missing, before anything is trained
    rows, failed = [], {}
    for item, seed, part in itertools.product(args.datasets, args.seeds, args.shares):
        evaluation = _evaluation(args, item, seed, share=part)
        try:
            model = Model.at(_refined(args, evaluation.dataset, seed, part))
            rows.append(_row(args, evaluation, model, _extractor(args, model)))
        except InputError as error:
            log.error("%s: %s", evaluation.name, error)
            failed[evaluation.name] = str(error)
    return rows, failed


def _evaluation(args: argparse.Namespace, item: str, seed: int, **more: Any) -> "Evaluation":
    """The evaluation of `NAME` or `NAME:SPLIT` that the arguments ask for."""
    from kcjax.evaluate.protocol import Evaluation

    name, _, split = item.partition(":")
    given = {"limit": args.limit, "shots": args.shots, "max_new_tokens": args.max_new_tokens}
    given["grammar"] = not args.without_grammar
    return Evaluation(name, args.protocol, split or None, seed=seed, **given, **more)


def _row(
    args: argparse.Namespace, evaluation: "Evaluation", model: "Model", extractor: "Callable[[], Extractor]"
) -> Result:
    from kcjax.evaluate.protocol import evaluate as run

    return run(
        evaluation,
        model,
        extractor,
        args.output,
        dtype=args.dtype,
        data_dir=args.data_dir,
        scoring=_scoring(args),
    )


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
