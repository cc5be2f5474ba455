"""Text to tokens and back, exactly: what goes in comes out, byte for byte, and text never becomes a special token.

A text is tokenised in parts that are joined (schema prompt, sentence, response), so tokenizers that put a space before
a text (SentencePiece's dummy prefix) do so only for the first part of a document: `at_start=True`.
"""

import abc
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import sentencepiece
import tokenizers

from kcjax.corpus import sentencepiece_proto as proto
from kcjax.errors import InputError
from kcjax.files import read_json

_MARK = "\N{LOWER ONE EIGHTH BLOCK}"  # stands for a space in SentencePiece vocabularies
# Some vocabularies list their markers among the ordinary added tokens: <|fim_prefix|>, <tool_call>, [INST].
_MARKER = re.compile(_MARK + r"?(<.+>|\[.+\])", re.DOTALL)
_BYTE_NAMES = {f"<0x{value:02X}>": bytes([value]) for value in range(256)}


class Tokenizer(Protocol):
    """What kcjax asks of a tokenizer. Ids run from 0 to `vocab_size - 1`."""

    vocab_size: int
    bos_id: int
    eos_id: int
    hash: str
    """SHA-256 of the tokenizer file, as 64 hex digits."""

    def encode(self, text: str, *, at_start: bool = False) -> list[int]:
        """Tokens of a part of a document; never a special one, whatever the text looks like.

        Raises:
          InputError: the text holds a character that the tokenizer would lose.
        """
        ...

    def encode_batch(self, texts: Sequence[str], *, at_start: bool = False) -> list[list[int]]:
        """`encode` of many texts, on all cores."""
        ...

    def decode(self, ids: Iterable[int], *, at_start: bool = False) -> str:
        """The text of `ids`: the inverse of `encode` with the same `at_start`. Special tokens are skipped.

        Bytes that are not valid UTF-8 (half a character) become U+FFFD.
        """
        ...

    def token_bytes(self, id: int) -> bytes:
        """The bytes a token stands for; empty for a special token. Those of a text's tokens join to its UTF-8."""
        ...


def load_tokenizer(directory: str | Path) -> Tokenizer:
    """Loads `tokenizer.json`, or `tokenizer.model` where there is none, from a model directory.

    `<bos>` and `<eos>` are those of `kcjax.json`, or what the Hugging Face files beside it say.

    Raises:
      InputError: there is no tokenizer, it would change the text, or `<bos>` or `<eos>` is set nowhere.
    """
    directory = Path(directory)
    if (directory / "tokenizer.json").is_file():
        return JsonTokenizer(directory)
    if (directory / "tokenizer.model").is_file():
        return SentencePieceTokenizer(directory)
    if not directory.is_dir():
        raise InputError(f"{directory}: no such directory; `kcjax import` makes a model directory")
    raise InputError(f"{directory}: has neither tokenizer.json nor tokenizer.model")


