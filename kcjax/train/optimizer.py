"""The optimizers and their schedules."""

from collections.abc import Callable
from typing import Any

import jax
import optax
from ml_collections import ConfigDict

SCHEDULES = ("cosine", "constant")


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


def _adamw(config: ConfigDict, schedule: optax.Schedule) -> optax.GradientTransformation:
    return optax.adamw(
        schedule, config.b1, config.b2, config.eps, mu_dtype=config.mu_dtype, weight_decay=config.weight_decay
    )


def _lion(config: ConfigDict, schedule: optax.Schedule) -> optax.GradientTransformation:
    return optax.lion(schedule, config.b1, config.b2, mu_dtype=config.mu_dtype, weight_decay=config.weight_decay)


def _adafactor(config: ConfigDict, schedule: optax.Schedule) -> optax.GradientTransformation:
    # Without momentum and with plain learning rates, as fine-tuning has them.
    return optax.adafactor(
        schedule, decay_rate=0.8, multiply_by_parameter_scale=False, weight_decay_rate=config.weight_decay or None
    )


def _muon(config: ConfigDict, schedule: optax.Schedule) -> optax.GradientTransformation:
    """Muon for the matrices of the blocks; AdamW for embedding, head and norms, as its authors advise."""

    def matrices(params: Any) -> Any:
        def one(path: tuple[Any, ...], leaf: Any) -> Any:
            is_matrix = leaf.ndim == 3 and "blocks" in jax.tree_util.keystr(path)
            return optax.contrib.MuonDimensionNumbers(reduction_axis=1, output_axis=2) if is_matrix else None

        return jax.tree_util.tree_map_with_path(one, params)

    return optax.contrib.muon(
        schedule,
        beta=config.b1,
        eps=config.eps,
        weight_decay=config.weight_decay,
        mu_dtype=config.mu_dtype,
        adam_b1=config.b1,
        adam_b2=config.b2,
        adam_weight_decay=config.weight_decay,
        muon_weight_dimension_numbers=matrices,
        consistent_rms=0.2,  # so that a learning rate for AdamW fits (arXiv 2502.16982)
    )


OPTIMIZERS: dict[str, Callable[[ConfigDict, optax.Schedule], optax.GradientTransformation]] = {
    "adamw": _adamw,
    "adafactor": _adafactor,
    "lion": _lion,
    "muon": _muon,
}


def make_optimizer(config: ConfigDict, schedule: optax.Schedule) -> optax.GradientTransformation:
    """The optimizer on clipped gradients; `config` is the run's `config.optimizer`.

    The paper's is AdamW (METHOD section 3 and 4).
    """
    return optax.chain(optax.clip_by_global_norm(config.clip_norm), OPTIMIZERS[config.name](config, schedule))
