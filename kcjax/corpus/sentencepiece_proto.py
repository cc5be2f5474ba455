"""The part of SentencePiece's model file that kcjax reads and sets; other fields pass through untouched.

From github.com/google/sentencepiece/blob/master/src/sentencepiece_model.proto. The class that sentencepiece ships is
generated for one release of protobuf and cannot be imported beside an older one, which Apache Beam holds us to.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from kcjax.errors import InputError

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)  # types of pieces
BPE = 2  # type of model

_FIELDS: dict[str, list[tuple[int, str, str, str | None]]] = {
    "SentencePiece": [(1, "piece", "string", None), (2, "score", "float", None), (3, "type", "int32", "1")],
    "TrainerSpec": [
        (3, "model_type", "int32", "1"),
        (4, "vocab_size", "int32", "8000"),
        (24, "treat_whitespace_as_suffix", "bool", "false"),
        (35, "byte_fallback", "bool", "false"),
        (40, "unk_id", "int32", "0"),
        (41, "bos_id", "int32", "1"),
        (42, "eos_id", "int32", "2"),
        (43, "pad_id", "int32", "-1"),
    ],
    "NormalizerSpec": [
        (1, "name", "string", None),
        (2, "precompiled_charsmap", "bytes", None),
        (3, "add_dummy_prefix", "bool", "true"),
        (4, "remove_extra_whitespaces", "bool", "true"),
        (5, "escape_whitespaces", "bool", "true"),
        (6, "normalization_rule_tsv", "string", None),
    ],
    "ModelProto": [
        (1, "pieces", "SentencePiece", None),
        (2, "trainer_spec", "TrainerSpec", None),
        (3, "normalizer_spec", "NormalizerSpec", None),
    ],
}


def _model_class() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="kcjax/sentencepiece.proto", package="kcjax", syntax="proto2")
    kind = descriptor_pb2.FieldDescriptorProto
    for message_name, fields in _FIELDS.items():
        message = file.message_type.add(name=message_name)
        for number, name, type_name, default in fields:
            field = message.field.add(name=name, number=number, label=kind.LABEL_OPTIONAL)
            if type_name in _FIELDS:
                field.type, field.type_name = kind.TYPE_MESSAGE, f".kcjax.{type_name}"
            else:
                field.type = getattr(kind, f"TYPE_{type_name.upper()}")
            if name == "pieces":
                field.label = kind.LABEL_REPEATED
            if default is not None:
                field.default_value = default
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("kcjax.ModelProto"))


ModelProto = _model_class()


def parse_model(content: bytes, *, where: str) -> Any:
    """The `ModelProto` in a `tokenizer.model`; an `InputError` that names `where` if it is none."""
    model = ModelProto()
    try:
        model.ParseFromString(content)
    except DecodeError as error:
        raise InputError(f"{where}: not a SentencePiece model: {error}") from error
    if not model.pieces:
        raise InputError(f"{where}: not a SentencePiece model: it has no pieces")
    return model
