"""The candidates of a call: which models may answer it, in which order, and why others may not."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable  # noqa: TC003  (users resolve the annotations)
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from msgspec import Struct

from .._model.arguments import check_bool, check_choice, check_integer, check_number, check_texts
from .._model.cost import Price, listed_price
from .._model.json_values import is_iterable, is_mapping
from .._model.unknown_fields import set_module
from .._wire.call import Target
from .verdict import KINDS

if TYPE_CHECKING:
    from .._generated.models import ListModelsResponse

__all__ = ["Fallback", "ModelFacts", "Request", "facts_of", "misfit", "read_fallback", "select"]

Prefer: TypeAlias = Literal["order", "price", "latency"]
AfterContent: TypeAlias = Literal["raise", "restart"]

_PREFER: Final = ("order", "price", "latency")
_AFTER_CONTENT: Final = ("raise", "restart")
_NEEDS: Final = frozenset({"text", "image", "audio", "video", "tools"})
_ENDPOINTS: Final = {"/messages": "anthropic", "/responses": "openai"}  # gateway-behaviour.md#messages, #responses
_BYTES_OF_TOKEN: Final = 8  # more than a token has on average in any language: for a lower bound
_TOKENS_OF_IMAGE: Final = 85
_MAX_TOKENS: Final = re.compile(rb'"max_(?:completion_|output_)?tokens":(\d{1,12})[,}]')


@set_module
class Fallback:
    """The routes to ask when the first one fails, and the rules for choosing among them.

    Args:
        *models: Models as "provider/name", asked in this order after the model of the call.
        auto: Add models from the gateway's list that can answer the request.
        max_routes: The number of routes that a call may ask in all. Named models are always included.
        prefer: The order of the routes after the first: "order" (as named, then as listed), "price" or "latency".
        allow: Patterns of the models that may be added automatically, such as "anthropic/*".
        deny: Patterns of models that are never added.
        needs: Abilities that added models must have ("image", "audio", "tools"), besides those that the request shows.
        price_factor: Leave out models that cost more than this multiple of the first one for this request.
        cooldown: Seconds for which a failed route is not asked. By default up to 1 s, doubled each time up to 15 s.
        after_content: "restart" begins anew at the next route after content was handed over. Only `deltas()` can
            show that, so other views of the stream refuse it.
        on: Further failures after which another route is asked: {"content_filter"}.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: There are neither models nor `auto=True`, a model has no provider, or a value is out of range.
    """

    __slots__ = ("after_content", "allow", "auto", "cooldown", "deny", "max_routes", "models", "needs",
                 "needs_listing", "on", "prefer", "price_factor", "targets")  # fmt: skip

    def __init__(
        self,
        *models: str,
        auto: bool = False,
        max_routes: int = 3,
        prefer: Prefer = "order",
        allow: Iterable[str] = ("*",),
        deny: Iterable[str] = (),
        needs: Iterable[str] = (),
        price_factor: float | None = None,
        cooldown: float | None = None,
        after_content: AfterContent = "raise",
        on: Iterable[str] = frozenset(),
    ) -> None:
        if not models and not auto:
            raise ValueError("fallback is empty: name at least one route, or write Fallback(auto=True)")
        self.targets: tuple[Target, ...] = tuple(_route(number, model) for number, model in enumerate(models))
        self.models: tuple[str, ...] = models
        self.auto: bool = check_bool("auto", auto)
        self.max_routes: int = check_integer("max_routes", max_routes, least=1)
        self.prefer: Prefer = check_choice("prefer", prefer, _PREFER)
        self.allow: tuple[str, ...] = check_texts("allow", allow)
        self.deny: tuple[str, ...] = check_texts("deny", deny)
        self.needs: frozenset[str] = frozenset(_known("needs", needs, _NEEDS))
        self.price_factor: float | None = None if price_factor is None else check_number("price_factor", price_factor)
        self.cooldown: float | None = None if cooldown is None else check_number("cooldown", cooldown, "seconds")
        self.after_content: AfterContent = check_choice("after_content", after_content, _AFTER_CONTENT)
        self.on: frozenset[str] = frozenset(_known("on", on, KINDS))
        self.needs_listing: bool = self.auto or self.prefer == "price" or self.price_factor is not None

    def __repr__(self) -> str:
        shown = [*map(repr, self.models), *(["auto=True"] if self.auto else [])]
        return f"Fallback({', '.join(shown)})"

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fallback) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())


def read_fallback(value: Any) -> Fallback:
    """Return the value of an argument `fallback`.

    Raises:
        TypeError: It is neither a list of models nor a `Fallback`.
        ValueError: It is empty, or a model has no provider.
    """
    if isinstance(value, Fallback):
        return value
    if isinstance(value, (str, bytes)) or is_mapping(value) or not is_iterable(value):
        given = f"[{value!r}]" if isinstance(value, str) else "['provider/name']"
        raise TypeError(
            f"fallback must be a list of models, a Fallback or None, got {type(value).__name__}: write {given}"
        )
    return Fallback(*value)


def _route(number: int, model: object) -> Target:
    if not isinstance(model, str):
        raise TypeError(f"fallback[{number}] must be a string such as 'openai/gpt-4o', got {type(model).__name__}")
    provider, slash, name = model.partition("/")
    if not slash or not provider.strip() or not name.strip():
        meant = name.strip() or model.strip("/ ") or "name"
        raise ValueError(f"fallback[{number}]: {model!r} has no provider: write 'provider/{meant}'")
    return Target.resolve(model)


def _known(name: str, value: object, allowed: frozenset[str]) -> tuple[str, ...]:
    texts = check_texts(name, value)
    for text in texts:
        if text not in allowed:
            raise ValueError(f"{name}: {text!r} is unknown: choose from {', '.join(sorted(allowed))}")
    return texts


class ModelFacts(Struct, frozen=True, kw_only=True):
    """The facts in the gateway's list about one model. None where the list does not have them."""

    window: int | None = None
    price: Price | None = None
    accepts: frozenset[str] | None = None
    generates: frozenset[str] | None = None


