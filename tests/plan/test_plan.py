"""Steps compiled by the TPU compiler, which runs without a TPU."""

import jax
import pytest

pytest.importorskip("libtpu")

from kcjax.errors import WorkError
from kcjax.model.config import LlamaConfig
from kcjax.parallel.chips import CHIPS
from kcjax.parallel.mesh import make_mesh
from kcjax.plan.plan import EFFICIENCY, KERNEL_EFFICIENCY, compiled_plan, plan_step, predicted_seconds
from kcjax.plan.program import Collective, Operation, Program
from kcjax.plan.topology import Topology
from kcjax.train.config import default_config

SMALL = LlamaConfig(8000, 1024, 2048, 2, 8, 8, 128, max_positions=4096)


def settings(**changes):
    config = default_config()
    config.update({"attention": "splash", "batch_per_device": 4, "sequence_length": 2048} | changes)
    return config


@pytest.fixture(scope="module")
def plan():
    return plan_step(settings(rows_at_once=2), SMALL, Topology.parse("v5e:4x4"))


def test_a_step_fits_and_does_little_more_than_it_must(plan):
    assert plan.fits and plan.chips == 16 and plan.mesh["fsdp"] == 16
    assert plan.hbm_arguments_gib < plan.hbm_peak_gib_per_chip < plan.hbm_limit_gib
    assert 1.2 < plan.executed_over_model_flops < 1.4
    assert 0 < plan.predicted_mfu < 1 and plan.predicted_step_s > 0


def test_gradients_are_reduced_beside_computation_and_no_table_is_gathered(plan):
    reduced = [c for c in plan.collectives if c.kind in ("collective-permute", "reduce-scatter")]
    assert reduced and all(c.kind == "collective-permute" and c.overlapped for c in reduced)
    weights = 2 * SMALL.num_layers * (4 * 1024**2 + 3 * 1024 * 2048)  # of the blocks, in bytes of bfloat16
    head = 2 * 1024 * 8000
    gathered = sum(c.bytes for c in plan.collectives if c.kind == "all-gather")
    # Once forward and once backward, the blocks and the head; an embedding gathered too would be another `head`.
    assert gathered == pytest.approx(2 * (weights + head) * 15 / 16, rel=0.02)


def test_more_rows_than_fit_are_told():
    plan = plan_step(settings(batch_per_device=512, remat="none"), SMALL, Topology.parse("v5e:2x2"))
    assert not plan.fits and plan.needed_gib > 16 and plan.predicted_step_s == 0


@pytest.mark.slow
@pytest.mark.parametrize("topology", ["v4:2x2x1", "v5p:2x2x1", "v6e:2x2"])
def test_other_chips_compile(topology):
    plan = plan_step(settings(batch_per_device=1), SMALL, Topology.parse(topology))
    assert plan.fits and plan.chips == 4


@pytest.mark.slow
def test_adapters_need_less_and_shared_prefixes_compile():
    config = settings(batch_per_device=1)
    full = plan_step(config, SMALL, Topology.parse("v5e:2x2"))
    config.lora.rank = 8
    lora = plan_step(config, SMALL, Topology.parse("v5e:2x2"), shared_prefixes=True)
    assert lora.hbm_arguments_gib < 0.5 * full.hbm_arguments_gib
    assert lora.model_flops_per_chip < 0.75 * full.model_flops_per_chip


def test_a_compiler_that_fails_is_quoted():
    def lower():
        raise jax.errors.JaxRuntimeError("INTERNAL: Mosaic failed to compile\nand much more")

    topology = Topology.parse("v5e:2x2")
    with pytest.raises(WorkError, match="^topology v5e:2x2: the compiler fails: INTERNAL: Mosaic failed to compile$"):
        compiled_plan(lower, topology, make_mesh({"data": -1}), program="step", batch_per_device=1, tokens=1, flops=1.0)


def test_the_prediction_is_a_roofline_of_compute_memory_and_links():
    chip = CHIPS["v5e"]
    second = chip.flops * EFFICIENCY, chip.hbm_bandwidth * EFFICIENCY  # what takes a second
    operations = (Operation(2, second[0], second[1] / 2), Operation(3, 0.0, second[1]))
    gather = Collective("all-gather", ("fsdp",), 2 * chip.link_bandwidth, 1, overlapped=False)
    beside = Collective("collective-permute", ("fsdp",), 10 * chip.link_bandwidth, 1, overlapped=True)
    time = lambda *collectives: predicted_seconds(Program(operations, collectives, {}), 0.0, chip)
    assert time() == pytest.approx(5) and time(gather) == pytest.approx(6)
    assert time(gather, beside) == pytest.approx(10 + 1)  # more is sent than there is to compute
    kernels = predicted_seconds(Program(operations, (), {}), chip.flops * KERNEL_EFFICIENCY, chip)
    assert kernels == pytest.approx(6)
