"""Type checks by mypy and pyright, never run: conveniences around the calls."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal, assert_type

from inference_gateway_sdk import (
    FREE,
    AsyncInferenceGatewayClient,
    Budget,
    CallEnded,
    Cost,
    ImageContentPart,
    InferenceGatewayClient,
    Ledger,
    LedgerSum,
    Message,
    MessagesMessage,
    Price,
    RequestSent,
    ResponseReceived,
    RetryPlanned,
    Usage,
    Watcher,
    assistant,
    image_part,
    system,
    tool_result,
    user,
)


def messages(client: InferenceGatewayClient) -> None:
    """Check that made messages go into a chat, with parts of an answer."""
    assert_type(image_part(Path("cat.png"), detail="low"), ImageContentPart)
    assert_type(user("This?", images=["cat.png", b"...", Path("cat.png"), image_part("cat.png")]), Message)
    reply = client.generate_content("a/b", [system("x"), user("y"), assistant("z")], mcp_bypass=True)
    client.generate_content("a/b", [tool_result(call, {"found": 1}) for call in reply.tool_calls])
    message = client.create_message("a/b", "x", 9)
    results = [tool_result(call, 1) for call in message.tool_calls]
    assert_type(results, list[MessagesMessage])
    client.create_message("a/b", ["x", message, *results], 9)
    response = client.create_response("a/b", "x")
    client.create_response("a/b", [response, *(tool_result(call, 1) for call in response.tool_calls)])


def hooks() -> None:
    """Check that hooks return nothing; async ones are for the async client only."""

    def sent(event: RequestSent) -> None:
        assert_type(event.attempt, int)

    async def received(event: ResponseReceived) -> None:
        assert_type(event.elapsed, float)

    def retrying(event: RetryPlanned) -> None:
        assert_type(event.delay, float)

    InferenceGatewayClient(on_request=sent, on_retry=retrying).with_options(on_request=None)
    AsyncInferenceGatewayClient(on_request=sent, on_response=received).with_options(on_retry=retrying)
    InferenceGatewayClient(on_response=received)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    InferenceGatewayClient(on_request=retrying)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


class Ends(Watcher):
    """A watcher that overrides one method."""

    def ended(self, state: object, call: CallEnded, /) -> None:
        assert_type(call.began.tags, Mapping[str, str])
        assert_type(call.usage, Usage | None)
        assert_type(call.end, Literal["whole", "failed", "left", "cancelled"])


def watchers(client: InferenceGatewayClient) -> None:
    """Check that either client takes watchers, and a call tags."""
    AsyncInferenceGatewayClient(watchers=[Ends()]).with_options(watchers=None, tags={"team": "search"})
    client.generate_content("a/b", "Hi", tags={"job": "x"})
    InferenceGatewayClient(watchers=[print])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]


def costs(client: InferenceGatewayClient) -> None:
    """Costs of answers and streams, ledgers and budgets."""
    ledger = Ledger(Path("costs.sqlite"))
    budget = Budget("5.00", per="day", tags={"team": "search"})
    InferenceGatewayClient(ledger=ledger, budget=budget, prices={"llamacpp/*": FREE})
    AsyncInferenceGatewayClient(ledger=None, budget=[budget]).with_options(budget=None)
    assert_type(client.generate_content("a/b", "Hi").cost, Cost)
    assert_type(client.generate_content("a/b", "Hi").cost.total, Decimal | None)
    assert_type(client.generate_content_stream("a/b", "Hi").cost, Cost | None)
    assert_type(client.price_of("a/b"), Price | None)
    assert_type(client.estimate("a/b", "Hi", max_tokens=5), Cost)
    assert_type(ledger.by("model"), list[LedgerSum])
    Budget("1", per="week")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Price(input=2.5e-6, output="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
