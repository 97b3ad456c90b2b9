"""Ask a question, and continue the conversation.

INFERENCE_GATEWAY_URL=http://localhost:8080/v1 python examples/chat.py
"""

import os

from inference_gateway_sdk import (
    CreateChatCompletionResponse,
    GatewayError,
    InferenceGatewayClient,
    Message,
    system,
    user,
)

MODEL = os.environ.get("MODEL", "openai/gpt-4o-mini")


def main() -> None:
    """Run two turns of one conversation."""
    messages: list[Message | CreateChatCompletionResponse] = [
        system("Answer in one sentence."),
        user("Which river runs through Paris?"),
    ]
    with InferenceGatewayClient() as client:
        reply = client.generate_content(MODEL, messages)
        print(reply.text)

        messages.append(reply)  # sent back unchanged, with all fields of the provider
        messages.append(user("And how long is it?"))
        reply = client.generate_content(MODEL, messages)
        print(reply.text)
        if reply.usage:
            print(reply.usage.total_tokens, "tokens")


if __name__ == "__main__":
    try:
        main()
    except GatewayError as error:
        raise SystemExit(f"chat: {error}") from None
