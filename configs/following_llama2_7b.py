"""Phase 2 of the paper (METHOD section 4): LoRA of rank 32 on all linear layers, batches of 128 sequences."""

from ml_collections import ConfigDict

from kcjax.train.config import default_config


def get_config() -> ConfigDict:
    config = default_config()
    config.phase = "following"
    config.sequence_length = 2048
    config.batch_per_device = 4  # 128 sequences a step: 4 x 8 chips x 4 micro-batches
    config.accumulate_steps = 4
    config.lora.rank = 32
    return config
