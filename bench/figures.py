"""Numbers as a reader takes them in."""

from __future__ import annotations


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def share(value: float | None) -> str:
    """A share as a reader thinks of it: 1/18, or 2.1 times."""
    if value is None:
        return "-"
    return f"1/{_short(1 / value)}" if value < 0.8 else f"{_short(value)}x"


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.2f}".rstrip("0").rstrip(".") if value < 10 else f"{value:.3g}"
