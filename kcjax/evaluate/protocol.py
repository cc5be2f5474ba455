"""A dataset asked of a model under a protocol, so that it can be repeated, interrupted and resumed.

* "zero-shot": types and their descriptions, no examples; the model has not seen the dataset.
* "few-shot": a model of phase 1 alone is shown demonstrations from the training split.
* "supervised": the model was refined on the training split; classes without comments, as the paper refines.
* "low-resource": the same, refined on a share of the training split.
"""

import dataclasses
import importlib.metadata
import json
import logging
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson

from kcjax.corpus.dataset import Dataset, load_dataset
from kcjax.corpus.document import Document, document_from_json
from kcjax.corpus.prompt import TASKS, Task
from kcjax.corpus.splits import demonstrations, sample_documents
from kcjax.errors import InputError
from kcjax.evaluate.analysis import Background, analyse
from kcjax.evaluate.matching import KcRules
from kcjax.evaluate.metrics import Scores, score
from kcjax.evaluate.objects import labels_of
from kcjax.evaluate.slices import type_distances
from kcjax.extract.extractor import Extractor
from kcjax.files import file_hash, read_json, read_jsonl, sampled_hash, write_json, write_jsonl
from kcjax.progress import shown
from kcjax.schema.types import BASE_CLASSES, Schema

log = logging.getLogger(__name__)
Protocol = Literal["zero-shot", "few-shot", "supervised", "low-resource"]
RESULTS = "results.jsonl"


@dataclasses.dataclass(frozen=True)
class Evaluation:
    """One line of a results file.

    Attributes:
      split: None for "test", or else "dev", where the dataset has no test split at hand.
      limit: how many documents, drawn by seed; None for all.
      unscored: whether the classes that by custom are neither asked for nor scored are, such as CrossNER's `misc`.
      shots: of "few-shot", how many demonstrations.
      share: of "low-resource", of the training documents.
      max_new_tokens: of a response.
    """

    dataset: str
    protocol: Protocol
    split: str | None = None
    seed: int = 0
    limit: int | None = None
    unscored: bool = False
    shots: int = 5
    share: float | None = None
    max_new_tokens: int = 640

    @property
    def name(self) -> str:
        """Of its files: all that tells it from others of the same model."""
        parts = [self.dataset, self.split or "", self.protocol, f"seed{self.seed}"]
        if self.protocol == "few-shot":
            parts.append(f"shots{self.shots}")
        parts += [f"share{self.share:g}"] if self.share is not None else []
        parts += [f"limit{self.limit}"] if self.limit else []
        parts += ["unscored"] if self.unscored else []
        return ".".join(part for part in parts if part)


@dataclasses.dataclass(frozen=True)
class Model:
    """A model directory and what tells it from others."""

    path: str
    adapter: str | None
    hash: str

    @classmethod
    def at(cls, path: str | Path, adapter: str | Path | None = None) -> "Model":
        """`hash` is over names, sizes and samples of the files of weights; see `sampled_hash`."""
        folders = [Path(path)] + ([Path(adapter)] if adapter else [])
        for folder in folders:
            if not folder.is_dir():
                raise InputError(f"{folder}: no such model directory; `kcjax import` or `kcjax export` makes one")
        files = [file for folder in folders for file in sorted(folder.iterdir()) if file.is_file()]
        return cls(str(path), str(adapter) if adapter else None, sampled_hash(files))


def present(dataset: Dataset, data_dir: str | os.PathLike | None, split: str | None = None) -> str | None:
    """The split to evaluate on that is at hand: the one asked for, or else "test", or else "dev"; None if none is."""
    candidates = (split,) if split else ("test", "dev")
    return next((c for c in candidates if dataset.is_here(c, data_dir)), None)


