"""Derive the blocking client, and the cassettes' blocking driver, from the async ones.

The async files are the source. This tool works on tokens: it drops `async` and `await`, renames by one table, and
leaves strings and comments alone (but for the names of files and classes in docstrings). It fails when a rule is never
used, so that the table stays true, and `--check` compares whole texts.

    python scripts/derive_blocking.py            write the derived files
    python scripts/derive_blocking.py --check    exit 1 when a derived file is not what it should be
"""

from __future__ import annotations

import io
import itertools
import re
import subprocess
import sys
import tokenize
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "inference_gateway_sdk"
FILES = (
    "_client/session_async.py",
    "_client/live_async.py",
    "_client/stream_async.py",
    "_client/client_async.py",
    "_client/byte_stream_async.py",
    "_client/mcp_async.py",
    "_client/messages_async.py",
    "_client/metrics_async.py",
    "_client/responses_async.py",
    "_client/images_async.py",
    "_client/audio_async.py",
    "_client/proxy_async.py",
    "testing/cassettes/driver_async.py",
)
NAMES = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "StopAsyncIteration": "StopIteration",
    "aclose": "close",
    "AsyncAnswer": "Answer",
    "AsyncByteStream": "ByteStream",
    "AsyncDriver": "Driver",
    "AsyncEffects": "BlockingEffects",
    "AsyncInferenceGatewayClient": "InferenceGatewayClient",
    "AsyncIterator": "Iterator",
    "AsyncSession": "Session",
    "AsyncStream": "Stream",
    "AsyncToken": "Token",
    "AsyncTokenSource": "TokenSource",
    "byte_stream_async": "byte_stream_blocking",
    "async_driver": "blocking_driver",
    "async_effects": "blocking_effects",
    "async_read_upload": "read_upload",
    "AsyncHook": "Hook",
    "async_notify": "notify",
    "session_async": "session_blocking",
    "live_async": "live_blocking",
    "stream_async": "stream_blocking",
    "AsyncMcpMethods": "McpMethods",
    "mcp_async": "mcp_blocking",
    "AsyncMessagesMethods": "MessagesMethods",
    "messages_async": "messages_blocking",
    "AsyncMetricsMethods": "MetricsMethods",
    "metrics_async": "metrics_blocking",
    "AsyncResponsesMethods": "ResponsesMethods",
    "responses_async": "responses_blocking",
    "AsyncImagesMethods": "ImagesMethods",
    "images_async": "images_blocking",
    "AsyncAudioMethods": "AudioMethods",
    "audio_async": "audio_blocking",
    "AsyncProxyMethods": "ProxyMethods",
    "proxy_async": "proxy_blocking",
    "AsyncPlayed": "Played",
    "AsyncTapeDriver": "BlockingTapeDriver",
    "played_async": "played_blocking",
}
HEADER = "# Derived from {source} by scripts/derive_blocking.py: do not edit.\n"


def derive(text: str, used: set[str]) -> str:
    """The blocking form of an async source; adds the rules it used to `used`."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    out: list[str] = []
    done = 0
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for token, following in itertools.pairwise(tokens):
        start = starts[token.start[0] - 1] + token.start[1]
        end = starts[token.end[0] - 1] + token.end[1]
        new = _blocking(token, used)
        if new is None:
            continue
        if not new:  # `async` and `await` go with the space behind them
            end = starts[following.start[0] - 1] + following.start[1]
        out += (text[done:start], new)
        done = end
    return "".join((*out, text[done:]))


def _blocking(token: tokenize.TokenInfo, used: set[str]) -> str | None:
    """What stands for a token in the blocking file; None for itself."""
    if token.type == tokenize.NAME:
        if token.string in ("async", "await"):
            return ""
        if token.string in NAMES:
            used.add(token.string)
            return NAMES[token.string]
    elif token.type == tokenize.STRING and token.string.startswith('"""'):
        return _docstring(token.string)
    elif token.type == tokenize.STRING and token.string.strip('"') in NAMES:  # in `__all__`
        return f'"{NAMES[token.string.strip(chr(34))]}"'
    return None


def _docstring(text: str) -> str:
    """A docstring with the names of classes exchanged; code does not belong there."""
    for name in sorted(NAMES, key=len, reverse=True):
        text = re.sub(rf"\b{name}\b", NAMES[name], text)
    return text


def formatted(text: str, name: str) -> str:
    """The text as the project's formatter writes it: shorter lines fold differently."""
    run = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(PACKAGE / name), "-"],
        input=text, capture_output=True, text=True, check=True, cwd=PACKAGE.parent,
    )  # fmt: skip
    return run.stdout


def target_of(source: str) -> str:
    """The file that is derived from a source; it lies beside it."""
    return source.replace("_async.py", "_blocking.py")


def main(arguments: list[str]) -> int:
    """Write the derived files, or compare them."""
    used: set[str] = set()
    stale = []
    for source in FILES:
        target = target_of(source)
        text = HEADER.format(source=Path(source).name) + derive((PACKAGE / source).read_text("utf-8"), used)
        text = formatted(text, target)
        path = PACKAGE / target
        if "--check" not in arguments:
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            stale.append(target)
    unused = sorted(set(NAMES) - used)
    for name in unused:
        print(f"derive_blocking: the rule for {name} is never used: remove it", file=sys.stderr)
    for name in stale:
        print(f"derive_blocking: {name} is not what its source derives to: run the derive task", file=sys.stderr)
    return 1 if unused or stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
