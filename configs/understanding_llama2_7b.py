"""Phase 1 of the paper on LLaMA-2-7B."""

from ml_collections import ConfigDict

from kcjax.train.config import paper_config


def get_config() -> ConfigDict:
    config = paper_config("understanding")
    config.batch_per_device = 8  # 512 sequences a step on 16 chips (v5e-16): 8 x 16 x 4 micro-batches
    config.accumulate_steps = 4
    config.rows_at_once = 4
    return config
