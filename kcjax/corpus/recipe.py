"""What a corpus is made of and how. Whatever is in a recipe decides the corpus's bytes; nothing else does."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from kcjax.corpus.following import FollowingOptions
from kcjax.corpus.prompt import Task
from kcjax.corpus.understanding import UNDERSTANDING_TASKS
from kcjax.errors import InputError

PHASES = ("understanding", "following")
_LEAST_LENGTH = 16


@dataclasses.dataclass(frozen=True)
class Source:
    """Annotated documents and the types they are annotated with: a data set of `datasets/`, or the user's own.

    Attributes:
      dataset: the name of a data set; "" for the user's own files.
      split: of the data set.
      paths: files of documents, JSONL; for a data set its file of that split.
      schema: the file with the types (.py, .json, or a library), for a data set its own.
      cap: documents taken at most, chosen by seed; 0 takes all.
      weight: how often each document is used, every time with other random choices; 0.3 takes three in ten.
    """

    dataset: str = ""
    split: str = "train"
    paths: tuple[str, ...] = ()
    schema: str = ""
    cap: int = 0
    weight: float = 1.0


@dataclasses.dataclass(frozen=True)
class Recipe:
    """
    Attributes:
      phase: of `PHASES`.
      model: the model directory whose tokenizer to use.
      rendered: files of texts that are rendered already, as `kcjax corpus convert` writes them.
      length: tokens of a record.
      options: of phase 2; for phase 1 only its tasks and seed count.
      share_prefixes: lay the schema prompt that several examples have in common down once in a record.
      balance: the share of the tokens that each kind ("definition" or a task) shall have; what a kind has too much is
        left out. Empty leaves the tokens as they come.
      synthetic: the largest share of the tokens that documents marked as synthetic may have.
      examples_per_type: give every type that many of its mentions in the documents as examples, the most frequent; 0
        leaves the examples of the schema.
      avoid: files of documents whose mentions are to be no examples.
      data_dir: the folder with the files of data sets.
      max_problems: bad rows that are tolerated.
    """

    phase: str
    model: str
    sources: tuple[Source, ...] = ()
    rendered: tuple[str, ...] = ()
    length: int = 2048
    options: FollowingOptions = dataclasses.field(default_factory=FollowingOptions)
    share_prefixes: bool = False
    balance: Mapping[str, float] = dataclasses.field(default_factory=dict)
    synthetic: float = 1.0
    examples_per_type: int = 0
    avoid: tuple[str, ...] = ()
    data_dir: str = ""
    max_problems: int = 0

    def __post_init__(self) -> None:
        if self.phase not in PHASES:
            raise InputError(f"there is no phase {self.phase!r}; choose among {', '.join(PHASES)}")
        if self.phase == "understanding" and not self.tasks:
            raise InputError(f"phase understanding has the tasks {', '.join(UNDERSTANDING_TASKS)}; give one of them")
        if self.phase == "understanding" and self.share_prefixes:
            raise InputError("phase understanding has no prompts to share; leave share_prefixes out")
        self._check_effects()
        for source in self.sources:
            if self.sources.count(source) > 1 or len(set(source.paths)) < len(source.paths):
                twice = source.dataset or next((p for p in source.paths if source.paths.count(p) > 1), source.schema)
                raise InputError(f"{twice}: given twice; to use it more often, give it a weight")
        if self.phase == "following" and not self.rendered and not any(s.dataset or s.paths for s in self.sources):
            raise InputError("phase following needs annotated documents; give --input=FILE.jsonl or --dataset=NAME")
        if not self.rendered and not self.sources:
            raise InputError("nothing to make a corpus of; give --schema=FILE or --dataset=NAME")
        kinds = ("definition", *self.tasks) if self.phase == "understanding" else self.tasks
        for kind, share in self.balance.items():
            if kind not in kinds or not 0 <= share <= 1:
                raise InputError(f"balance {kind}={share}: must be a share from 0 to 1 of one of {', '.join(kinds)}")
        if self.length < _LEAST_LENGTH:
            raise InputError(f"length is {self.length}; a record must have at least {_LEAST_LENGTH} tokens")
        if not 0 <= self.synthetic <= 1:
            raise InputError(f"synthetic is {self.synthetic}; it must be between 0 and 1")

    def _check_effects(self) -> None:
        """Raises an `InputError` that names what was chosen and has no effect with the rest."""
        options, silent = self.options, not self.options.comments and "without comments"
        idle = {
            "hard_negatives": not options.negatives and not options.all_negative_share and "without negatives",
            "description_dropout": silent,
            "example_dropout": silent,
            "masked_names": silent or (options.description_dropout == 1 and "without descriptions to know classes by"),
            "typed_by_import": not {"re", "eae"} & set(options.tasks) and "but on re and eae",
            "examples_per_type": (self.phase == "following" and silent)
            or (not any(s.dataset or s.paths for s in self.sources) and "without documents to take examples from"),
            "avoid": not self.examples_per_type and "without examples_per_type, of which it keeps mentions out",
        }
        for name, why in idle.items():
            if why and getattr(self if hasattr(self, name) else options, name):
                raise InputError(f"{name} has no effect {why}; leave it out")

    def to_json(self) -> dict[str, Any]:
        """The fields as JSON has them."""
        return json.loads(json.dumps(dataclasses.asdict(self)))

    @property
    def tasks(self) -> tuple[Task, ...]:
        if self.phase == "understanding":
            return tuple(task for task in UNDERSTANDING_TASKS if task in self.options.tasks)
        return self.options.tasks
