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
    with pytest.raises(WorkError, match=r"checkpoints/1: cannot be restored: [^\n]+$"):
        checkpoints.about(1)


def cut(step_directory):
    """Cuts the arrays of a checkpoint short."""
    for file in (step_directory / "params").rglob("*"):
        if file.is_file() and file.parent.name == "d":
            file.write_bytes(file.read_bytes()[:10])


def test_damaged_ones_are_set_aside_and_said_if_one_before_is_whole(tmp_path, caplog):
    checkpoints = save(tmp_path, 1, 2, 3)
    params, _ = trees()
    read = lambda step: checkpoints.restore(step, params=abstract(params))[0]
    assert checkpoints.newest_that(read)[0] == 3
    for step in (2, 3):
        cut(tmp_path / "checkpoints" / str(step))
    step, found = checkpoints.newest_that(read)
    assert step == 1
    assert_same(found, trees(1)[0])
    assert "checkpoints/3: cannot be restored: " in caplog.text and "going on from step 1" in caplog.text
    names = {path.name for path in (tmp_path / "checkpoints").iterdir()}
    assert {"1", "damaged-2", "damaged-3"} <= names and checkpoints.latest() == 1
    params, optimizer = trees(3)
    checkpoints.save(3, params=params, optimizer=optimizer, about=ABOUT)
    checkpoints.close()
    cut(tmp_path / "checkpoints" / "3")
    checkpoints = Checkpoints(tmp_path)
    assert checkpoints.newest_that(read)[0] == 1 and (tmp_path / "checkpoints" / "damaged-3-2").exists()
    cut(tmp_path / "checkpoints" / "1")
    with pytest.raises(WorkError, match="checkpoints/1: cannot be restored"):
        checkpoints.newest_that(read)
    assert (tmp_path / "checkpoints" / "1").exists()  # the storage may be at fault, so nothing is put away


def test_those_of_some_steps_stay_for_good(tmp_path):
    save(tmp_path, 1, 2, 3, 4, 5, keep=1, keep_every=2)
    assert {path.name for path in (tmp_path / "checkpoints").iterdir() if path.name.isdigit()} == {"2", "4", "5"}


@pytest.mark.parametrize("shape", [{"fsdp": 8}, {"fsdp": 2}, {"data": 4, "fsdp": 2}, {"tensor": 8}], ids=str)
def test_what_was_saved_on_one_mesh_is_restored_on_any_other_and_in_any_dtype(shape, tmp_path):
    """8 devices -> 2 -> 4 x 2, as when a slice of another size is had."""
    values = np.arange(64.0, dtype=np.float32).reshape(8, 8)
    axis = "tensor" if "tensor" in shape else "fsdp"
    first = NamedSharding(make_mesh({"fsdp": 4, "data": 2}), PartitionSpec("fsdp"))
    count = int(np.prod(list(shape.values())))
    second = NamedSharding(make_mesh(shape, devices=jax.devices()[:count]), PartitionSpec(None, axis))
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, params={"q": jax.device_put(values, first)}, optimizer={"n": jnp.int32(0)}, about={})
    checkpoints.close()
    for dtype in (jnp.float32, jnp.bfloat16):
        wanted = {"q": jax.ShapeDtypeStruct((8, 8), dtype, sharding=second)}
        found, _ = Checkpoints(tmp_path).restore(1, params=wanted)
        assert found["q"].sharding == second and found["q"].dtype == dtype
        np.testing.assert_array_equal(found["q"].astype(jnp.float32), values)


def test_the_first_field_that_differs_is_named():
    check_same(ABOUT, ABOUT, where="here")
    with pytest.raises(InputError, match="W: lora: rank is 4 there and 8 here; use another workdir"):
        check_same(ABOUT, ABOUT | {"lora": {"rank": 8, "targets": ["q", "v"]}}, where="W")
    with pytest.raises(InputError, match="W: steps is 9 there and None here"):
        check_same(ABOUT, {"lora": ABOUT["lora"]}, where="W")
