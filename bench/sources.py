"""Which code the figures are of."""

from __future__ import annotations

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "inference_gateway_sdk"
ELSEWHERE = {"embedded", "testing", "cli", "pytest_plugin.py"}  # no part of what a client runs


def client_digest() -> str:
    """A digest of everything a client runs."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] not in ELSEWHERE:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
