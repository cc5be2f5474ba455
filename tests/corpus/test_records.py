import json

import numpy as np
import pytest

from kcjax.corpus.packing import FIELDS, Record
from kcjax.corpus.records import Records, from_bytes, to_bytes, write_records
from kcjax.corpus.records_info import RecordsInfo
from kcjax.errors import InputError

INFO = RecordsInfo("following", "hash", 100, 8, 0, {"a.jsonl": "abc"})


def record(n: int, *, weight: float = 1.0) -> Record:
    arrays = [
        np.arange(8, dtype=np.int32) + n,
        np.ones(8, np.int32),
        np.zeros(8, np.int32),
        np.arange(8, dtype=np.int32),
    ]
    return Record(*arrays, np.full(8, weight, np.float32), (f"d{n}/ner", "naïve/é"))


def same(a: Record, b: Record) -> bool:
    return a.ids == b.ids and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in FIELDS)


def test_a_record_survives_its_bytes():
    assert same(from_bytes(to_bytes(record(3))), record(3))


def test_records_are_read_by_index_in_any_order(tmp_path):
    info = write_records(tmp_path / "data", (record(n) for n in range(20)), INFO)
    records = Records(tmp_path / "data")
    assert (info.records, info.examples, info.tokens, info.fill) == (20, 40, 160, 1.0) and records.info == info
    assert all(same(got, record(n)) for got, n in zip(records.read([7, 0, 19, 7]), [7, 0, 19, 7], strict=True))


def test_a_corpus_with_nothing_to_learn_is_refused_and_not_written(tmp_path):
    for records in ([], [record(0, weight=0.0)]):
        with pytest.raises(InputError, match="nothing in them to learn"):
            write_records(tmp_path / "data", records, INFO)
        assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_leaves_nothing(tmp_path):
    def failing():
        yield record(0)
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_records(tmp_path / "data", failing(), INFO)
    assert list(tmp_path.iterdir()) == []


def test_a_dataset_of_another_format_or_with_records_missing_is_refused(tmp_path):
    write_records(tmp_path / "data", [record(0)], INFO)
    info_file = tmp_path / "data" / "metadata.json"
    info = json.loads(info_file.read_text())
    for change, message in (
        ({"format_version": 99}, "format_version 99"),
        ({"records": 5}, "1 records, metadata.json says 5"),
    ):
        info_file.write_text(json.dumps(info | change))
        with pytest.raises(InputError, match=message):
            Records(tmp_path / "data")
    with pytest.raises(InputError, match="kcjax corpus build"):
        Records(tmp_path)
