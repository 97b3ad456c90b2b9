"""Get an answer as an object: its JSON schema goes out, and a checked struct comes back.

python examples/structured.py
"""

import os

import msgspec
from msgspec import Struct

from inference_gateway_sdk import (
    InferenceGatewayClient,
    ResponseFormatJsonSchema,
    ResponseFormatJsonSchemaJsonSchema,
)

MODEL = os.environ.get("MODEL", "openai/gpt-4o-mini")


class Recipe(Struct, forbid_unknown_fields=True):
    """What the model shall fill in."""

    title: str
    minutes: int
    ingredients: list[str]


def schema_of(kind: type[Struct]) -> ResponseFormatJsonSchema:
    """The response format that holds a model to a struct."""
    _, components = msgspec.json.schema_components([kind])
    schema = components.pop(kind.__name__)
    if components:  # the structs inside it
        schema["$defs"] = components
    return ResponseFormatJsonSchema(
        json_schema=ResponseFormatJsonSchemaJsonSchema(name=kind.__name__, schema=schema, strict=True)
    )


def main() -> None:
    """One recipe."""
    with InferenceGatewayClient() as client:
        reply = client.generate_content(MODEL, "A simple soup.", response_format=schema_of(Recipe))
    try:
        recipe = msgspec.json.decode(reply.text or "", type=Recipe)
    except msgspec.MsgspecError as error:
        raise SystemExit(f"the model did not keep to the schema ({error}): {reply.text}") from None
    print(f"{recipe.title}, {recipe.minutes} minutes: {', '.join(recipe.ingredients)}")


if __name__ == "__main__":
    main()
