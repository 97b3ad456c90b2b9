"""Formatting of numbers and ratios."""

from __future__ import annotations


def number(value: float) -> str:
    """Return the number with three significant digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def share(value: float | None) -> str:
    """Return a ratio as 1/18 or 2.1x."""
    if value is None:
        return "-"
    return f"1/{_short(1 / value)}" if value < 0.8 else f"{_short(value)}x"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}".rstrip("0").rstrip(".") if value < 10 else f"{value:.3g}"
