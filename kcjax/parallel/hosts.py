"""What all hosts of a run must have in common."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils


def differing(facts: Mapping[str, Any]) -> str | None:
    """The first name whose value, as JSON, is not the same on all hosts, which give the same names; None if none."""
    if jax.process_count() == 1:
        return None
    texts = [json.dumps(value, sort_keys=True).encode() for value in facts.values()]
    digests = [np.frombuffer(hashlib.blake2b(text, digest_size=16).digest(), np.uint32) for text in texts]
    found_HxFx4 = multihost_utils.process_allgather(np.stack(digests))
    same_F = (found_HxFx4 == found_HxFx4[0]).all((0, 2))
    return next((name for name, same in zip(facts, same_F.tolist(), strict=True) if not same), None)
