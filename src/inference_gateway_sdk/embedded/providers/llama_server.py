"""A GGUF file turned into llama.cpp's own HTTP server, running in this process on a free loopback port."""

from __future__ import annotations

import gc
import importlib
import os
import secrets
import socket
from typing import TYPE_CHECKING, Protocol, cast

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CONTEXT_TOKENS", "LlamaServer", "LlamaServerError", "start"]

CONTEXT_TOKENS = 4096
_SLOTS = 2  # answers at once; more wait
_ANSWER_TOKENS = 512  # unless the request says: a model this small may never stop by itself

# With the file's own template the model rambles; with this system prompt and temperature 0 it answers.
_TEMPLATE = (
    "{% if not messages or messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}"
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


class LlamaServerError(Exception):
    """llama.cpp did not start; the text says why."""


class LlamaServer(Struct):
    """A running server.

    Attributes:
        url: Its address, with /v1.
        key: What it wants as a bearer token: only this process knows it.
    """

    url: str
    key: str
    _native: _Server | None

    def stop(self) -> None:
        """End it, with whatever it is answering, in a fraction of a second. May be called twice."""
        self._native = None
        gc.collect()  # the server ends when its last reference goes, and it may be part of a cycle


def start(weights: Path, *, alias: str, own_template: bool) -> LlamaServer:
    """Load the weights and serve them; takes about a second.

    Args:
        weights: A GGUF file.
        alias: The name it goes by.
        own_template: Use the chat template inside the file, not the smoke-test model's.

    Raises:
        LlamaServerError: The file is not usable, xllamacpp is missing, or llama.cpp refused.
    """
    _check(weights)
    library = _library()
    key = secrets.token_urlsafe(16)
    params = library.CommonParams()
    _configure(params, alias, key)
    params.model.path = str(weights)
    if not own_template:
        params.chat_template = _TEMPLATE
    try:
        server = library.Server(params)
    except RuntimeError as error:
        raise LlamaServerError(f"llama.cpp could not serve {weights}: {error}") from error
    return LlamaServer(f"{server.listening_address}/v1", key, server)


def _check(weights: Path) -> None:
    """Look first at what llama.cpp would answer with one and the same opaque error."""
    try:
        with weights.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise LlamaServerError(f"cannot read the weights at {weights}: {error.strerror or error}") from error
    if magic != b"GGUF":
        raise LlamaServerError(f"{weights} is not a GGUF file")
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
    except OSError as error:
        raise LlamaServerError(f"no free port on 127.0.0.1: {error.strerror or error}") from error


def _library() -> _Library:
    try:
        return cast("_Library", importlib.import_module("xllamacpp"))
    except ImportError as error:
        raise LlamaServerError(
            f"the smoke-test model needs xllamacpp: pip install 'inference-gateway-sdk[local]' ({error})"
        ) from error


def _configure(params: _Params, alias: str, key: str) -> None:
    params.port = 0
    params.model_alias = {alias}
    params.api_keys = [key]
    params.cors_origins = ""
    params.ui = False
    params.endpoint_slots = False
    params.verbosity = 0
    params.cache_ram_mib = 0
    params.n_parallel = _SLOTS
    params.kv_unified = True  # each slot may use the whole context while the other is idle
    params.n_ctx = CONTEXT_TOKENS
    params.n_predict = _ANSWER_TOKENS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = _threads()
    params.sampling.temp = 0.0


def _threads() -> int:
    """As many as this process may use, at most four: more do not make so small a model faster."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(4, usable))


class _Model(Protocol):
    path: str


class _Cpu(Protocol):
    n_threads: int


class _Sampling(Protocol):
    temp: float


class _Params(Protocol):
    """The part of `xllamacpp.CommonParams` that is set here."""

    model: _Model
    cpuparams: _Cpu
    cpuparams_batch: _Cpu
    sampling: _Sampling
    port: int
    model_alias: set[str]
    api_keys: list[str]
    cors_origins: str
    ui: bool
    endpoint_slots: bool
    verbosity: int
    cache_ram_mib: int
    n_parallel: int
    kv_unified: bool
    n_ctx: int
    n_predict: int
    chat_template: str


class _Server(Protocol):
    listening_address: str


class _Library(Protocol):
    """The part of `xllamacpp` that is used here."""

    def CommonParams(self) -> _Params: ...  # noqa: N802  (its name, not ours)

    def Server(self, params: _Params) -> _Server: ...  # noqa: N802
