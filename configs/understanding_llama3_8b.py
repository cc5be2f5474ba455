"""Phase 1 of the paper on Llama-3-8B."""

from ml_collections import ConfigDict

from kcjax.train.config import paper_config


def get_config() -> ConfigDict:
    config = paper_config("understanding")
    config.batch_per_device = 4  # 512 sequences a step on 16 chips (v5e-16): 4 x 16 x 8 micro-batches
    config.accumulate_steps = 8
    return config
