"""`igw chat`: one answer, or a session at the terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, Unpack

import typer

from .. import image_part, user
from .connection import connected, connected_locally
from .options import (
    AnswerSchema,
    BaseUrl,
    CaFile,
    Json,
    MaxTokens,
    Prompt,
    Provider,
    System,
    Temperature,
    Token,
    TranscriptFile,
    Weights,
    complete_model,
    read_prompt,
    read_tools,
)
from .output import FailureError, Printer, UsageError, print_json, sanitize
from .session import run_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .. import ImageContentPart, InferenceGatewayClient, Run, RunCall, Tool, Transcript

__all__ = ["EXAMPLES", "ChatSession", "RunSession", "chat"]


class _ChatParams(TypedDict, total=False):
    max_tokens: int
    temperature: float


class _Options(TypedDict):
    max_tokens: int | None
    temperature: float | None


class ChatSession:
    """A chat with a history of questions and answers.

    Args:
        client: The client.
        model: The model.
        provider: The provider; None when the model's name includes it.
        system: The system message.
        max_tokens: The largest number of tokens in an answer.
        temperature: The sampling temperature.
        as_json: Print each whole answer as JSON.

    Attributes:
        model: The model.
        images: Images that the next question shows to the model.
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
        as_json: bool = False,
    ) -> None:
        self.model = model
        self.images: list[ImageContentPart] = []
        self._as_json = as_json
        self._client = client
        self._provider = provider
        self._opening: list[Any] = [{"role": "system", "content": system}] if system else []
        self._history: list[Any] = []
        self._params: _ChatParams = {}
        if max_tokens is not None:
            self._params["max_tokens"] = max_tokens
        if temperature is not None:
            self._params["temperature"] = temperature

    def reset(self) -> None:
        """Clear the history."""
        self._history.clear()

    def set_system(self, text: str) -> None:
        """Replace the system message, and clear the history."""
        self._opening = [{"role": "system", "content": text}]
        self.reset()

    def _message(self, question: str) -> Any:
        """Return the question as a message, with the images that wait for it."""
        images, self.images = self.images, []
        return user(question, images=images) if images else {"role": "user", "content": question}

    def ask(self, question: str) -> None:
        """Print the answer as it arrives. The part that arrived is added to the history, also after an error.

        Raises:
            GatewayError: The gateway refused, did not answer, or stopped in the middle.
            KeyboardInterrupt: The user interrupted the answer.
        """
        asked = self._message(question)
        printer = Printer(silent=self._as_json)
        messages = [*self._opening, *self._history, asked]
        try:
            with self._client.generate_content_stream(
                self.model, messages, provider=self._provider, **self._params
            ) as stream:
                printer.show(stream.deltas())
                if self._as_json:
                    print_json(stream.final().to_json())
        finally:
            if printer.text:
                self._history.extend((asked, {"role": "assistant", "content": printer.text}))


class RunSession(ChatSession):
    """A chat with tools, a JSON schema for its answers, or a transcript in a file.

    Args:
        client: The client.
        model: The model.
        provider: As in `ChatSession`.
        system: The system message.
        tools: The tools.
        yes: True to run every call without asking.
        schema: The schema of the answers.
        file: The file of the transcript.
        **options: `max_tokens` and `temperature`.
    """

    def __init__(
        self,
        client: InferenceGatewayClient,
        model: str,
        provider: str | None = None,
        system: str | None = None,
        *,
        tools: Sequence[Tool[..., Any]] = (),
        yes: bool = False,
        schema: AnswerSchema | None = None,
        file: TranscriptFile | None = None,
        **options: Unpack[_Options],
    ) -> None:
        super().__init__(client, model, provider, system, **options)
        self._tools = tools
        self._yes = yes
        self._schema = schema
        self._file = file
        self._transcript: Transcript | None = file.transcript if file else None

    def reset(self) -> None:
        """Clear the history. The file is replaced by the next answer."""
        self._transcript = None

    def ask(self, question: str) -> None:
        """Print the answer to a question, after the calls that it needs.

        Raises:
            GatewayError: The run failed. The transcript contains it, and the next question continues from there.
            FailureError: No answer matches the schema, or the transcript could not be written.
            KeyboardInterrupt: The user interrupted the run.
        """
        if self._tools and self._transcript is not None and self._transcript.pending:
            self._run([self._transcript])  # the calls that an earlier chat left open come first
        run = self._run([*(self._opening if self._transcript is None else [self._transcript]), self._message(question)])
        for _ in range(_CORRECTIONS):
            if (problem := self._problem(run)) is None:
                return
            run = self._run([run, f"The answer does not match the JSON schema: {problem}. Answer again."])
        if (problem := self._problem(run)) is not None:
            raise FailureError(f"the answer does not match the schema: {problem}")

    def _problem(self, run: Run[str]) -> str | None:
        """Print the value of a run's answer. Return the mismatch if it does not match the schema."""
        if self._schema is None:
            return None
        try:
            value = self._schema.read(run.text)
        except ValueError as error:
            return str(error)
        print_json(json.dumps(value, ensure_ascii=False))
        return None

    def _run(self, messages: list[Any]) -> Run[str]:
        before = self._transcript
        params: dict[str, Any] = dict(self._params)
        if self._schema is not None:
            params["response_format"] = self._schema.response_format
        stream = self._client.run_stream(
            self.model,
            messages,
            provider=self._provider,
            tools=self._tools,
            approve=self._approve,
            on_progress=self._file.write if self._file else None,
            **params,
        )
        try:
            with stream:
                Printer(silent=self._schema is not None).show(stream.deltas())
                return stream.final()
        finally:
            partial = stream.partial()
            self._transcript = partial.transcript if partial.turns else before  # a question without any answer is lost
            if self._file:
                self._file.write(self._transcript)

    def _approve(self, call: RunCall) -> bool | str:
        """Ask the user whether a call may run. Any text but yes and no is the reason of a denial."""
        if self._yes:
            return True
        arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)
        text = sanitize(" ".join(f"run {call.name}({arguments})?".split()))
        print(f"igw: {text} [y/N, or a reason] ", end="", file=sys.stderr, flush=True)
        try:
            answer = input().strip()
        except EOFError:
            print(file=sys.stderr)
            return False
        if answer.lower() in {"", "n", "no"}:
            return False
        return True if answer.lower() in {"y", "yes"} else answer


