"""The search finds the largest batch that fits, of the policies the quickest, with a plan that is only arithmetic."""

import dataclasses

from kcjax.model.shapes import SHAPES
from kcjax.plan.plan import Plan
from kcjax.plan.search import search
from kcjax.plan.topology import Topology
from kcjax.train.config import default_config

TOPOLOGY = Topology.parse("v5e:4x4")
EMPTY = Plan("step", "v5e:4x4", 16, {}, 0, 0, False, 16.0)


def arithmetic(room: dict[str, int], speed: dict[str, float]):
    """A plan in which a policy has room for so many rows, four more where they are worked on one after another."""

    def plan(config, model, topology):
        rows = config.batch_per_device
        fits = rows <= room[config.remat] + (4 if config.rows_at_once else 0) and config.mesh.tensor == 1
        tokens = speed[config.remat] * rows / (rows + 4)
        return dataclasses.replace(EMPTY, batch_per_device=rows, fits=fits, predicted_tokens_per_s=tokens)

    return plan


def test_the_largest_batch_of_the_quickest_policy_is_found():
    room = {"full": 11, "save:attention": 9, "save:qkv,attention": 6, "dots": 1}
    speed = {"full": 1.0, "save:attention": 1.1, "save:qkv,attention": 1.0, "dots": 1.0}
    tried = []
    found = search(
        default_config(),
        SHAPES["llama2_7b"],
        TOPOLOGY,
        plan=arithmetic(room, speed),
        tell=lambda plan, fields: tried.append(fields),
    )
    assert found.fields["remat"] == "save:attention" and found.plan.batch_per_device == 12
    assert found.fields["rows_at_once"] in (3, 6) and found.fields["mesh.tensor"] == 1
    assert len({tuple(fields.items()) for fields in tried}) == len(tried)  # nothing twice


def test_nothing_is_found_where_nothing_fits():
    room = dict.fromkeys(("full", "save:attention", "save:qkv,attention", "dots"), -9)
    assert search(default_config(), SHAPES["llama2_7b"], TOPOLOGY, plan=arithmetic(room, room)) is None
