"""llama.cpp's HTTP server in a process of its own: an order on the standard input, its address on the standard output.

Run as a script, with the standard library and xllamacpp alone. It ends when its standard input does, and so with
whoever started it. It is a process because xllamacpp holds the interpreter for as long as the weights load, while a
gateway has to answer; and because a process can be ended at any moment.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Protocol, TypedDict, cast

__all__ = ["Order"]


class Order(TypedDict):
    """What to serve: a GGUF file under a name, to clients with the key, with another chat template than the file's."""

    weights: str
    alias: str
    key: str
    template: str | None
    context_tokens: int
    answer_tokens: int
    slots: int
    threads: int


def main() -> None:
    """Serve what the first line of the standard input orders, until there is no more input."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever llama.cpp prints must not stand among the answers
    order: Order = json.loads(sys.stdin.readline())
    try:
        server = _serve(cast("_Library", importlib.import_module("xllamacpp")), order)
    except (ImportError, RuntimeError) as error:
        json.dump({"error": str(error)}, answers)
        return
    print(json.dumps({"address": server.listening_address}), file=answers, flush=True)
    sys.stdin.read()
    os._exit(0)  # an answer may be under way: there is nothing to wait for


def _serve(library: _Library, order: Order) -> _Server:
    params = library.CommonParams()
    params.model.path = order["weights"]
    params.model_alias = {order["alias"]}
    params.api_keys = [order["key"]]
    params.n_ctx = order["slots"] * order["context_tokens"]
    params.n_predict = order["answer_tokens"]
    params.n_parallel = order["slots"]
    params.kv_unified = False  # in a cache that slots share, an `n` above 1 spoils answers that come later
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = order["threads"]
    params.cpuparams.poll = params.cpuparams_batch.poll = 0  # waiting costs nothing
    params.sampling.temp = 0.0
    if order["template"] is not None:
        params.chat_template = order["template"]
    _keep_to_chat(params)
    return library.Server(params)


def _keep_to_chat(params: _Params) -> None:
    """A free port, no pages, no foreign origins, no memory put aside, no word said."""
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


if __name__ == "__main__":
    main()
