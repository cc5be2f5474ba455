"""Hugging Face's `config.json` to `LlamaConfig` and back (the fields of transformers 4 and 5)."""

import math
from collections.abc import Mapping
from typing import Any

from kcjax.errors import InputError
from kcjax.model.config import LlamaConfig, RopeScaling

MODEL_TYPES = ("llama", "mistral", "qwen2")
_READ = """
    head_dim hidden_size intermediate_size layer_types max_position_embeddings max_window_layers model_type
    num_attention_heads num_hidden_layers num_key_value_heads rms_norm_eps rope_parameters rope_scaling rope_theta
    sliding_window tie_word_embeddings use_sliding_window vocab_size
"""
# Fields that change what the model computes, with the value at which they change nothing.
_NEUTRAL: dict[str, Any] = {
    "add_cross_attention": False,
    "attention_bias": False,
    "attention_dropout": 0.0,
    "auto_map": None,
    "cross_attention_hidden_size": None,
    "hidden_act": "silu",
    "is_encoder_decoder": False,
    "mlp_bias": False,
    "partial_rotary_factor": 1.0,
    "pruned_heads": {},
    "quantization_config": None,
    "rope_interleaved": False,
    "tie_encoder_decoder": False,
    "use_mrope": False,
}
# Fields that change nothing of what is computed; one that is in none of the three lists might.
_HARMLESS = """
    _attn_implementation _attn_implementation_autoset _name_or_path architectures attn_implementation bad_words_ids
    begin_suppress_tokens bos_token_id chunk_size_feed_forward cls_token_id decoder_start_token_id diversity_penalty
    do_sample dtype early_stopping encoder_no_repeat_ngram_size eos_token_id exponential_decay_length_penalty
    finetuning_task forced_bos_token_id forced_eos_token_id id2label initializer_range is_decoder is_llama_config
    label2id length_penalty max_length max_sequence_length min_length model_max_length no_repeat_ngram_size
    num_beam_groups num_beams num_return_sequences output_attentions output_hidden_states output_scores pad_token_id
    prefix pretraining_tp problem_type remove_invalid_values repetition_penalty return_dict return_dict_in_generate
    sep_token_id suppress_tokens task_specific_params temperature tf_legacy_loss tokenizer_class top_k top_p
    torch_dtype torchscript transformers.js_config transformers_version typical_p unk_token_id unsloth_fixed
    unsloth_version use_bfloat16 use_cache
"""


def config_from_hf(values: Mapping[str, Any], *, where: str = "config.json") -> LlamaConfig:
    """The model that a `config.json` of type llama, mistral or qwen2 describes.

    Raises:
      InputError: a field is missing, or asks for something kcjax does not compute; the message names it.
    """
    kind = values.get("model_type")
    if kind not in MODEL_TYPES:
        raise InputError(f"{where}: model_type {kind!r} is not supported; {', '.join(MODEL_TYPES)} are")
    plain = {*_READ.split(), *_HARMLESS.split()}
    for name, value in values.items():
        if value is None or name in plain or (name in _NEUTRAL and value == _NEUTRAL[name]):
            continue
        if name in _NEUTRAL:
            raise InputError(f"{where}: {name} = {value!r:.60} is not supported")
        raise InputError(
            f"{where}: {name} = {value!r:.60} is not known; take it out if it changes nothing of what is computed"
        )

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
        rms_norm_eps=_positive(need("rms_norm_eps"), "rms_norm_eps", where),
        tie_embeddings=_flag(values, "tie_word_embeddings", where),
        qkv_bias=kind == "qwen2",
        sliding_window=_window(values, kind, max_positions, where),
    )
    try:
        return LlamaConfig(**fields)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _window(values: Mapping[str, Any], kind: str, max_positions: int, where: str) -> int | None:
    """The sliding window of all layers, None where none reaches less far than the positions do."""
    # transformers gives a Mistral config without the field a window of 4096; Qwen2 has a switch for it, LLaMA none.
    window = values.get("sliding_window", 4096)
    if kind == "llama" or (kind == "qwen2" and not _flag(values, "use_sliding_window", where)):
        window = None
    if window is not None and (not isinstance(window, int) or isinstance(window, bool) or window < 1):
        raise InputError(f"{where}: sliding_window is {window!r}, expected a whole number above 0")
    count = values.get("num_hidden_layers") or 0
    layers = values.get("layer_types")
    if layers is not None and not (isinstance(layers, list) and all(isinstance(layer, str) for layer in layers)):
        raise InputError(f"{where}: layer_types is {layers!r:.60}, expected a list of names")
    if layers is None:
        first = values.get("max_window_layers", 28)
        if kind == "qwen2" and not isinstance(first, int):
            raise InputError(f"{where}: max_window_layers is {first!r}, expected a whole number")
        full = min(first, count) if kind == "qwen2" else 0
        layers = ["full_attention"] * full + ["sliding_attention"] * (count - full)
        layers = layers if window else []
    if unknown := set(layers) - {"full_attention", "sliding_attention"}:
        raise InputError(f"{where}: layer_types holds {min(unknown)!r}, which is not supported")
    sliding = "sliding_attention" in layers
    if sliding and window is None:
        raise InputError(f"{where}: layer_types holds 'sliding_attention', but no field gives its sliding_window")
    if window is None or window >= max_positions or not sliding:
        return None
    if "full_attention" in layers:
        raise InputError(
            f"{where}: some layers have sliding_window = {window}, others none, which is not supported; a copy with "
            f"max_position_embeddings = {window} gives the same model for texts no longer than that"
        )
    return window


