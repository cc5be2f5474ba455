"""What leaves a run: our loader, transformers and peft compute what the run computes."""

import json
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

pytest.importorskip("tensorflow")

from kcjax import cli
from kcjax.corpus.build import build_corpus
from kcjax.corpus.following import FollowingOptions
from kcjax.corpus.recipe import Recipe, Source
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.errors import InputError
from kcjax.files import read_json
from kcjax.model.huggingface import load_model, save_model
from kcjax.model.info import read_info
from kcjax.model.lora import LoraParam
from kcjax.model.peft import load_peft_adapter
from kcjax.train.config import load_config
from kcjax.train.export import PROMPTS, compare_models, export_run
from kcjax.train.loop import train
from kcjax.train.run import load_run

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "kcjax" / "corpus" / "datasets" / "harbour"


def short_run(phase: str, model: Path, directory: Path, *overrides: str) -> Path:
    """Two steps with a learning rate that is felt."""
    data, workdir = directory / f"{phase}-data", directory / phase
    if not data.exists():
        options = FollowingOptions(tasks=("ner",), negatives=0, comments=0.0)
        source = Source(paths=(str(SAMPLE / "train.jsonl"),), schema=str(SAMPLE / "schema.py"))
        build_corpus(Recipe("understanding", str(model), (source,), length=128, options=options), data)
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


def test_a_model_that_computes_no_numbers_is_not_the_same(tmp_path, tiny_model_dir, capsys):
    model = load_model(tiny_model_dir)
    model.norm.scale[...] *= float("nan")
    save_model(model, tmp_path / "nan", tokenizer_dir=tiny_model_dir, info=read_info(tiny_model_dir))
    assert cli.main(["verify", str(tmp_path / "nan"), f"--against={tiny_model_dir}"]) == 1
    assert "logits differ" in capsys.readouterr().err


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


def test_an_export_can_be_stored_in_bfloat16(runs, tmp_path):
    export_run(runs["lora"], tmp_path / "half", dtype="bfloat16")
    assert read_json(tmp_path / "half" / "config.json")["torch_dtype"] == "bfloat16"
    assert compare_models(tmp_path / "half", runs["lora"])["max_abs_logit_diff"] < 0.5


def test_the_adapter_comes_back_exactly_and_extract_takes_it(runs, tiny_model_dir, tmp_path, capsys):
    from flax import nnx

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
        argv = ["extract", *where, f"--schema={tmp_path / 'schema.py'}", "--max-new-tokens=8", "--batch-size=1"]
        assert cli.main([*argv, *more]) == 0, capsys.readouterr().err
        rows.append(json.loads(output.read_text()))
    assert rows[0] == rows[1]


def test_peft_computes_what_the_run_does(runs, tiny_model_dir, tmp_path):
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    peft = pytest.importorskip("peft")
    export_run(runs["lora"], tmp_path / "adapter", format="peft")
    assert read_json(tmp_path / "adapter" / "adapter_config.json")["base_model_name_or_path"] == str(tiny_model_dir)
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
    with pytest.raises(InputError, match="have different tokenizers"):
        compare_models(tiny_model_dir, sentencepiece_dir)
    assert not (tmp_path / "out").exists()
