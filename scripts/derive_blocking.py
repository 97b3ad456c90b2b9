"""Derive the blocking code from the async code: every `_blocking/` folder from the neighbouring `_async/` folder.

First the protocol of the async client, `_client/_async/api.py`, is derived from the signatures of its methods.

The async files are the source. This tool works on tokens. It drops `async` and `await`, and renames by rule:
`AsyncStream` becomes `Stream`, `async_notify` becomes `notify`, `_async` becomes `_blocking`. A short table holds the
names of the language (`__aenter__`, `StopAsyncIteration`). Strings and comments are unchanged, except names and code in
docstrings. The tool fails if a row of the table is never used, and `--check` compares whole texts.

    python scripts/derive_blocking.py            write the derived files
    python scripts/derive_blocking.py --check    exit 1 if a derived file differs from its source
"""

from __future__ import annotations

import ast
import io
import itertools
import re
import subprocess
import sys
import tokenize
from pathlib import Path
from typing import TypeGuard

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "inference_gateway_sdk"
FOLDERS = ("_client/_async", "testing/cassettes/_async")
NAMES = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "StopAsyncIteration": "StopIteration",
    "aclose": "close",
    "aclosing": "closing",
}
HEADER = "# Derived from {source} by scripts/derive_blocking.py: do not edit.\n"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
API = "_client/_async/api.py"
METHODS = ("client", "dialects", "gateway", "media")  # modules whose classes make up the async client
NOT_IN_API = {"aclose", "base_url", "diagnose", "estimate", "explain", "load_prices", "open", "price_of", "routes",
              "with_max_tokens", "with_options", "with_token", "with_tools"}  # fmt: skip
API_HEAD = '''\
"""The protocol of the client, for functions that accept the client or a stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, overload, runtime_checkable

if TYPE_CHECKING:
{imports}

__all__ = ["AsyncInferenceGatewayAPI"]

T = TypeVar("T")


@runtime_checkable
class AsyncInferenceGatewayAPI(Protocol):
    """The methods of a client. `AsyncInferenceGatewayClient` implements this protocol.

    Methods that copy or close a client, those for costs and routes, and `open` are not part of it: a stand-in need not
    have them.
    """

'''
_RULES = ((re.compile(r"(_?)Async([A-Z]\w*)"), r"\1\2"), (re.compile(r"(_?)async_(\w+)"), r"\1\2"))
_CODE = re.compile(r"\b(?:async (?=with\b|for\b|def\b)|await )")


def renamed(name: str) -> str:
    """Return the blocking form of an identifier, or itself if no rule applies."""
    if name in NAMES:
        return NAMES[name]
    for rule, form in _RULES:
        if rule.fullmatch(name):
            return rule.sub(form, name)
    return name


def derive(text: str, used: set[str]) -> str:
    """Return the blocking form of an async source, and add the table rows it used to `used`."""
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
        if not new:  # `async` and `await` are removed with the space after them
            end = starts[following.start[0] - 1] + following.start[1]
        out += (text[done:start], new)
        done = end
    return "".join((*out, text[done:]))


def _blocking(token: tokenize.TokenInfo, used: set[str]) -> str | None:
    """Return the replacement of a token in the blocking file, or None to keep it."""
    if token.type == tokenize.NAME:
        if token.string in ("async", "await"):
            return ""
        new = renamed(token.string)
        used.update({token.string} & set(NAMES))
        return None if new == token.string else new
    if token.type == tokenize.STRING and token.string.startswith('"""'):
        return re.sub(r"\w+", lambda match: renamed(match[0]), _CODE.sub("", token.string))
    if (
        token.type == tokenize.STRING
        and token.string.startswith(chr(34))
        and token.string.strip(chr(34)).isidentifier()
    ):
        return f'"{renamed(token.string.strip(chr(34)))}"'
    return None


def formatted(text: str, name: str) -> str:
    """Return the text with imports sorted and lines wrapped by the project's formatter."""
    for command in (("check", "--select", "I,RUF022", "--fix", "--quiet"), ("format",)):
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(PACKAGE / name), "-"],
            input=text, capture_output=True, text=True, check=True, cwd=PACKAGE.parent,
        )  # fmt: skip
        text = run.stdout
    return text


