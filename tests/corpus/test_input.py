import numpy as np
import pytest

from kcjax.corpus.input import batch_ids, batches, read_batch
from kcjax.corpus.mixture import Mixture
from kcjax.corpus.packing import FIELDS, Record
from kcjax.corpus.records import Records, write_records
from kcjax.corpus.records_info import RecordsInfo

pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def records(tmp_path_factory) -> Mixture:
    directory = tmp_path_factory.mktemp("input") / "data"
    arrays = [np.arange(4, dtype=np.int32), np.ones(4, np.int32), np.zeros(4, np.int32), np.arange(4, dtype=np.int32)]
    everything = (Record(np.full(4, n, np.int32), *arrays[1:], np.ones(4, np.float32), (f"d{n}",)) for n in range(23))
    write_records(directory, everything, RecordsInfo("following", "hash", 100, 4, 0, {}))
    return Mixture([Records(directory)], seed=5)


def tokens(stream) -> list[list[int]]:
    return [batch["tokens"][:, 0].tolist() for batch in stream]


def test_tf_data_gives_what_the_plain_reader_gives(records):
    stream = list(batches(records, batch_size=6, start=0, stop=9))
    for step, batch in enumerate(stream):
        plain = read_batch(records, batch_size=6, step=step)
        assert batch.keys() == plain.keys() == {*FIELDS, "tasks", "rows"} and plain["rows"].tolist() == [*range(6)]
        for name in batch:
            np.testing.assert_array_equal(batch[name], plain[name])
            assert batch[name].dtype == plain[name].dtype
    assert len(stream) == 9


def test_resuming_at_any_step_replays_the_same_batches(records):
    whole = tokens(batches(records, batch_size=6, start=0, stop=12))
    for start in (1, 4, 11):
        assert tokens(batches(records, batch_size=6, start=start, stop=12)) == whole[start:]


@pytest.mark.parametrize("hosts", [1, 2, 4])
def test_hosts_together_resume_at_any_step_with_the_batches_of_one_undisturbed_run(records, hosts):
    whole = tokens(batches(records, batch_size=8, start=0, stop=7))
    per = 8 // hosts
    for start in (0, 3, 6):
        parts = [
            tokens(batches(records, batch_size=8, start=start, stop=7, rows=slice(h * per, (h + 1) * per)))
            for h in range(hosts)
        ]
        assert [sum((part[step] for part in parts), []) for step in range(7 - start)] == whole[start:]


def test_an_epoch_holds_every_record_once(records):
    read = sum(tokens(batches(records, batch_size=1, start=0, stop=46)), [])
    assert sorted(read[:23]) == sorted(read[23:]) == list(range(23)) and read[:23] != read[23:]


def test_the_examples_of_a_batch_can_be_named(records):
    named = batch_ids(records, batch_size=6, step=3)
    assert named == [f"d{n}" for n in read_batch(records, batch_size=6, step=3)["tokens"][:, 0]]
