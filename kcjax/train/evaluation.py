"""Extraction from held-out documents during training, scored."""

import dataclasses
import itertools

from flax import nnx
from ml_collections import ConfigDict

from kcjax.corpus.document import document_from_json, read_documents
from kcjax.corpus.prompt import STYLES
from kcjax.corpus.tokenizer import load_tokenizer
from kcjax.evaluate.metrics import score
from kcjax.extract.extractor import Extractor
from kcjax.model.huggingface import info_of
from kcjax.model.llama import Llama
from kcjax.schema.source import read_schema
from kcjax.train.run import base_model_directory


class HeldOut:
    """The documents of `config.evaluate`. On several hosts all of them extract together, each the same."""

    def __init__(self, config: ConfigDict):
        """
        Raises:
          InputError: there are no such documents, or no such schema.
        """
        self.settings = config.evaluate
        documents = read_documents(self.settings.documents)
        self.documents = list(itertools.islice(documents, self.settings.count))
        self.schema = read_schema(self.settings.schema)
        self.directory = base_model_directory(config.init_from)
        self._extractor: Extractor | None = None

    def scores(self, model: Llama) -> dict[str, float]:
        """`evaluate/TASK_f1` of strict matching in percent, and the rate of unreadable responses."""
        tasks = tuple(self.settings.tasks)
        if self._extractor is None:
            self._extractor = Extractor(
                model,
                load_tokenizer(self.directory),
                style=STYLES[info_of(self.directory).prompt_style],
                max_new_tokens=self.settings.max_new_tokens,
                batch_size=self.settings.batch_size,
            )
        self._extractor.generator.params = nnx.state(model)
        plain = [dataclasses.replace(d, entities=(), relations=(), events=()) for d in self.documents]
        # Without the grammar: what is learnt of it is to be seen.
        extractions = self._extractor.extract(plain, self.schema, tasks=tasks, grammar=False)
        found = [document_from_json(extraction.to_json(), where=extraction.id) for extraction in extractions]
        scored = score(self.documents, found, tasks=tasks).to_json()
        f1 = {f"evaluate/{task}_f1": scored[task]["strict"]["f1"] for task in tasks}
        return f1 | {"evaluate/parse_failure_rate": scored["parse_failure_rate"]}
