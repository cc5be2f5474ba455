"""What rows of a results file come to: one figure for each dataset, task and way of asking, over all seeds."""

import dataclasses
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kcjax.corpus.prompt import TASKS
from kcjax.evaluate.matching import Match
from kcjax.evaluate.published import paper_rows, published

Result = Mapping[str, Any]
_SEEDLESS = ("dataset", "split", "protocol", "limit", "unscored", "shots", "share", "form", "dtype")
_NEAREST_FIRST = ("supervised", "low-resource", "few-shot", "zero-shot")  # to the paper's table


@dataclasses.dataclass(frozen=True)
class Figure:
    """The rows of one task that differ by seed alone."""

    task: str
    rows: Sequence[Result]

    def __getitem__(self, setting: str) -> Any:
        return self.rows[0]["settings"].get(setting)

    @property
    def key(self) -> str:
        """`DATASET/TASK`."""
        return f"{self['dataset']}/{self.task}"

    @property
    def documents(self) -> int:
        return self.rows[0]["scores"]["documents"]

    @property
    def how(self) -> str:
        """How much was scored, for people."""
        part = f"{self.documents} documents" if self["limit"] else "all"
        return f"{part} of {self['split']}" + (f", {len(self.rows)} seeds" if len(self.rows) > 1 else "")

    def mean(self, match: Match, score: str = "f1") -> float:
        return statistics.fmean(row["scores"][self.task][match][score] for row in self.rows)

    def spread(self, match: Match) -> float | None:
        """The standard deviation of F1 over seeds; None of one seed."""
        f1 = [row["scores"][self.task][match]["f1"] for row in self.rows]
        return statistics.stdev(f1) if len(f1) > 1 else None


def tasks_of(row: Result) -> list[str]:
    return [task for task in TASKS if task in row["analysis"]]


def way(settings: Mapping[str, Any]) -> str:
    """How the model was asked, for people: the protocol, and of it what makes a difference."""
    said = [settings["protocol"]]
    if settings["protocol"] == "few-shot":
        said.append(f"{settings['shots']} shots")
    if settings["share"] is not None:
        said.append(f"{100 * settings['share']:g}%")
    return " ".join(said)


def figures(results: Iterable[Result]) -> list[Figure]:
    """In the order of the rows."""
    found: dict[tuple[Any, ...], list[Result]] = {}
    for row in results:
        # Of a refinement every seed has a model of its own.
        model = "" if row["settings"]["share"] is not None else row["model"]["hash"]
        for task in tasks_of(row):
            found.setdefault((task, model, *(row["settings"].get(key) for key in _SEEDLESS)), []).append(row)
    return [Figure(task, rows) for (task, *_), rows in found.items()]


def paper_table(results: Iterable[Result]) -> list[dict[str, Any]]:
    """The 28 rows of the paper's table of supervised results, with our figures where there are any: the supervised one
    before others, of all documents before a sample, of the test split before another. `f1` is by kc_compat, as theirs.
    """
    found: dict[str, list[Figure]] = {}
    for figure in figures(results):
        if not figure["unscored"]:
            found.setdefault(figure.key, []).append(figure)
    theirs = published("supervised")[0].f1
    table = []
    for line in paper_rows():
        best = min(found.get(line.key, ()), key=_far_from_the_papers, default=None)
        table.append(
            {
                "row": line.row,
                "task": line.task,
                "f1": best.mean("kc_compat") if best else None,
                "f1_string": best.mean("string") if best else None,
                "way": way(best.rows[0]["settings"]) if best else None,
                "scored": best.how if best else None,
                "published": theirs[line.key],
            }
        )
    return table


def _far_from_the_papers(figure: Figure) -> tuple[int, bool, bool]:
    protocol = figure["protocol"]
    rank = _NEAREST_FIRST.index(protocol) if protocol in _NEAREST_FIRST else len(_NEAREST_FIRST)
    return rank, figure["limit"] is not None, figure["split"] != "test"
