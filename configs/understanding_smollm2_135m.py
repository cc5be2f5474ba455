"""Phase 1 on SmolLM2-135M, sized for a few CPU cores or one accelerator."""

from ml_collections import ConfigDict

from kcjax.train.config import default_config


def get_config() -> ConfigDict:
    config = default_config()
    config.phase = "understanding"
    config.sequence_length = 2048
    config.batch_per_device = 1
    config.dtype = "float32"
    config.remat = "none"
    config.optimizer.learning_rate = 2e-5
    config.optimizer.final_fraction = 0.1
    config.log_every = 1
    config.checkpoint_every = 50
    return config
