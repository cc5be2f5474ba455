import jax
import pytest
from flax import nnx
from jax.sharding import PartitionSpec as P

from kcjax.errors import InputError
from kcjax.model.config import LlamaConfig
from kcjax.model.llama import Llama
from kcjax.model.lora import LoraConfig, add_lora
from kcjax.parallel.mesh import make_mesh
from kcjax.parallel.sharding import FSDP, param_shardings


def state_of(**changes) -> nnx.State:
    fields = {"vocab_size": 320, "hidden_size": 64, "intermediate_size": 128, "num_layers": 2, "num_heads": 8}
    fields |= {"num_kv_heads": 4, "head_dim": 8, "qkv_bias": True} | changes
    model = Llama(LlamaConfig(**fields), rngs=nnx.Rngs(0))
    add_lora(model, LoraConfig(rank=2), rngs=nnx.Rngs(0))
    return nnx.state(model, nnx.Param)


def test_every_parameter_has_the_sharding_of_the_table():
    shardings = param_shardings(state_of(), make_mesh({"fsdp": 4, "tensor": 2}))
    found = {"/".join(map(str, path)): leaf for path, leaf in nnx.to_flat_state(shardings)}
    spec = lambda name: jax.tree.leaves(found[name])[0].spec
    assert spec("embedding") == P("tensor", FSDP)
    assert spec("head/kernel") == P(FSDP, "tensor")
    assert spec("norm/scale") == P(None)
    assert spec("blocks/attention_norm/scale") == P(None, None)
    for name in ("q", "k", "v"):
        assert spec(f"blocks/{name}/base/kernel") == P(None, FSDP, "tensor")
        assert spec(f"blocks/{name}/base/bias") == P(None, "tensor")
        assert spec(f"blocks/{name}/a") == P(None, FSDP, None)
        assert spec(f"blocks/{name}/b") == P(None, None, "tensor")
    assert spec("blocks/o/base/kernel") == spec("blocks/down/base/kernel") == P(None, "tensor", FSDP)
    assert spec("blocks/gate/base/kernel") == spec("blocks/up/base/kernel") == P(None, FSDP, "tensor")


def test_a_dimension_the_mesh_does_not_divide_is_named():
    with pytest.raises(InputError, match=r"axis 'fsdp' of size 8 does not divide 60 of \w+"):
        param_shardings(state_of(hidden_size=60), make_mesh({"fsdp": 8}))
