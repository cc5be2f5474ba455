"""What TFDS needs to read a dataset of packed records: `features.json` and `dataset_info.json`. Without TensorFlow."""

import dataclasses
import shutil
import tempfile
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds
from etils import epath
from tensorflow_datasets.core import dataset_info, naming

from kcjax.corpus.packing import FIELDS
from kcjax.corpus.records_info import FORMAT_VERSION, METADATA, RecordsInfo
from kcjax.files import atomic_path

VERSION = tfds.core.Version(f"{FORMAT_VERSION}.0.0")
DESCRIPTION = "Examples of a phase of kcjax's training, tokenised and packed into records of one length."


def features(length: int) -> tfds.features.FeaturesDict:
    """The arrays of a record, `[length]` each, and the ids of its examples."""
    encoding = tfds.features.Encoding.BYTES
    arrays = {
        name: tfds.features.Tensor(
            shape=(length,), dtype=np.float32 if name == "loss_weights" else np.int32, encoding=encoding
        )
        for name in FIELDS
    }
    return tfds.features.FeaturesDict({**arrays, "ids": tfds.features.Sequence(tfds.features.Text())})


def splits(directory: str | Path, info: RecordsInfo) -> tfds.core.splits.SplitDict:
    """The one split, "train", and its shards."""
    template = naming.ShardedFileTemplate(
        data_dir=epath.Path(directory), dataset_name=info.name, split="train", filetype_suffix="array_record"
    )
    split = tfds.core.SplitInfo(
        name="train", shard_lengths=list(info.shards), num_bytes=info.size, filename_template=template
    )
    return tfds.core.splits.SplitDict([split])


def write_tfds_info(directory: str | Path, info: RecordsInfo) -> None:
    """Writes `features.json` and `dataset_info.json` into the directory of a dataset."""
    identity = dataset_info.DatasetIdentity(name=info.name, version=VERSION, data_dir=str(directory), module_name="")
    made = tfds.core.DatasetInfo(
        builder=identity,
        features=features(info.length),
        description=DESCRIPTION,
        metadata=tfds.core.MetadataDict(dataclasses.asdict(info)),
    )
    made.set_file_format("array_record")
    made.set_splits(splits(directory, info))
    with tempfile.TemporaryDirectory() as folder:
        made.write_to_directory(folder)
        for path in sorted(Path(folder).iterdir()):
            if path.name != METADATA:  # that one makes the dataset whole, and is not written here
                with atomic_path(f"{directory}/{path.name}") as target:
                    shutil.copyfile(path, target)
