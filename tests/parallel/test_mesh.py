import pytest

from kcjax.errors import InputError
from kcjax.parallel.mesh import AXES, make_mesh


def test_one_axis_may_take_whatever_is_left():
    assert dict(make_mesh({"fsdp": -1}).shape) == {"slice": 1, "data": 1, "fsdp": 8, "tensor": 1}
    assert dict(make_mesh({"data": 2, "fsdp": -1, "tensor": 2}).shape)["fsdp"] == 2
    assert make_mesh({"fsdp": -1}).axis_names == AXES


@pytest.mark.parametrize(
    "shape", [{"data": 3}, {"data": 3, "fsdp": -1}, {"data": -1, "fsdp": -1}, {"tensor": 0, "data": 8}]
)
def test_sizes_that_do_not_make_the_devices_are_refused(shape):
    with pytest.raises(InputError, match="does not make 8 devices"):
        make_mesh(shape)


def test_an_unknown_axis_is_named():
    with pytest.raises(InputError, match="unknown axis 'model'"):
        make_mesh({"model": 8})