UNKNOWN: Final = ModelFacts()


def facts_of(listing: ListModelsResponse) -> dict[str, ModelFacts]:
    """Return the facts of a list of models, in its order."""
    found: dict[str, ModelFacts] = {}
    for model in listing.data:
        if model.id and "/" in model.id:
            window, modalities = model.context_window, model.modalities
            found[model.id] = ModelFacts(
                window=None if window is None or window.tokens < 1 else window.tokens,
                price=_price(model.pricing),
                accepts=_names(modalities, "input"),
                generates=_names(modalities, "output"),
            )
    return found


def _names(modalities: Any, side: str) -> frozenset[str] | None:
    values = None if modalities is None else getattr(modalities, side)
    return frozenset(str(value) for value in values) if values else None


def _price(pricing: Any) -> Price | None:
    """Return the price. A subscription has none for this purpose: its amounts of 0 do not mean free."""
    if pricing is None or pricing.subscription:
        return None
    try:
        return listed_price(pricing)
    except (TypeError, ValueError):
        return None


class Request(Struct, frozen=True, kw_only=True):
    """The properties of a request that decide who may answer it.

    Attributes:
        path: The path of the endpoint.
        least_input: A lower bound of the input tokens.
        output: The limit on the output tokens, None without one.
        needs: The modalities and abilities that it uses.
    """

    path: str
    least_input: int = 0
    output: int | None = None
    needs: frozenset[str] = frozenset()

    @classmethod
    def read(cls, path: str, body: bytes) -> Request:
        r"""Return the properties of a request by its JSON.

        Inside a string the quotes would be escaped: {"content": "\"image_url\":"}.
        """
        needs = {"text"}
        images = body.count(b'"image_url":') + body.count(b'"type":"image"') + body.count(b'"type":"input_image"')
        if images:
            needs.add("image")
        if b'"input_audio":' in body or b'"type":"input_audio"' in body:
            needs.add("audio")
        if b'"tools":' in body:
            needs.add("tools")
        if body.rstrip().endswith(b"}") and _ends_with_assistant(body):
            needs.add("prefill")
        limits = [int(number) for number in _MAX_TOKENS.findall(body)]
        # A data URL's bytes are not text: only the image counts.
        text = 0 if images or "audio" in needs else len(body)
        return cls(
            path=path,
            least_input=text // _BYTES_OF_TOKEN + images * _TOKENS_OF_IMAGE,
            output=max(limits, default=None),
            needs=frozenset(needs),
        )


