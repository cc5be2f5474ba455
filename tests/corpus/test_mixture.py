"""Mixtures of datasets: shares by weight, every record in its turn, each position a function of the seed alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kcjax.corpus.mixture import Mixture
from kcjax.corpus.packing import Record
from kcjax.corpus.records import write_records
from kcjax.corpus.records_info import RecordsInfo
from kcjax.errors import InputError

SIZES = {"a": 23, "b": 7, "c": 100}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mixture")
    ones = np.ones(4, np.int32)
    for name, size in SIZES.items():
        records = (Record(ones * n, ones, 0 * ones, ones, np.ones(4, np.float32), (f"{name}{n}",)) for n in range(size))
        write_records(folder / name, records, RecordsInfo("following", "hash", 100, 4, 0, {}))
    other = RecordsInfo("following", "another", 100, 4, 0, {})
    write_records(folder / "other", [Record(ones, ones, 0 * ones, ones, np.ones(4, np.float32), ("x",))], other)
    return folder


class Sized:
    """All that `locate` asks of a dataset."""

    def __init__(self, size: int):
        self.size = size

    def __len__(self) -> int:
        return self.size


PARTS = st.lists(st.tuples(st.integers(1, 9000), st.floats(0.01, 100)), min_size=1, max_size=6)


@given(PARTS, st.integers(0, 2**70), st.lists(st.integers(0, 10**12), min_size=1, max_size=50))
@settings(max_examples=200)
def test_a_position_is_a_function_of_the_seed_alone(parts, seed, positions):
    mixture = Mixture([Sized(size) for size, _ in parts], [weight for _, weight in parts], seed=seed)
    of, indices = mixture.locate(np.array(positions))
    assert all(0 <= index < parts[part][0] for part, index in zip(of, indices, strict=True))
    for place, position in enumerate(positions):
        part, index = mixture.locate(np.array([position]))
        assert (part[0], index[0]) == (of[place], indices[place])


@given(PARTS, st.integers(0, 1000), st.integers(0, 50))
@settings(max_examples=50)
def test_weights_hold_in_every_block_and_each_dataset_is_read_through_before_it_is_read_again(parts, seed, block):
    sizes, weights = zip(*parts, strict=True)
    mixture = Mixture([Sized(size) for size in sizes], weights, seed=seed)
    if len(parts) > 1:
        of, _ = mixture.locate(block * 4096 + np.arange(4096))
        counts = np.bincount(of, minlength=len(parts))
        share = np.array(weights) / sum(weights)
        assert counts.min() >= 1 and np.abs(counts - 4096 * share).max() <= len(parts) + 1
    of, indices = mixture.locate(np.arange(3 * 4096))
    for number, size in enumerate(sizes):
        mine = indices[of == number]
        epochs = [mine[start : start + size] for start in range(0, len(mine), size)]
        assert all(len(set(epoch)) == len(epoch) for epoch in epochs)
        assert all(len(epoch) == size for epoch in epochs[:-1])


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=5), st.integers(0, 99), st.integers(0, 3))
@settings(max_examples=50)
def test_without_weights_every_pass_reads_every_record_once(sizes, seed, epoch):
    mixture, count = Mixture([Sized(size) for size in sizes], seed=seed), sum(sizes)
    of, indices = mixture.locate(epoch * count + np.arange(count))
    assert {*zip(of.tolist(), indices.tolist(), strict=True)} == {(p, n) for p, s in enumerate(sizes) for n in range(s)}


def test_without_weights_one_pass_reads_nearly_every_record_once(folder):
    mixture = Mixture.open(",".join(f"{folder}/{name}" for name in SIZES), seed=3)
    assert len(mixture) == sum(SIZES.values())
    ids = [record.ids[0] for record in mixture.read(np.arange(4096))]
    counts = {name: sum(id.startswith(name) for id in ids) / 4096 for name in SIZES}
    assert all(abs(counts[name] - size / len(mixture)) < 0.001 for name, size in SIZES.items())


def test_records_come_in_the_order_asked_for(folder):
    mixture = Mixture.open(f"{folder}/a=1,{folder}/b=3", seed=0)
    whole = [record.ids for record in mixture.read(np.arange(50))]
    assert [record.ids for record in mixture.read(np.array([40, 3, 40, 7]))] == [whole[n] for n in (40, 3, 40, 7)]
    assert {id[0][0] for id in whole} == {"a", "b"}


def test_another_weight_or_seed_is_another_run_and_is_told_apart(folder):
    one, two, three = (
        Mixture.open(f"{folder}/a={weight},{folder}/b=1", seed=seed) for weight, seed in ((1, 0), (2, 0), (1, 5))
    )
    assert one.checksum != two.checksum and one.checksum == three.checksum
    positions = np.arange(64)
    runs = [[record.ids for record in mixture.read(positions)] for mixture in (one, two, three)]
    assert runs[0] != runs[1] and runs[0] != runs[2]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{0}/a=1,{0}/b", "give every dataset a weight, or none"),
        ("{0}/a=1,{0}/b=0", "a weight is a number above 0"),
        ("{0}/a=1,{0}/b=much", "a weight is a number above 0"),
        ("{0}/a,{0}/other", "its tokenizer_hash is another, that of .*/a is hash"),
        ("{0}/a,{0}/absent", "absent: no metadata.json here"),
    ],
)
def test_what_cannot_be_mixed_is_refused(folder, data, message):
    with pytest.raises(InputError, match=message):
        Mixture.open(data.format(folder), seed=0)
