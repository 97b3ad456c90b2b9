"""Run many short programs, each in its own process, without starting an interpreter for each.

One interpreter imports the package and forks for each program, which takes some 20 ms instead of half a second. The
program runs as `__main__`. At its end its threads are joined, its variables and cycles finalized, and its exit handlers
called. Only the package's own modules are not torn down, because that would take long.

Run as a script, this module is that interpreter. It reads a program as one line of JSON and answers with one line: its
outcome.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import tempfile
import threading
import traceback
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

__all__ = ["Interpreter", "Outcome", "interpreter"]

OPTIONS = ["-W", "error", "-W", "ignore::ResourceWarning"]
PACKAGE = "inference_gateway_sdk"


class Outcome(NamedTuple):
    """The end of a program."""

    returncode: int
    stdout: str
    stderr: str


class Interpreter:
    """An interpreter that runs programs, one after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, code: str, *arguments: str, cwd: Path) -> Outcome:
        """Run a program in the present environment.

        The return code is its exit status, or minus the number of the signal that killed it.
        """
        order = {"code": code, "arguments": ["-c", *arguments], "cwd": str(cwd), "environment": dict(os.environ)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return Outcome(**json.loads(self._process.stdout.readline()))


@contextmanager
def interpreter() -> Iterator[Interpreter]:
    """Start an interpreter for programs in which warnings are errors."""
    command = [sys.executable, *OPTIONS, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Interpreter(process)
        assert process.stdin is not None
        process.stdin.close()


def serve() -> None:
    """Read orders and answer them until standard input ends."""
    package = importlib.import_module(PACKAGE)
    for module in pkgutil.walk_packages(package.__path__, f"{PACKAGE}."):
        importlib.import_module(module.name)
    gc.collect()
    gc.freeze()
    while line := sys.stdin.readline():
        order = json.loads(line)
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            child = os.fork()
            if child == 0:
                enter(order, out.fileno(), err.fileno())
                execute(order["code"])
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            out.seek(0)
            err.seek(0)
            print(json.dumps(Outcome(status, out.read(), err.read())._asdict()), flush=True)


def execute(code: str) -> NoReturn:
    """Run a program and end the process as the interpreter would."""
    program = sys.modules["__main__"] = types.ModuleType("__main__")
    status = 0
    try:
        exec(compile(code, "<program>", "exec"), vars(program))
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
    except BaseException:
        traceback.print_exc()
        status = 1
    atexit._run_exitfuncs()
    vars(program).clear()
    gc.collect()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def enter(order: dict[str, Any], out: int, err: int) -> None:
    """Adopt the environment that the order describes."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["cwd"])
    sys.argv = order["arguments"]


if __name__ == "__main__":
    serve()
