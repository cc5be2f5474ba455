"""How TPU topologies are named, and their devices to compile for."""

import dataclasses
import os
from typing import Any

from kcjax.errors import InputError
from kcjax.parallel.chips import CHIPS, Chip


@dataclasses.dataclass(frozen=True)
class Topology:
    """`v5e:4x4`, or `v5e:16x16*2` for two such slices."""

    chip: Chip
    shape: str
    slices: int = 1

    @classmethod
    def parse(cls, name: str) -> "Topology":
        """
        Raises:
          InputError: it is not written so, or there is no such chip.
        """
        kind, _, rest = name.partition(":")
        shape, _, slices = rest.partition("*")
        if kind not in CHIPS:
            raise InputError(f"topology {name!r}: there is no chip {kind!r}; known: {', '.join(CHIPS)}")
        if not all(size.isdigit() and int(size) for size in (*shape.split("x"), slices or "1")):
            raise InputError(f"topology {name!r}: write {kind}:4x4, or {kind}:4x4*2 for two slices")
        return cls(CHIPS[kind], shape, int(slices or 1))

    @property
    def name(self) -> str:
        return f"{self.chip.name}:{self.shape}" + (f"*{self.slices}" if self.slices > 1 else "")

    def devices(self) -> list[Any]:
        """The chips as devices to compile for; none is there.

        Raises:
          InputError: the TPU compiler is not installed, or takes no such topology.
        """
        # What libtpu asks of the machine that it is on, if it is none with TPUs.
        os.environ.setdefault("TPU_SKIP_MDS_QUERY", "1")
        os.environ.setdefault("TPU_WORKER_HOSTNAMES", "localhost")
        os.environ.setdefault("ALLOW_MULTIPLE_LIBTPU_LOAD", "1")
        from jax.experimental import topologies

        options: dict[str, Any] = {"num_slices": self.slices} if self.slices > 1 else {}
        if self.chip.name == "v4":
            options["chip_config_name"] = "megacore"  # its two cores as one device, as they are by default on a machine
        try:
            found = topologies.get_topology_desc(
                topology_name=f"{self.chip.name}:{self.shape}", platform="tpu", **options
            )
        except Exception as error:  # of the plugin, in many kinds
            first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise InputError(
                f"topology {self.name}: not to be had ({first}); the compiler comes with `pip install 'kcjax[tpu]'`"
            ) from error
        return list(found.devices)
