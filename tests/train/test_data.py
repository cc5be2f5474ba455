"""The records of a config: opened only where they are what it says, and counted in steps."""

import numpy as np
import pytest

from kcjax.corpus.packing import Record
from kcjax.corpus.records import write_records
from kcjax.corpus.records_info import RecordsInfo
from kcjax.errors import InputError
from kcjax.train.config import default_config
from kcjax.train.data import number_of_steps, open_records


@pytest.fixture
def config(tmp_path):
    ones = np.ones(4, np.int32)
    records = [Record(ones, ones, ones, ones, ones.astype(np.float32), (str(n),)) for n in range(10)]
    write_records(tmp_path / "records", records, RecordsInfo("following", "hash", 100, 4, 0, {}))
    config = default_config()
    config.update({"data": str(tmp_path / "records"), "sequence_length": 4})
    return config


def test_records_of_another_length_or_phase_are_refused(config):
    assert len(open_records(config)) == 10
    config.phase = "refinement"
    assert len(open_records(config)) == 10
    config.phase = "understanding"
    with pytest.raises(InputError, match="a corpus for phase 'following', config.phase is 'understanding'"):
        open_records(config)
    config.sequence_length = 8
    with pytest.raises(InputError, match="records of 4 tokens, config.sequence_length is 8; make them the same"):
        open_records(config)


def test_steps_are_given_or_as_many_as_the_epochs_take(config):
    records = open_records(config)
    assert number_of_steps(config, records, batch_size=4) == round(10 / 4)
    config.epochs = 3.0
    assert number_of_steps(config, records, batch_size=4) == round(30 / 4)
    assert number_of_steps(config, records, batch_size=100) == 1
    config.steps = 7
    assert number_of_steps(config, records, batch_size=4) == number_of_steps(config, None, batch_size=4) == 7
