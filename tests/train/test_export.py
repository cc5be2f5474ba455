"""What leaves a run: our loader, transformers and peft compute what the run computes."""

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from safetensors.numpy import load_file, save_file

pytest.importorskip("tensorflow")

from kcjax import cli
from kcjax.corpus.build import build_corpus
from kcjax.corpus.following import FollowingOptions
from kcjax.corpus.recipe import Recipe, Source
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError, WorkError
from kcjax.files import read_json, write_json
from kcjax.model.huggingface import load_model, save_model
from kcjax.model.info import read_info
from kcjax.model.lora import LoraParam
from kcjax.model.peft import load_peft_adapter
from kcjax.train.config import load_config
from kcjax.train.export import export_run
from kcjax.train.loop import train
from kcjax.train.run import base_model_directory, load_run
from kcjax.train.verify import PROMPTS, compare_models

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "kcjax" / "corpus" / "datasets" / "harbour"


def short_run(phase: str, model: Path | str, directory: Path, *overrides: str) -> Path:
    """Two steps with a learning rate that is felt."""
    data, workdir = directory / f"{phase}-data", directory / phase
    place = str(base_model_directory(model))
    if not data.exists():
        options = FollowingOptions(tasks=("ner",), negatives=0, comments=0.0)
        source = Source(paths=(str(SAMPLE / "train.jsonl"),), schema=str(SAMPLE / "schema.py"))
        build_corpus(Recipe("understanding", place, (source,), length=128, options=options), data)
    fields = {"data": data, "init_from": model, "sequence_length": 128, "steps": 2}
    fields |= {"phase": "understanding", "optimizer.learning_rate": 0.03, "optimizer.schedule": "constant"}
    flags = [f"--config.{name}={value}" for name, value in fields.items()]
    train(load_config(str(ROOT / "configs" / f"{phase}_tiny.py"), [*flags, *overrides]), workdir)
    return workdir


