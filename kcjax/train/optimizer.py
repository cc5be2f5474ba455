"""The optimizer and its schedule."""

import optax
from ml_collections import ConfigDict


def make_schedule(config: ConfigDict, steps: int) -> optax.Schedule:
    """Learning rate by optimizer step: linear warmup, then cosine down to `final_fraction`, or constant."""
    peak, warmup = config.learning_rate, round(config.warmup_fraction * steps)
    if config.schedule == "constant":
        return optax.join_schedules(
            [optax.linear_schedule(peak / (warmup + 1), peak, warmup), optax.constant_schedule(peak)], [warmup]
        )
    return optax.warmup_cosine_decay_schedule(
        init_value=peak / (warmup + 1),
        peak_value=peak,
        warmup_steps=warmup,
        decay_steps=max(steps, warmup + 1),
        end_value=peak * config.final_fraction,
    )


def make_optimizer(config: ConfigDict, schedule: optax.Schedule) -> optax.GradientTransformation:
    """AdamW on clipped gradients (METHOD section 3 and 4); `config` is the run's `config.optimizer`."""
    return optax.chain(
        optax.clip_by_global_norm(config.clip_norm),
        optax.adamw(schedule, b1=config.b1, b2=config.b2, eps=config.eps, weight_decay=config.weight_decay),
    )
