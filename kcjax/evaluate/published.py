"""Figures that others have published, each with its source, and the 28 rows of the paper's table."""

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kcjax.files import read_json


@dataclasses.dataclass(frozen=True)
class Published:
    """The F1 of a system in percent, by `DATASET/TASK`; of "low-resource" means over tasks, by the share."""

    system: str
    protocol: str
    source: str
    f1: Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the paper's table of supervised results."""

    row: str
    dataset: str
    task: str

    @property
    def key(self) -> str:
        return f"{self.dataset}/{self.task}"


@functools.cache
def _all() -> dict[str, Any]:
    return read_json(Path(__file__).with_name("published.json"))


def published(protocol: str | None = None) -> Sequence[Published]:
    """All figures, or those of a protocol; the source is told in full."""
    data = _all()
    found = [Published(**{**item, "source": data["sources"][item["source"]]}) for item in data["figures"]]
    return [item for item in found if protocol in (None, item.protocol)]


def paper_rows() -> Sequence[Row]:
    """The 28 rows: 18 datasets for entities, 8 for relations, events and their arguments."""
    return [Row(**row) for row in _all()["table"]]
