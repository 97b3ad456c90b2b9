"""Build the documentation site: the pages of docs/, the changelog, and a reference made from the code.

    python scripts/docs_site.py              write build/docs, build build/site from it, and check the site
    python scripts/docs_site.py --pages      only write build/docs
    python scripts/docs_site.py --check      only check build/site

Needs the extra `docs`. Nothing is fetched: the theme's files are in its package, and the search runs in the browser.
"""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "inference_gateway_sdk"
PAGES, SITE = ROOT / "build" / "docs", ROOT / "build" / "site"
NAME = "inference_gateway_sdk"

# The page of each name of the root, by the start of its module's name. The first match counts.
PLACES = (
    ("_client._blocking.client", "client"),
    ("_client._async.client", "async-client"),
    ("_client._blocking.api", "client"),
    ("_client._async.api", "async-client"),
    ("_client._blocking", "streams"),
    ("_client._async", "streams"),
    ("_streams", "streams"),
    ("_wire.deltas", "streams"),
    ("_wire.sse", "streams"),
    ("errors", "errors"),
    ("_run", "runs"),
    ("_tools", "runs"),
    ("_schema", "runs"),
    ("_generated.chat", "chat-types"),
    ("_generated.messages", "messages-types"),
    ("_generated.responses", "responses-types"),
    ("_generated.params", "parameters"),
    ("_generated", "other-types"),
    ("", "values"),
)
TITLES = {
    "client": ("The client", "`InferenceGatewayClient`: its options, and every method with its parameters."),
    "async-client": ("The async client", "`AsyncInferenceGatewayClient`, the same with `await`."),
    "options": ("Options of a call", "Options that every method accepts."),
    "streams": ("Streams", "The objects that streaming methods return, deltas, and dialects of custom calls."),
    "runs": ("Runs and tools", "Runs, transcripts, tools and typed output."),
    "errors": ("Errors", "Every exception, with its base classes and attributes."),
    "values": ("Values and settings", "Timeouts, retry policies, costs, ledgers, watchers, calls and helpers."),
    "parameters": ("Parameter types", "The keyword arguments of each endpoint, as typed dictionaries."),
    "chat-types": ("Types of chat completions", "Requests, answers and chunks of chat completions."),
    "messages-types": ("Types of Messages", "Requests, answers and events of Messages."),
    "responses-types": ("Types of Responses", "Requests, answers and events of Responses."),
    "other-types": ("Types of other endpoints", "Models, images, audio, videos, MCP, metrics and errors."),
}
MODULES = {  # public submodules whose names the root does not have
    "testing": ("Testing", "The scripted gateway, cassettes and fixtures."),
    "testing.cassettes": ("Cassettes", "Recorded exchanges and their parts."),
    "embedded": ("The embedded gateway", "The gateway in this process, its settings and providers."),
    "embedded.faults": ("Faults", "Faults that the embedded gateway injects."),
    "inspector": ("The traffic page", "The middleware that serves the traffic page."),
    "telemetry": ("Telemetry", "Watchers that pass measurements on."),
    "transport": ("Transports", "The interface of custom transports, and their failures."),
}
INTERNAL = {"cli", "embedded.endpoints", "embedded.mcp", "embedded.providers", "embedded.providers.scripts"}
INTERNALS = (
    "architecture captures changelog contract gateway-behaviour gateway-mcp glossary index performance transport"
)
RANKS = dict.fromkeys(INTERNALS.split(), 0.3) | {"configuration": 2.0}  # of pages in the search; 1 by default
_RANK = "---\nsearch:\n  boost: {boost}\n---\n\n"
_RENDERED = """::: {path}
    options:
      heading_level: 2
"""


