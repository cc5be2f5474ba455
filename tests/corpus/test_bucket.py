"""Datasets in a bucket, against an emulator of Google Cloud Storage: written by kcjax, read by array_record itself."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from kcjax import cli
from kcjax.corpus import records_info
from kcjax.corpus.packing import FIELDS, Record
from kcjax.corpus.records import Records, new_dataset, write_records
from kcjax.corpus.records_info import RecordsInfo
from kcjax.errors import InputError
from kcjax.files import file_system

SAMPLE = Path(cli.__file__).parent / "corpus" / "datasets" / "harbour"
INFO = RecordsInfo("following", "hash", 100, 8, 0, {"a.jsonl": "abc"})


def record(n: int) -> Record:
    arrays = [np.arange(8, dtype=np.int32) + n, *(np.ones(8, np.int32) for _ in range(3)), np.ones(8, np.float32)]
    return Record(*arrays, (f"d{n}",))


def test_records_are_written_to_a_bucket_and_read_from_it(bucket):
    directory = f"{bucket}/first"
    info = write_records(directory, map(record, range(20)), INFO)
    records = Records(directory)
    assert records.info == info and info.records == 20
    for got, n in zip(records.read([7, 0, 19]), [7, 0, 19], strict=True):
        assert got.ids == (f"d{n}",) and all(np.array_equal(getattr(got, f), getattr(record(n), f)) for f in FIELDS)
    with pytest.raises(InputError, match="a dataset is there already"):
        write_records(directory, [record(0)], INFO)


def test_what_was_cut_off_is_no_dataset_and_a_second_run_finishes_it(bucket):
    directory = f"{bucket}/second"

    def cut_off():
        yield record(0)
        raise OSError("the machine went away")

    with pytest.raises(OSError, match="went away"):
        write_records(directory, cut_off(), INFO)
    with new_dataset(directory) as place:  # or later: a shard of more than the second run writes is there
        file_system(place).pipe(f"{place}/kcjax_following-train.array_record-00001-of-00002", b"x")
    with pytest.raises(InputError, match=r"no metadata\.json here"):
        Records(directory)
    write_records(directory, map(record, range(3)), INFO)
    assert len(Records(directory)) == 3
    assert len(file_system(directory).glob(f"{directory}/*array_record*")) == 1


def test_a_missing_shard_is_told(bucket):
    directory = f"{bucket}/third"
    write_records(directory, [record(0)], INFO)
    file_system(directory).rm(file_system(directory).glob(f"{directory}/*array_record*"))
    with pytest.raises(InputError, match="its records cannot be read"):
        Records(directory)


def test_a_corpus_is_built_into_a_bucket_by_the_command_and_by_the_pipeline(bucket, tiny_model_dir, capsys):
    from pipelines.following_corpus import main

    arguments = ["--dataset=harbour", f"--model={tiny_model_dir}", "--tasks=ner", "--length=1024", "--json"]
    assert cli.main(["corpus", "build", "--phase=following", f"--output={bucket}/alone", *arguments]) == 0
    assert main([f"--output={bucket}/beam", "--shards=2", *arguments]) == 0
    alone, beam = Records(f"{bucket}/alone"), Records(f"{bucket}/beam")
    assert alone.info.examples == beam.info.examples and len(beam.info.shards) == 2
    capsys.readouterr()
    assert cli.main(["corpus", "stats", f"{bucket}/beam"]) == 0
    assert f"examples: {beam.info.examples}" in capsys.readouterr().out
    assert alone.info.sources == beam.info.sources
    assert not os.path.exists("gs:")


def test_documents_may_lie_in_a_bucket(bucket, tiny_model_dir, tmp_path):
    files = file_system(bucket)
    train = SAMPLE / "train.jsonl"
    for n, part in enumerate(train.read_bytes().splitlines(keepends=True)[n::2] for n in range(2)):
        files.pipe(f"{bucket}/texts/part-{n}.jsonl.gz", gzip.compress(b"".join(part)))
    arguments = [f"--schema={SAMPLE / 'schema.py'}", f"--model={tiny_model_dir}", "--tasks=ner", "--length=1024"]
    built = []
    for source in (f"{bucket}/texts/part-*.jsonl.gz", train):
        place = tmp_path / f"{len(built)}"
        options = [f"--input={source}", f"--output={place}", *arguments]
        assert cli.main(["corpus", "build", "--phase=following", *options]) == 0
        built.append(Records(place).info)
    assert built[0].checksum == built[1].checksum and len(built[0].sources) == 3


def test_a_bucket_that_is_out_of_reach_is_told_in_one_line(bucket, capsys, monkeypatch):
    from gcsfs.retry import HttpError

    def refuse(*args, **kwargs):
        raise HttpError({"code": 403, "message": "no permission for nowhere"})

    monkeypatch.setattr(records_info, "exists", refuse)
    assert cli.main(["corpus", "stats", "gs://nowhere/corpus"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("kcjax: a bucket cannot be reached") and told.count("\n") == 1 and "for nowhere" in told
