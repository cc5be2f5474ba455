import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

from kcjax.errors import InputError, WorkError
from kcjax.parallel.mesh import make_mesh
from kcjax.train.checkpoints import Checkpoints, check_same

ABOUT = {"steps": 9, "lora": {"rank": 4, "targets": ["q", "v"]}}


def trees(step: int = 0):
    """Parameters, and an optimizer's state with tuples and a counter in it, as optax has."""
    params = {"blocks": {"q": jnp.arange(16.0).reshape(8, 2) + step, "v": jnp.ones((2,), jnp.bfloat16)}}
    return params, ({"mu": params}, (jnp.int32(step), ()))


def save(directory, *steps, **options):
    checkpoints = Checkpoints(directory, **options)
    for step in steps:
        params, optimizer = trees(step)
        checkpoints.save(step, params=params, optimizer=optimizer, about=ABOUT | {"step": step})
    checkpoints.close()
    return Checkpoints(directory, **options)


def assert_same(one, other):
    assert jax.tree.structure(one) == jax.tree.structure(other)
    jax.tree.map(np.testing.assert_array_equal, one, other)


def abstract(tree, sharding=None):
    return jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=sharding or a.sharding), tree)


def test_what_is_restored_is_what_was_saved(tmp_path):
    checkpoints = save(tmp_path, 3)
    params, optimizer = trees(3)
    found = checkpoints.restore(3, params=abstract(params), optimizer=abstract(optimizer))
    assert_same(found, (params, optimizer))
    assert found[0]["blocks"]["v"].dtype == jnp.bfloat16
    assert checkpoints.about(3) == ABOUT | {"step": 3}
    assert_same(checkpoints.restore(3, params=abstract(params)), (params, None))


def test_arrays_are_restored_to_the_sharding_asked_for(tmp_path):
    sharding = NamedSharding(make_mesh({"fsdp": 8}), PartitionSpec("fsdp"))
    wanted = abstract({"q": trees()[0]["blocks"]["q"]}, sharding)
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, params={"q": trees()[0]["blocks"]["q"]}, optimizer={"n": jnp.int32(0)}, about={})
    checkpoints.close()
    found, _ = Checkpoints(tmp_path).restore(1, params=wanted)
    assert found["q"].sharding == sharding and len(found["q"].addressable_shards) == 8


def test_the_newest_are_kept(tmp_path):
    checkpoints = save(tmp_path, 1, 2, 3, keep=2)
    assert checkpoints.latest() == 3
    assert {path.name for path in (tmp_path / "checkpoints").iterdir() if path.name.isdigit()} == {"2", "3"}
    checkpoints.save(3, params={}, optimizer={}, about={})  # saved already
    assert Checkpoints(tmp_path / "new").latest() is None


def test_a_half_written_checkpoint_is_none(tmp_path):
    save(tmp_path, 1)
    whole = tmp_path / "checkpoints" / "1"
    whole.rename(whole.with_name("2.orbax-checkpoint-tmp-0"))
    assert Checkpoints(tmp_path).latest() is None


def test_arrays_of_another_model_are_named(tmp_path):
    checkpoints = save(tmp_path, 1)
    params, _ = trees(1)
    params["blocks"]["q"] = jnp.zeros((8, 3))
    with pytest.raises(InputError, match=r"/1: params blocks/q has shape \(8, 2\) there and \(8, 3\) here"):
        checkpoints.restore(1, params=abstract(params))
    params["blocks"]["k"] = params["blocks"].pop("q")
    with pytest.raises(InputError, match=r"/1: params blocks/k has shape none there"):
        checkpoints.restore(1, params=abstract(params))


def test_a_damaged_one_is_named_in_one_line(tmp_path):
    checkpoints = save(tmp_path, 1)
    (tmp_path / "checkpoints" / "1" / "about" / "metadata").write_text("{")
    with pytest.raises(WorkError, match=r"checkpoints/1: cannot be restored; remove it .*: [^\n]+$"):
        checkpoints.about(1)


def test_the_first_field_that_differs_is_named():
    check_same(ABOUT, ABOUT, where="here")
    with pytest.raises(InputError, match="W: lora: rank is 4 there and 8 here; use another workdir"):
        check_same(ABOUT, ABOUT | {"lora": {"rank": 8, "targets": ["q", "v"]}}, where="W")
    with pytest.raises(InputError, match="W: steps is 9 there and None here"):
        check_same(ABOUT, {"lora": ABOUT["lora"]}, where="W")
