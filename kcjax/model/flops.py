"""FLOPs that training needs, by formula."""

from kcjax.model.config import LlamaConfig
from kcjax.model.lora import LoraConfig


def model_flops(config: LlamaConfig, *, tokens: int, length: int, lora: LoraConfig | None = None) -> float:
    """FLOPs that a step on so many tokens needs: 6 for every weight of a matrix and token, 4 where `lora` keeps it
    frozen, and attention to half of the positions of a row (`6 x length x heads x head_dim` a layer and token)."""
    attention = config.num_layers * config.num_heads * config.head_dim
    weights = matrix_weights(config)
    products = 6 * weights if lora is None else 4 * weights + 6 * adapter_weights(config, lora)
    return float(tokens) * (products + 6 * length * attention)


def matrix_weights(config: LlamaConfig) -> int:
    """Weights that every token is multiplied with; the embedding is looked up, and counts as head alone."""
    D, H = config.hidden_size, config.head_dim
    layer = D * H * (2 * config.num_heads + 2 * config.num_kv_heads) + 3 * D * config.intermediate_size
    return config.num_layers * layer + D * config.vocab_size


def adapter_weights(config: LlamaConfig, lora: LoraConfig) -> int:
    """Weights of the adapters."""
    D, F, H = config.hidden_size, config.intermediate_size, config.head_dim
    sizes = {"q": D + config.num_heads * H, "o": D + config.num_heads * H}
    sizes |= dict.fromkeys("kv", D + config.num_kv_heads * H) | dict.fromkeys(("gate", "up", "down"), D + F)
    return config.num_layers * lora.rank * sum(sizes[target] for target in lora.targets)
