"""`tf.train.Example`, as far as records need it, without TensorFlow: named lists of bytes.

From github.com/tensorflow/tensorflow/blob/master/tensorflow/core/example/example.proto and feature.proto.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def _example_class() -> Any:
    kind = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="kcjax/example.proto", package="kcjax", syntax="proto3")

    def field(message: Any, name: str, number: int, type: int, *, of: str = "", repeated: bool = False) -> None:
        label = kind.LABEL_REPEATED if repeated else kind.LABEL_OPTIONAL
        message.field.add(name=name, number=number, type=type, label=label, type_name=f".kcjax.{of}" if of else None)

    field(file.message_type.add(name="BytesList"), "value", 1, kind.TYPE_BYTES, repeated=True)
    field(file.message_type.add(name="Feature"), "bytes_list", 1, kind.TYPE_MESSAGE, of="BytesList")
    features = file.message_type.add(name="Features")
    entry = features.nested_type.add(name="FeatureEntry")
    entry.options.map_entry = True
    field(entry, "key", 1, kind.TYPE_STRING)
    field(entry, "value", 2, kind.TYPE_MESSAGE, of="Feature")
    field(features, "feature", 1, kind.TYPE_MESSAGE, of="Features.FeatureEntry", repeated=True)
    field(file.message_type.add(name="Example"), "features", 1, kind.TYPE_MESSAGE, of="Features")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("kcjax.Example"))


Example = _example_class()
