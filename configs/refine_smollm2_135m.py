"""The refinement on SmolLM2-135M by LoRA, sized for a few CPU cores or one accelerator."""

from ml_collections import ConfigDict

from kcjax.train.config import default_config


def get_config() -> ConfigDict:
    config = default_config()
    config.phase = "refinement"
    config.sequence_length = 2048
    config.batch_per_device = 1
    config.dtype = "float32"
    config.remat = "none"
    config.optimizer.learning_rate = 1e-3
    config.lora.rank = 8
    config.lora.alpha = 16.0
    config.lora.dropout = 0.0
    config.log_every = 1
    config.checkpoint_every = 50
    return config
