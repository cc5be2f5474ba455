"""Phase 1 of the paper (METHOD section 3): all parameters, loss on every token, batches of 2**20 tokens."""

from ml_collections import ConfigDict

from kcjax.train.config import default_config


def get_config() -> ConfigDict:
    config = default_config()
    config.phase = "understanding"
    config.sequence_length = 2048
    config.batch_per_device = 8  # 512 sequences a step: 8 x 16 chips x 4 micro-batches
    config.accumulate_steps = 4
    config.epochs = 1.0
    config.optimizer.learning_rate = 5e-6
    config.optimizer.warmup_fraction = 0.1
    config.optimizer.final_fraction = 0.1
    return config
