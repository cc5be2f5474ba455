"""Seeded orders that need no list: of examples, from (seed, id) alone, and of records, from (seed, position) alone."""

import hashlib

import numpy as np

_ROUNDS = 6


def example_key(seed: int, id: str) -> int:
    """64 bits that look random: examples sorted by it are shuffled, wherever and in whatever order they were made."""
    return int.from_bytes(hashlib.blake2b(f"{seed}/{id}".encode(), digest_size=8).digest())


def mix(x: np.ndarray, key: np.ndarray | np.uint64) -> np.ndarray:
    """A 64-bit finaliser (splitmix64): every input bit moves every output bit."""
    with np.errstate(over="ignore"):
        x = (x ^ key) * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def permute(index: np.ndarray, n: int, key: int | np.ndarray) -> np.ndarray:
    """Where a keyed permutation of `range(n)` sends each index, without ever writing the permutation down.

    A Feistel network over the next power of four; a result outside the range is sent on until it falls inside.
    """
    half = np.uint64(max(1, (max(n - 1, 1).bit_length() + 1) // 2))
    low = np.uint64((1 << int(half)) - 1)
    x = np.asarray(index, np.uint64).copy()
    keys = np.broadcast_to(np.asarray(key, np.uint64), x.shape)
    outside = np.ones(x.shape, bool)
    while outside.any():
        left, right = x[outside] >> half, x[outside] & low
        for round_ in range(_ROUNDS):
            left, right = right, left ^ (mix(right, keys[outside] + np.uint64(round_)) & low)
        x[outside] = (left << half) | right
        outside = x >= np.uint64(n)
    return x.astype(np.int64)


def record_indices(positions: np.ndarray, n: int, seed: int) -> np.ndarray:
    """The record read at each position of an endless run: every epoch is its own permutation of all `n` records."""
    epochs, offsets = np.divmod(np.asarray(positions, np.int64), n)
    keys = mix(np.asarray(epochs, np.uint64) + np.uint64(1), np.uint64(seed * 0xD1342543DE82EF95 % 2**64))
    return permute(offsets, n, keys)