def _ends_with_assistant(body: bytes) -> bool:
    """Return whether the last message is the assistant's, so that the model is to continue it."""
    return body.rfind(b'"role":"assistant"') > max(body.rfind(b'"role":"user"'), body.rfind(b'"role":"tool"'))


def misfit(target: Target, facts: ModelFacts, request: Request, *, needs: frozenset[str] = frozenset()) -> str | None:
    """Return the reason why a model cannot answer a request, None if it can or nothing is known."""
    only = next((provider for path, provider in _ENDPOINTS.items() if request.path.startswith(path)), None)
    if only is not None and target.provider is not None and target.provider != only:
        return f"{request.path} is served only for {only}"
    window = facts.window
    if window is not None and request.least_input > window:
        return f"the request has at least {request.least_input} tokens, and the context window {window}"
    if window is not None and request.output is not None and request.output > window:
        return f"max_tokens={request.output} is over the context window of {window}"
    missing = (request.needs | needs) & {"image", "audio", "video"}
    if facts.accepts is not None and not missing <= facts.accepts:
        return f"the model does not accept {', '.join(sorted(missing - facts.accepts))}"
    if facts.generates is not None and "text" not in facts.generates:
        return "the model does not generate text"
    return None


def price_of(facts: ModelFacts, request: Request) -> Decimal | None:
    """Return the amount that decides between prices: that of the least input, and of the output limit."""
    price = facts.price
    if price is None:
        return None
    inputs, outputs = price.rate("input"), price.rate("output")
    if inputs is None or outputs is None:
        return None
    return inputs * max(request.least_input, 1) + outputs * (request.output or max(request.least_input, 1))


def select(
    first: Target,
    fallback: Fallback,
    request: Request,
    listing: dict[str, ModelFacts],
    latency: dict[str, float],
) -> list[tuple[Target, ModelFacts, str | None]]:
    """Return the candidates in the order in which they are asked, each with the reason why it does not fit, or None.

    The first one stays first. Unknown windows come after known ones, and unknown prices and latencies last.
    """
    named = [target for target in fallback.targets if target.model != first.model]
    known = {first.model, *(target.model for target in named)}
    added = [
        Target.resolve(name)
        for name in (listing if fallback.auto else ())
        if name not in known and _matches(name, fallback.allow) and not _matches(name, fallback.deny)
    ]
    beginning = _row(first, listing, request, fallback, None)
    most = None if fallback.price_factor is None else price_of(beginning[1], request)
    rest = [_row(target, listing, request, fallback, most) for target in dict.fromkeys((*named, *added))]
    automatic = {target.model for target in added}
    rest.sort(key=lambda row: _rank(row, fallback, request, latency, automatic))
    fitting = [row for row in rest if row[2] is None]
    limit = max(fallback.max_routes - 1, len(named))
    chosen = {row[0].model for row in fitting[:limit]} | {target.model for target in named}
    kept = [row if row[2] or row[0].model in chosen else (row[0], row[1], "max_routes is reached") for row in rest]
    return [beginning, *sorted(kept, key=lambda row: row[2] is not None)]


def _row(
    target: Target, listing: dict[str, ModelFacts], request: Request, fallback: Fallback, most: Decimal | None
) -> tuple[Target, ModelFacts, str | None]:
    facts = listing.get(target.model, UNKNOWN)
    reason = misfit(target, facts, request, needs=fallback.needs)
    if reason is None and most is not None and fallback.price_factor is not None:
        amount = price_of(facts, request)
        if amount is not None and amount > most * Decimal(str(fallback.price_factor)):
            reason = f"it costs more than {fallback.price_factor:g} times the first model"
    return target, facts, reason


def _rank(
    row: tuple[Target, ModelFacts, str | None],
    fallback: Fallback,
    request: Request,
    latency: dict[str, float],
    automatic: set[str],
) -> tuple[Any, ...]:
    target, facts, _ = row
    unsure = target.model in automatic and facts.window is None
    if fallback.prefer == "price":
        amount = price_of(facts, request)
        return (amount is None, amount or Decimal(0), unsure)
    if fallback.prefer == "latency":
        seconds = latency.get(target.model)
        return (seconds is None, seconds or 0.0, unsure)
    return (target.model in automatic, unsure)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
