"""The corpora and the annotated data sets as builders of TFDS: the same shards, and read by TFDS as by kcjax."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("apache_beam")
pytest.importorskip("tensorflow_datasets")

import tensorflow_datasets as tfds

from kcjax.corpus.dataset import load_dataset
from kcjax.corpus.document import document_from_json
from kcjax.corpus.packing import FIELDS
from kcjax.corpus.records import Records
from kcjax.errors import InputError
from kcjax.files import file_hash
from pipelines import following_corpus, understanding_corpus
from pipelines.annotated_dataset import KcjaxAnnotated
from pipelines.following_corpus import KcjaxFollowing
from pipelines.tfds_builder import CorpusConfig
from pipelines.understanding_corpus import KcjaxUnderstanding

ROOT = Path(__file__).resolve().parents[2]
MODULES = {KcjaxFollowing: following_corpus, KcjaxUnderstanding: understanding_corpus}


def files(directory):
    return {path.name: path.read_bytes() for path in Path(directory).iterdir()}


@pytest.fixture
def arguments(tiny_model_dir):
    return ("--dataset=harbour", f"--model={tiny_model_dir}", "--length=1024", "--shards=3")


@pytest.fixture
def prepared(arguments, tmp_path):
    """`prepared(KcjaxFollowing)`: the builder, its data made."""

    def prepared(builder_class, *more):
        others = {argument.partition("=")[0] for argument in more}
        kept = (argument for argument in arguments if argument.partition("=")[0] not in others)
        config = CorpusConfig(name="small", arguments=(*kept, *more))
        builder = builder_class(data_dir=tmp_path / "tfds", config=config)
        builder.download_and_prepare()
        return builder

    return prepared


@pytest.mark.parametrize("builder_class", MODULES)
def test_a_builder_makes_the_shards_of_the_command(builder_class, prepared, arguments, tmp_path):
    builder = prepared(builder_class, "--cap=40")
    assert MODULES[builder_class].main([*arguments, "--cap=40", f"--output={tmp_path / 'out'}"]) == 0
    own, made = files(builder.data_path), files(tmp_path / "out")
    shards = [name for name in made if "array_record" in name]
    assert len(shards) == 3 and all(own[name] == made[name] for name in shards)
    assert own["features.json"] == made["features.json"] and own.keys() == made.keys()
    assert json.loads(own["metadata.json"]) == json.loads(made["metadata.json"])
    assert Records(str(builder.data_path)).info == Records(tmp_path / "out").info
    phase = builder_class.PHASE
    assert (builder.name, str(builder.version)) == (f"kcjax_{phase}", "2.0.0") and f"/{phase}" not in str(
        builder.data_path
    )


def test_what_other_arguments_made_is_not_taken_for_this_corpus(prepared):
    prepared(KcjaxFollowing, "--cap=40")
    prepared(KcjaxFollowing, "--cap=40")
    with pytest.raises(InputError, match=r"was made with other arguments \(sources, options\)"):
        prepared(KcjaxFollowing, "--cap=30", "--negatives=1")


def test_tfds_reads_the_arrays_that_kcjax_reads(prepared):
    builder = prepared(KcjaxFollowing, "--share-prefixes", "--length=2048", "--tasks=ner,re")
    directory = str(builder.data_path)
    records = Records(directory)
    for reader in (tfds.builder_from_directory(directory), builder):
        source = reader.as_data_source("train")
        assert len(source) == len(records) > 10
        for index in (0, len(records) // 2, len(records) - 1):
            row, record = source[index], records[index]
            for name in FIELDS:
                assert row[name].dtype == getattr(record, name).dtype
                np.testing.assert_array_equal(row[name], getattr(record, name))
            assert [id.decode() for id in row["ids"]] == list(record.ids)
        assert reader.info.metadata["checksum"] == records.info.checksum
        assert reader.info.splits["train"].shard_lengths == list(records.info.shards)


def test_what_the_pipelines_write_is_read_by_tfds_too(arguments, tmp_path):
    assert following_corpus.main([*arguments, "--cap=30", f"--output={tmp_path / 'out'}"]) == 0
    source, records = tfds.builder_from_directory(tmp_path / "out").as_data_source("train"), Records(tmp_path / "out")
    assert len(source) == len(records)
    for row, record in zip(source, (records[n] for n in range(len(records))), strict=True):
        assert all(np.array_equal(row[name], getattr(record, name)) for name in FIELDS)


def test_arguments_may_name_the_environment_and_the_given_config_is_the_sample(tiny_model_dir, tmp_path, monkeypatch):
    monkeypatch.setenv("KCJAX_MODEL", str(tiny_model_dir))
    builder = KcjaxFollowing(data_dir=tmp_path)
    assert builder.builder_config.name == "harbour" and builder.info.features["tokens"].shape == (2048,)
    assert builder._arguments().model == str(tiny_model_dir)


def test_bad_input_is_said_as_elsewhere_and_leaves_no_data_set(prepared, arguments, tmp_path):
    with pytest.raises(InputError, match="there is no dataset 'harbor'; near it: harbour"):
        prepared(KcjaxFollowing, "--dataset=harbor")
    with pytest.raises(InputError, match="nothing in them to learn"):
        prepared(KcjaxFollowing, "--length=16")
    assert not list((tmp_path / "tfds" / "kcjax_following" / "small").rglob("*.json"))


def test_annotated_documents_come_back_as_they_were(tmp_path):
    builder = KcjaxAnnotated(config="harbour", data_dir=tmp_path)
    builder.download_and_prepare()
    for split, expected in {"train": 120, "test": 40}.items():
        rows = [document_from_json(plain(row), where="row") for row in builder.as_data_source(split)]
        found = {document.id: document for document in rows}
        assert found == {document.id: document for document in load_dataset("harbour").documents(split)}
        assert builder.info.splits[split].num_examples == len(rows) == expected
    sources = {split: file_hash(load_dataset("harbour").file(split)) for split in ("train", "test")}
    assert builder.info.metadata["sources"] == sources


def plain(row):
    """A row of TFDS as the JSON it was made of: for a list of objects it has an object of lists."""

    def objects(columns):
        values = [objects(column) if isinstance(column, dict) else column for column in columns.values()]
        return [dict(zip(columns, each, strict=True)) for each in zip(*values, strict=True)]

    found = {name: objects(value) if isinstance(value, dict) else value for name, value in row.items()}
    for event in found["events"]:
        event["arguments"] = objects(event["arguments"])
    return json.loads(json.dumps(found, default=lambda v: v.decode() if isinstance(v, bytes) else v.item()))


def test_every_data_set_is_a_config_and_a_missing_file_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("KCJAX_DATA", raising=False)
    assert {"harbour", "wnut17"} <= set(KcjaxAnnotated.builder_configs)
    builder = KcjaxAnnotated(config="wnut17", data_dir=tmp_path)
    with pytest.raises((InputError, AssertionError), match="wnut17"):
        builder.download_and_prepare()


@pytest.mark.slow
def test_tfds_build_makes_a_corpus(arguments, tmp_path):
    config = {"name": "small", "arguments": [*arguments, "--cap=40"]}
    command = [str(Path(sys.executable).parent / "tfds"), "build", "pipelines/following_corpus.py"]
    argv = [*command, f"--config={json.dumps(config)}", f"--data_dir={tmp_path / 'tfds'}"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    directory = tmp_path / "tfds" / "kcjax_following" / "small" / "2.0.0"
    assert following_corpus.main([*arguments, "--cap=40", f"--output={tmp_path / 'out'}"]) == 0
    assert {n: b for n, b in files(directory).items() if "array_record" in n} == {
        n: b for n, b in files(tmp_path / "out").items() if "array_record" in n
    }
    assert Records(str(directory)).info == Records(tmp_path / "out").info