def derive_api() -> str:
    """Return the protocol of the async client: each public method's signature and the first line of its docstring."""
    homes: dict[str, str] = {}
    methods: list[str] = []
    for module in METHODS:
        source = (PACKAGE / "_client/_async" / f"{module}.py").read_text("utf-8")
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                homes |= {alias.name: "." * node.level + (node.module or "") for alias in node.names}
        for owner in tree.body:
            if isinstance(owner, ast.ClassDef):
                methods += _signatures([node for node in owner.body if _is_api_method(node)], source)
    body = "\n".join(methods)
    words = set(re.findall(r"\w+", body))
    known = {"TYPE_CHECKING", "Any", "Literal", "TypeVar", "overload"}
    imports = [f"    from {home} import {name}" for name, home in homes.items() if name in words - known]
    return HEADER.format(source="the methods of the client") + API_HEAD.format(imports="\n".join(imports)) + body


def _is_api_method(node: ast.stmt) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    if not isinstance(node, FUNCTIONS):
        return False
    return not node.name.startswith("_") and node.name not in NOT_IN_API


def _signatures(nodes: list[ast.FunctionDef | ast.AsyncFunctionDef], source: str) -> list[str]:
    """Return methods without their bodies; an overloaded method is replaced by its overloads."""
    found: list[str] = []
    overloaded = {node.name for node in nodes if _is_overload(node)}
    for node in nodes:
        if _is_overload(node):
            found.append("    @overload\n" + _head(node, source).removesuffix("...").rstrip() + " ...\n")
        elif node.name not in overloaded:
            if not (text := ast.get_docstring(node)):
                raise ValueError(f"{node.name}: a method of the client needs a docstring")
            found.append(f'{_head(node, source)}\n        """{text.splitlines()[0]}"""\n        ...\n')
    return found


def _is_overload(node: ast.stmt) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, FUNCTIONS) and any(
        isinstance(one, ast.Name) and one.id == "overload" for one in node.decorator_list
    )


def _head(node: ast.FunctionDef | ast.AsyncFunctionDef, source: str) -> str:
    """Return the lines from `def` to the colon."""
    body = node.body[0]
    if body.lineno == (node.returns or node).end_lineno:  # `-> Run[str]: ...`
        return "\n".join(source.splitlines()[node.lineno - 1 : body.lineno])
    return "\n".join(source.splitlines()[node.lineno - 1 : body.lineno - 1])


def derived_files(used: set[str]) -> dict[str, str]:
    """Return the text of every derived file, by its path in the package."""
    api = formatted(derive_api(), API)
    files = {API: api}
    for folder in FOLDERS:
        sources = {f"{folder}/{path.name}": path.read_text("utf-8") for path in (PACKAGE / folder).glob("*.py")}
        if API.startswith(folder):
            sources[API] = api
        for source, content in sorted(sources.items()):
            target = source.replace("_async/", "_blocking/")
            body = derive(content.removeprefix(HEADER.format(source="the methods of the client")), used)
            text = HEADER.format(source=f"../_async/{Path(source).name}") + body
            files[target] = formatted(text, target)
    return files


def main(arguments: list[str]) -> int:
    """Write the derived files, or compare them."""
    used: set[str] = set()
    files = derived_files(used)
    stale = []
    for target, text in files.items():
        path = PACKAGE / target
        if "--check" not in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            stale.append(target)
    for folder in FOLDERS:
        found = {
            str(path.relative_to(PACKAGE)) for path in (PACKAGE / folder.replace("_async", "_blocking")).glob("*.py")
        }
        stale += sorted(found - set(files))
    unused = sorted(set(NAMES) - used)
    for name in unused:
        print(f"derive_blocking: the row for {name} is never used: remove it", file=sys.stderr)
    for name in stale:
        print(f"derive_blocking: {name} differs from its source: run `poe derive`", file=sys.stderr)
    return 1 if unused or stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