def evaluate(
    evaluation: Evaluation,
    model: Model,
    extractor: Callable[[], Extractor],
    output: str | os.PathLike,
    *,
    data_dir: str | os.PathLike | None = None,
    trained_on: Sequence[str] = (),
) -> dict[str, Any]:
    """Extracts, scores, and appends a row to `OUTPUT/results.jsonl`, unless it is there.

    The predictions stand in `OUTPUT/predictions`, and are gone on with where they stopped.

    Args:
      extractor: gives the model's extractor; called for each pass that has anything left to extract.
      trained_on: names of the datasets that the model was trained on, for the distance of types.

    Raises:
      InputError: documents are missing, or `OUTPUT` has predictions of the same name made otherwise.
    """
    dataset = load_dataset(evaluation.dataset)
    if evaluation.split is None:
        split = present(dataset, data_dir) or ("test" if "test" in dataset.splits else next(iter(dataset.splits)))
        evaluation = dataclasses.replace(evaluation, split=split)
    assert evaluation.split
    source = dataset.file(evaluation.split, data_dir)
    schema = dataset.full_schema if evaluation.unscored else dataset.schema
    settings = {
        **dataclasses.asdict(evaluation),
        "model": model.hash,
        "schema": schema.hash,
        "data": file_hash(source),
    }
    for row in results(output):
        if row["settings"] == settings:
            log.info("%s: scored already", evaluation.name)
            return row
    documents = list(dataset.documents(evaluation.split, data_dir, unscored=evaluation.unscored))
    if evaluation.limit and evaluation.limit < len(documents):
        documents = sample_documents(documents, evaluation.limit, seed=evaluation.seed)
    training = _training(dataset, data_dir, evaluation)
    known = [load_dataset(name).schema for name in trained_on]
    folder = Path(output) / "predictions"
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder / f"{evaluation.name}.json", settings)
    started = time.perf_counter()
    scores, analyses, files = [], {}, {}
    for tasks in _passes(dataset, evaluation):
        path = folder / f"{evaluation.name}.{'-'.join(tasks)}.jsonl"
        rows = _predictions(path, evaluation, tasks, documents, schema, training, extractor)
        found = score(documents, rows, tasks=tasks, schema=labels_of(schema), rules=kc_rules(dataset))
        scores.append(found)
        files["-".join(tasks)] = str(path.relative_to(output))
        for task in tasks:
            distances = type_distances(task, schema, known) if known else None
            analyses[task] = analyse(found.comparisons[task], documents, Background(training, distances))
    together = combined(scores)
    result = {
        "name": evaluation.name,
        "settings": settings,
        "title": dataset.title,
        "model": dataclasses.asdict(model),
        "trained_on": list(trained_on),
        "source": str(source),
        "predictions": files,
        "types": {key: len(getattr(schema, key)) for key in ("entities", "relations", "events")},
        "versions": {name: importlib.metadata.version(name) for name in ("kcjax", "jax", "flax", "numpy")}
        | {"python": platform.python_version()},
        "command": sys.argv,
        "seconds": round(time.perf_counter() - started, 1),
        "scores": together.to_json(),
        "analysis": analyses,
        "per_document": {task: found["strict"].documents.tolist() for task, found in together.tasks.items()},
    }
    write_jsonl(Path(output) / RESULTS, [*results(output), result])
    return json.loads(orjson.dumps(result))


def kc_rules(dataset: Dataset) -> KcRules:
    """The rules of the released scorer, with the parents of events for the dataset that it scores by them."""
    events = dataset.full_schema.events if dataset.name == "ace05" else ()
    return KcRules(event_parents={e.name: e.parents[0] for e in events if e.parents[0] not in BASE_CLASSES})


def combined(parts: Sequence[Scores]) -> Scores:
    """The scores of several passes over the same documents, each of tasks of its own."""

    def added(values: list[int | None]) -> int | None:
        known = [value for value in values if value is not None]
        return sum(known) if known else None

    return dataclasses.replace(
        parts[0],
        tasks={task: found for part in parts for task, found in part.tasks.items()},
        comparisons={task: found for part in parts for task, found in part.comparisons.items()},
        statuses=sum((Counter(part.statuses) for part in parts), Counter()),
        lost={key: added([part.lost[key] for part in parts]) for key in parts[0].lost},
        unknown_types=sum((Counter(part.unknown_types) for part in parts), Counter()),
        malformed=[row for part in parts for row in part.malformed],
    )


