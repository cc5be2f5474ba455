"""What hosts must have in common; two real processes compare themselves in `tests/train/test_hosts.py`."""

import jax
import numpy as np

from kcjax.parallel.hosts import differing

FACTS = {"seed": 0, "mesh": {"fsdp": 4, "data": 2}, "weights": "abc"}


def test_the_first_name_with_another_value_elsewhere_is_told(monkeypatch):
    assert differing(FACTS) is None  # one host
    gathered: list[np.ndarray] = []

    def gather(digests: np.ndarray) -> np.ndarray:
        gathered.append(digests)
        return np.stack([gathered[0], digests])

    monkeypatch.setattr(jax, "process_count", lambda: 2)
    monkeypatch.setattr("jax.experimental.multihost_utils.process_allgather", gather)
    assert differing(FACTS) is None
    assert differing(FACTS | {"mesh": {"data": 2, "fsdp": 4}}) is None  # the order of fields means nothing
    assert differing(FACTS | {"mesh": {"fsdp": 8, "data": 1}, "weights": "abd"}) == "mesh"
    assert differing(FACTS | {"weights": "abd"}) == "weights"
