"""Packaging. The core install extracts; each extra adds one job. requirements.txt locks all of them."""

from pathlib import Path

from setuptools import find_packages, setup

CORE = [
    "absl-py>=2.1",
    "etils[epath]>=1.12",
    "flax>=0.12.8,<0.13",
    "fsspec>=2026.1",
    "gguf>=0.19,<0.20",
    "huggingface_hub>=1.0",
    "jax>=0.10.2,<0.13",
    "ml-dtypes>=0.5",
    "numpy>=2.1",
    "orjson>=3.10",
    "protobuf>=5.29",
    "rich>=14",
    "safetensors>=0.7",
    "scipy>=1.15",
    "sentencepiece>=0.2.1",
    "pystemmer>=3",
    "tokenizers>=0.22",
]
EXTRAS = {
    "train": [
        "array-record>=0.8.3",
        "ml-collections>=1.1",
        "optax>=0.2.6",
        "orbax-checkpoint>=0.12.8,<0.13",
        "tensorboard>=2.19",
        "tensorflow-cpu>=2.21,<2.22",
        "tensorflow-datasets>=4.9.9",
    ],
    "pipelines": [
        "apache-beam>=2.77,<3",
        "array-record>=0.8.3",
        "importlib-resources>=6",  # this and mlcroissant: of the `tfds` command
        "mlcroissant>=1",
        "pyarrow>=18",
        "rapidgzip>=0.16",
        "tensorflow-datasets>=4.9.9",
    ],
    "gcp": ["gcsfs>=2026.1"],
    "tpu": ["jax[tpu]>=0.10.2,<0.13"],
    "gpu": ["jax[cuda13]>=0.10.2,<0.13"],
    "parquet": ["pyarrow>=18"],
    "browser": ["playwright>=1.50"],  # drives an installed Chromium, for the tests of the page of `kcjax serve`
    "test": [
        "gcp-storage-emulator>=2026.1",
        "gcsfs>=2026.1",
        "hypothesis>=6.130",
        "jax[tpu]>=0.10.2,<0.13",  # the TPU compiler, for `kcjax plan`
        "llguidance>=1.3",
        "mistral-common>=1.8",
        "mypy>=1.18",
        "nervaluate>=1.2",  # this and seqeval: other scorers to agree with
        'peft>=0.18; python_version < "3.12"',  # it brings torch
        "pydantic>=2.12",
        "pytest>=8.4",
        "pytest-xdist>=3.8",
        "ruff>=0.14",
        "seqeval>=1.2.2",
        'torch==2.13.0; python_version < "3.12"',
        "transformers>=5.0,<6",
    ],
}

setup(
    name="kcjax",
    version="0.1.0",
    description="Universal information extraction with schemas as code: KnowCoder for JAX and TPU",
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.11",
    packages=find_packages(include=["kcjax", "kcjax.*", "pipelines"]),
    package_data={
        "kcjax.plan": ["*.json"],
        "kcjax.evaluate": ["*.json"],
        "kcjax.serve": ["*.html"],
        "kcjax.corpus.datasets": ["*/*.json", "*/*.jsonl", "*/*.md", "*/schema.py"],
    },
    install_requires=CORE,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["kcjax=kcjax.cli:main"]},
)
