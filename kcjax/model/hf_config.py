"""Hugging Face's `config.json` to `LlamaConfig` and back (the fields of transformers 4 and 5)."""

from collections.abc import Mapping
from typing import Any

from kcjax.errors import InputError
from kcjax.model.config import LlamaConfig, RopeScaling

MODEL_TYPES = ("llama", "mistral", "qwen2")
# Fields that change what the model computes, with the value at which they change nothing.
_NEUTRAL = {
    "attention_bias": False,
    "attention_dropout": 0.0,
    "auto_map": None,
    "hidden_act": "silu",
    "mlp_bias": False,
    "partial_rotary_factor": 1.0,
    "quantization_config": None,
    "use_sliding_window": False,
}


def config_from_hf(values: Mapping[str, Any], *, where: str = "config.json") -> LlamaConfig:
    """The model that a `config.json` of type llama, mistral or qwen2 describes.

    Raises:
      InputError: a field is missing, or asks for something kcjax does not compute; the message names it.
    """
    kind = values.get("model_type")
    if kind not in MODEL_TYPES:
        raise InputError(f"{where}: model_type {kind!r} is not supported; {', '.join(MODEL_TYPES)} are")
    for name, neutral in _NEUTRAL.items():
        if values.get(name) not in (neutral, None):
            raise InputError(f"{where}: {name} = {values[name]!r} is not supported")

    def need(name: str) -> Any:
        if values.get(name) is None:
            raise InputError(f"{where}: {name} is missing")
        return values[name]

    def whole(name: str) -> int:
        value = need(name)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InputError(f"{where}: {name} is {value!r}, expected a whole number above 0")
        return value

    max_positions = whole("max_position_embeddings")
    _check_window(values, kind, max_positions, where)
    heads = whole("num_attention_heads")
    theta, scaling = _rope(values, where)
    fields: dict[str, Any] = dict(
        vocab_size=whole("vocab_size"),
        hidden_size=whole("hidden_size"),
        intermediate_size=whole("intermediate_size"),
        num_layers=whole("num_hidden_layers"),
        num_heads=heads,
        num_kv_heads=heads
        if kind == "llama" and not values.get("num_key_value_heads")
        else whole("num_key_value_heads"),
        head_dim=whole("head_dim") if values.get("head_dim") else whole("hidden_size") // heads,
        max_positions=max_positions,
        rope_theta=theta,
        rope_scaling=scaling,
        rms_norm_eps=float(need("rms_norm_eps")),
        tie_embeddings=bool(values.get("tie_word_embeddings")),
        qkv_bias=kind == "qwen2",
    )
    try:
        return LlamaConfig(**fields)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _check_window(values: Mapping[str, Any], kind: str, max_positions: int, where: str) -> None:
    # transformers gives a Mistral config without the field a window of 4096; Qwen2 has a switch, checked above.
    window = values.get("sliding_window", 4096) if kind == "mistral" else None
    if window is not None and window < max_positions:
        raise InputError(
            f"{where}: sliding_window = {window} is not supported; a copy with max_position_embeddings = {window} "
            "gives the same model for texts no longer than that"
        )
    for layer in values.get("layer_types") or []:
        if layer != "full_attention":
            raise InputError(f"{where}: layer_types holds {layer!r}, which is not supported")


def _rope(values: Mapping[str, Any], where: str) -> tuple[float, RopeScaling | None]:
    """Theta and scaling from `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (4)."""
    field = "rope_parameters" if values.get("rope_parameters") else "rope_scaling"
    rope = values.get(field) or {}
    theta = rope.get("rope_theta", values.get("rope_theta", 10000.0))
    kind = rope.get("rope_type", rope.get("type", "default"))
    if rope.get("partial_rotary_factor", 1.0) != 1.0:
        raise InputError(f"{where}: {field}.partial_rotary_factor = {rope['partial_rotary_factor']} is not supported")
    if kind == "default":
        return float(theta), None
    if kind != "llama3":
        raise InputError(f"{where}: {field}.rope_type {kind!r} is not supported; default and llama3 are")
    names = ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings")
    for name in names:
        if name not in rope:
            raise InputError(f"{where}: {field}.{name} is missing")
    factor, low, high, original = (rope[name] for name in names)
    return float(theta), RopeScaling(float(factor), float(low), float(high), int(original))


def config_to_hf(config: LlamaConfig, *, bos_id: int, eos_id: int, dtype: str) -> dict[str, Any]:
    """A `config.json` that transformers 4 and 5 and vLLM read; `dtype` as in `float32`."""
    scaling = config.rope_scaling
    return {
        "architectures": ["Qwen2ForCausalLM" if config.qkv_bias else "LlamaForCausalLM"],
        "model_type": "qwen2" if config.qkv_bias else "llama",
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_hidden_layers": config.num_layers,
        "num_attention_heads": config.num_heads,
        "num_key_value_heads": config.num_kv_heads,
        "head_dim": config.head_dim,
        "hidden_act": "silu",
        "max_position_embeddings": config.max_positions,
        "rope_theta": config.rope_theta,
        "rope_scaling": scaling
        and {
            "rope_type": "llama3",
            "factor": scaling.factor,
            "low_freq_factor": scaling.low_freq_factor,
            "high_freq_factor": scaling.high_freq_factor,
            "original_max_position_embeddings": scaling.original_max_positions,
        },
        "rms_norm_eps": config.rms_norm_eps,
        "tie_word_embeddings": config.tie_embeddings,
        "bos_token_id": bos_id,
        "eos_token_id": eos_id,
        "torch_dtype": dtype,
    }