class _ByteTable(abc.ABC):
    """Decoding by the bytes of each token, and the care for spaces; encoding itself is left to `_ids`."""

    bos_id: int
    eos_id: int
    hash: str

    def __init__(
        self,
        token_bytes: Mapping[int, bytes],
        *,
        dummy_prefix: bool,
        mark_ids: list[int] | None,
        missing: bytes = b"",
    ):
        """`mark_ids`: the byte tokens of a `▁` in the text, where the tokenizer writes spaces as `▁`.

        `missing`: the bytes that no token stands for (SmolLM2 has none for six control characters).
        """
        self.vocab_size = max(token_bytes) + 1
        self._token_bytes = [token_bytes.get(id, b"") for id in range(self.vocab_size)]
        self._dummy_prefix = dummy_prefix
        self._mark_ids = mark_ids
        self._missing = missing

    @abc.abstractmethod
    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokens of each text as it stands: no special tokens, no space before it."""

    def encode(self, text: str, *, at_start: bool = False) -> list[int]:
        return self.encode_batch([text], at_start=at_start)[0]

    def encode_batch(self, texts: Sequence[str], *, at_start: bool = False) -> list[list[int]]:
        for text in texts:
            self._check(text)
        if at_start and self._dummy_prefix:
            texts = [" " + text if text else text for text in texts]
        if self._mark_ids and any(_MARK in text for text in texts):
            return [self._ids_around_marks(text, self._mark_ids) for text in texts]
        return self._ids(texts)

    def _check(self, text: str) -> None:
        """Raises an `InputError` if the text holds what this tokenizer would lose."""
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            where = f"character {error.start} of the text {text[:60]!r}"
            raise InputError(f"{where} is half of a surrogate pair, which no encoding can carry") from error
        if self._missing and len(data.translate(None, self._missing)) < len(data):
            index, letter = next((i, c) for i, c in enumerate(text) if set(c.encode()) & set(self._missing))
            raise InputError(
                f"character {index} of the text {text[:60]!r}: the tokenizer has no token for {letter!r}; "
                "replace it, or use a model whose tokenizer covers all bytes"
            )

    def _ids_around_marks(self, text: str, mark_ids: list[int]) -> list[int]:
        """A mark in the text would come back as a space, so it goes in as its three bytes."""
        first, *rest = self._ids(text.split(_MARK))
        return first + [id for ids in rest for id in mark_ids + ids]

    def decode(self, ids: Iterable[int], *, at_start: bool = False) -> str:
        data = b"".join(map(self.token_bytes, ids))
        if at_start and self._dummy_prefix:
            data = data.removeprefix(b" ")
        return data.decode("utf-8", errors="replace")

    def token_bytes(self, id: int) -> bytes:
        if not 0 <= id < self.vocab_size:
            raise InputError(f"token id {id} is not in the tokenizer's vocabulary of {self.vocab_size}")
        return self._token_bytes[id]


class JsonTokenizer(_ByteTable):
    """A byte-level or byte-fallback BPE in Hugging Face's `tokenizer.json`.

    Unicode composition (NFC, in Qwen2's) is left out: composed text is tokenised the same, other text survives.
    """

    def __init__(self, directory: Path):
        file = directory / "tokenizer.json"
        content = file.read_bytes()
        spec = read_json(file)
        model = _bpe_model(spec, file)
        splitting = _Splitting(spec, file)
        added = {token["content"]: token for token in spec.get("added_tokens") or []}
        names: dict[str, int] = model["vocab"] | {content: token["id"] for content, token in added.items()}
        self.hash = hashlib.sha256(content).hexdigest()
        self.bos_id, self.eos_id = _bos_and_eos(directory, names)

        special = {name for name, token in added.items() if token.get("special") or _MARKER.fullmatch(name)}
        special |= {name for name, id in names.items() if id in (self.bos_id, self.eos_id)}
        if model.get("unk_token"):
            special.add(model["unk_token"])
        kept = [token for token in added.values() if token["content"] not in special]
        for token in kept:
            if token.get("lstrip") or token.get("rstrip"):
                raise InputError(f"{file}: added token {token['content']!r} takes spaces away; code would not survive")

        fixed = dict.fromkeys(special, b"") | {token["content"]: token["content"].encode() for token in kept}
        if not splitting.byte_level:
            fixed = _BYTE_NAMES | fixed
        bytes_of = _byte_level_bytes if splitting.byte_level else _marked_bytes
        token_bytes = {id: fixed[name] if name in fixed else bytes_of(name) for name, id in names.items()}
        byte_names = _BYTE_LEVEL if splitting.byte_level else _BYTE_NAMES
        missing = bytes(value for value, name in enumerate(byte_names) if name not in model["vocab"])
        mark_ids = [names[f"<0x{value:02X}>"] for value in _MARK.encode()] if splitting.marks_spaces else None
        super().__init__(token_bytes, dummy_prefix=splitting.dummy_prefix, mark_ids=mark_ids, missing=missing)

        # Without their vocabulary entries and merges, no text can become a special or a byte token by its letters.
        model["unk_token"] = None
        barred = special if splitting.byte_level else special | _BYTE_NAMES.keys()
        merges = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
        model["merges"] = [(a, b) for a, b in merges if barred.isdisjoint((a, b, a + b))]
        model["vocab"] = {name: id for name, id in names.items() if name not in special}
        spec["added_tokens"] = kept
        try:
            self._backend = tokenizers.Tokenizer.from_str(json.dumps(spec))
        except Exception as error:  # the library raises nothing more precise
            raise InputError(f"{file}: the tokenizers library cannot read it: {error}") from error

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._backend.encode_batch_fast(texts, add_special_tokens=False)]


def _bpe_model(spec: dict[str, Any], file: Path) -> dict[str, Any]:
    """The BPE of a tokenizer.json, with what must not touch the text (padding, templates, dropout) taken off `spec`."""
    model = spec.get("model") or {}
    if model.get("type", "BPE") != "BPE" or not {"vocab", "merges"} <= model.keys():
        raise InputError(f"{file}: model type {model.get('type')!r} is not supported; only BPE is")
    for field in ("continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(field):
            raise InputError(f"{file}: model.{field} is not supported")
    spec |= {"truncation": None, "padding": None, "post_processor": None}
    model["dropout"] = None
    return model


class _Splitting:
    """What a tokenizer.json does to a text before the BPE; takes its space before the text off `spec`.

    Raises:
      InputError: something in it would lose part of the text.
    """

    def __init__(self, spec: dict[str, Any], file: Path):
        self.byte_level = self.marks_spaces = self.dummy_prefix = False
        normalizers, splitters = _parts(spec.get("normalizer")), _parts(spec.get("pre_tokenizer"))
        kept = [step for step in normalizers if self._keeps_normalizer(step, file)]
        for step in splitters:
            self._check_splitter(step, file)
        spec["normalizer"] = {"type": "Sequence", "normalizers": kept} if kept else None
        spec["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": splitters} if splitters else None
        model = spec["model"]
        covered = model.get("byte_fallback") and _BYTE_NAMES.keys() <= model["vocab"].keys()
        if not self.byte_level and not (covered and self.marks_spaces):
            raise InputError(f"{file}: text would not survive: neither a byte-level nor a byte-fallback tokenizer")
        if self.byte_level and self.marks_spaces:
            raise InputError(f"{file}: byte-level tokenizers that also mark spaces are not supported")

    def _keeps_normalizer(self, step: dict[str, Any], file: Path) -> bool:
        match step:
            case {"type": "NFC"}:
                return False
            case {"type": "Prepend", "prepend": prepended} if prepended in (_MARK, " "):
                self.dummy_prefix = True
                return False
            case {"type": "Replace", "pattern": {"String": " "}, "content": content} if content == _MARK:
                self.marks_spaces = True
                return True
        raise InputError(f"{file}: normalizer {step.get('type')!r} changes the text; code would not survive it")

    def _check_splitter(self, step: dict[str, Any], file: Path) -> None:
        match step:
            case {"type": "ByteLevel"}:
                self.byte_level = True
                self.dummy_prefix |= step.get("add_prefix_space", True)
                step["add_prefix_space"] = False
            case {"type": "Metaspace"} if step.get("replacement", _MARK) == _MARK:
                self.marks_spaces = True
                scheme = step.get("prepend_scheme", "always" if step.pop("add_prefix_space", True) else "never")
                self.dummy_prefix |= scheme != "never"
                step["prepend_scheme"] = "never"
            case {"type": "Digits"}:
                pass
            case {"type": "Split" | "Punctuation", "behavior": behavior} if behavior != "Removed":
                pass
            case _:
                raise InputError(f"{file}: pre-tokenizer {step.get('type')!r} takes text away or is not supported")


def _parts(step: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The steps of a normalizer or pre-tokenizer, whether it is none, one or a sequence."""
    if step is None:
        return []
    if step["type"] != "Sequence":
        return [step]
    return [part for inner in step.get("normalizers") or step["pretokenizers"] for part in _parts(inner)]


def _byte_alphabet() -> Iterator[tuple[str, int]]:
    """GPT-2's letter for each byte: printable Latin-1 stands for itself, the rest for U+0100 onwards."""
    others = 0x100
    for value in range(256):
        if 0x21 <= value <= 0x7E or 0xA1 <= value <= 0xAC or value >= 0xAE:
            yield chr(value), value
        else:
            yield chr(others), value
            others += 1


_BYTE_LEVEL = dict(_byte_alphabet())


def _byte_level_bytes(name: str) -> bytes:
    """A name outside the alphabet is one that no text leads to; it stands for itself."""
    try:
        return bytes(_BYTE_LEVEL[letter] for letter in name)
    except KeyError:
        return name.encode()


def _marked_bytes(name: str) -> bytes:
    return name.replace(_MARK, " ").encode()


class SentencePieceTokenizer(_ByteTable):
    """A SentencePiece model with byte fallback and no normalisation, as LLaMA 1 and 2 and Mistral have."""

    def __init__(self, directory: Path):
        file = directory / "tokenizer.model"
        content = file.read_bytes()
        model = proto.parse_model(content, where=str(file))
        normalizer, trainer = model.normalizer_spec, model.trainer_spec
        if normalizer.precompiled_charsmap or normalizer.normalization_rule_tsv:
            raise InputError(f"{file}: normalizer {normalizer.name!r} changes the text; code would not survive it")
        if normalizer.remove_extra_whitespaces or not normalizer.escape_whitespaces:
            raise InputError(f"{file}: it collapses or drops spaces; code would not survive it")
        if trainer.treat_whitespace_as_suffix or not trainer.byte_fallback:
            raise InputError(f"{file}: text would not survive: only prefix spaces and byte fallback are supported")
        names = {piece.piece: id for id, piece in enumerate(model.pieces)}
        self.hash = hashlib.sha256(content).hexdigest()
        self.bos_id, self.eos_id = _bos_and_eos(directory, names, bos=trainer.bos_id, eos=trainer.eos_id)

        token_bytes = {}
        for id, piece in enumerate(model.pieces):
            marker = piece.type == proto.USER_DEFINED and _MARKER.fullmatch(piece.piece)
            if piece.type == proto.BYTE:
                token_bytes[id] = _BYTE_NAMES[piece.piece]
            elif piece.type in (proto.CONTROL, proto.UNKNOWN) or marker or id in (self.bos_id, self.eos_id):
                token_bytes[id] = b""
                piece.type = proto.UNKNOWN if piece.type == proto.UNKNOWN else proto.CONTROL
            else:
                token_bytes[id] = _marked_bytes(piece.piece)
        mark_ids = [names[f"<0x{value:02X}>"] for value in _MARK.encode()]
        super().__init__(token_bytes, dummy_prefix=normalizer.add_dummy_prefix, mark_ids=mark_ids)
        normalizer.add_dummy_prefix = False
        self._backend = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        return self._backend.encode(list(texts), num_threads=1 if len(texts) == 1 else -1)


def _bos_and_eos(directory: Path, names: Mapping[str, int], **defaults: int) -> tuple[int, int]:
    """The ids a model directory's files give `<bos>` and `<eos>`: those of the first file that says so."""
    stems = ("kcjax", "tokenizer_config", "generation_config", "config", "special_tokens_map")
    paths = [directory / f"{stem}.json" for stem in stems]
    settings = [(path, read_json(path)) for path in paths if path.is_file()]

    def find(name: str) -> int:
        for path, values in settings:
            for key in (f"{name}_id", f"{name}_token", f"{name}_token_id"):
                value = values.get(key)
                if isinstance(value, dict):
                    value = value.get("content")
                if isinstance(value, list):
                    value = value[0] if value else None
                if value is None:
                    continue
                id = names.get(value, -1) if isinstance(value, str) else value
                if id not in names.values():
                    raise InputError(f"{path}: {key} {value!r} is not in the tokenizer's vocabulary")
                return id
        if defaults.get(name, -1) < 0:
            raise InputError(f"{directory}: no file says what <{name}> is; set {name}_id in {paths[0]}")
        return defaults[name]

    return find("bos"), find("eos")
