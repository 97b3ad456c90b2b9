"""The tool that derives the blocking client: dropped, renamed and unchanged tokens, and refusals."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.once

STREAM = "_client/_blocking/stream.py"
SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "derive_blocking.py"


@pytest.fixture
def tool() -> ModuleType:
    """Return the script as a module."""
    spec = importlib.util.spec_from_file_location("derive_blocking", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("source", "derived"),
    [
        ("async def f():\n    return await g()\n", "def f():\n    return g()\n"),
        ("async with a as b:\n    pass\n", "with a as b:\n    pass\n"),
        ("[x async for x in y]\n", "[x for x in y]\n"),
        ("class A(AsyncStream): ...\n", "class A(Stream): ...\n"),
        ("raise StopAsyncIteration\n", "raise StopIteration\n"),
        ("self.aclose()\n", "self.close()\n"),
        ("x = 'await AsyncStream'  # await\n", "x = 'await AsyncStream'  # await\n"),
        ("x = f'{await_}'\n", "x = f'{await_}'\n"),
        ("my_async = awaited\n", "my_async = awaited\n"),
        ('"""An AsyncStream."""\n', '"""An Stream."""\n'),
        ('__all__ = ["AsyncStream"]\n', '__all__ = ["Stream"]\n'),
        ("x = (await a,\n     await b)\n", "x = (a,\n     b)\n"),
    ],
)
def test_a_source_derives_token_by_token(tool: ModuleType, source: str, derived: str) -> None:
    """Keywords are dropped, names are changed, and strings and comments stay whole."""
    assert tool.derive(source, set()) == derived


def test_an_unused_rule_is_an_error(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rule that nothing uses fails the check, so that the table of names stays accurate."""
    monkeypatch.setitem(tool.NAMES, "AsyncNothing", "Nothing")
    assert tool.main(["--check"]) == 1
    assert "AsyncNothing is never used" in capsys.readouterr().err


def test_a_truncated_file_is_noticed(
    tool: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A derived file that ends early is stale, because whole texts are compared."""
    for folder in tool.FOLDERS:
        for path in (tool.PACKAGE / folder).parent.glob("_*/*.py"):
            name = path.relative_to(tool.PACKAGE)
            text = path.read_text("utf-8")
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text[: len(text) // 2] if str(name) == STREAM else text, "utf-8")
    monkeypatch.setattr(tool, "formatted", lambda text, name: text)
    monkeypatch.setattr(tool, "PACKAGE", tmp_path)
    assert tool.main(["--check"]) == 1
    assert f"{STREAM} differs from its source" in capsys.readouterr().err
