"""The shapes of models by name, for planning without their files (each from its `config.json`)."""

from kcjax.model.config import LlamaConfig, RopeScaling

SHAPES = {
    "llama2_7b": LlamaConfig(32000, 4096, 11008, 32, 32, 32, 128, max_positions=4096),
    "llama3_8b": LlamaConfig(
        *(128256, 4096, 14336, 32, 32, 8, 128, 131072),
        rope_theta=500000.0,
        rope_scaling=RopeScaling(8.0, 1.0, 4.0, 8192),
    ),
    "smollm2_135m": LlamaConfig(49152, 576, 1536, 30, 9, 3, 64, 8192, rope_theta=100000.0, tie_embeddings=True),
    "smollm2_1.7b": LlamaConfig(49152, 2048, 8192, 24, 32, 32, 64, 8192, rope_theta=130000.0, tie_embeddings=True),
}
