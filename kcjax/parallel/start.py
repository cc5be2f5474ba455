"""What a process does first: it joins the other hosts, and opens the cache of compiled programs."""

import logging
import os

import jax

from kcjax.errors import InputError
from kcjax.files import cache_dir

log = logging.getLogger(__name__)

_BY_HAND = ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID")


def cache_programs() -> None:
    """Keeps compiled programs in `$KCJAX_CACHE/xla`, unless JAX was told of another place."""
    if not jax.config.values["jax_compilation_cache_dir"]:
        jax.config.update("jax_compilation_cache_dir", str(cache_dir() / "xla"))


def start() -> None:
    """Makes the devices of all hosts one set, and opens the cache; comes before any use of a device.

    Cloud TPU, GKE, SLURM and Open MPI tell JAX what it needs; elsewhere `JAX_COORDINATOR_ADDRESS` (HOST:PORT of the
    first process), `JAX_NUM_PROCESSES` and `JAX_PROCESS_ID` do. Where nothing does, this process is the only one.

    Raises:
      InputError: only some of those are set.
    """
    cache_programs()
    if jax.distributed.is_initialized():
        return
    given = [name for name in _BY_HAND if name in os.environ]
    if 0 < len(given) < len(_BY_HAND):
        missing = next(name for name in _BY_HAND if name not in os.environ)
        raise InputError(f"{given[0]} is set and {missing} is not; set {', '.join(_BY_HAND)}, or none of them")
    if given:
        address, processes, number = (os.environ[name] for name in _BY_HAND)
        jax.distributed.initialize(address, int(processes), int(number))
        return
    try:
        jax.distributed.initialize()
    except ValueError as error:  # nothing here tells of other hosts
        log.debug("one process: %s", error)
    except RuntimeError:  # devices are in use already: too late, which matters where there may be other hosts
        if jax.default_backend() == "tpu":
            raise
