"""Which mesh, remat policy and batch make the most of a topology."""

import dataclasses
from collections.abc import Callable, Iterator

from ml_collections import ConfigDict

from kcjax.model.config import LlamaConfig
from kcjax.plan.plan import Plan, plan_step
from kcjax.plan.topology import Topology

REMAT = ("full", "save:attention", "save:qkv,attention", "dots")


@dataclasses.dataclass(frozen=True)
class Found:
    """A plan that fits, and the fields of the config that make it so."""

    plan: Plan
    fields: dict[str, object]


def search(
    config: ConfigDict,
    model: LlamaConfig,
    topology: Topology,
    *,
    plan: Callable[[ConfigDict, LlamaConfig, Topology], Plan] = plan_step,
    tell: Callable[[Plan, dict[str, object]], None] = lambda plan, fields: None,
) -> Found | None:
    """The plan with the most tokens a second among the largest batches that fit, for each remat policy and split of the
    chips between `fsdp` and `tensor`; None where not even one row a chip fits.

    Args:
      tell: is given every plan that was tried, for it takes about a minute each.
    """
    best: Found | None = None
    for tensor in _tensor_sizes(model, topology):
        for remat in REMAT:
            for fields in _largest(config, model, topology, plan, tell, tensor=tensor, remat=remat):
                if best is None or fields.plan.predicted_tokens_per_s > best.plan.predicted_tokens_per_s:
                    best = fields
    return best


def _tensor_sizes(model: LlamaConfig, topology: Topology) -> list[int]:
    """1 and, where the heads allow it, the extents of the network."""
    extents = {int(size) for size in topology.shape.split("x")}
    return [1, *sorted(size for size in extents if size > 1 and model.num_kv_heads % size == 0)]


def _largest(config, model, topology, plan, tell, *, tensor: int, remat: str) -> Iterator[Found]:
    """The largest batch that fits, whole and with rows worked on one after another."""
    for parts in (1, 2, 4):
        best: Found | None = None
        fits, fails = 0, 0  # rows, in units of `parts`; 0: not known yet
        while not fails or fails - fits > 1:
            units = (fits + fails) // 2 if fails else max(1, 2 * fits)
            fields: dict[str, object] = {
                "batch_per_device": units * parts,
                "rows_at_once": units if parts > 1 else 0,
                "remat": remat,
                "mesh.fsdp": -1,
                "mesh.tensor": tensor,
            }
            candidate = ConfigDict(config.to_dict())
            candidate.update_from_flattened_dict(fields)
            tried = plan(candidate, model, topology)
            tell(tried, fields)
            if tried.fits:
                fits, best = units, Found(tried, fields)
            else:
                fails = units
        if best:
            yield best
