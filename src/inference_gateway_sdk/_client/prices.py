"""The prices of models: those that the user set, and those in the gateway's list of models.

Imported only by clients that have prices, a ledger or a budget, and by calls with fallback that need the list.
"""

from __future__ import annotations

import fnmatch
import logging
import os
import re
import threading
from typing import TYPE_CHECKING, Any, Final, Protocol

from .._model.cost import Price, listed_price
from .._model.json_values import is_mapping
from ..errors import GatewayError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from contextlib import AbstractContextManager

    from .._generated.models import ListModelsResponse
    from .settings import ClientSettings

__all__ = ["PriceBook", "async_load_once", "load_once", "price_finder", "price_for", "read_prices"]

_logger = logging.getLogger("inference_gateway_sdk")

_RELOAD: Final = 300.0  # seconds after which a listing that failed is requested again
_REWRITES: Final = (re.compile("^models/"), re.compile("-latest$"), re.compile(r"-(?:\d{8}|\d{4}-\d{2}-\d{2})$"))


def read_prices(value: Any) -> Mapping[str, Price]:
    """Return the prices that a user set.

    Raises:
        TypeError: The value is not a mapping of model names to prices.
        ValueError: A name has no provider.
    """
    if not is_mapping(value):
        raise TypeError(f"prices must be a mapping of models to prices, got {type(value).__name__}")
    for name, price in value.items():
        if not isinstance(name, str) or not isinstance(price, Price):
            raise TypeError(f"prices must map models such as 'openai/gpt-4o' to Price(...); {name!r} does not")
        if "/" not in name:
            raise ValueError(f"prices: {name!r} has no provider: write 'provider/{name}', or '*/{name}' for all")
    return dict(value)


class PriceBook:
    """The prices in the gateway's list of models. A client and its copies share it.

    Attributes:
        loading: The task that loads it for an async client, by event loop.
    """

    def __init__(self) -> None:
        self._prices: dict[str, Price] = {}
        self._tried_at: float | None = None
        self._loaded = False
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self.loading: dict[Any, Any] = {}

    @property
    def load_lock(self) -> AbstractContextManager[Any]:
        """The lock that a blocking client holds while it loads the list. A forked child has its own.

        A signal handler may enter it again: it then loads the list itself.
        """
        if self._pid != os.getpid():
            self._pid, self._lock = os.getpid(), threading.RLock()
        return self._lock

    def needs_listing(self, now: float) -> bool:
        """Return whether the list is to be requested: at first, and again some time after a failure."""
        return not self._loaded and (self._tried_at is None or now - self._tried_at >= _RELOAD)

    def load_failed(self, error: BaseException, now: float) -> None:
        """Record that the list could not be loaded."""
        self._tried_at = now
        _logger.warning("the prices of models cannot be loaded, so costs are unknown: %s", type(error).__name__)

    def load(self, listing: ListModelsResponse, now: float) -> None:
        """Take the prices of a list of models."""
        found: dict[str, Price] = {}
        for model in listing.data:
            pricing = model.pricing
            if pricing is not None and model.id:
                try:
                    found[model.id] = listed_price(pricing)
                except (TypeError, ValueError) as error:
                    _logger.warning("the price of %s is not usable: %s", model.id, error)
        self._prices, self._loaded, self._tried_at = found, True, now

    def find(self, name: str) -> Price | None:
        """Return the price of a listed model, None if there is none. Never that of a similar one."""
        price = self._prices.get(name)
        provider, _, rest = name.partition("/")
        for rewrite in _REWRITES:
            if price is None:
                rest = rewrite.sub("", rest)
                price = self._prices.get(f"{provider}/{rest}")
        return price


def price_for(settings: ClientSettings[Any], *names: str | None) -> tuple[str | None, Price | None]:
    """Return the first of the names that has a price, and the price."""
    own = settings.prices or {}
    for name in names:
        if name is not None and "/" in name:
            price = _own_price(own, name)
            if price is None and settings.book is not None:
                price = settings.book.find(name)
            if price is not None:
                return name, price
    return None, None


def _own_price(prices: Mapping[str, Price], name: str) -> Price | None:
    """Return the price that a user set for a model, by its name or by a name with wildcards."""
    price = prices.get(name)
    return price if price is not None else next((prices[key] for key in prices if fnmatch.fnmatchcase(name, key)), None)


def price_finder(prices: Any) -> Callable[[str], Price | None]:
    """Return a function from a model to its price.

    Raises:
        TypeError: `prices` is neither a mapping of names to prices nor a function.
        ValueError: A name has no provider.
    """
    if not callable(prices):
        own = read_prices(prices)
        return lambda name: _own_price(own, name)

    def find(name: str) -> Price | None:
        price = prices(name)
        if price is not None and not isinstance(price, Price):
            raise TypeError(f"prices must return a Price or None, got {type(price).__name__} for {name!r}")
        return price

    return find


class ListedFacts(Protocol):
    """Facts in the gateway's list of models, which calls of several threads or tasks may need at once."""

    loading: dict[Any, Any]

    @property
    def load_lock(self) -> AbstractContextManager[Any]:
        """The lock that a blocking client holds while it loads the list."""
        ...

    def needs_listing(self, now: float) -> bool:
        """Return whether the list is to be requested."""
        ...

    def load(self, listing: ListModelsResponse, now: float) -> None:
        """Take the facts of a list."""
        ...

    def load_failed(self, error: BaseException, now: float) -> None:
        """Record that the list could not be loaded."""
        ...


def load_once(facts: ListedFacts, load: Callable[[], ListModelsResponse], now: float) -> None:
    """Load the list of models unless it is loaded. Of several threads, one requests it and the others wait."""
    with facts.load_lock:
        if facts.needs_listing(now):
            try:
                facts.load(load(), now)
            except GatewayError as error:
                facts.load_failed(error, now)


async def async_load_once(facts: ListedFacts, load: Callable[[], Awaitable[ListModelsResponse]], now: float) -> None:
    """Load the list of models unless it is loaded. Of several tasks, one requests it and the others wait."""
    import asyncio

    async def fetch() -> None:
        try:
            facts.load(await load(), now)
        except GatewayError as error:
            facts.load_failed(error, now)

    loop = asyncio.get_running_loop()
    task = facts.loading.get(loop)
    if task is None:
        task = facts.loading[loop] = loop.create_task(fetch())
        task.add_done_callback(lambda task: facts.loading.pop(loop, None))
    await asyncio.shield(task)  # a caller that is cancelled must not cancel the others'
