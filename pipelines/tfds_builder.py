"""The corpora as data sets of TFDS, so that `tfds build` makes them and keeps them by name, config and version.

    tfds build pipelines/following_corpus.py --data_dir=gs://BUCKET/data \\
        --config='{"name": "harbour", "arguments": ["--schema=schema.py", "--input=train.jsonl", "--model=MODEL"]}'
"""

import argparse
import dataclasses
import os
from typing import Any

import tensorflow_datasets as tfds
from apache_beam.options.pipeline_options import PipelineOptions
from tensorflow_datasets.core.dataset_builder import FileReaderBuilder

from kcjax import cli, corpus_commands
from kcjax.corpus import tfds_info
from kcjax.corpus.records_info import METADATA, read_info
from kcjax.errors import InputError
from kcjax.files import exists
from pipelines import corpus


@dataclasses.dataclass
class CorpusConfig(tfds.core.BuilderConfig):
    """`arguments` are those of the phase's own command, such as `--schema=FILE`, without `--output`; `$NAME` in them
    stands for what the environment has under that name."""

    arguments: tuple[str, ...] = ()


class CorpusBuilder(FileReaderBuilder, skip_registration=True):  # type: ignore[call-arg]
    """A corpus of one phase; the file format is ArrayRecord, whatever is asked for."""

    VERSION = tfds_info.VERSION
    builder_config_cls = CorpusConfig
    BUILDER_CONFIGS = (  # without one, TFDS takes none from the command line
        CorpusConfig(
            name="harbour", description="The sample.", arguments=("--dataset=harbour", "--model=$KCJAX_MODEL")
        ),
    )
    PHASE = ""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs | {"file_format": "array_record"})

    def _arguments(self) -> argparse.Namespace:
        parser = cli.Parser(prog="the config's arguments")
        corpus_commands.add_recipe_arguments(parser)
        parser.add_argument("--shards", type=cli.count, default=1)
        given = getattr(self.builder_config, "arguments", ())
        return parser.parse_args([*map(os.path.expandvars, given), "--output="], argparse.Namespace(phase=self.PHASE))

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=tfds_info.DESCRIPTION,
            features=tfds_info.features(self._arguments().length),
            metadata=tfds.core.MetadataDict(),
        )

    def download_and_prepare(self, **kwargs: Any) -> None:
        """As of TFDS, which leaves alone what is there already.

        Raises:
          InputError: what is there was made with other arguments.
        """
        if exists(f"{self.data_path}/{METADATA}"):
            there, asked = read_info(str(self.data_path)).recipe, corpus_commands.recipe(self._arguments()).to_json()
            if other := [field for field in asked if there.get(field) != asked[field]]:
                raise InputError(
                    f"{self.data_path}: was made with other arguments ({', '.join(other)}); give the config a name of "
                    "its own, or remove it"
                )
        super().download_and_prepare(**kwargs)

    def _download_and_prepare(self, dl_manager: Any, download_config: Any = None) -> None:
        args = self._arguments()
        options = getattr(download_config, "beam_options", None) or PipelineOptions([])
        info = corpus.write_corpus(corpus_commands.recipe(args), str(self.data_path), args.shards, options)
        self.info.set_splits(tfds_info.splits(self.data_path, info))
        self.info.metadata.update(dataclasses.asdict(info))
