"""Datasets of records as one endless run: which record stands at a position is a function of (seed, position) alone."""

import hashlib
from collections.abc import Sequence

import numpy as np

from kcjax.corpus.order import mix, permute, record_indices
from kcjax.corpus.packing import Record
from kcjax.corpus.records import Records
from kcjax.corpus.records_info import RecordsInfo
from kcjax.errors import InputError

_BLOCK = 4096  # positions in which the weights hold, as exactly as it can be


class Mixture:
    """One dataset, or several, as one or mixed by weight.

    Without weights all records are read through before any comes again, every time in another order. With weights each
    dataset has of every 4096 positions a share that goes with its weight, at least one, in a shuffled order; each is
    read through before any of its own records comes again.

    Attributes:
      seed: decides the order.
    """

    def __init__(self, parts: Sequence[Records], weights: Sequence[float] | None = None, *, seed: int):
        """
        Args:
          weights: of the records that each dataset gives; None for as many as it has.
        """
        self.parts, self.seed = list(parts), seed
        self.ends = np.cumsum([len(part) for part in parts])
        self.counts = _shares(weights) if weights and len(parts) > 1 else []
        self._blocks: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    @classmethod
    def open(cls, data: str, *, seed: int) -> "Mixture":
        """The datasets of `config.data`: `DIRECTORY`, or `DIRECTORY=WEIGHT,DIRECTORY=WEIGHT`.

        Raises:
          InputError: one is not to be had, they do not go together, or a weight is no positive number.
        """
        pairs = [item.rpartition("=") if "=" in item else (item, "", "") for item in data.split(",") if item]
        if len({bool(sign) for _, sign, _ in pairs}) > 1:
            raise InputError(f"config.data={data}: give every dataset a weight, or none")
        try:
            weights = [float(weight) for _, sign, weight in pairs if sign]
        except ValueError:
            weights = [0.0]
        if not all(0 < weight < float("inf") for weight in weights):
            raise InputError(f"config.data={data}: a weight is a number above 0, as in data/a=2,data/b=1")
        if not pairs:
            raise InputError(f"config.data={data}: names no dataset; give the directory of one")
        parts = [Records(directory) for directory, _, _ in pairs]
        for part in parts[1:]:
            for name in ("length", "tokenizer_hash", "phase"):
                ours, theirs = (getattr(p.info, name) for p in (parts[0], part))
                if ours != theirs:
                    raise InputError(f"{part.directory}: its {name} is {theirs}, that of {pairs[0][0]} is {ours}")
        return cls(parts, weights or None, seed=seed)

    @property
    def info(self) -> RecordsInfo:
        """Of the first dataset; length, tokenizer and phase are those of all."""
        return self.parts[0].info

    @property
    def shares_prefixes(self) -> bool:
        """Whether a record may lay a prompt down once for several sentences."""
        return any(part.info.recipe.get("share_prefixes", True) for part in self.parts)

    @property
    def checksum(self) -> str:
        """The same for mixtures that are the same to training."""
        if len(self.parts) == 1:
            return self.info.checksum
        counts = self.counts or [1] * len(self.parts)
        told = [f"{part.info.checksum}*{count}" for part, count in zip(self.parts, counts, strict=True)]
        return hashlib.blake2b(" ".join(told).encode(), digest_size=7).hexdigest()

    def __len__(self) -> int:
        """How many records there are."""
        return sum(len(part) for part in self.parts)

    def locate(self, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The dataset and the record in it at each position of the run, as two int64 arrays."""
        positions = np.asarray(positions, np.int64)
        if not self.counts:
            indices = record_indices(positions, int(self.ends[-1]), self.seed)
            of = np.searchsorted(self.ends, indices, side="right")
            return of, indices - np.concatenate([[0], self.ends])[of]
        blocks, offsets = np.divmod(positions, _BLOCK)
        of, turn = np.empty_like(positions), np.empty_like(positions)
        for block in np.unique(blocks).tolist():
            here = blocks == block
            of_block, rank = self._block(block)
            of[here] = of_block[offsets[here]]
            turn[here] = rank[offsets[here]] + block * np.asarray(self.counts)[of[here]]
        indices = np.empty_like(positions)
        for number, part in enumerate(self.parts):
            here = of == number
            indices[here] = record_indices(turn[here], len(part), self.seed + number)
        return of, indices

    def _block(self, block: int) -> tuple[np.ndarray, np.ndarray]:
        """The dataset at each place of a block, and how many places before it are that dataset's."""
        if (found := self._blocks.get(block)) is None:
            key = mix(np.array([block], np.uint64), np.uint64(self.seed % 2**64))
            places = permute(np.arange(_BLOCK), _BLOCK, np.broadcast_to(key, _BLOCK))
            of = np.searchsorted(np.cumsum(self.counts), places, side="right")
            rank = np.empty(_BLOCK, np.int64)
            for number, count in enumerate(self.counts):
                rank[of == number] = np.arange(count)
            found = of, rank
            self._blocks = {block: found}
        return found

    def read(self, positions: np.ndarray) -> list[Record]:
        """The records at positions of the run, in that order."""
        of, indices = self.locate(positions)
        found: dict[int, Record] = {}
        for number, part in enumerate(self.parts):
            here = np.flatnonzero(of == number)
            found.update(zip(here.tolist(), part.read(indices[here]), strict=True))
        return [found[place] for place in range(len(of))]


def _shares(weights: Sequence[float]) -> list[int]:
    """`_BLOCK` parted by weight, none left without, by largest remainders."""
    exact = np.asarray(weights) / sum(weights) * (_BLOCK - len(weights))
    counts = np.floor(exact).astype(int) + 1
    for place in np.argsort(np.floor(exact) - exact, kind="stable")[: _BLOCK - counts.sum()]:
        counts[place] += 1
    return counts.tolist()
