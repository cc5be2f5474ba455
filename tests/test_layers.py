"""Who may import whom, and what a command may load."""

import ast
import subprocess
import sys
import time
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "kcjax"
# Lowest first; a module imports from its own layer and those before it.
LAYERS = [
    {"errors", "files", "problems", "progress", "arguments", "text"},
    {"schema"},
    {"corpus"},
    {"model", "parallel"},
    {"decode"},
    {"extract"},
    {"evaluate"},
    {"train"},
    {"plan"},
    {"serve"},
    {"library_commands", "engine_commands", "extract_commands", "serve_commands"},
    {"corpus_commands", "evaluate_commands"},
    {"cli"},
    {"quickstart"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "datasets" not in path.parts and path.parent != PACKAGE)
MODULES += [PACKAGE / f"{name}.py" for name in sorted(set().union(*LAYERS)) if (PACKAGE / f"{name}.py").exists()]
TENSORFLOW = {"corpus/input.py", "corpus/tfds_info.py"}  # TFDS alone loads no TensorFlow


def imported(path: Path) -> set[str]:
    """Dotted names of all modules a file imports, at its top or inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer_of(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if parts[0] == "kcjax" and len(parts) > 1 and parts[1] in LEVEL else None


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_lower_layers(path):
    outside = {name.split(".")[0] for name in imported(path)} & {"pipelines", "benchmarks", "tests"}
    assert outside <= ({"pipelines"} if path.name.endswith("_commands.py") else set())  # they run them
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert own in LEVEL, f"{own} has no place among the layers"
    for name in imported(path):
        layer = layer_of(name)
        assert layer is None or LEVEL[layer] <= LEVEL[own], f"{own} imports {name}, which stands above it"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_training_input_and_metrics_import_tensorflow(path):
    uses = any(name.split(".")[0] in ("tensorflow", "tensorflow_datasets") for name in imported(path))
    assert not uses or str(path.relative_to(PACKAGE)) in TENSORFLOW


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.parametrize(
    "module",
    ["kcjax"]
    + [
        f"kcjax.schema.{name}"
        for name in ("source", "classes", "library", "library_build", "library_export", "wordnet")
    ]
    + [
        f"kcjax.corpus.{name}"
        for name in (
            "document",
            "labels",
            "dataset",
            "prompt",
            "response",
            "example",
            "following",
            "understanding",
            "spans",
        )
    ]
    + ["kcjax.extract.cleanup"],
)
def test_schema_and_text_load_no_numerics(module):
    assert not loaded_by(f"import {module}") & {"jax", "numpy", "flax", "tensorflow", "torch", "tokenizers"}


def test_scores_load_no_model():
    assert not loaded_by("import kcjax.evaluate.metrics") & {"jax", "flax", "tensorflow", "torch", "tokenizers"}


def test_extraction_loads_nothing_of_training():
    loaded = loaded_by("import kcjax.extract.job")
    assert "jax" in loaded
    assert not loaded & {"tensorflow", "tensorflow_datasets", "ml_collections", "array_record", "apache_beam", "torch"}
    # Orbax and Optax are dependencies of Flax, which loads them or not as it likes; kcjax does not ask for them.
    assert not [
        p for p in MODULES if p.parent.name in ("extract", "decode", "model") and {"orbax", "optax"} & imported(p)
    ]


def test_every_room_has_its_place():
    names = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert names - {"__init__"} == LEVEL.keys()
    assert not any(layer_of(name) for name in imported(PACKAGE / "errors.py"))  # the lowest of its layer


def test_the_extract_command_loads_nothing_that_reads_checkpoints():
    """Flax as locked imports Optax but not Orbax; if that changes, `kcjax extract` starts seconds later."""
    loaded = loaded_by("import kcjax.cli, kcjax.extract.job, kcjax.model.peft")
    assert "jax" in loaded and not loaded & {"tensorflow", "orbax", "tensorstore", "torch", "transformers"}


def test_help_comes_at_once():
    def seconds() -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "kcjax.cli", "--help"], capture_output=True, check=True)
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) < 0.3
