"""The shape of a LLaMA-family decoder."""

import dataclasses

from kcjax.errors import InputError


@dataclasses.dataclass(frozen=True)
class RopeScaling:
    """Llama-3's stretching of the rotary frequencies (Llama 3.1 model card; transformers' `rope_type: llama3`)."""

    factor: float
    low_freq_factor: float
    high_freq_factor: float
    original_max_positions: int


@dataclasses.dataclass(frozen=True)
class LlamaConfig:
    """LLaMA 1/2/3, CodeLlama, SmolLM2, TinyLlama, with `sliding_window` Mistral, with `qkv_bias` Qwen2.

    Sizes are in elements. A token sees the last `sliding_window` positions, its own included, in every layer.
    """

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    max_positions: int = 2048
    rope_theta: float = 10000.0
    rope_scaling: RopeScaling | None = None
    rms_norm_eps: float = 1e-5
    tie_embeddings: bool = False
    qkv_bias: bool = False
    sliding_window: int | None = None

    def __post_init__(self):
        if self.num_heads % self.num_kv_heads:
            raise InputError(f"num_heads {self.num_heads} is not a multiple of num_kv_heads {self.num_kv_heads}")
        if self.head_dim % 2:
            raise InputError(f"head_dim {self.head_dim} is odd; rotary embeddings need an even one")
