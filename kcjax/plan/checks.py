"""The predictions held to step times that others published."""

import dataclasses
import functools
from pathlib import Path

from ml_collections import ConfigDict

from kcjax.files import read_json
from kcjax.model.shapes import SHAPES
from kcjax.plan.plan import Plan, plan_step
from kcjax.plan.topology import Topology
from kcjax.train.config import paper_config

PREDICTED = Path(__file__).parent / "checks.json"  # name -> seconds, written by `make plan`


@functools.cache
def _predicted() -> dict[str, float]:
    return read_json(PREDICTED)


@dataclasses.dataclass(frozen=True)
class Check:
    """A published run, and the error of its prediction.

    Attributes:
      seconds: a step took, as published.
    """

    name: str
    model: str
    topology: str
    batch_per_device: int
    length: int
    seconds: float

    @property
    def error(self) -> float:
        """Of what `make plan` predicted of kcjax's own step on the same model, batch and chips; a share of what was
        published."""
        return _predicted()[self.name] / self.seconds - 1

    def plan(self) -> Plan:
        """Compiles the step."""
        config: ConfigDict = paper_config("understanding")
        config.update({"attention": "splash", "batch_per_device": self.batch_per_device})
        config.sequence_length = self.length
        topology = Topology.parse(self.topology)
        config.mesh.slice = topology.slices
        return plan_step(config, SHAPES[self.model], topology)


CHECKS = (
    # apple/axlearn, axlearn/experiments/text/gpt/fuji.py: batches of 4M tokens
    Check("AXLearn LLaMA-2-7B, v5e-256 x 4", "llama2_7b", "v5e:16x16*4", 1, 4096, 2.21),
    Check("AXLearn LLaMA-7B, v5e-256 x 4", "llama2_7b", "v5e:16x16*4", 2, 2048, 2.44),
    Check("AXLearn LLaMA-7B, v5p-512", "llama2_7b", "v5p:4x8x8", 8, 2048, 2.85),
    # AI-Hypercomputer/tpu-recipes, training/trillium/Llama3.1-8B-MaxText: 7,207 and 7,139 tokens a second and chip
    Check("MaxText Llama-3.1-8B, v6e-256", "llama3_8b", "v6e:16x16", 3, 8192, 3 * 8192 / 7207),
    Check("MaxText Llama-3.1-8B, v6e-8", "llama3_8b", "v6e:2x4", 3, 8192, 3.443),
)
