"""Phase following on a model of a few thousand parameters, for tests."""

from ml_collections import ConfigDict

from kcjax.train.config import default_config


def get_config() -> ConfigDict:
    config = default_config()
    config.phase = "following"
    config.sequence_length = 512
    config.dtype = "float32"
    config.remat = "none"
    config.steps = 6
    config.lora.rank = 4
    config.optimizer.learning_rate = 1e-3
    config.log_every = 1
    config.checkpoint_every = 2
    return config
