"""Whether a model knows how sure it is: precision and recall over its confidence, and calibration."""

import dataclasses
from typing import Any

import numpy as np

from kcjax.evaluate.matching import Judged

BINS = 10
_POINTS = 100


@dataclasses.dataclass(frozen=True)
class Confidence:
    """What a task's confidences are worth; those without one are left out and counted.

    Attributes:
      curve: (least confidence, precision, recall) in percent, by falling confidence, at most a hundred points.
      average_precision: the area under the curve, in percent.
      calibration_error: how far the confidence is from the share of right objects, in points: the mean over ten bins of
        equal width, weighted by their objects (Naeini et al., 2015).
      bins: (mean confidence, share right, objects) of the bins that have any, in percent.
      best: the point of the curve with the highest F1: confidence and F1.
    """

    curve: tuple[tuple[float, float, float], ...]
    average_precision: float
    calibration_error: float
    bins: tuple[tuple[float, float, int], ...]
    best: tuple[float, float]
    objects: int
    without: int

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def confidence_of(judged: Judged) -> Confidence | None:
    """None where no predicted object has a confidence."""
    has = ~np.isnan(judged.predicted.confidence)
    if not has.any():
        return None
    confidence, right = judged.predicted.confidence[has], judged.right[has].astype(float)
    order = np.argsort(-confidence, kind="stable")
    confidence, right = confidence[order], right[order]
    last = np.append(confidence[1:] != confidence[:-1], True)  # objects of one confidence are taken together
    hits, taken = np.cumsum(right)[last], np.flatnonzero(last) + 1
    precision, recall = hits / taken, hits / max(len(judged.gold), 1)
    average = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    f1 = 2 * hits / (taken + len(judged.gold))
    best = int(f1.argmax())
    shown = np.unique(np.linspace(0, len(taken) - 1, _POINTS).round().astype(int))
    thresholds = confidence[last]
    curve = tuple((float(thresholds[i]), 100 * float(precision[i]), 100 * float(recall[i])) for i in shown)
    bins = []
    number = np.minimum((confidence * BINS).astype(int), BINS - 1)
    for chosen in (number == n for n in range(BINS)):
        if chosen.any():
            bins.append((100 * float(confidence[chosen].mean()), 100 * float(right[chosen].mean()), int(chosen.sum())))
    error = sum(abs(sure - share) * many for sure, share, many in bins) / len(confidence)
    return Confidence(
        curve,
        100 * average,
        error,
        tuple(bins),
        (float(thresholds[best]), 100 * float(f1[best])),
        int(has.sum()),
        int((~has).sum()),
    )
