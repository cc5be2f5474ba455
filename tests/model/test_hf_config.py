import pytest

from kcjax.errors import InputError
from kcjax.model.config import LlamaConfig, RopeScaling
from kcjax.model.hf_config import config_from_hf, config_to_hf

LLAMA2 = {  # as transformers 4 writes it
    "model_type": "llama",
    "vocab_size": 32000,
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-05,
    "hidden_act": "silu",
    "attention_bias": False,
    "rope_scaling": None,
    "pretraining_tp": 1,
}
LLAMA3_ROPE = {
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}

MISTRAL = {"model_type": "mistral", "num_key_value_heads": 8}
QWEN2_WINDOW = {"model_type": "qwen2", "num_key_value_heads": 8, "use_sliding_window": True, "sliding_window": 1024}


def test_fields_that_old_llama_configs_leave_out_get_llamas_values():
    config = config_from_hf(LLAMA2)
    assert config == LlamaConfig(32000, 4096, 11008, 32, 32, 32, 128, max_positions=4096)
    assert (config.rope_theta, config.tie_embeddings, config.qkv_bias) == (10000.0, False, False)
    unset = {"rope_theta": None, "tie_word_embeddings": None, "max_window_layers": None}
    assert config_from_hf(LLAMA2 | unset) == config


@pytest.mark.parametrize(
    "fields",
    [
        {"rope_theta": 500000.0, "rope_scaling": LLAMA3_ROPE | {"rope_type": "llama3"}},
        {"rope_theta": 500000.0, "rope_scaling": LLAMA3_ROPE | {"type": "llama3"}},
        {"rope_parameters": LLAMA3_ROPE | {"rope_type": "llama3", "rope_theta": 500000.0}},
    ],
)
def test_rope_is_read_in_the_form_of_transformers_4_and_5(fields):
    config = config_from_hf(LLAMA2 | fields)
    assert (config.rope_theta, config.rope_scaling) == (500000.0, RopeScaling(8.0, 1.0, 4.0, 8192))
    written = config_to_hf(config, bos_id=1, eos_id=2, dtype="bfloat16")
    assert config_from_hf(written) == config


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"model_type": "gpt2"}, "model_type 'gpt2'"),
        ({"mlp_bias": True}, "mlp_bias"),
        ({"attention_bias": True}, "attention_bias"),
        ({"hidden_act": "gelu"}, "hidden_act = 'gelu'"),
        ({"rope_scaling": {"rope_type": "yarn", "factor": 2.0}}, "rope_scaling.rope_type 'yarn'"),
        ({"rope_scaling": {"type": "linear", "factor": 2.0}}, "rope_scaling.rope_type 'linear'"),
        ({"rope_parameters": {"rope_type": "dynamic"}}, "rope_parameters.rope_type 'dynamic'"),
        ({"rope_parameters": {"rope_type": "default", "partial_rotary_factor": 0.5}}, "partial_rotary_factor"),
        ({"rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, "rope_scaling.low_freq_factor is missing"),
        ({"partial_rotary_factor": 0.5}, "partial_rotary_factor"),
        ({"quantization_config": {"bits": 4}}, "quantization_config"),
        ({"auto_map": {"AutoModelForCausalLM": "modeling.Model"}}, "auto_map"),
        ({"attention_sinks": 4}, "attention_sinks = 4 is not known; take it out if it changes nothing"),
        ({"rope_interleaved": True}, "rope_interleaved = True is not supported"),
        ({"sliding_window": 1024, "layer_types": ["sliding_attention"] * 32}, "no field gives its sliding_window"),
        (MISTRAL | {"sliding_window": 0}, "sliding_window is 0, expected a whole number above 0"),
        (MISTRAL | {"layer_types": ["chunked_attention"]}, "layer_types holds 'chunked_attention'"),
        (QWEN2_WINDOW | {"max_window_layers": 30}, "some layers have sliding_window = 1024, others none"),
        (
            QWEN2_WINDOW | {"layer_types": ["sliding_attention", "full_attention"]},
            "with max_position_embeddings = 1024 gives the same model for texts no longer",
        ),
        ({"model_type": "qwen2"}, "num_key_value_heads is missing"),
        ({"hidden_size": None}, "hidden_size is missing"),
        ({"rms_norm_eps": "small"}, "rms_norm_eps is 'small', expected a number above 0"),
        ({"rms_norm_eps": float("nan")}, "rms_norm_eps is nan, expected a number above 0"),
        ({"rope_theta": 0}, "rope_theta is 0, expected a number above 0"),
        ({"rope_scaling": "linear"}, "rope_scaling is 'linear', expected an object with rope_type"),
        (
            {"rope_scaling": LLAMA3_ROPE | {"rope_type": "llama3", "factor": "8"}},
            "rope_scaling.factor is '8', expected a number above 0",
        ),
        ({"tie_word_embeddings": "false"}, "tie_word_embeddings is 'false', expected true or false"),
        (MISTRAL | {"layer_types": 3}, "layer_types is 3, expected a list of names"),
        (QWEN2_WINDOW | {"max_window_layers": "28"}, "max_window_layers is '28', expected a whole number"),
        ({"num_hidden_layers": "32"}, "num_hidden_layers is '32', expected a whole number"),
        ({"head_dim": 127}, "head_dim 127 is odd"),
        ({"num_key_value_heads": 5}, "not a multiple of num_kv_heads 5"),
    ],
)
def test_what_is_not_computed_is_refused_by_name(fields, name):
    with pytest.raises(InputError) as raised:
        config_from_hf(LLAMA2 | fields, where="dir/config.json")
    assert name in str(raised.value) and "dir/config.json" in str(raised.value)


def test_windows_that_cover_every_position_have_no_effect():
    for window in (None, 4096, 32768):
        assert config_from_hf(LLAMA2 | MISTRAL | {"sliding_window": window}).sliding_window is None
    assert config_from_hf(LLAMA2 | MISTRAL).sliding_window is None
    unused = {"use_sliding_window": False, "layer_types": ["full_attention"]}
    assert config_from_hf(LLAMA2 | QWEN2_WINDOW | unused).sliding_window is None
    assert config_from_hf(LLAMA2 | QWEN2_WINDOW | {"max_window_layers": 32}).sliding_window is None


@pytest.mark.parametrize(
    ("fields", "window"),
    [
        (MISTRAL | {"sliding_window": 1024}, 1024),
        (MISTRAL | {"max_position_embeddings": 8192}, 4096),  # what transformers takes where the field is left out
        (QWEN2_WINDOW | {"max_window_layers": 0}, 1024),
        (QWEN2_WINDOW | {"layer_types": ["sliding_attention"] * 32}, 1024),
    ],
)
def test_a_window_of_all_layers_is_read_and_written(fields, window):
    config = config_from_hf(LLAMA2 | fields)
    assert config.sliding_window == window
    written = config_to_hf(config, bos_id=1, eos_id=2, dtype="bfloat16")
    assert config_from_hf(written) == config and written["model_type"] == fields["model_type"]