def _passes(dataset: Dataset, evaluation: Evaluation) -> list[tuple[Task, ...]]:
    """The tasks that are extracted together. Arguments are those of gold triggers, and by themselves; every task has
    demonstrations of its own."""
    tasks = [task for task in TASKS if task in dataset.tasks]
    if evaluation.protocol == "few-shot":
        return [(task,) for task in tasks]
    together = tuple(task for task in tasks if task != "eae")
    return ([together] if together else []) + ([("eae",)] if "eae" in tasks else [])


def _training(dataset: Dataset, data_dir: str | os.PathLike | None, evaluation: Evaluation) -> list[Document] | None:
    if evaluation.split == "train" or not present(dataset, data_dir, "train"):
        if evaluation.protocol == "few-shot":
            dataset.file("train", data_dir)  # says what is missing
        return None
    return list(dataset.documents("train", data_dir, unscored=evaluation.unscored))


def _claim(path: Path, settings: dict[str, Any]) -> None:
    """Writes down how the predictions beside it are made.

    Raises:
      InputError: there are predictions made otherwise.
    """
    if not path.exists():
        write_json(path, settings)
    elif (before := read_json(path)) != settings:
        other = next(key for key in settings if before.get(key) != settings[key])
        raise InputError(
            f"{path}: predictions of this name were made with another {other}; name another --output, or remove them"
        )


def _predictions(
    path: Path,
    evaluation: Evaluation,
    tasks: tuple[Task, ...],
    documents: Sequence[Document],
    schema: Schema,
    training: Sequence[Document] | None,
    extractor: Callable[[], Extractor],
) -> list[Document]:
    """The rows of a pass, extracted where they are not there yet. Rows are kept by whole chunks of the extractor, for
    texts that are run together can change each other's last bits."""
    partial = path.with_suffix(".partial")
    if not path.exists():
        engine = extractor()
        kept = _whole_rows(partial, documents)
        kept = kept[: len(kept) // engine.chunk_size * engine.chunk_size]
        with open(partial, "wb") as file:
            file.writelines(kept)
            left = documents[len(kept) :]
            plain = [
                d if tasks == ("eae",) else dataclasses.replace(d, entities=(), relations=(), events=()) for d in left
            ]
            shots = (
                demonstrations(training or (), tasks[0], evaluation.shots, seed=evaluation.seed)
                if evaluation.protocol == "few-shot"
                else ()
            )
            extractions = engine.extract(
                plain,
                schema,
                tasks=tasks,
                triggers="gold" if tasks == ("eae",) else "predicted",
                comments=evaluation.protocol in ("zero-shot", "few-shot"),
                demonstrations=shots,
            )
            for extraction in shown(extractions, f"documents of {evaluation.name} ({', '.join(tasks)})", len(left)):
                file.write(orjson.dumps(extraction.to_json()) + b"\n")
                file.flush()
        os.replace(partial, path)
    return [document_from_json(row, where=where) for where, row in read_jsonl(path)]


def _whole_rows(path: Path, documents: Sequence[Document]) -> list[bytes]:
    """The lines of a file that was broken off, up to the first that is not the row of its document."""
    kept: list[bytes] = []
    if path.exists():
        with open(path, "rb") as file:
            for line, document in zip(file, documents, strict=False):
                try:
                    if not line.endswith(b"\n") or orjson.loads(line)["id"] != document.id:
                        break
                except orjson.JSONDecodeError:
                    break
                kept.append(line)
    return kept


def results(output: str | os.PathLike) -> list[dict[str, Any]]:
    """The rows of a folder's results file; none where there is no such file."""
    path = Path(output) / RESULTS
    return [row for _, row in read_jsonl(path)] if path.exists() else []
