import dataclasses
import math

import jax
import pytest

from kcjax.errors import InputError
from kcjax.parallel.mesh import AXES, make_mesh, rings
from kcjax.parallel.sharding import FSDP


def shape(mesh) -> dict[str, int]:
    """The sizes of the four axes that a user gives."""
    sizes = dict(mesh.shape)
    fsdp = math.prod(sizes.pop(name) for name in FSDP)
    return {**sizes, "fsdp": fsdp}


def test_one_axis_may_take_whatever_is_left():
    assert shape(make_mesh({"fsdp": -1})) == {"slice": 1, "data": 1, "fsdp": 8, "tensor": 1}
    assert shape(make_mesh({"data": 2, "fsdp": -1, "tensor": 2}))["fsdp"] == 2
    assert set(AXES) < set(make_mesh({"fsdp": -1}).axis_names)


@pytest.mark.parametrize("sizes", [{"data": 3}, {"data": 3, "fsdp": -1}, {"data": -1, "fsdp": -1}, {"tensor": 0}])
def test_sizes_that_do_not_make_the_devices_are_refused(sizes):
    with pytest.raises(InputError, match="does not make 8 devices"):
        make_mesh(sizes)


def test_an_unknown_axis_is_named():
    with pytest.raises(InputError, match="unknown axis 'model'"):
        make_mesh({"model": 8})


@dataclasses.dataclass(frozen=True)
class Chip:
    coords: tuple[int, int, int]
    slice_index: int = 0


def chips(x: int, y: int, z: int, slices: int = 1) -> list[Chip]:
    places = [(a, b, c) for c in range(z) for b in range(y) for a in range(x)]
    return [Chip(place, number) for number in range(slices) for place in places]


@pytest.mark.parametrize(
    ("devices", "fsdp", "beside", "expected"),
    [
        (chips(4, 4, 1), 16, 1, (4, 4, 1)),
        (chips(4, 4, 4), 64, 1, (4, 4, 4)),
        (chips(2, 4, 1), 8, 1, (2, 4, 1)),
        (chips(4, 4, 1), 4, 4, (4, 1, 1)),  # tensor has one ring
        (chips(4, 8, 1), 8, 4, (8, 1, 1)),
        (chips(4, 4, 1), 8, 2, (8, 1, 1)),  # tensor has part of one
        (chips(16, 16, 1, slices=2), 256, 1, (16, 16, 1)),
        (jax.devices(), 8, 1, (8, 1, 1)),  # no network of chips
    ],
)
def test_fsdp_is_cut_into_the_rings_of_a_slice(devices, fsdp, beside, expected):
    assert rings(fsdp, devices, beside=beside) == expected


def test_slices_are_apart_in_their_own_axis():
    with pytest.raises(InputError, match=r"the devices are 2 slices; set config\.mesh\.slice=2"):
        make_mesh({"fsdp": 8}, devices=chips(2, 2, 1, slices=2))
