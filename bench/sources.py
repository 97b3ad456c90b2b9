"""The digest of the measured code."""

from __future__ import annotations

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "src" / "inference_gateway_sdk"
ELSEWHERE = {"embedded", "testing", "cli", "pytest_plugin.py"}  # not used by a client


def client_digest() -> str:
    """Return a digest of all code that a client runs."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] not in ELSEWHERE:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
