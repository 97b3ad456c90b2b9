"""Twelve things that a run is for, each written as a user would write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, Struct
from pydantic import BaseModel, Field

from inference_gateway_sdk import (
    AsyncInferenceGatewayClient,
    InferenceGatewayClient,
    Limits,
    Loss,
    Run,
    RunLimitError,
    TextDelta,
    ToolDone,
    ToolRun,
    Transcript,
    tool,
)

if TYPE_CHECKING:
    from pathlib import Path

QUESTION = "Is it warmer in Oslo or in Rome?"
SPENT: list[str] = []  # side effects of the functions below


def weather(city: str, unit: Literal["celsius", "fahrenheit"] = "celsius") -> dict[str, float]:
    """The weather of a city now.

    Args:
        city: Its English name.
        unit: Of the degrees.
    """
    SPENT.append(f"weather {city}")
    return {"degrees": 3.0 if city == "Oslo" else 18.0}


def delete(path: str) -> str:
    """Delete a file."""
    SPENT.append(f"delete {path}")
    return f"{path} is gone"


def refund(order: int) -> str:
    """Refund an order."""
    SPENT.append(f"refund {order}")
    return f"order {order} is refunded"


def charge(amount: int) -> str:
    """Charge the card."""
    SPENT.append(f"charge {amount}")
    return "charged"


def last_build() -> str:
    """The state of the last build."""
    return "red"


async def fetch_page(url: str) -> str:
    """Fetch a page."""
    SPENT.append(f"fetch {url}")
    return "a page"


def search(words: str) -> list[str]:
    """Search the web."""
    SPENT.append(f"search {words}")
    return ["https://example.org/1"]


class Recipe(Struct):
    """A dish."""

    title: str
    minutes: Annotated[int, Meta(ge=1)]
    note: str | None = None


class Verdict(BaseModel):
    """Which is warmer."""

    warmer: str
    by: float = Field(ge=0)


def one(client: InferenceGatewayClient, model: str, question: str = QUESTION) -> Run[str]:
    """Call functions."""
    return client.run(model, question, tools=[weather])


def two(client: InferenceGatewayClient, model: str) -> Recipe:
    """Fill in a type."""
    return client.run(model, "A simple soup.", output=Recipe).output


def three(client: InferenceGatewayClient, model: str) -> Run[Verdict]:
    """Call functions, then fill in a type."""
    return client.run(model, QUESTION, tools=[weather], output=Verdict)


def four(client: InferenceGatewayClient, model: str) -> tuple[list[str], Run[str]]:
    """Show the text and the calls while they come."""
    shown: list[str] = []
    with client.run_stream(model, QUESTION, tools=[weather]) as stream:
        for delta in stream.deltas():
            match delta:
                case TextDelta(text=text):
                    shown.append(text)
                case ToolRun(call=call):
                    shown.append(f"[{call.name} {call.arguments}]")
                case ToolDone(call=call):
                    shown.append(f"[{call.status}]")
                case _:
                    pass
        return shown, stream.final()


def five(client: InferenceGatewayClient, model: str) -> tuple[list[str], Recipe]:
    """Show an object while it grows."""
    titles: list[str] = []
    with client.run_stream(model, "A simple soup.", output=Recipe) as stream:
        titles += [value.get("title", "") for value in stream.partials()]
        return titles, stream.final().output


def six(client: InferenceGatewayClient, model: str) -> list[Recipe]:
    """Take the elements of a list as they are closed."""
    with client.run_stream(model, "Two soups.", output=list[Recipe]) as stream:
        return list(stream.items())


async def seven(client: AsyncInferenceGatewayClient, model: str) -> Run[str]:
    """Run the tools of a turn side by side."""
    limits = Limits(rounds=6, seconds=60)
    return await client.run(model, QUESTION, tools=[fetch_page, tool(search, timeout=10)], limits=limits)


def eight(client: InferenceGatewayClient, model: str, answer: str) -> Run[str]:
    """Ask the user on the spot."""
    return client.run(
        model,
        "Clean up /tmp/x.",
        tools=[tool(delete, approval=True)],
        approve=lambda call: answer == "y" or "The user said no.",
    )


def nine(client: InferenceGatewayClient, model: str) -> tuple[Run[str], Run[str]]:
    """Ask the user later, in another process."""
    run = client.run(model, "Refund order 7.", tools=[tool(refund, approval=True)])
    stored = run.transcript.to_json()
    old = Transcript.from_json(stored)
    decisions = {old.pending[0].id: True}
    return run, client.run(model, old, tools=[tool(refund, approval=True)], approve=decisions)


def ten(client: InferenceGatewayClient, model: str) -> Run[str]:
    """Mix functions with tools of the gateway."""
    mcp = [tool(one, approval=not (one.annotations or {}).get("readOnlyHint")) for one in client.list_mcp_tools()]
    return client.run(
        model, "File a ticket on the broken build.", tools=[last_build, *mcp], approve=lambda call: "2" in call.text
    )


def eleven(client: InferenceGatewayClient) -> tuple[list[Loss], Run[str]]:
    """Go on at another provider, in another dialect."""
    old = client.run("openai/gpt-5-mini", QUESTION, tools=[weather], dialect="responses").transcript
    losses = old.losses("anthropic/claude-sonnet-4-5", dialect="messages")
    messages: Any = [old, "And tomorrow?"]
    run = client.run("anthropic/claude-sonnet-4-5", messages, tools=[weather], dialect="messages", max_tokens=1024)
    return losses, run


def twelve(client: InferenceGatewayClient, model: str, path: Path) -> Run[str]:
    """Lose nothing at a limit, nor in a crash."""
    try:
        return client.run(
            model, "Charge 7.", tools=[charge], limits=1, on_progress=lambda t: path.write_bytes(t.to_json()) and None
        )
    except RunLimitError as error:
        return client.run(model, [error.partial, "Answer with what you have."], tools=[], limits=1)