def _rope(values: Mapping[str, Any], where: str) -> tuple[float, RopeScaling | None]:
    """Theta and scaling from `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (4)."""
    field = "rope_parameters" if values.get("rope_parameters") else "rope_scaling"
    rope = values.get(field) or {}
    if not isinstance(rope, dict):
        raise InputError(f"{where}: {field} is {rope!r:.60}, expected an object with rope_type")
    given = (value for value in (rope.get("rope_theta"), values.get("rope_theta")) if value is not None)
    theta = _positive(next(given, 10000.0), "rope_theta", where)
    kind = rope.get("rope_type", rope.get("type", "default"))
    if rope.get("partial_rotary_factor", 1.0) != 1.0:
        raise InputError(f"{where}: {field}.partial_rotary_factor = {rope['partial_rotary_factor']} is not supported")
    if kind == "default":
        return theta, None
    if kind != "llama3":
        raise InputError(f"{where}: {field}.rope_type {kind!r} is not supported; default and llama3 are")
    names = ("factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings")
    for name in names:
        if name not in rope:
            raise InputError(f"{where}: {field}.{name} is missing")
    factor, low, high, original = (_positive(rope[name], f"{field}.{name}", where) for name in names)
    return theta, RopeScaling(factor, low, high, int(original))


def _positive(value: Any, name: str, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InputError(f"{where}: {name} is {value!r:.60}, expected a number above 0")
    return float(value)


def _flag(values: Mapping[str, Any], name: str, where: str) -> bool:
    value = values.get(name) or False
    if not isinstance(value, bool):
        raise InputError(f"{where}: {name} is {value!r:.60}, expected true or false")
    return value


def config_to_hf(config: LlamaConfig, *, bos_id: int, eos_id: int, dtype: str) -> dict[str, Any]:
    """A `config.json` that transformers 4 and 5 and vLLM read; `dtype` as in `float32`."""
    scaling, window = config.rope_scaling, config.sliding_window
    kind, name = ("qwen2", "Qwen2") if config.qkv_bias else ("mistral", "Mistral") if window else ("llama", "Llama")
    return {
        "architectures": [f"{name}ForCausalLM"],
        "model_type": kind,
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
        **({"sliding_window": window} if window else {}),
        **({"use_sliding_window": True, "max_window_layers": 0} if window and config.qkv_bias else {}),
        "rms_norm_eps": config.rms_norm_eps,
        "tie_word_embeddings": config.tie_embeddings,
        "bos_token_id": bos_id,
        "eos_token_id": eos_id,
        "torch_dtype": dtype,
    }
