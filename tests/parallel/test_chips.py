from types import SimpleNamespace

import jax
import pytest

from kcjax.parallel.chips import CHIPS, peak_flops


def test_a_links_bandwidth_is_less_than_that_of_memory():
    for chip in CHIPS.values():
        assert chip.links * chip.link_bandwidth < chip.hbm_bandwidth < chip.flops


@pytest.mark.parametrize(
    ("kind", "flops"),
    [
        ("TPU v5 lite", CHIPS["v5e"].flops),
        ("TPU v5", CHIPS["v5p"].flops),
        ("TPU v6 lite", CHIPS["v6e"].flops),
        ("NVIDIA H200", 989e12),
        ("NVIDIA H100 80GB HBM3", 989e12),
        ("a new thing", None),
    ],
)
def test_a_device_is_known_by_its_kind(kind, flops):
    assert peak_flops(SimpleNamespace(device_kind=kind)) == flops


def test_a_cpu_has_no_peak():
    assert peak_flops(jax.devices("cpu")[0]) is None
