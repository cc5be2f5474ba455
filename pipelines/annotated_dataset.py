"""The annotated data sets that kcjax knows, as data sets of TFDS: documents with character offsets, in their classes.

tfds build pipelines/annotated_dataset.py --config=wnut17 --manual_dir=FOLDER_WITH_THE_FILES --data_dir=DATA
"""

import dataclasses
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow_datasets as tfds

from kcjax.corpus.dataset import Dataset, dataset_names, load_dataset
from kcjax.corpus.document import document_to_json
from kcjax.files import file_hash

Text, Sequence = tfds.features.Text, tfds.features.Sequence
_SPAN = {"start": tfds.features.Scalar(np.int32), "end": tfds.features.Scalar(np.int32), "text": Text()}
FEATURES = {
    "id": Text(),
    "text": Text(),
    "entities": Sequence({"type": Text(), **_SPAN}),
    "relations": Sequence(
        {"type": Text(), "head": tfds.features.Scalar(np.int32), "tail": tfds.features.Scalar(np.int32)}
    ),
    "events": Sequence({"type": Text(), "trigger": _SPAN, "arguments": Sequence({"role": Text(), **_SPAN})}),
}


def rows(path: str, dataset: Dataset, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Pairs of id and row of the documents of a split; objects of types that are not scored are kept."""
    for document in dataset.read(path, split, unscored=True):
        row = document_to_json(dataclasses.replace(document, extra={}))
        yield document.id, row


class KcjaxAnnotated(tfds.core.GeneratorBasedBuilder):
    """A config for every data set; the files are looked for in the manual directory."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = tuple(
        tfds.core.BuilderConfig(name=name, description=load_dataset(name).title) for name in dataset_names()
    )

    def __init__(self, *, file_format: Any = None, **kwargs: Any):
        super().__init__(file_format=file_format or "array_record", **kwargs)

    @property
    def dataset(self) -> Dataset:
        return load_dataset(self.builder_config.name)

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=self.dataset.title,
            homepage=self.dataset.homepage,
            citation=self.dataset.citation,
            license=self.dataset.licence,
            features=tfds.features.FeaturesDict(FEATURES),
            metadata=tfds.core.MetadataDict(),
        )

    def _split_generators(self, dl_manager: Any) -> dict[str, Any]:
        paths = {split: str(self.dataset.file(split, dl_manager._manual_dir)) for split in self.dataset.splits}
        self.info.metadata.update({"sources": {split: file_hash(path) for split, path in paths.items()}})
        return {split: self._generate_examples(path, split) for split, path in paths.items()}

    def _generate_examples(self, path: str, split: str) -> Any:
        return beam.Create([path]) | beam.FlatMap(rows, self.dataset, split)
