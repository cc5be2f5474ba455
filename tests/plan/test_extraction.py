"""Programs of extraction compiled by the TPU compiler, which runs without a TPU."""

import dataclasses

import pytest

pytest.importorskip("libtpu")

from kcjax.model.config import LlamaConfig
from kcjax.plan.extraction import COLUMNS, Workload, plan_extraction
from kcjax.plan.topology import Topology
from kcjax.train.config import default_config

SMALL = LlamaConfig(512, 1024, 2048, 2, 8, 8, 128, max_positions=4096)
WORKLOAD = Workload(batch_per_device=8, prefix_tokens=256, prompt_tokens=96, new_tokens=32, packed_tokens=256)


@pytest.mark.parametrize("int8", [False, True], ids=["bf16", "int8"])
@pytest.mark.parametrize("tensor", [1, 4])
@pytest.mark.parametrize("program", ["prefill", "decode"])
def test_it_computes_what_the_model_needs_and_weights_are_spread_over_tensor(program, tensor, int8):
    config = default_config()
    config.mesh.tensor = tensor
    workload = dataclasses.replace(WORKLOAD, int8=int8)
    plan = plan_extraction(program, config, SMALL, Topology.parse("v5e:2x2"), workload)
    assert plan.fits and plan.chips == 4
    assert plan.mesh == {"slice": 1, "data": 4 // tensor, "fsdp": 1, "tensor": tensor}
    assert plan.executed_over_model_flops == pytest.approx(1, abs=0.15)
    layers, ends = 2 * (4 * 1024**2 + 3 * 1024 * 2048), 2 * 512 * 1024
    weights = ((1 if int8 else 2) * layers + 2 * ends) / 2**30
    assert weights / tensor < plan.hbm_arguments_gib < weights / tensor + 0.2
    assert bool(plan.collectives) == (tensor > 1)
    assert plan.tokens_per_step == (256 * 4 // tensor if program == "prefill" else 32 * COLUMNS)
    assert plan.bytes_over_needed > 0
