import math

import jax.numpy as jnp
import numpy as np
import pytest

from kcjax.train.config import default_config
from kcjax.train.optimizer import make_optimizer, make_schedule

PEAK, STEPS = 3e-4, 40


def settings(**changes):
    config = default_config().optimizer
    config.update({"learning_rate": PEAK} | changes)
    return config


def cosine(step, warmup, final):
    if step < warmup:
        return PEAK * (1 + step * warmup / warmup) / (warmup + 1)
    progress = min((step - warmup) / (STEPS - warmup), 1.0)
    return PEAK * (final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2)


@pytest.mark.parametrize("final", [0.0, 0.1])
@pytest.mark.parametrize("fraction", [0.0, 0.1, 0.5])
def test_cosine_follows_its_formula(fraction, final):
    schedule = make_schedule(settings(warmup_fraction=fraction, final_fraction=final), STEPS)
    expected = [cosine(step, round(fraction * STEPS), final) for step in range(STEPS + 3)]
    np.testing.assert_allclose([schedule(step) for step in range(STEPS + 3)], expected, rtol=1e-5, atol=1e-12)
    assert schedule(0) > 0  # no step is wasted on a learning rate of zero


@pytest.mark.parametrize("fraction", [0.0, 0.1, 1.0])
def test_constant_rises_once_and_stays(fraction):
    schedule = make_schedule(settings(warmup_fraction=fraction, schedule="constant"), STEPS)
    warmup = round(fraction * STEPS)
    expected = [PEAK * min((step + 1) / (warmup + 1), 1.0) for step in range(STEPS + 3)]
    np.testing.assert_allclose([schedule(step) for step in range(STEPS + 3)], expected, rtol=1e-5)


def adamw(gradients, config, schedule, x):
    """Decoupled weight decay (arXiv 1711.05101), on gradients clipped to a norm."""
    m = v = np.zeros_like(x)
    for step, gradient in enumerate(gradients, start=1):
        gradient = gradient * min(1.0, config.clip_norm / np.linalg.norm(gradient))
        m = config.b1 * m + (1 - config.b1) * gradient
        v = config.b2 * v + (1 - config.b2) * gradient**2
        update = m / (1 - config.b1**step) / (np.sqrt(v / (1 - config.b2**step)) + config.eps)
        x = x - float(schedule(step - 1)) * (update + config.weight_decay * x)
    return x


def test_the_optimizer_is_clipped_adamw():
    config = settings(weight_decay=0.1, clip_norm=0.5, learning_rate=0.05)
    schedule = make_schedule(config, STEPS)
    optimizer = make_optimizer(config, schedule)
    gradients = np.random.default_rng(0).normal(0, 1, (6, 5)).astype(np.float32) * np.array([[9], [0.01]] * 3, "f4")
    x = jnp.linspace(-1, 1, 5)
    expected = adamw(gradients, config, schedule, np.asarray(x))
    state = optimizer.init(x)
    for gradient in gradients:
        updates, state = optimizer.update(jnp.asarray(gradient), state, x)
        x = x + updates
    np.testing.assert_allclose(x, expected, rtol=1e-4)
