"""A run whose workdir, data and weights are in a bucket."""

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from kcjax.errors import InputError, Interrupted
from kcjax.files import file_system, read_json
from kcjax.train.export import export_run
from kcjax.train.loop import train
from kcjax.train.metrics import read_metrics
from kcjax.train.stop import StopSignals
from tests.train.test_loop import STEPS, build, config_of


@pytest.fixture(autouse=True)
def no_gfile(monkeypatch):
    """TensorFlow's own client of Google Cloud Storage, which Orbax's paths use, knows no emulator; fsspec's does."""
    monkeypatch.setattr("etils.epath.gpath._is_tf_installed", lambda: False)


def losses(workdir) -> list[float]:
    return [row["loss"] for row in read_metrics(workdir) if "loss" in row]


def test_a_run_in_a_bucket_is_stopped_resumed_and_exported_like_one_on_disk(
    bucket, tiny_model_dir, tmp_path, monkeypatch
):
    data = build("understanding", tiny_model_dir, tmp_path / "data")
    train(config_of("understanding", data, tiny_model_dir), tmp_path / "run")
    files = file_system(bucket)
    files.put(f"{tiny_model_dir}/", f"{bucket}/models/tiny/", recursive=True)
    monkeypatch.setenv("KCJAX_CACHE", str(tmp_path / "cache"))
    config = config_of("understanding", data, f"{bucket}/models/tiny", "--config.export_every=4")
    workdir = f"{bucket}/runs/one"
    asked = iter([False] * 4 + [True])
    with monkeypatch.context() as patch:
        patch.setattr(StopSignals, "requested", lambda self: next(asked))
        with pytest.raises(Interrupted, match=f"{workdir}: saved at step 4"):
            train(config, workdir)
    assert len(losses(workdir)) == 4 and not files.exists(f"{workdir}/DONE")
    summary = train(config, workdir)
    assert summary["steps"] == STEPS and losses(workdir) == losses(tmp_path / "run")
    assert {"config.json", "metrics.jsonl", "DONE", "tensorboard", "checkpoints"} <= {
        path.rpartition("/")[2] for path in files.ls(workdir, detail=False)
    }
    assert train(config, workdir) == read_json(f"{workdir}/DONE")
    export_run(workdir, tmp_path / "exported")
    export_run(tmp_path / "run", tmp_path / "expected")
    name = "model.safetensors"
    assert (tmp_path / "exported" / name).read_bytes() == (tmp_path / "expected" / name).read_bytes()
    export_run(workdir, f"{bucket}/exported")
    for place in (f"{bucket}/exported", f"{workdir}/export/{STEPS}"):  # by hand, and by the run itself
        found = {path.rpartition("/")[2]: files.cat_file(path) for path in files.ls(place, detail=False)}
        assert found.keys() == {path.name for path in (tmp_path / "exported").iterdir()}
        assert found[name] == (tmp_path / "expected" / name).read_bytes()
    assert files.exists(f"{workdir}/export/4/config.json")
    with pytest.raises(InputError, match="gs://bucket/exported: exists already"):
        export_run(workdir, f"{bucket}/exported")
    shutil.rmtree(tmp_path / "cache")


def test_a_model_in_a_bucket_is_fetched_once_and_again_when_it_changes(bucket, tmp_path, monkeypatch):
    from kcjax.files import local_directory, write_json

    monkeypatch.setenv("KCJAX_CACHE", str(tmp_path))
    write_json(f"{bucket}/models/small/config.json", {"a": 1})
    first = local_directory(f"{bucket}/models/small/")
    assert read_json(first / "config.json") == {"a": 1} and local_directory(f"{bucket}/models/small") == first
    write_json(f"{bucket}/models/small/config.json", {"a": 2, "b": 3})
    second = local_directory(f"{bucket}/models/small")
    assert second != first and read_json(second / "config.json") == {"a": 2, "b": 3}
    with pytest.raises(InputError, match="gs://bucket/models/none: no such directory"):
        local_directory(f"{bucket}/models/none")
    assert local_directory(Path("here")) == Path("here")


def test_compiled_programs_are_kept_in_a_bucket_if_jax_is_told_of_one(bucket, monkeypatch):
    """As the scripts in `cloud` do."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    hits: list[str] = []
    jax.monitoring.register_event_listener(lambda name, **_: hits.append(name) if "cache_hits" in name else None)
    wanted = {
        "jax_compilation_cache_dir": f"{bucket}/xla",
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: jax.config.values[name] for name in wanted}
    try:
        for name, value in wanted.items():
            jax.config.update(name, value)
        for expected in (False, True):
            jax.clear_caches()
            compilation_cache.reset_cache()
            jax.jit(lambda x: jax.numpy.sin(x) @ x)(np.ones((64, 64)))
            assert bool(hits) == expected and len(file_system(bucket).ls(f"{bucket}/xla")) > 0
    finally:
        for name, value in before.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()