@pytest.fixture(scope="module")
def runs(tiny_model_dir, tmp_path_factory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("runs")
    return {
        "full": short_run("understanding", tiny_model_dir, directory),
        "lora": short_run("following", tiny_model_dir, directory),
    }


@pytest.fixture(scope="module")
def exports(runs, tmp_path_factory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("exports")
    for name, run in runs.items():
        export_run(run, directory / name)
    return {name: directory / name for name in runs}


def prompts(directory: Path) -> list[list[int]]:
    tokenizer = load_tokenizer(directory)
    return [[tokenizer.bos_id, *tokenizer.encode(prompt, at_start=True)] for prompt in PROMPTS]


def our_logits(model, tokens: list[int]) -> np.ndarray:
    tokens_1xT = jnp.array([tokens])
    positions = jnp.arange(len(tokens))[None]
    return np.asarray(model.logits(model.hidden(tokens_1xT, positions_BxT=positions)))


@pytest.mark.parametrize("name", ["full", "lora"])
def test_the_export_computes_what_the_run_does_and_the_base_model_does_not(name, runs, exports, tiny_model_dir):
    same = compare_models(exports[name], runs[name])
    assert same["max_abs_logit_diff"] < 1e-4 and same["same_greedy_tokens"]
    assert compare_models(tiny_model_dir, runs[name])["max_abs_logit_diff"] > 0.05


def test_what_is_not_finite_is_not_exported(tmp_path, tiny_model_dir):
    model = load_model(tiny_model_dir)
    kept = {"tokenizer_dir": tiny_model_dir, "info": read_info(tiny_model_dir)}
    model.blocks.up.kernel[...] = model.blocks.up.kernel[...].at[1, 3, 2].set(float("nan"))
    with pytest.raises(InputError, match=r"tensor model\.layers\.1\.mlp\.up_proj\.weight holds NaN"):
        save_model(model, tmp_path / "nan", **kept)
    model.blocks.up.kernel[...] = model.blocks.up.kernel[...].at[1, 3, 2].set(1e5)
    with pytest.raises(InputError, match="up_proj.weight holds 100000, too large for float16; store it in float32"):
        save_model(
            model, tmp_path / "nan", tokenizer_dir=tiny_model_dir, info=read_info(tiny_model_dir), dtype="float16"
        )
    assert not (tmp_path / "nan").exists()


@pytest.mark.parametrize("name", ["full", "lora"])
def test_transformers_gives_the_logits_and_greedy_tokens_of_the_run(name, runs, exports, transformers_greedy):
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    from kcjax.decode.generate import Generator

    model = load_run(runs[name])
    theirs = transformers.AutoModelForCausalLM.from_pretrained(exports[name]).eval()
    for tokens in prompts(exports[name]):
        with torch.inference_mode():
            expected = theirs(torch.tensor([tokens])).logits.numpy()
        np.testing.assert_allclose(our_logits(model, tokens), expected, atol=1e-3)
    generator = Generator(model, load_tokenizer(exports[name]), max_new_tokens=12, batch_size=2)
    tokens = prompts(exports[name])[0]
    (ours,) = generator.generate(generator.prefill(tokens[:-1]), [tokens[-1:]])
    (expected,) = transformers_greedy(exports[name], [tokens], 12)
    eos = load_tokenizer(exports[name]).eos_id
    assert ours.tokens == [token for token in expected if token != eos]


def test_the_info_of_an_export_says_where_it_comes_from(exports, tiny_model_dir):
    before, after = read_info(tiny_model_dir), read_info(exports["full"])
    assert after.base_model == read_info(tiny_model_dir).base_model == "kcjax/tiny-random"
    assert after.phases == (*before.phases, "understanding")
    assert (after.tokenizer_hash, after.bos_id) == (before.tokenizer_hash, before.bos_id)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("name", ["full", "lora"])
def test_an_export_in_fewer_bits_is_the_run_rounded_once(name, dtype, runs, tmp_path):
    export_run(runs[name], tmp_path / "half", dtype=dtype, max_shard_bytes=100_000)
    assert read_json(tmp_path / "half" / "config.json")["torch_dtype"] == dtype
    assert len(list((tmp_path / "half").glob("model-*-of-*.safetensors"))) > 1
    assert compare_models(tmp_path / "half", runs[name])["passed"]
    expected = dict(nnx.to_flat_state(nnx.state(load_run(runs[name]), nnx.Param)))
    found = dict(nnx.to_flat_state(nnx.state(load_model(tmp_path / "half"), nnx.Param)))
    assert found.keys() == expected.keys()
    for path, value in found.items():
        rounded = expected[path][...].astype(dtype).astype("float32")
        np.testing.assert_allclose(value[...], rounded, rtol=2**-7 if name == "lora" else 0, err_msg=str(path))


def test_verify_tells_what_differs(runs, exports, tiny_model_dir, tmp_path, capsys):
    assert cli.main(["verify", str(exports["lora"]), f"--against={runs['lora']}"]) == 0
    table = capsys.readouterr().out
    assert "passed: True" in table and "check weights, passed True, found 20 tensors equal in float32" in table
    tensors = load_file(exports["lora"] / "model.safetensors")
    broken = shutil.copytree(exports["lora"], tmp_path / "broken")
    tensors["model.layers.1.mlp.down_proj.weight"][0, 0] += 0.25
    save_file(tensors, broken / "model.safetensors")
    assert cli.main(["verify", str(broken), f"--against={runs['lora']}", "--json"]) == 1
    out = capsys.readouterr()
    found = {check["check"]: check for check in json.loads(out.out)["checks"]}
    assert "see weights, logits" in out.err
    assert found["weights"]["found"].endswith("by up to 2.50e-01: model.layers.1.mlp.down_proj.weight")
    assert found["tokenizer"]["passed"] and not found["logits"]["passed"]
    spec = read_json(broken / "tokenizer.json")
    spec["model"]["merges"] = spec["model"]["merges"][:-30]
    write_json(broken / "tokenizer.json", spec)
    (broken / "kcjax.json").unlink()
    _, tokenizer, *_ = compare_models(broken, exports["lora"])["checks"]
    assert not tokenizer["passed"] and tokenizer["found"].startswith("after ")


def test_an_earlier_checkpoint_can_be_exported(tiny_model_dir, tmp_path):
    run = short_run("understanding", tiny_model_dir, tmp_path, "--config.checkpoint_every=1")
    with pytest.raises(InputError, match="no checkpoint of step 7; there are 1, 2"):
        export_run(run, tmp_path / "none", step=7)
    for step in (1, 2):
        assert export_run(run, tmp_path / str(step), step=step)["step"] == step
    assert compare_models(tmp_path / "2", run)["passed"] and not compare_models(tmp_path / "1", run)["passed"]
    assert not (tmp_path / "none").exists()


def test_a_run_exports_as_it_goes(tiny_model_dir, tmp_path):
    free = [f"--config.{name}=1" for name in ("export_every", "keep_checkpoints")]
    run = short_run("understanding", tiny_model_dir, tmp_path, *free)
    assert sorted(path.name for path in (run / "export").iterdir()) == ["1", "2"]
    assert sorted(path.name for path in (run / "checkpoints").iterdir() if path.is_dir()) == ["2"]
    assert compare_models(run / "export" / "2", run)["passed"]
    assert not compare_models(run / "export" / "1", run)["passed"]


def test_an_export_that_fails_ends_no_training(tiny_model_dir, tmp_path, monkeypatch, caplog):
    def fails(*args, **kwargs):
        raise OSError("no space left on device")

    monkeypatch.setattr("kcjax.train.export.export_run", fails)
    run = short_run("understanding", tiny_model_dir, tmp_path, "--config.export_every=2")
    assert (run / "DONE").exists() and "step 2 was not exported: no space left on device" in caplog.text


def test_a_run_on_a_run_on_random_weights(tiny_model_dir, tmp_path):
    first = short_run("understanding", f"scratch:{tiny_model_dir}", tmp_path)
    second = short_run("following", first, tmp_path)
    export_run(second, tmp_path / "out")
    assert compare_models(tmp_path / "out", second)["passed"]
    assert read_info(tmp_path / "out").phases == ("understanding", "understanding")
    other = short_run("following", f"scratch:{tiny_model_dir}", tmp_path / "other")
    with pytest.raises(InputError, match="adapts random weights, which were stored nowhere; train all parameters"):
        export_run(other, tmp_path / "adapted")


def test_damaged_checkpoints_are_named(runs, tmp_path):
    run = shutil.copytree(runs["full"], tmp_path / "run")
    for file in (run / "checkpoints" / "2" / "params").rglob("d/*"):
        file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(WorkError, match="checkpoints/2: .* cannot be read"):
        export_run(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


_KILLED = """
import importlib, os, signal, sys
place, when = sys.argv.pop(1).rpartition("."), sys.argv.pop(1)
module = importlib.import_module(place[0])
plain = getattr(module, place[2])

def killed(*args, **kwargs):
    if when == "after":
        plain(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(module, place[2], killed)
from kcjax.cli import main
main(sys.argv[1:])
"""


def test_an_export_killed_at_any_point_leaves_nothing_that_loads_and_then_finishes(runs, exports, tmp_path):
    output = tmp_path / "models" / "out"
    argv = ["export", str(runs["lora"]), str(output)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    for when, place in (
        ("before", "kcjax.train.export.copy_files"),
        ("before", "kcjax.model.huggingface.write_shards"),
        ("after", "kcjax.model.huggingface.write_shards"),
    ):
        done = subprocess.run([sys.executable, "-c", _KILLED, place, when, *argv], **quiet)
        assert done.returncode == -signal.SIGKILL and not output.exists()
        (partial,) = tmp_path.glob("models/.out.*.partial")
        assert not (partial / "config.json").exists()
    assert subprocess.run([sys.executable, "-m", "kcjax.cli", *argv], **quiet).returncode == 0
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["out"]
    assert (output / "model.safetensors").read_bytes() == (exports["lora"] / "model.safetensors").read_bytes()


@pytest.mark.parametrize("format", ["hf", "peft"])
def test_the_card_says_what_it_is_and_how_to_ask(format, runs, tmp_path):
    export_run(runs["lora"], tmp_path / "out", format=format, base_model="kcjax/tiny-random")
    card = (tmp_path / "out" / "README.md").read_text()
    assert 'base_model: "kcjax/tiny-random"' in card and "schema understanding" in card
    assert "| understanding | following-data | 2 |" in card and "LoRA, rank 4" in card
    tokenizer = load_tokenizer(base_model_directory(runs["lora"]))
    assert f"`<bos>` (id {tokenizer.bos_id})" in card and "class Ship(Entity):\n\t" in card
    assert ("Adapter: rank 4" in card) == (format == "peft")


def test_the_adapter_comes_back_exactly_and_extract_takes_it(runs, tiny_model_dir, tmp_path, capsys):
    export_run(runs["lora"], tmp_path / "adapter", format="peft")
    model = load_model(tiny_model_dir)
    load_peft_adapter(model, tmp_path / "adapter")
    found, expected = (nnx.to_flat_state(nnx.state(m, LoraParam)) for m in (model, load_run(runs["lora"], merge=False)))
    assert len(found) == 14
    for (_, a), (_, b) in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a[...], b[...])

    (tmp_path / "in.jsonl").write_text(json.dumps({"text": "The Orion left Bergen."}) + "\n")
    (tmp_path / "schema.py").write_text("class Ship(Entity):\n\tpass\n")
    export_run(runs["lora"], tmp_path / "merged")
    rows = []
    for name, more in {"merged": [], str(tiny_model_dir): [f"--adapter={tmp_path / 'adapter'}"]}.items():
        output = tmp_path / f"out{len(rows)}.jsonl"
        where = [f"--model={tmp_path / name}", f"--input={tmp_path / 'in.jsonl'}", f"--output={output}"]
        argv = ["extract", *where, f"--schema={tmp_path / 'schema.py'}", "--max-new-tokens=16", "--batch-size=1"]
        assert cli.main([*argv, *more]) == 0, capsys.readouterr().err
        rows.append(json.loads(output.read_text()))
    assert rows[0] == rows[1]


def test_peft_computes_what_the_run_does(runs, tiny_model_dir, tmp_path):
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    peft = pytest.importorskip("peft")
    export_run(runs["lora"], tmp_path / "adapter", format="peft")
    assert read_json(tmp_path / "adapter" / "adapter_config.json")["base_model_name_or_path"] == "kcjax/tiny-random"
    base = transformers.AutoModelForCausalLM.from_pretrained(tiny_model_dir)
    theirs = peft.PeftModel.from_pretrained(base, tmp_path / "adapter").eval()
    model = load_run(runs["lora"])
    for tokens in prompts(tiny_model_dir):
        with torch.inference_mode():
            expected = theirs(torch.tensor([tokens])).logits.numpy()
        np.testing.assert_allclose(our_logits(model, tokens), expected, atol=1e-3)


def test_what_cannot_be_exported_or_compared_is_named(runs, exports, tiny_model_dir, sentencepiece_dir, tmp_path):
    with pytest.raises(InputError, match="not the workdir of a run"):
        export_run(tiny_model_dir, tmp_path / "out")
    with pytest.raises(InputError, match="trained all parameters, so there is no adapter; export it with --format=hf"):
        export_run(runs["full"], tmp_path / "out", format="peft")
    with pytest.raises(InputError, match="exists already"):
        export_run(runs["full"], exports["full"])
    with pytest.raises(InputError, match=r"config\.json: no such file"):
        compare_models(tiny_model_dir, sentencepiece_dir)
    assert not (tmp_path / "out").exists()
