"""The cost of a call: exact amounts of recorded usage, and bounds where a rate or a number is not known."""

from __future__ import annotations

import decimal
import json
import logging
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference_gateway_sdk import FREE, Cost, ListModelsResponse, Price, Usage
from inference_gateway_sdk._client.prices import PriceBook
from inference_gateway_sdk._model.cost import cost_of, sum_of_costs

CORPUS = json.loads((Path(__file__).parent.parent / "data" / "usage_costs.json").read_text("utf-8"))
PRICES = {name: Price(**rates) for name, rates in CORPUS["prices"].items()}


def test_recorded_usage_costs_what_was_computed_by_hand() -> None:
    """Each recorded usage object has the figure computed apart from the package, or the provider's charge, exactly."""
    rows = CORPUS["rows"]
    assert len({json.dumps(row["usage"], sort_keys=True) for row in rows}) >= 60
    assert sum(row.get("charged", False) for row in rows) >= 5
    for row in rows:
        cost = cost_of(Usage.read(row["dialect"], row["usage"]), PRICES[row["price"]])
        found: dict[str, Any] = {"total": cost.total, "at_least": cost.at_least, "at_most": cost.at_most}
        given = {name: None if row[name] is None else Decimal(row[name]) for name in found if name in row}
        expected = {"total": None} | dict.fromkeys(found, given["total"]) if "total" in row else {"total": None} | given
        assert found == expected, row


def test_exact_in_any_decimal_context() -> None:
    """A caller's decimal context does not round amounts."""
    with decimal.localcontext(decimal.Context(prec=2)):
        cost = cost_of(Usage(input=123_456_789, output=987_654_321), Price(input="0.000000123", output="0.000000321"))
    assert cost.total == Decimal("332.222222088") == cost.at_least == cost.at_most


LISTED = Price(input="2e-6", output="8e-6", source="community")
LISTED_FREE = Price(input=0, output=0, source="community")
CACHED = Price(input="2e-6", output="8e-6", cache_read="1e-6", cache_write="3e-6")
PLAIN = Price(input="2e-6", output="8e-6")


@pytest.mark.parametrize(
    ("usage", "price", "total", "least", "most", "kind"),
    [
        (Usage(input=10, output=5), PLAIN, "0.00006", "0.00006", "0.00006", "priced"),
        (Usage(input=10, output=5, reasoning=4), PLAIN, "0.00006", "0.00006", "0.00006", "priced"),
        (Usage(input=10, output=5), None, None, "0", None, "unknown"),
        (Usage(input=10, output=5), Price(input=0, output=0, subscription=True), None, "0", "0", "subscription"),
        (Usage(input=10, output=5), FREE, "0", "0", "0", "free"),
        (Usage(input=10, output=5, audio_input=2), LISTED_FREE, None, "0", None, "priced"),
        (Usage(input=10, output=5, cache_read=4), PLAIN, None, "0.000052", "0.00006", "priced"),
        (Usage(input=10, output=5, cache_read=4), CACHED, "0.000056", "0.000056", "0.000056", "priced"),
        (Usage(input=10, output=5, cache_write=4), PLAIN, None, "0.00006", "0.000068", "priced"),
        (Usage(input=10, output=5, cache_write=4), CACHED, "0.000064", "0.000064", "0.000064", "priced"),
        (Usage(input=10, output=5, cache_write=4, cache_write_1h=4), CACHED, None, "0.000064", "0.000068", "priced"),
        (Usage(input=10, output=5, audio_input=3), PLAIN, None, "0.00006", None, "priced"),
        (Usage(input=10, output=5, image_output=3), PLAIN, None, "0.00006", None, "priced"),
        (Usage(input=10, output=5, partial=True), PLAIN, None, "0.00006", None, "priced"),
        (Usage(input=10), PLAIN, None, "0.00002", None, "priced"),
        (Usage(input=10, output=5, reasoning=9), PLAIN, None, "0.00004", "0.000152", "priced"),
        (None, PLAIN, None, "0", None, "priced"),
        (Usage(input=200_001, output=0), LISTED, "0.400002", "0.400002", "0.800004", "priced"),
    ],
)  # fmt: skip
def test_bounds(
    usage: Usage | None, price: Price | None, total: str | None, least: str, most: str | None, kind: str
) -> None:
    """Unknown is never zero: a missing rate or number leaves bounds instead of a total."""
    cost = cost_of(usage, price)
    decimals = [None if text is None else Decimal(text) for text in (total, least, most)]
    assert [cost.total, cost.at_least, cost.at_most] == decimals
    assert cost.kind == kind
    assert (cost.caveat is None) == (usage is None or (usage.input or 0) < 200_000)


