"""The docstring reader, compared with griffe and docstring_parser."""

from __future__ import annotations

import ast
import functools
import importlib.util
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import docstring_parser
import griffe
import pytest
from hypothesis import settings

from inference_gateway_sdk._schema.docstrings import read_docstring

pytestmark = pytest.mark.once

GOOGLE = """The weather of a city
    now.

    Not tomorrow's.

    Args:
        city (dict[str, int], optional): Its English name, which may
            be long.
        unit: One of:
            - celsius
            - fahrenheit
        *rest: More.

    Returns:
        degrees: Not a parameter.
    """
NUMPY = """The weather of a city now.

    Parameters
    ----------
    city : str, optional
        Its English name, which may
        be long.
    x, y : int
        A place.
    **rest
        More.

    Returns
    -------
    degrees : float
        Not a parameter.
    """
SPHINX = """The weather of a city now.

    :param str city: Its English name, which may
        be long.
    :param unit: A unit.
    :type unit: str
    :returns: Not a parameter.
    :rtype: float
    """


def test_google() -> None:
    """Sections, types with brackets, continuation lines and bullets are read."""
    read = read_docstring(GOOGLE)
    assert read.description == "The weather of a city now.\n\nNot tomorrow's."
    assert read.parameters == {
        "city": "Its English name, which may be long.",
        "unit": "One of:\n- celsius\n- fahrenheit",
        "rest": "More.",
    }


def test_numpy() -> None:
    """Underlined sections, several names on a line, and a name without a type are read."""
    read = read_docstring(NUMPY)
    assert read.description == "The weather of a city now."
    assert read.parameters == {
        "city": "Its English name, which may be long.",
        "x": "A place.",
        "y": "A place.",
        "rest": "More.",
    }


def test_sphinx() -> None:
    """Fields with and without a type, continuation lines, and fields of other kinds are read."""
    read = read_docstring(SPHINX)
    assert read.description == "The weather of a city now."
    assert read.parameters == {"city": "Its English name, which may be long.", "unit": "A unit."}


@pytest.mark.parametrize("text", [None, "", "   \n "])
def test_no_docstring_reads_as_nothing(text: str | None) -> None:
    """An absent or empty docstring has no description and no parameters."""
    assert read_docstring(text) == read_docstring(None)
    assert read_docstring(text).description == ""


def test_a_colon_in_prose_is_no_section() -> None:
    """A line that ends in a colon begins a section only if its title is known and an indented block follows."""
    read = read_docstring("Do this:\n\n    x: not a parameter\n\nArgs:\nNothing indented: here.")
    assert read.parameters == {}
    assert "Do this:" in read.description


# --- beside two established readers, on the docstrings of libraries that the checks need anyway

LIBRARIES = ["openai", "pydantic", "rich", "hypothesis", "jsonschema", "mcp", "griffe"]
STANDARD = ["importlib", "unittest", "concurrent"]
EVERY = 1 if settings.default.max_examples > 100 else 3  # every docstring in `poe test-long`
# Docstrings that both readers read wrongly, or that are malformed, with the reason.
EXPLAINED = {
    ("RichHandler", "console"): "both take `:class:` inside the type for the end of the name",
    ("RichHandler", "console ("): "the same",
    ("Segment", "style"): "the same",
    ("Segment", "style ("): "the same",
    ("_RefResolver", "remote_cache"): "both take `:func:` inside the type for the end of the name",
    ("_RefResolver", "urljoin_cache"): "the same",
    ("_normalize_indexes", "v_length"): "both count the examples after the fields as part of the last one",
}


# Every word that opens a section of parameters, or a field of one, in any of the three styles.
_PARAMETERS = re.compile(r"args|argument|param|attributes|:(?:arg|key|keyword|ivar|cvar|var)\b", re.IGNORECASE)


@functools.cache
def docstrings(library: str) -> list[tuple[str, str]]:
    """Yield the name and docstring of every class and function of a library, read from its source."""
    return list(_docstrings(library))


def _docstrings(library: str) -> Iterator[tuple[str, str]]:
    spec = importlib.util.find_spec(library)
    assert spec is not None and spec.origin is not None
    origin = Path(spec.origin)
    files = sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]
    for file in files:
        try:
            source = file.read_text("utf-8")
            if not _PARAMETERS.search(source):
                continue  # no docstring in it documents a parameter: most of openai's generated types
            tree = ast.parse(source)
        except (SyntaxError, UnicodeDecodeError):
            continue  # files that are malformed on purpose, for tests of tools
        for node in _definitions(tree):
            text = ast.get_docstring(node)
            if text:
                yield node.name, text


def _definitions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Yield every class and function; expressions are not walked, because only statements hold them."""
    pending: list[ast.AST] = [tree]
    while pending:
        for node in ast.iter_child_nodes(pending.pop()):
            if isinstance(node, (ast.stmt, ast.excepthandler, ast.match_case)):
                pending.append(node)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                yield node


def flat(text: str | None) -> str | None:
    """Return a text without its line breaks."""
    return None if text is None else " ".join(text.split())


def by_griffe(text: str) -> dict[str, str | None]:
    """Return the parameters in the style in which griffe finds most."""
    best: dict[str, str | None] = {}
    for parser in (griffe.Parser.google, griffe.Parser.numpy, griffe.Parser.sphinx):
        found: dict[str, str | None] = {}
        for section in griffe.Docstring(text, lineno=1).parse(parser):
            if section.kind.value in {"parameters", "other parameters", "attributes"}:
                for one in section.value:
                    found.setdefault(one.name.lstrip("*"), flat(one.description))
        best = max(best, found, key=len)
    return best


def by_docstring_parser(text: str) -> dict[str, str | None]:
    """Return the parameters that docstring_parser finds."""
    try:
        read = docstring_parser.parse(text)
    except docstring_parser.ParseError:
        return {}
    return {one.arg_name.lstrip("*"): flat(one.description) or "" for one in read.params}


@pytest.fixture(autouse=True)
def _quiet_griffe() -> Iterator[None]:
    """Silence griffe, which logs each section that it cannot parse."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.hypothesis  # reads three times as many in `poe test-long`
@pytest.mark.parametrize("library", LIBRARIES + STANDARD)
def test_parameters_read_as_griffe_or_docstring_parser_reads_them(library: str) -> None:
    """Every parameter's text equals that of one of the two, except for the explained ones."""
    different: list[tuple[str, str, object, object, object]] = []
    for name, text in docstrings(library)[::EVERY]:
        mine = {key: flat(value) for key, value in read_docstring(text).parameters.items()}
        if not mine and ":param" not in text and "arameters" not in text and "Args" not in text:
            continue
        griffes, parsers = by_griffe(text), by_docstring_parser(text)
        for key in mine.keys() | griffes.keys():
            found, one, other = mine.get(key), griffes.get(key), parsers.get(key)
            if found not in (one, other) and (name, key) not in EXPLAINED:
                different.append((name, key, found, one, other))
    assert not different, different[:5]


def test_the_differential_test_reads_what_it_claims() -> None:
    """The corpus is large, and has styles other than Google's."""
    texts = [text for library in LIBRARIES for _, text in docstrings(library)]
    assert sum("Args:" in text for text in texts) > 1000
    assert sum(":param" in text for text in texts) > 20
    assert sum("Parameters\n---" in text for text in texts) > 5
