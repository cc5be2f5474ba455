"""How long checkpoints hold up training: `python -m benchmarks.checkpoint --json`.

Parameters of a shape in float32 with AdamW's two moments, saved while a step runs over and over, and restored. Beside
it what `torch.save` takes for the same arrays, and a plain write of as many bytes.
"""

import statistics
import tempfile
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import torch
from flax import nnx

from benchmarks.common import parser, report
from kcjax.model.llama import Llama
from kcjax.model.shapes import SHAPES
from kcjax.train.checkpoints import Checkpoints


def main() -> None:
    arguments = parser(__doc__.splitlines()[0])
    arguments.add_argument("--shape", choices=tuple(SHAPES), default="smollm2_135m")
    arguments.add_argument("--workdir", help="the disk to save on (default: that of temporary files)")
    args = arguments.parse_args()
    params = nnx.state(Llama(SHAPES[args.shape], rngs=nnx.Rngs(0)), nnx.Param)
    optimizer = optax.adamw(1e-3)
    opt_state = jax.jit(optimizer.init)(params)
    leaves = [leaf for leaf in jax.tree.leaves((params, opt_state)) if leaf.ndim]
    gigabytes = sum(leaf.nbytes for leaf in leaves) / 1e9
    work = jax.jit(lambda x: jax.lax.fori_loop(0, 8, lambda _, y: y @ y / 1024, x))
    some = jnp.ones((1024, 1024))
    step = lambda: timed(lambda: work(some).block_until_ready())
    step()
    alone = statistics.median(step() for _ in range(20))
    with tempfile.TemporaryDirectory(dir=args.workdir) as folder:
        checkpoints = Checkpoints(folder)
        held_up, beside = [], []
        for number in range(1, 4):
            start = time.perf_counter()
            checkpoints.save(number, params=params, optimizer=opt_state, about={"step": number})
            held_up.append(time.perf_counter() - start)
            while not (checkpoints.directory / str(number)).exists():  # it gets its name when it is whole
                beside.append(step())
            saved = time.perf_counter() - start
        like = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype, sharding=a.sharding), (params, opt_state))
        restore = timed(lambda: jax.block_until_ready(checkpoints.restore(number, params=like[0], optimizer=like[1])))
        checkpoints.close()
        arrays = [np.array(leaf) for leaf in leaves]
        peer = timed(lambda: torch.save([torch.from_numpy(array) for array in arrays], Path(folder) / "torch.pt"))
        plain = timed(lambda: [array.tofile(Path(folder) / "plain") for array in arrays])
    figures = {
        "gigabytes": round(gigabytes, 2),
        "held_up_s": round(statistics.median(held_up), 3),
        "saved_after_s": round(saved, 2),
        "restore_s": round(restore, 2),
        "peer_save_s": round(peer, 2),
        "plain_write_s": round(plain, 2),
        "step_slower_while_saving": round(statistics.median(beside) / alone, 2) if beside else None,
    }
    report("checkpoint", args, figures)


def timed(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
