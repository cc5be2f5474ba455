"""Reading llama.cpp's GGUF files as Hugging Face models (format: github.com/ggml-org/ggml/blob/master/docs/gguf.md)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import TokenType

from kcjax.corpus.sentencepiece_proto import BPE, ModelProto
from kcjax.errors import InputError
from kcjax.model.config import LlamaConfig
from kcjax.model.tensors import ALL_ROWS

_LAYER_NAMES = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
_OTHER_NAMES = {
    "token_embd.weight": "model.embed_tokens.weight",
    "output_norm.weight": "model.norm.weight",
    "output.weight": "lm_head.weight",
}
# Of the keys below the architecture's name; any other might change the mathematics.
_KNOWN_KEYS = {
    "block_count",
    "context_length",
    "embedding_length",
    "feed_forward_length",
    "vocab_size",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.key_length",
    "attention.value_length",
    "attention.layer_norm_rms_epsilon",
    "rope.dimension_count",
    "rope.freq_base",
}
# Of them, those that change nothing at the value given here.
_NEUTRAL = {"rope.scaling.type": "none", "attention.causal": True, "expert_count": 0, "expert_used_count": 0}


class GgufModel:
    """A GGUF file: its config, its tokenizer as files, and its tensors, read and dequantised one at a time.

    Raises:
      InputError: the file is damaged, or holds something that kcjax would compute differently; it is named.
    """

    config: LlamaConfig
    shapes: dict[str, tuple[int, ...]]
    """Of the tensors, by Hugging Face name."""
    dtypes: dict[str, np.dtype]
    """What `get` gives them in: float32, all of them."""
    tokenizer_files: dict[str, bytes]
    """`tokenizer.json` or `tokenizer.model`, and `tokenizer_config.json` with special tokens and chat template."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        if not self.path.is_file():
            raise InputError(f"{path}: no such file")
        try:
            reader = gguf.GGUFReader(self.path)
            fields: dict[str, Any] = {name: field.contents() for name, field in reader.fields.items()}
        except (ValueError, IndexError, KeyError, TypeError, OverflowError) as error:
            raise InputError(f"{path}: not a GGUF file, or damaged or cut short: {error}") from error
        self._raw: dict[str, gguf.ReaderTensor] = {}
        for tensor in reader.tensors:
            self._raw[self._hf_name(tensor.name)] = tensor
        self.shapes = {name: tuple(reversed(tensor.shape.tolist())) for name, tensor in self._raw.items()}
        self.dtypes = dict.fromkeys(self.shapes, np.dtype(np.float32))
        self.architecture = fields.get("general.architecture")
        self.config = self._read_config(fields)
        try:
            self.tokenizer_files = _tokenizer_files(fields, path)
        except (KeyError, IndexError) as error:
            raise InputError(f"{path}: its tokenizer is incomplete: {error.args[0]}") from error

    def get(self, name: str, rows: slice = ALL_ROWS) -> np.ndarray:
        """Rows of the tensor of this Hugging Face name in float32, in Hugging Face's layout."""
        raw, shape = self._raw[name], self.shapes[name]
        at: slice | np.ndarray = rows
        if self.architecture == "llama" and (".q_proj." in name or ".k_proj." in name):
            heads = self.config.num_heads if ".q_proj." in name else self.config.num_kv_heads
            at = unpermute_rows(np.arange(shape[0]), heads)[rows]
        one_row = len(shape) == 1
        try:
            values = gguf.quants.dequantize(raw.data if one_row else raw.data[at], raw.tensor_type)
        except NotImplementedError as error:
            kind = raw.tensor_type.name
            raise InputError(f"{self.path}: tensor {raw.name} is {kind}, which cannot be read") from error
        return values.reshape(shape)[at] if one_row else values.reshape(-1, *shape[1:])

    def file_of(self, name: str) -> Path:
        return self.path

    def _hf_name(self, name: str) -> str:
        match name.split("."):
            case ["blk", layer, part, "weight" | "bias" as kind] if part in _LAYER_NAMES:
                return f"model.layers.{layer}.{_LAYER_NAMES[part]}.{kind}"
        if name not in _OTHER_NAMES:
            raise InputError(f"{self.path}: tensor {name} is not one of a LLaMA or Qwen2 model kcjax knows")
        return _OTHER_NAMES[name]

    def _read_config(self, fields: Mapping[str, Any]) -> LlamaConfig:
        if self.architecture not in ("llama", "qwen2"):
            raise InputError(f"{self.path}: architecture {self.architecture!r} is not supported; llama and qwen2 are")
        if fields.get("split.count", 0) > 1:
            raise InputError(f"{self.path}: one of {fields['split.count']} parts; merge them with gguf-split --merge")
        prefix = f"{self.architecture}."
        values = {key.removeprefix(prefix): value for key, value in fields.items() if key.startswith(prefix)}
        for key, value in values.items():
            if key not in _KNOWN_KEYS and _NEUTRAL.get(key) != value:
                raise InputError(f"{self.path}: {prefix}{key} = {value!r} is not supported")

        def need(key: str) -> Any:
            if key not in values:
                raise InputError(f"{self.path}: {prefix}{key} is missing")
            return values[key]

        heads = need("attention.head_count")
        head_dim = values.get("attention.key_length", need("embedding_length") // heads)
        for key in ("attention.value_length", "rope.dimension_count"):
            if values.get(key, head_dim) != head_dim:
                raise InputError(f"{self.path}: {prefix}{key} = {values[key]} is not the head size {head_dim}")
        if "model.embed_tokens.weight" not in self.shapes:
            raise InputError(f"{self.path}: tensor token_embd.weight is missing")
        sizes: dict[str, Any] = dict(
            vocab_size=self.shapes["model.embed_tokens.weight"][0],
            hidden_size=need("embedding_length"),
            intermediate_size=need("feed_forward_length"),
            num_layers=need("block_count"),
            num_heads=heads,
            num_kv_heads=values.get("attention.head_count_kv", heads),
            head_dim=head_dim,
            max_positions=need("context_length"),
            rope_theta=_decimal(values.get("rope.freq_base", 10000.0)),
            rms_norm_eps=_decimal(need("attention.layer_norm_rms_epsilon")),
            tie_embeddings="lm_head.weight" not in self.shapes,
            qkv_bias="model.layers.0.self_attn.q_proj.bias" in self.shapes,
        )
        try:
            return LlamaConfig(**sizes)
        except InputError as error:
            raise InputError(f"{self.path}: {error}") from error


def unpermute_rows(weight: np.ndarray, heads: int) -> np.ndarray:
    """From llama.cpp's interleaved rotary pairs to Hugging Face's two halves; weight `[heads * head_dim, ...]`."""
    return weight.reshape(heads, -1, 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def _decimal(value: float) -> float:
    """The number that was rounded to float32: 1e-05, not 9.999999747378752e-06."""
    return float(str(np.float32(value)))


_CONTRACTIONS_AND_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
_SYMBOLS_AND_SPACES = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def _byte_level(*, use_regex: bool) -> dict[str, Any]:
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": use_regex}


def _split(digits: str) -> list[dict[str, Any]]:
    pattern = {"Regex": _CONTRACTIONS_AND_WORDS + digits + _SYMBOLS_AND_SPACES}
    split = {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False}
    return [split, _byte_level(use_regex=False)]


# tokenizer.ggml.pre -> the steps before the BPE, as in the tokenizer.json of the models that llama.cpp names so.
_PRE_TOKENIZERS: dict[str, list[dict[str, Any]]] = {
    "gpt-2": [_byte_level(use_regex=True)],
    "smollm": [{"type": "Digits", "individual_digits": True}, _byte_level(use_regex=True)],
    "llama-bpe": _split(r"\p{N}{1,3}"),
    "qwen2": _split(r"\p{N}"),
}


def _tokenizer_files(fields: Mapping[str, Any], path: str | Path) -> dict[str, bytes]:
    kind = fields.get("tokenizer.ggml.model")
    if kind == "gpt2":
        name, content = "tokenizer.json", _json_tokenizer(fields, path)
    elif kind == "llama":
        name, content = "tokenizer.model", _sentencepiece_model(fields)
    else:
        raise InputError(f"{path}: tokenizer.ggml.model {kind!r} is not supported; gpt2 (byte-level BPE) and llama are")
    tokens = fields["tokenizer.ggml.tokens"]
    config: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast" if kind == "gpt2" else "LlamaTokenizer",
        "clean_up_tokenization_spaces": False,
        "model_max_length": fields[f"{fields['general.architecture']}.context_length"],
    }
    for key, role in (("bos", "bos"), ("eos", "eos"), ("unknown", "unk"), ("padding", "pad")):
        if (id := fields.get(f"tokenizer.ggml.{key}_token_id")) is not None:
            config[f"{role}_token"] = tokens[id]
    if "tokenizer.chat_template" in fields:
        config["chat_template"] = fields["tokenizer.chat_template"]
    return {name: content, "tokenizer_config.json": json.dumps(config, indent=2, ensure_ascii=False).encode()}


def _json_tokenizer(fields: Mapping[str, Any], path: str | Path) -> bytes:
    pre = fields.get("tokenizer.ggml.pre")
    if pre not in _PRE_TOKENIZERS:
        raise InputError(f"{path}: tokenizer.ggml.pre {pre!r} is not supported; {', '.join(_PRE_TOKENIZERS)} are")
    tokens, types = fields["tokenizer.ggml.tokens"], fields["tokenizer.ggml.token_type"]
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    added = [
        {"id": id, "content": token, **plain, "special": type != TokenType.USER_DEFINED}
        for id, (token, type) in enumerate(zip(tokens, types, strict=True))
        if type in (TokenType.CONTROL, TokenType.UNKNOWN, TokenType.USER_DEFINED)
    ]
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": pre == "llama-bpe",
        "vocab": {token: id for id, token in enumerate(tokens)},
        "merges": fields["tokenizer.ggml.merges"],
    }
    spec = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "NFC"} if pre == "qwen2" else None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": _PRE_TOKENIZERS[pre]},
        "post_processor": None,
        "decoder": _byte_level(use_regex=True) | {"add_prefix_space": True},
        "model": model,
    }
    return json.dumps(spec, indent=2, ensure_ascii=False).encode()


def _sentencepiece_model(fields: Mapping[str, Any]) -> bytes:
    """The SentencePiece BPE that llama.cpp's `llama` vocabulary was made from."""
    model = ModelProto()
    columns = (fields[f"tokenizer.ggml.{column}"] for column in ("tokens", "scores", "token_type"))
    for token, score, type in zip(*columns, strict=True):
        model.pieces.add(piece=token, score=score, type=type)
    trainer, normalizer = model.trainer_spec, model.normalizer_spec
    trainer.model_type = BPE
    trainer.byte_fallback = True
    trainer.vocab_size = len(model.pieces)
    for role, key in (("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding")):
        setattr(trainer, f"{role}_id", fields.get(f"tokenizer.ggml.{key}_token_id", -1))
    normalizer.name = "identity"
    normalizer.add_dummy_prefix = fields.get("tokenizer.ggml.add_space_prefix", True)
    normalizer.remove_extra_whitespaces = False
    normalizer.escape_whitespaces = True
    return model.SerializeToString()
