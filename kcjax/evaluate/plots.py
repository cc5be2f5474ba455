"""Plots as SVG, drawn without a library: each is a string that stands in a page."""

import html
from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT = 360, 220
_LEFT, _BOTTOM, _TOP, _RIGHT = 38, 34, 24, 10
_PLOT_WIDTH, _PLOT_HEIGHT = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM


def bars(values: Mapping[str, float], title: str) -> str:
    """A bar from 0 to 100 for each name."""
    width = _PLOT_WIDTH / max(len(values), 1)
    parts = []
    for number, (name, value) in enumerate(values.items()):
        x, y = _LEFT + number * width, _y(value)
        parts.append(f'<rect x="{x + 4:.1f}" y="{y:.1f}" width="{max(width - 8, 1):.1f}" height="{_y(0) - y:.1f}"/>')
        parts.append(_text(x + width / 2, _y(0) + 14, name))
        parts.append(_text(x + width / 2, y - 4, f"{value:.1f}"))
    return _svg(title, parts)


def curve(points: Sequence[tuple[float, float]]) -> str:
    """Precision over recall, both in percent: (recall, precision)."""
    line = " ".join(f"{_x(recall):.1f},{_y(precision):.1f}" for recall, precision in points)
    parts = [f'<polyline points="{line}" fill="none" stroke="var(--blue)" stroke-width="2"/>']
    return _svg("precision over recall", [*parts, *_percents()])


def reliability(bins: Sequence[Sequence[float]]) -> str:
    """The share of right objects over the confidence of each bin, in percent: (confidence, share, objects)."""
    parts = [f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(100)}" y2="{_y(100)}" stroke="var(--line)"/>']
    most = max((many for _, _, many in bins), default=1)
    for confidence, share, many in bins:
        radius = 3 + 6 * (many / most) ** 0.5
        parts.append(f'<circle cx="{_x(confidence):.1f}" cy="{_y(share):.1f}" r="{radius:.1f}" fill="var(--blue)"/>')
    return _svg("share right over confidence", [*parts, *_percents()])


def _x(percent: float) -> float:
    return _LEFT + _PLOT_WIDTH * percent / 100


def _y(percent: float) -> float:
    return _TOP + _PLOT_HEIGHT * (1 - min(percent, 100) / 100)


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="11" text-anchor="{anchor}">{html.escape(text)}</text>'


def _percents() -> list[str]:
    return [_text(_x(percent), _y(0) + 14, str(percent)) for percent in (0, 50, 100)]


def _svg(title: str, parts: Sequence[str]) -> str:
    grid = "".join(
        f'<line x1="{_LEFT}" y1="{_y(p):.1f}" x2="{_WIDTH - _RIGHT}" y2="{_y(p):.1f}" stroke="var(--line)"/>'
        + _text(_LEFT - 6, _y(p) + 4, str(p), "end")
        for p in (0, 50, 100)
    )
    name = html.escape(title)
    return (
        f'<svg role="img" aria-label="{name}" width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'fill="var(--blue)">{grid}{"".join(parts)}{_text(_WIDTH / 2, 13, title)}</svg>'
    )
