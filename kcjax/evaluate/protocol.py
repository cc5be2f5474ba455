"""A dataset asked of a model under a protocol, so that it can be repeated, interrupted and resumed.

* "zero-shot": types and their descriptions, no examples; the model has not seen the dataset.
* "few-shot": a model of phase 1 alone is shown demonstrations from the training split.
* "supervised": the model was refined on the training split; classes without comments, as the paper refines.
* "low-resource": the same, refined on a share of the training split.
* "saved": predictions in a file, of which it is not known how they were asked for.
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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import orjson

from kcjax.corpus.dataset import Dataset, load_dataset
from kcjax.corpus.document import Document, document_from_json
from kcjax.corpus.prompt import TASKS, Task
from kcjax.corpus.splits import demonstrations, low_resource, sample_documents
from kcjax.errors import InputError
from kcjax.evaluate.analysis import Background, analyse
from kcjax.evaluate.matching import KcRules
from kcjax.evaluate.metrics import Scores, score
from kcjax.evaluate.objects import labels_of
from kcjax.evaluate.peers import ENTITIES_ALONE, read_peer
from kcjax.evaluate.slices import type_distances
from kcjax.extract.extractor import Extractor
from kcjax.files import file_hash, read_json, read_jsonl, sampled_hash, write_json, write_jsonl
from kcjax.progress import shown
from kcjax.schema.library import SchemaLibrary
from kcjax.schema.types import BASE_CLASSES, Schema

log = logging.getLogger(__name__)
Protocol = Literal["zero-shot", "few-shot", "supervised", "low-resource", "saved"]
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
      grammar: whether responses are held to the grammar.
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
    grammar: bool = True

    @property
    def name(self) -> str:
        """Of its files: all that tells it from others of the same model."""
        parts = [self.dataset, self.split or "", self.protocol, f"seed{self.seed}"]
        if self.protocol == "few-shot":
            parts.append(f"shots{self.shots}")
        parts += [f"share{self.share:g}"] if self.share is not None else []
        parts += [f"limit{self.limit}"] if self.limit else []
        parts += ["unscored"] if self.unscored else []
        parts += [] if self.grammar else ["free"]
        return ".".join(part for part in parts if part)


@dataclasses.dataclass(frozen=True)
class Model:
    """A model directory, or a file of predictions, and what tells it from others."""

    path: str
    adapter: str | None
    hash: str

    @classmethod
    def at(cls, path: str | Path, adapter: str | Path | None = None) -> "Model":
        """`hash` is over names, sizes and samples of all files but the model card; see `sampled_hash`."""
        folders = [Path(path)] + ([Path(adapter)] if adapter else [])
        for folder in folders:
            if not folder.is_dir():
                raise InputError(f"{folder}: no such model directory; `kcjax import` or `kcjax export` makes one")
        files = [file for folder in folders for file in sorted(folder.iterdir()) if file.is_file()]
        files = [file for file in files if file.suffix != ".md"]
        return cls(str(path), str(adapter) if adapter else None, sampled_hash(files))


@dataclasses.dataclass(frozen=True)
class Scoring:
    """What changes scores and their analysis, and no prediction.

    Attributes:
      trained_on: names of the datasets that the model was trained on, for the distance of types.
      kc_off: fields of `KcRules` that are switched off.
      library: the path of one, for `KcRules.ancestors`.
    """

    trained_on: Sequence[str] = ()
    kc_off: Sequence[str] = ()
    library: str | None = None

    def to_json(self) -> dict[str, Any]:
        library = sampled_hash([self.library]) if self.library else None
        return {"trained_on": list(self.trained_on), "kc_off": sorted(self.kc_off), "library": library}

    def rules(self, dataset: Dataset | None = None) -> KcRules:
        """The rules of the released scorer, with the parents of events for the dataset that it scores by them.

        Raises:
          InputError: there is no such rule, or no such library.
        """
        events = dataset.full_schema.events if dataset and dataset.name == "ace05" else ()
        fields: dict[str, Any] = {
            "event_parents": {e.name: e.parents[0] for e in events if e.parents[0] not in BASE_CLASSES}
        }
        for rule in self.kc_off:
            if rule not in KC_SWITCHES:
                raise InputError(f"kc_compat has no rule {rule!r}; it has {', '.join(KC_SWITCHES)}")
            fields[rule] = {} if rule == "event_parents" else False
        if self.library:
            library = SchemaLibrary(self.library)
            fields["ancestors"] = lambda name: library.ancestors(name) if name in library else ()
        return KcRules(**fields)


KC_SWITCHES = tuple(field.name for field in dataclasses.fields(KcRules) if field.name != "ancestors")


@dataclasses.dataclass(frozen=True)
class _Set:
    """The documents of an evaluation."""

    evaluation: Evaluation
    dataset: Dataset
    schema: Schema
    source: Path
    data_dir: str | os.PathLike | None

    @classmethod
    def of(cls, evaluation: Evaluation, data_dir: str | os.PathLike | None) -> "_Set":
        dataset = load_dataset(evaluation.dataset)
        if evaluation.split is None:
            split = present(dataset, data_dir) or ("test" if "test" in dataset.splits else next(iter(dataset.splits)))
            evaluation = dataclasses.replace(evaluation, split=split)
        assert evaluation.split
        schema = dataset.full_schema if evaluation.unscored else dataset.schema
        return cls(evaluation, dataset, schema, dataset.file(evaluation.split, data_dir), data_dir)

    def settings(self, **more: Any) -> dict[str, Any]:
        """All that the predictions depend on."""
        asked = {**dataclasses.asdict(self.evaluation), "schema": self.schema.hash, "data": file_hash(self.source)}
        if self.evaluation.protocol == "few-shot":
            asked["training"] = file_hash(self.dataset.file("train", self.data_dir))
        return asked | more

    def documents(self) -> list[Document]:
        e = self.evaluation
        assert e.split
        documents = list(self.dataset.documents(e.split, self.data_dir, unscored=e.unscored))
        if e.limit and e.limit < len(documents):
            return sample_documents(documents, e.limit, seed=e.seed)
        return documents

    def training(self) -> list[Document] | None:
        """The documents that the model was shown or refined on, or else those of the training split, where they are
        at hand."""
        e = self.evaluation
        if e.protocol == "few-shot" and e.split == "train":
            raise InputError("few-shot shows training documents to the model; evaluate it on another split")
        if e.split == "train" or not present(self.dataset, self.data_dir, "train"):
            return None
        documents = self.dataset.documents("train", self.data_dir, unscored=e.unscored)
        return list(documents) if e.share is None else low_resource(documents, e.share, seed=e.seed)


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
    dtype: str = "float32",
    data_dir: str | os.PathLike | None = None,
    scoring: Scoring = Scoring(),
) -> dict[str, Any]:
    """Extracts, scores, and appends a row to `OUTPUT/results.jsonl`, unless it is there.

    The predictions stand in `OUTPUT/predictions`, and are gone on with where they stopped. A row that was scored
    otherwise is replaced.

    Args:
      extractor: gives the model's extractor; called for each pass that has anything left to extract.
      dtype: of its computation.

    Raises:
      InputError: documents are missing, or `OUTPUT` has predictions of the same name made otherwise.
    """
    asked = _Set.of(evaluation, data_dir)
    evaluation, rules = asked.evaluation, scoring.rules(asked.dataset)
    settings = asked.settings(model=model.hash, dtype=dtype)
    if row := _scored_already(output, settings, scoring):
        return row
    documents, training = asked.documents(), asked.training()
    folder = Path(output) / "predictions"
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder / f"{evaluation.name}.json", settings)
    started = time.perf_counter()
    scores: list[Scores] = []
    files: dict[str, str] = {}
    shown_to: dict[str, list[str]] = {}
    for tasks in _passes(asked.dataset, evaluation):
        path = folder / f"{evaluation.name}.{'-'.join(tasks)}.jsonl"
        shots: Sequence[Document] = ()
        if evaluation.protocol == "few-shot":
            shots = demonstrations(training or (), tasks[0], evaluation.shots, seed=evaluation.seed)
            shown_to[tasks[0]] = [document.id for document in shots]
        rows = _predictions(path, evaluation, tasks, documents, asked.schema, shots, extractor)
        scores.append(score(documents, rows, tasks=tasks, schema=labels_of(asked.schema), rules=rules))
        files["-".join(tasks)] = str(path.relative_to(output))
    seconds = round(time.perf_counter() - started, 1)
    more = {"predictions": files, "seconds": seconds} | ({"demonstrations": shown_to} if shown_to else {})
    return _add(output, asked, settings, scoring, model, combined(scores), documents, training, more)


def evaluate_saved(
    evaluation: Evaluation,
    form: str,
    path: str | os.PathLike,
    output: str | os.PathLike,
    *,
    tasks: Sequence[Task] | None = None,
    data_dir: str | os.PathLike | None = None,
    scoring: Scoring = Scoring(),
) -> dict[str, Any]:
    """The same of predictions in a file: a row for each document of the split.

    Args:
      form: "kcjax", or one of `PEERS`.
      tasks: None for all that the dataset has, and of a form that has entities alone "ner".

    Raises:
      InputError: documents are missing, or the file has other ids.
    """
    asked = _Set.of(evaluation, data_dir)
    if tasks is None:
        tasks = [t for t in TASKS if t in asked.dataset.tasks and (t == "ner" or form not in ENTITIES_ALONE)]
    for task in tasks:
        if task not in asked.dataset.tasks:
            raise InputError(f"{asked.dataset.name} has no task {task}; it has {', '.join(asked.dataset.tasks)}")
    model, rules = Model(os.fspath(path), None, file_hash(path)), scoring.rules(asked.dataset)
    settings = asked.settings(model=model.hash, form=form, tasks=list(tasks))
    if row := _scored_already(output, settings, scoring):
        return row
    documents = asked.documents()
    rows, malformed = read_peer(form, path, documents, asked.schema, asked.dataset.labels)
    found = score(documents, rows, tasks=tasks, schema=labels_of(asked.schema), rules=rules, malformed=malformed)
    return _add(output, asked, settings, scoring, model, found, documents, asked.training(), {})


def _scored_already(output: str | os.PathLike, settings: Mapping[str, Any], scoring: Scoring) -> dict[str, Any] | None:
    for row in results(output):
        if row["settings"] == settings and row.get("scoring") == scoring.to_json():
            log.info("%s: scored already", row["name"])
            return row
    return None


def _add(
    output: str | os.PathLike,
    asked: _Set,
    settings: Mapping[str, Any],
    scoring: Scoring,
    model: Model,
    scores: Scores,
    documents: Sequence[Document],
    training: Sequence[Document] | None,
    more: Mapping[str, Any],
) -> dict[str, Any]:
    """Writes a row of results in place of the one of the same settings, if there is one."""
    known = [load_dataset(name).schema for name in scoring.trained_on]
    analyses = {}
    for task, comparison in scores.comparisons.items():
        distances = type_distances(task, asked.schema, known) if known else None
        analyses[task] = analyse(comparison, documents, Background(training, distances))
    result = {
        "name": asked.evaluation.name,
        "settings": settings,
        "scoring": scoring.to_json(),
        "title": asked.dataset.title,
        "model": dataclasses.asdict(model),
        "source": str(asked.source),
        "types": {key: len(getattr(asked.schema, key)) for key in ("entities", "relations", "events")},
        "versions": {name: importlib.metadata.version(name) for name in ("kcjax", "jax", "flax", "numpy")}
        | {"python": platform.python_version()},
        "command": sys.argv,
        **more,
        "scores": scores.to_json(),
        "analysis": analyses,
        "per_document": {task: found["strict"].documents.tolist() for task, found in scores.tasks.items()},
    }
    others = [row for row in results(output) if row["settings"] != settings]
    Path(output).mkdir(parents=True, exist_ok=True)
    write_jsonl(Path(output) / RESULTS, [*others, result])
    return json.loads(orjson.dumps(result))


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
    shots: Sequence[Document],
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
            extractions = engine.extract(
                plain,
                schema,
                tasks=tasks,
                triggers="gold" if tasks == ("eae",) else "predicted",
                comments=evaluation.protocol in ("zero-shot", "few-shot"),
                demonstrations=shots,
                grammar=evaluation.grammar,
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
