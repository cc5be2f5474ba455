"""What is known of a dataset of packed records, and the files that say so, local or in a bucket.

Beside `metadata.json`, which kcjax reads, are the `dataset_info.json` and `features.json` of TFDS, so that
`tfds.builder_from_directory` reads the dataset too. `metadata.json` is written last: without it there is no dataset.
"""

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kcjax.errors import InputError
from kcjax.files import exists, read_json, write_json

FORMAT_VERSION = 2
METADATA = "metadata.json"


@dataclasses.dataclass(frozen=True)
class RecordsInfo:
    """What `metadata.json` says of the records beside it; counts of tokens exclude padding.

    Attributes:
      recipe: what was asked for, the fields of `Recipe`.
      sources: what the examples were made from, each with the SHA-256 of its content.
      types: how many types the examples name.
      kinds: examples and tokens of each task, and of "definition".
      shards: how many records each file has, in order.
      split: how often an example was too long for a record and became several.
      ambiguous: examples of each task whose response does not say where all its objects stand.
      dropped: how often something was left out, by reason.
      checksum: of all records in their order; two datasets with the same one are the same to training.
    """

    phase: str
    tokenizer_hash: str
    vocab_size: int
    length: int
    seed: int
    sources: dict[str, str]
    recipe: dict[str, Any] = dataclasses.field(default_factory=dict)
    records: int = 0
    examples: int = 0
    tokens: int = 0
    learnt_tokens: int = 0
    fill: float = 0.0
    types: int = 0
    kinds: dict[str, dict[str, int]] = dataclasses.field(default_factory=dict)
    split: dict[str, int] = dataclasses.field(default_factory=dict)
    ambiguous: dict[str, int] = dataclasses.field(default_factory=dict)
    dropped: dict[str, int] = dataclasses.field(default_factory=dict)
    shards: tuple[int, ...] = ()
    size: int = 0
    checksum: str = ""
    format_version: int = FORMAT_VERSION

    @property
    def name(self) -> str:
        """That of the TFDS dataset, with which its files begin."""
        return f"kcjax_{self.phase}"


def with_counts(info: RecordsInfo, shards: Iterable[Mapping[str, Any]]) -> RecordsInfo:
    """`info` with the counts of its shards, in any order: numbers, `kinds` and `types`.

    Raises:
      InputError: there is nothing in them to learn.
    """
    shards = sorted(shards, key=lambda counts: counts["shard"])
    counts: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {}
    for shard in shards:
        counts.update({name: value for name, value in shard.items() if isinstance(value, int)})
        for kind, found in shard.get("kinds", {}).items():
            kinds.setdefault(kind, Counter()).update(found)
    if not counts["learnt_tokens"]:
        left_out = ", ".join(f"{reason} ({count})" for reason, count in info.dropped.items()) or "nothing"
        raise InputError(
            f"the corpus has {counts['examples']} examples and nothing in them to learn; not written; "
            f"left out: {left_out}"
        )
    return dataclasses.replace(
        info,
        records=counts["records"],
        examples=counts["examples"],
        tokens=counts["tokens"],
        learnt_tokens=counts["learnt_tokens"],
        fill=round(counts["tokens"] / (counts["records"] * info.length), 4),
        shards=tuple(shard.get("records", 0) for shard in shards),
        size=counts["size"],
        checksum=f"{counts['checksum'] % 2**56:014x}",
        types=len({type for shard in shards for type in shard.get("types", ())}),
        kinds={kind: dict(found) for kind, found in sorted(kinds.items())},
    )


def read_info(directory: str | Path) -> RecordsInfo:
    """What `metadata.json` says.

    Raises:
      InputError: there is none, or it is of another format.
    """
    path = f"{directory}/{METADATA}"
    if not exists(path):
        raise InputError(f"{directory}: no {METADATA} here; make a dataset with `kcjax corpus build`")
    fields: dict[str, Any] = read_json(path)
    if fields.get("format_version") != FORMAT_VERSION:
        version = fields.get("format_version")
        raise InputError(f"{path}: format_version {version}, this kcjax reads {FORMAT_VERSION}; build it anew")
    try:
        return RecordsInfo(**fields | {"shards": tuple(fields["shards"])})
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: a field is missing or unknown ({error}); build it anew") from error


def write_info(directory: str | Path, info: RecordsInfo) -> None:
    """Writes what makes a dataset of the shards in a directory: TFDS's files, then `metadata.json`."""
    from kcjax.corpus.tfds_info import write_tfds_info

    write_tfds_info(directory, info)
    write_json(f"{directory}/{METADATA}", dataclasses.asdict(info))