def homes() -> dict[str, str]:
    """Return the module of each name of the root, without the package's name."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {alias.asname or alias.name: node.module or "" for alias in node.names}
    return found


def names(module: str = "") -> list[str]:
    """Return the public names of the package or of one of its modules."""
    found: list[str] = importlib.import_module(f"{NAME}.{module}" if module else NAME).__all__
    return sorted(found)


def modules() -> dict[str, tuple[str, str]]:
    """Return the title and the summary of each public submodule. Packages without a title here have their name."""
    found = dict(MODULES)
    for path in sorted(PACKAGE.rglob("__init__.py")):
        name = ".".join(path.parent.relative_to(PACKAGE).parts)
        if name and name not in {*found, *INTERNAL} and not re.search(r"(^|\.)_", name):
            summary = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n")[0]
            found[name] = (f"The module {name}", summary)
    return found


def placed() -> dict[str, list[str]]:
    """Return the full paths of all public names, by page of the reference."""
    pages: dict[str, list[str]] = {page: [] for page in TITLES}
    where = homes()
    for name in names():
        home = where.get(name, "")
        pages[next(page for start, page in PLACES if home.startswith(start))].append(f"{NAME}.{name}")
    for page in ("client", "async-client"):
        pages[page].sort(key=lambda path: path.endswith("API"))  # the class to use, then its protocol
    pages["options"] = [f"{NAME}._client.params.CallOptions"]
    known = set(names())
    for module in modules():
        shown = [name for name in names(module) if name not in known]
        pages[module.replace(".", "-")] = [f"{NAME}.{module}.{name}" for name in shown]
        known |= set(shown) if module != "embedded" else set()
    return {page: paths for page, paths in pages.items() if paths}


def write_pages() -> None:
    """Write the sources of the site."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(ROOT / "docs", PAGES)
    shutil.copytree(ROOT / "scripts" / "docs_assets", PAGES / "assets")
    (PAGES / "changelog.md").write_text(from_root((ROOT / "CHANGELOG.md").read_text("utf-8")), "utf-8")
    for path in PAGES.glob("*.md"):
        rank = _RANK.format(boost=RANKS[path.stem]) if path.stem in RANKS else ""
        path.write_text(rank + outward(path.read_text("utf-8")), "utf-8")
    reference = PAGES / "reference"
    reference.mkdir()
    titles = {**TITLES, **{module.replace(".", "-"): title for module, title in modules().items()}}
    pages = placed()
    for page, paths in pages.items():
        title, summary = titles[page]
        blocks = "\n".join(_RENDERED.format(path=path) for path in paths)
        rank = _RANK.format(boost=0.05 if page.endswith("types") else 0.2)  # fields have the names of anything
        (reference / f"{page}.md").write_text(f"{rank}# {title}\n\n{summary}\n\n{blocks}", "utf-8")
    (reference / "index.md").write_text(overview(pages, titles), "utf-8")
    write_settings([{titles[page][0]: f"reference/{page}.md"} for page in pages])


def write_settings(reference: list[dict[str, str]]) -> None:
    """Write the settings of the build: those of mkdocs.yml, and a navigation with every page.

    Pages of docs/ that mkdocs.yml does not list get a section of their own, and a link on the first page.
    """
    nav: list[Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]
    listed = re.findall(r"[\w-]+\.md", str(nav))
    more = [path for path in sorted(PAGES.glob("*.md")) if path.name not in listed]
    pages = "".join(f"- [{title}]({place})\n" for page in reference for title, place in page.items())
    added = f"\n## Reference\n\n- [Every public name](reference/index.md)\n{pages}- [Changelog](changelog.md)\n"
    if more:
        nav.insert(-1, {"More": [path.name for path in more]})
        links = "".join(
            f"- [{path.read_text('utf-8').partition('# ')[2].partition(chr(10))[0]}]({path.name})\n" for path in more
        )
        added = f"\n## More\n\n{links}{added}"
    with (PAGES / "index.md").open("a", encoding="utf-8") as index:
        index.write(added)
    nav.insert(-1, {"Reference": ["reference/index.md", *reference]})
    settings = {"INHERIT": "../mkdocs.yml", "docs_dir": PAGES.name, "site_dir": SITE.name, "nav": nav}
    (PAGES.parent / "mkdocs.yml").write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")


def overview(pages: dict[str, list[str]], titles: dict[str, tuple[str, str]]) -> str:
    """Return the first page of the reference: each page, and each name with a link."""
    lines = ["# API reference\n", "Made from the code: every public name, its parameters and its documentation.\n"]
    for page, paths in pages.items():
        title, summary = titles[page]
        links = ", ".join(f"[`{path.rpartition('.')[2]}`]({page}.md#{path})" for path in paths)
        lines.append(f"## [{title}]({page}.md)\n\n{summary}\n\n{links}\n")
    types = "`inference_gateway_sdk.types` and `inference_gateway_sdk.errors` have the same types and errors."
    return _RANK.format(boost=0.05) + "\n".join([*lines, f"## Modules of types and errors\n\n{types}\n"])


def outward(text: str) -> str:
    """Return a page of docs/ whose links to files beside docs/ lead to the repository."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = text.replace("](../CHANGELOG.md", "](changelog.md")
    return re.sub(r"\]\(\.\./", f"]({project['urls']['Homepage']}/blob/main/", text)


def from_root(text: str) -> str:
    """Return a page of the repository's root whose links fit into docs/."""
    return outward(re.sub(r"\]\((?!https?:|#|docs/)", "](../", text).replace("](docs/", "]("))


def build() -> int:
    """Build the site from its sources, and return the exit code. Any warning is an error."""
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-f", "build/mkdocs.yml"]
    environ = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


def main(arguments: list[str]) -> int:
    """Write, build and check as the arguments ask; return 1 if anything is wrong."""
    if "--check" not in arguments:
        sys.path.insert(0, str(ROOT / "src"))
        write_pages()
        if "--pages" in arguments:
            return 0
        if code := build():
            return code
    from docs_check import problems

    sys.path.insert(0, str(ROOT / "src"))
    found = problems(SITE, {path for paths in placed().values() for path in paths})
    print("\n".join(found) or f"{len(list(SITE.rglob('*.html')))} pages in {SITE.relative_to(ROOT)}: no problem found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
