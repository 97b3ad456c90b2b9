"""`igw serve` started once for all tests: with scripted providers, and with the smoke-test model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from official.served import SERVE, SERVE_SCRIPTED, served

if TYPE_CHECKING:
    from inference_gateway_sdk.embedded.weights import Place


@pytest.fixture(scope="session")
def scripted_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of `igw serve --scripted`, which has no weights for a local model."""
    folder = tmp_path_factory.mktemp("official")
    with served(folder / "output.log", SERVE_SCRIPTED, XDG_CACHE_HOME=str(folder)) as url:
        yield url


@pytest.fixture(scope="session")
def local_url(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of `igw serve` with the smoke-test model; it may be slow on a busy machine."""
    environ = {"SERVER_READ_TIMEOUT": "300s", "CLIENT_RESPONSE_HEADER_TIMEOUT": "300s", "INFERENCE_GATEWAY_WEIGHTS": ""}
    assert place.ready
    with served(tmp_path_factory.mktemp("local") / "output.log", SERVE, **environ) as url:
        yield url


@pytest.fixture(scope="module")
def play() -> Iterator[Callable[..., Any]]:
    """Play a scenario with a face, which is kept with its connections for the next one."""
    with asyncio.Runner() as runner:
        faces: dict[Any, Any] = {}

        def play(kind: type, scenario: str, *arguments: Any) -> Any:
            if (kind, arguments) not in faces:
                faces[kind, arguments] = runner.run(_made(kind, *arguments))
            return runner.run(getattr(faces[kind, arguments], scenario)())

        yield play
        for face in faces.values():
            runner.run(face.close())


async def _made(kind: type, *arguments: Any) -> Any:
    return kind(*arguments)
