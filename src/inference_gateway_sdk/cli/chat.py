"""`igw chat`: one answer, or a session at the terminal."""

from __future__ import annotations

import contextlib
import importlib
import sys
from pathlib import Path  # noqa: TC003  (typer reads the annotations at run time)
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from ..errors import GatewayError
from .connection import connected, connected_locally
from .options import (
    BaseUrl,
    MaxTokens,
    Prompt,
    Provider,
    System,
    Temperature,
    Weights,
    read_prompt,
)
from .output import Printer, UsageError, echo_err, print_error

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .. import InferenceGatewayClient

__all__ = ["ChatSession", "chat", "run_session"]


class _Answered(TypedDict):
    role: str
    content: str


class _ChatParams(TypedDict, total=False):
    max_tokens: int
    temperature: float


class ChatSession:
    """A chat with a history of questions and answers.

    Args:
        client: The client.
        model: The model.
        provider: The provider; None when the model's name includes it.
        system: The system message.
        max_tokens: The largest number of tokens in an answer.
        temperature: The sampling temperature.
    """

    def __init__(
        self,
        client: InferenceGatewayClient,
        model: str,
        provider: str | None = None,
        system: str | None = None,
        *,
        max_tokens: int | None = None,
        temperature: float | None = None,
    ) -> None:
        self.model = model
        self._client = client
        self._provider = provider
        self._opening: list[_Answered] = [{"role": "system", "content": system}] if system else []
        self._history: list[_Answered] = []
        self._params: _ChatParams = {}
        if max_tokens is not None:
            self._params["max_tokens"] = max_tokens
        if temperature is not None:
            self._params["temperature"] = temperature

    def reset(self) -> None:
        """Clear the history."""
        self._history.clear()

    def ask(self, question: str) -> None:
        """Print the answer as it arrives. The part that arrived is added to the history, also after an error.

        Raises:
            GatewayError: The gateway refused, did not answer, or stopped in the middle.
            KeyboardInterrupt: The user interrupted the answer.
        """
        asked: _Answered = {"role": "user", "content": question}
        printer = Printer()
        messages = [*self._opening, *self._history, asked]
        try:
            with self._client.generate_content_stream(
                self.model, messages, provider=self._provider, **self._params
            ) as stream:
                printer.show(stream.deltas())
        finally:
            if printer.text:
                answered: _Answered = {"role": "assistant", "content": printer.text}
                self._history.extend((asked, answered))


_PROMPT = "> "


def run_session(conversation: ChatSession) -> None:
    """Answer questions in a loop. An error or a Ctrl-C ends an answer, not the session."""
    with contextlib.suppress(ImportError):
        importlib.import_module("readline")  # for line editing, where the platform has it
    commands = "Ctrl-C stops an answer, /reset clears the history, /exit or Ctrl-D leaves"
    echo_err(f"chatting with {conversation.model}; {commands}")
    while (line := _read_line()) is not None:
        match line.strip():
            case "":
                continue
            case "/exit":
                return
            case "/reset":
                conversation.reset()
                echo_err("history cleared")
            case question:
                _answer_prompt(conversation, question)


def _answer_prompt(conversation: ChatSession, question: str) -> None:
    try:
        conversation.ask(question)
    except KeyboardInterrupt:
        echo_err("stopped")
    except GatewayError as error:
        print_error(error)


def _read_line() -> str | None:
    """Return the next line, "" after a Ctrl-C, or None at the end of input."""
    try:
        if sys.stdout.isatty():
            return input(_PROMPT)
        print(_PROMPT, end="", file=sys.stderr, flush=True)  # standard output is for answers only
        return input()
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return ""
    except EOFError:
        print(file=sys.stderr)
        return None


Local = Annotated[
    bool, typer.Option("--local", help="Use the smoke-test model in this process: no key, no gateway, no network.")
]
ChatModelName = Annotated[
    str | None, typer.Option("--model", "-m", metavar="MODEL", help="The name as in igw models: provider/name.")
]


def chat(
    prompt: Prompt = None,
    *,
    local: Local = False,
    model: ChatModelName = None,
    provider: Provider = None,
    base_url: BaseUrl = None,
    system: System = None,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    weights: Weights = None,
) -> None:
    """Chat with a model: once with PROMPT, or in a session without."""
    prompt_text = read_prompt(prompt, "chat")
    if local and (base_url or provider):
        raise UsageError("--local starts its own gateway: leave out --base-url and --provider")
    if weights and not local:
        raise UsageError("--weights needs --local: add --local, or leave out --weights")
    with _connect(base_url, weights, local=local) as client:
        chosen = model or _only_model(client, provider)
        conversation = ChatSession(client, chosen, provider, system, max_tokens=max_tokens, temperature=temperature)
        if prompt_text is None:
            run_session(conversation)
        else:
            conversation.ask(prompt_text)


def _connect(
    base_url: str | None, weights: Path | None, *, local: bool
) -> AbstractContextManager[InferenceGatewayClient]:
    return connected_locally(weights) if local else connected(base_url)


def _only_model(client: InferenceGatewayClient, provider: str | None) -> str:
    """Return the gateway's only model.

    Raises:
        UsageError: The gateway has several models, or none.
    """
    listed = client.list_models(provider).data
    if len(listed) == 1:
        return listed[0].id
    what = f"{client.base_url} offers {len(listed)} models"
    if not listed:
        raise UsageError(f"{what}: is a provider configured?", "name a model with --model provider/name")
    raise UsageError(what, f"choose with --model, such as --model {listed[0].id}; igw models lists them")