def test_local_models_are_free_unless_priced() -> None:
    """Models that run on the gateway's side cost nothing without a price, and what a price says with one."""
    usage = Usage(input=10, output=5)
    assert (cost_of(usage, None, provider="ollama").kind, cost_of(usage, None, provider="ollama").total) == ("local", 0)
    assert cost_of(usage, PLAIN, provider="ollama").total == Decimal("0.00006")


rates = st.decimals(0, 1, places=9).map(str)
counts = st.integers(0, 10**9)


@given(
    rates=st.fixed_dictionaries(
        {"input": rates, "output": rates},
        optional={
            name: rates for name in ("cache_read", "cache_write", "cache_write_1h", "audio_input", "audio_output")
        },
    ),
    usage=st.builds(
        Usage,
        input=counts | st.none(),
        output=counts | st.none(),
        **{name: counts | st.none() for name in ("cache_read", "cache_write", "cache_write_1h", "audio_input",
                                                 "audio_output", "reasoning", "image_input", "image_output")},
        partial=st.booleans(),
    )
    | st.none(),
    source=st.sampled_from(["user", "community"]),
)  # fmt: skip
def test_bounds_hold(rates: dict[str, str], usage: Usage | None, source: str) -> None:
    """For any price and usage, the lower bound is not above the total, nor the total above the upper bound."""
    cost = cost_of(usage, Price(**rates, source=source))
    assert cost.at_least >= 0
    assert cost.at_most is None or cost.at_least <= cost.at_most
    if cost.total is not None:
        assert cost.at_most is not None and cost.at_least <= cost.total <= cost.at_most
        with decimal.localcontext(decimal.Context(prec=100)):
            assert sum((part.amount or Decimal(0) for part in cost.parts), Decimal(0)) == cost.total
    for part in cost.parts:
        assert part.at_most is None or part.at_least <= part.at_most


usages = st.builds(Usage, input=counts, output=counts, cache_read=counts | st.none()) | st.none()
prices = st.sampled_from([PLAIN, CACHED, LISTED, FREE, None])


@given(st.lists(st.tuples(usages, prices), min_size=1, max_size=6), st.randoms())
def test_sums_of_costs(calls: list[tuple[Usage | None, Price | None]], order: Any) -> None:
    """The sum of costs is exact, its bounds are those of its parts together, and the order is irrelevant."""
    costs = [cost_of(usage, price) for usage, price in calls]
    cost = sum_of_costs(costs)
    assert (cost.total is None) == any(one.total is None for one in costs)
    assert (cost.at_most is None) == any(one.at_most is None for one in costs)
    assert cost.at_least == sum(one.at_least for one in costs)
    assert cost.total is None or cost.at_least <= cost.total == sum(part.amount or 0 for part in cost.parts)
    shuffled = order.sample(costs, len(costs))
    names = ("total", "at_least", "at_most", "currency", "kind", "price")
    assert [getattr(sum_of_costs(shuffled), name) for name in names] == [getattr(cost, name) for name in names]


def test_currencies_have_no_sum() -> None:
    """Costs in two currencies are not added: there is neither a total nor a bound."""
    usage = Usage(input=1, output=1)
    euros = cost_of(usage, Price(input=1, output=1, currency="EUR"))
    cost = sum_of_costs([euros, cost_of(usage, PLAIN)])
    assert (cost.total, cost.at_least, cost.at_most, cost.kind) == (None, 0, None, "unknown")
    assert cost.caveat == "the calls have prices in EUR and USD, which are not added"
    assert sum_of_costs([euros, cost_of(usage, None)]).currency == "EUR"


@pytest.mark.parametrize(
    ("rates", "kind", "text"),
    [
        ({"input": 2.5e-6, "output": "1"}, TypeError, "input must be decimal text such as '2.5e-6'.* got float"),
        ({"input": "1", "output": "-1"}, ValueError, "output must be 0 or more, got '-1'"),
        ({"input": "x", "output": "1"}, ValueError, "input must be decimal text"),
        ({"input": "NaN", "output": "1"}, ValueError, "input must be 0 or more"),
        ({"input": "1", "output": "1", "currency": "dollars"}, ValueError, "currency must be a three-letter code"),
        ({"input": "1e-60", "output": "1"}, ValueError, "input must have at most 40 digits"),
        ({"input": None, "output": "1"}, TypeError, "input must be decimal text"),
    ],
)
def test_bad_prices_are_refused(rates: dict[str, Any], kind: type[Exception], text: str) -> None:
    """A price that is negative, inexact or not a number is an error that names the rate."""
    with pytest.raises(kind, match=text):
        Price(**rates)


