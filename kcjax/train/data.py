"""The records of `config.data`, as the run reads them."""

from collections.abc import Sized

from ml_collections import ConfigDict

from kcjax.corpus.mixture import Mixture
from kcjax.errors import InputError


def open_records(config: ConfigDict) -> Mixture:
    """
    Raises:
      InputError: they are not to be had, or not what the config says.
    """
    records = Mixture.open(config.data, seed=config.seed)
    if records.info.length != config.sequence_length:
        raise InputError(
            f"{config.data}: records of {records.info.length} tokens, "
            f"config.sequence_length is {config.sequence_length}; make them the same"
        )
    if records.info.phase != config.phase and config.phase != "refinement":
        raise InputError(f"{config.data}: a corpus for phase {records.info.phase!r}, config.phase is {config.phase!r}")
    return records


def number_of_steps(config: ConfigDict, records: Sized | None, *, batch_size: int) -> int:
    """Of the whole run: `config.steps`, or as many as `config.epochs` of the records take."""
    return config.steps or max(1, round(config.epochs * len(records or ()) / batch_size))
