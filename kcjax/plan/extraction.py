"""The programs of extraction compiled for TPUs that are not here."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from ml_collections import ConfigDict

from kcjax.decode.generate import Prefix, next_token, read_prompts, round_up
from kcjax.model.attention import KVCache
from kcjax.model.config import LlamaConfig
from kcjax.model.flops import matrix_weights
from kcjax.model.llama import Llama
from kcjax.parallel.mesh import make_mesh
from kcjax.parallel.sharding import RULES, param_shardings, spec
from kcjax.plan.plan import Plan, compiled_plan
from kcjax.plan.topology import Topology
from kcjax.train.state import placed

PROGRAMS = ("prefill", "decode")


@dataclasses.dataclass(frozen=True)
class Workload:
    """What is extracted from: rows on a chip at a time, and tokens of the schema's prompt, which all rows share, of a
    row's own prompt and of its response."""

    batch_per_device: int = 32
    prefix_tokens: int = 1024
    prompt_tokens: int = 96
    new_tokens: int = 64


def plan_extraction(
    program: str, config: ConfigDict, model: LlamaConfig, topology: Topology, workload: Workload
) -> Plan:
    """Compiles "prefill", which reads the prompts of a batch, or "decode", which gives each of its rows a token more.

    Weights are in `config.dtype`, spread over `config.mesh.tensor`; the other chips take rows of their own.
    """
    tensor = config.mesh.tensor
    mesh = make_mesh({"data": -1, "tensor": tensor}, devices=topology.devices())
    rows = workload.batch_per_device * mesh.size
    each = workload.prompt_tokens if program == "prefill" else 1
    seen = workload.prefix_tokens + workload.prompt_tokens + (workload.new_tokens // 2 if program == "decode" else 0)
    attention = 4 * seen * model.num_layers * model.num_heads * model.head_dim
    return compiled_plan(
        lambda: _lower(program, config.dtype, model, mesh, rows, workload),
        topology,
        mesh,
        program=program,
        batch_per_device=workload.batch_per_device,
        tokens=rows * each,
        flops=rows * each * (2.0 * matrix_weights(model) + attention),
    )


def _lower(
    program: str, dtype: str, model: LlamaConfig, mesh: Mesh, rows: int, workload: Workload
) -> jax.stages.Lowered:
    graph, params = nnx.split(nnx.eval_shape(lambda: Llama(model, rngs=nnx.Rngs(0), dtype=dtype, param_dtype=dtype)))
    params = placed(params, param_shardings(params, mesh))

    def array(shape: tuple[int, ...], dtype: Any, *axes: str | None) -> Any:
        return jax.ShapeDtypeStruct(shape, dtype, sharding=NamedSharding(mesh, spec(axes)))

    def cache(rows: int, slots: int, axis: str | None) -> KVCache:
        shape = (model.num_layers, rows, slots, model.num_kv_heads, model.head_dim)
        return KVCache(*[array(shape, dtype, None, axis, None, "heads", None)] * 2)

    number = array((), jnp.int32)
    prefix = Prefix(cache(1, round_up(workload.prefix_tokens), None), number)
    T = round_up(workload.prompt_tokens)
    lengths = array((rows,), jnp.int32, "batch")
    own = cache(rows, T + workload.new_tokens, "batch")
    settings = {"vocab_size": model.vocab_size}
    rows_apart = NamedSharding(mesh, PartitionSpec(RULES["batch"]))
    places = (rows_apart, rows_apart, jax.tree.map(lambda a: a.sharding, own))

    def prefill(params, prefix, tokens, lengths):
        return read_prompts(
            nnx.merge(graph, params), prefix, tokens, lengths, max_new_tokens=workload.new_tokens, **settings
        )

    def decode(params, prefix, cache, token, lengths, number):
        return next_token(nnx.merge(graph, params), prefix, cache, token, lengths, number, prompt_slots=T, **settings)

    with jax.set_mesh(mesh):
        if program == "prefill":
            tokens = array((rows, T), jnp.int32, "batch", None)
            return jax.jit(prefill, out_shardings=places).lower(params, prefix, tokens, lengths)
        step = jax.jit(decode, out_shardings=places, donate_argnums=2)
        return step.lower(params, prefix, own, lengths, lengths, number)