_CORRECTIONS = 2


Local = Annotated[
    bool, typer.Option("--local", help="Use the smoke-test model in this process: no key, no gateway, no network.")
]
ChatModelName = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="MODEL",
        help="The name as in igw models: provider/name.",
        autocompletion=complete_model,
    ),
]
Images = Annotated[
    list[Path] | None,
    typer.Option("--image", "-i", metavar="FILE", help="Show this image to the model; may be repeated."),
]
Tools = Annotated[
    Path | None,
    typer.Option("--tools", metavar="FILE.py", help="Let the model call the functions of this file; asks before each."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Run the calls of --tools without asking.")]
Schema = Annotated[
    Path | None,
    typer.Option("--schema", metavar="FILE", help="A JSON schema that the answer must match; prints it as JSON."),
]
History = Annotated[
    Path | None,
    typer.Option("--transcript", metavar="FILE", help="Continue the chat stored in this file, and store it there."),
]


EXAMPLES = """\b
Examples:
  igw chat --local "What is the capital of France?"
  cat notes.txt | igw chat -m openai/gpt-4o "Sum this up."
  igw chat -m openai/gpt-4o --image cat.png "Which breed is it?"
  igw chat -m openai/gpt-4o
A session has the commands /help, /reset, /model, /system, /image and /exit."""


def chat(
    prompt: Prompt = None,
    *,
    local: Local = False,
    model: ChatModelName = None,
    provider: Provider = None,
    base_url: BaseUrl = None,
    token: Token = None,
    ca: CaFile = None,
    system: System = None,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    image: Images = None,
    as_json: Json = False,
    weights: Weights = None,
    tools: Tools = None,
    yes: Yes = False,
    schema: Schema = None,
    transcript: History = None,
) -> None:
    """Chat with a model: once with PROMPT, or in a session without."""
    prompt_text = read_prompt(prompt, "chat")
    if yes and not tools:
        raise UsageError("--yes needs --tools: add --tools FILE.py, or leave out --yes")
    if tools and not yes and not sys.stdin.isatty():
        raise UsageError("--tools asks before each call, but standard input is not a terminal: add --yes")
    functions = read_tools(tools) if tools else []
    answers = AnswerSchema(schema) if schema else None
    file = TranscriptFile(transcript) if transcript else None
    if system and file and file.transcript is not None:
        raise UsageError(f"--transcript {transcript} has its own system message: leave out --system")
    if local and (base_url or provider):
        raise UsageError("--local starts its own gateway: leave out --base-url and --provider")
    if weights and not local:
        raise UsageError("--weights needs --local: add --local, or leave out --weights")
    if local and (token or ca):
        raise UsageError("--local needs neither --token nor --ca: leave them out")
    if as_json and (functions or answers or file):
        raise UsageError("--json prints one answer: leave out --tools, --schema and --transcript")
    parts = [_image(path) for path in image or ()]
    opened = connected_locally(weights) if local else connected(base_url, token=token, ca=ca)
    with opened as client:
        chosen = model or _only_model(client, provider)
        options = _Options(max_tokens=max_tokens, temperature=temperature)
        conversation = (
            RunSession(client, chosen, provider, system, tools=functions, yes=yes, schema=answers, file=file, **options)
            if functions or answers or file
            else ChatSession(client, chosen, provider, system, as_json=as_json, **options)
        )
        conversation.images += parts
        if prompt_text is None:
            run_session(conversation)
        else:
            conversation.ask(prompt_text)


def _image(path: Path) -> ImageContentPart:
    """Return the image of a file.

    Raises:
        UsageError: The file cannot be read, or is not an image that models see.
    """
    try:
        return image_part(path)
    except OSError as error:
        raise UsageError(f"--image {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"--image {path}: {error}") from error


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
