"""Get a reply as an object: pass its type, and get a validated value.

python examples/structured.py
"""

import os

from msgspec import Struct

from inference_gateway_sdk import InferenceGatewayClient

MODEL = os.environ.get("MODEL", "openai/gpt-4o-mini")


class Recipe(Struct):
    """A dish."""

    title: str
    minutes: int
    ingredients: list[str]


def main() -> None:
    """Print one recipe."""
    with InferenceGatewayClient() as client:
        recipe = client.run(MODEL, "A simple soup.", output=Recipe).output
    print(f"{recipe.title}, {recipe.minutes} minutes: {', '.join(recipe.ingredients)}")


if __name__ == "__main__":
    main()
