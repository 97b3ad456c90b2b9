"""Which provider and model a request names: two ways to say it, resolved to one (WIRE section 3).

The gateway takes `?provider=` as it stands and then does not strip a prefix from the model, so that saying both sends
`openai/gpt-4o` upstream. A name with neither may be a routing alias and goes out as it is.
"""

from __future__ import annotations

import re

from msgspec import Struct

__all__ = ["Target", "check_provider"]

_PROVIDER = re.compile(r"[a-z0-9][a-z0-9_.-]*")


class Target(Struct, frozen=True):
    """What a request is addressed to.

    Attributes:
        model: As it is sent in the body.
        query: `?provider=` where it is needed.
        provider: The provider named in either way, None when none is.
    """

    model: str
    query: tuple[tuple[str, str], ...] = ()
    provider: str | None = None

    @classmethod
    def resolve(cls, model: object, provider: object = None) -> Target:
        """The one form to send for a `model` and an optional `provider`.

        Raises:
            TypeError: One of them is not a string.
            ValueError: `model` is empty, or `provider` is no provider id. Unknown ids are accepted.
        """
        if not isinstance(model, str):
            raise TypeError(f"model must be a string such as 'openai/gpt-4o', got {type(model).__name__}")
        if not model.strip():
            raise ValueError("model is empty: name one, such as 'openai/gpt-4o'")
        model = str(model)
        prefix, slash, _ = model.partition("/")
        if provider is None:
            return cls(model, (), prefix.lower() if slash else None)
        checked = check_provider(provider)
        if slash and prefix.lower() == checked:
            return cls(model, (), checked)
        return cls(model, (("provider", checked),), checked)


def check_provider(provider: object) -> str:
    """The provider id as the gateway looks it up: lower case.

    Raises:
        TypeError: Not a string.
        ValueError: Not an id.
    """
    if not isinstance(provider, str):
        raise TypeError(f"provider must be a provider id such as 'openai', got {type(provider).__name__}")
    provider = str(provider)
    if not _PROVIDER.fullmatch(provider):
        meant = provider.strip().lower()
        help_ = f": write {meant!r}" if _PROVIDER.fullmatch(meant) else " such as 'openai' or 'ollama_cloud'"
        raise ValueError(f"provider {provider!r} is not a provider id{help_}")
    return provider
