import pytest

from kcjax.errors import InputError
from kcjax.plan.topology import Topology


@pytest.mark.parametrize("name", ["v5e:4x4", "v5p:2x2x2", "v5e:16x16*2"])
def test_topologies_are_written_as_they_are_read(name):
    assert Topology.parse(name).name == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("v9:4x4", "there is no chip 'v9'; known: v4, v5e"),
        ("v5e", "write v5e:4x4"),
        ("v5e:4x0", "write v5e:4x4"),
        ("v5e:4x4*b", "write"),
    ],
)
def test_what_is_no_topology_is_refused(name, message):
    with pytest.raises(InputError, match=message):
        Topology.parse(name)
