"""llama.cpp's HTTP server in a child process. It reads an order on standard input and prints its address.

Run as a script, with only the standard library and xllamacpp. It ends when its standard input is closed, and so with
its parent. It is a separate process for two reasons. xllamacpp holds the interpreter lock while the weights load, and a
gateway has to answer meanwhile. And a process can be killed at any moment.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Protocol, TypedDict, cast

__all__ = ["Order"]


class Order(TypedDict):
    """An order to the child: the GGUF file to serve, its alias, the key of its clients, and a chat template."""

    weights: str
    alias: str
    key: str
    template: str | None
    context_tokens: int
    answer_tokens: int
    slots: int
    threads: int


def main() -> None:
    """Serve the model that the first line of standard input orders, until standard input is closed."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # llama.cpp's own prints go to standard error
    order: Order = json.loads(sys.stdin.readline())
    try:
        server = _serve(cast("_Library", importlib.import_module("xllamacpp")), order)
    except (ImportError, RuntimeError) as error:
        json.dump({"error": str(error)}, answers)
        return
    print(json.dumps({"address": server.listening_address}), file=answers, flush=True)
    sys.stdin.read()
    os._exit(0)  # does not wait for answers under way


def _serve(library: _Library, order: Order) -> _Server:
    params = library.CommonParams()
    params.model.path = order["weights"]
    params.model_alias = {order["alias"]}
    params.api_keys = [order["key"]]
    params.n_ctx = order["slots"] * order["context_tokens"]
    params.n_predict = order["answer_tokens"]
    params.n_parallel = order["slots"]
    params.kv_unified = False  # with a cache shared between slots, `n` above 1 corrupts later answers
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = order["threads"]
    params.cpuparams.poll = params.cpuparams_batch.poll = 0  # do not spin while waiting
    params.sampling.temp = 0.0
    if order["template"] is not None:
        params.chat_template = order["template"]
    _keep_to_chat(params)
    return library.Server(params)


def _keep_to_chat(params: _Params) -> None:
    """Set a free port; switch off pages, foreign origins, the prompt cache and logging."""
    params.port = 0
    params.ui = False
    params.endpoint_slots = False
    params.cors_origins = ""
    params.cache_ram_mib = 0
    params.verbosity = 0


class _Model(Protocol):
    path: str


class _Cpu(Protocol):
    n_threads: int
    poll: int


class _Sampling(Protocol):
    temp: float


class _Params(Protocol):
    """The part of `xllamacpp.CommonParams` that this script sets."""

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
    """The part of `xllamacpp` that this script uses."""

    def CommonParams(self) -> _Params: ...  # noqa: N802  (its name, not ours)

    def Server(self, params: _Params) -> _Server: ...  # noqa: N802


if __name__ == "__main__":
    main()