def listing(*rows: tuple[str, str]) -> ListModelsResponse:
    """A list of models with a price for input tokens."""
    more = {
        "output_per_token": "0.00000100",
        "currency": "USD",
        "source": "community",
        "updated_at": "2026-11-01T00:00:00Z",
    }
    data = [
        {"id": name, "object": "model", "created": 0, "owned_by": "", "served_by": name.partition("/")[0],
         "pricing": {"input_per_token": rate, **more}}
        for name, rate in rows
    ]  # fmt: skip
    return ListModelsResponse.from_dict({"object": "list", "data": data})


@given(st.lists(st.from_regex(r"0\.[0-9]{1,10}|[0-9]{1,3}", fullmatch=True), min_size=1, max_size=5))
def test_rates_are_written_as_they_came(texts: list[str]) -> None:
    """The decimal text of a listed rate, trailing zeros included, is written back as it came."""
    book = PriceBook()
    book.load(listing(*((f"openai/m{number}", text) for number, text in enumerate(texts))), now=0.0)
    for number, text in enumerate(texts):
        price = book.find(f"openai/m{number}")
        assert price is not None and price.to_dict()["input"] == format(Decimal(text), "f")
        assert price.to_dict()["output"] == "0.00000100"
        assert (price.source, price.updated_at) == ("community", "2026-11-01T00:00:00Z")


def test_the_gateways_own_prices_are_written_as_they_came() -> None:
    """Every distinct price of the gateway's table is read from a list of models, and its texts are written back."""
    lines = (Path(__file__).parent.parent / "data" / "listed_prices.txt").read_text("utf-8").splitlines()
    rows = [dict(zip(("input", "output", "cache_read", "cache_write"), line.split(), strict=False))
            for line in lines if line[0] != "#"]  # fmt: skip
    more = {"currency": "USD", "source": "community", "updated_at": "2026-09-07T11:26:11Z"}
    models = [
        {"id": f"openai/m{number}", "object": "model", "created": 0, "owned_by": "", "served_by": "openai",
         "pricing": {**{f"{name}_per_token": rate for name, rate in row.items()}, **more}}
        for number, row in enumerate(rows)
    ]  # fmt: skip
    found = ListModelsResponse.from_dict({"object": "list", "data": models})
    book = PriceBook()
    book.load(found, now=0.0)
    for number, row in enumerate(rows):
        price = book.find(f"openai/m{number}")
        assert price is not None
        assert {name: text for name, text in price.to_dict().items() if name in row} == row
    sent = found.to_dict()["data"]
    assert [model["pricing"] for model in sent] == [model["pricing"] for model in models]
    assert len(rows) == 120


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("openai/gpt-5.1", "1"),
        ("openai/gpt-5.1-2026-01-31", "1"),
        ("openai/gpt-5.1-20260131", "1"),
        ("google/models/gemini-2", "2"),
        ("google/gemini-2-latest", "2"),
        ("openai/gpt-5.1-mini", None),
        ("openai/gpt-5", None),
        ("azure/gpt-5.1", None),
        ("gpt-5.1", None),
    ],
)
def test_a_price_is_that_of_the_model_or_none(asked: str, found: str | None) -> None:
    """The gateway's three ways to write a model's name find its price. A similar name never does."""
    book = PriceBook()
    book.load(listing(("openai/gpt-5.1", "1"), ("google/gemini-2", "2")), now=0.0)
    price = book.find(asked)
    assert (None if price is None else price.to_dict()["input"]) == found


def test_a_listed_price_that_is_not_usable_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    """A price of the gateway that is not a number is logged and unknown. The others are loaded."""
    book = PriceBook()
    with caplog.at_level(logging.WARNING):
        book.load(listing(("openai/a", "free"), ("openai/b", "1")), now=0.0)
    assert book.find("openai/a") is None and book.find("openai/b") is not None
    assert "openai/a" in caplog.text


def test_repr_has_no_exponent() -> None:
    """A cost is shown as plain decimals, with its bounds if it is not known."""
    assert repr(cost_of(Usage(input=1, output=0), PLAIN)) == "Cost(0.000002 USD, priced)"
    assert repr(Cost(total=None, at_least=Decimal(0), at_most=None)) == "Cost(0..? USD, priced)"


def test_prices_alone_import_no_database() -> None:
    """Costs without a ledger or a budget need no sqlite3."""
    code = """
import sys
from client.faulty_transport import WHOLE, BlockingTransport
from inference_gateway_sdk import InferenceGatewayClient, Price
prices = {"openai/m": Price(input=1, output=1)}
client = InferenceGatewayClient("http://h.invalid", driver=BlockingTransport([WHOLE]), prices=prices)
assert client.generate_content("openai/m", "Hi").cost.total == 3
assert "sqlite3" not in sys.modules
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
