"""Display of answers and listings in terminals and notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from .encode import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["AnswerDisplay", "Listing", "ModelListing"]


ItemT = TypeVar("ItemT")


class _HasItems(Protocol[ItemT]):
    @property
    def data(self) -> list[ItemT]: ...


class Listing:
    """A mix-in of answers that are lists."""

    __slots__ = ()

    def __iter__(self: _HasItems[ItemT]) -> Iterator[ItemT]:
        return iter(self.data)

    def __len__(self: _HasItems[ItemT]) -> int:
        return len(self.data)

    def to_dicts(self: _HasItems[Any]) -> list[dict[str, Any]]:
        """Return the items as plain dicts, such as for a data frame: `pandas.json_normalize(models.to_dicts())`."""
        return [item.to_dict() for item in self.data]

    def __bool__(self) -> bool:
        """Return True: an answer is truthy even when it lists nothing."""
        return True


_ROWS = 200
# Characters that a terminal acts on: a model's text must not move the cursor or set the window title. Unicode's
# bidirectional controls change the order in which text appears, in a browser too.
_BIDI = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_COMMANDS = {code: None for code in (*range(32), 127, *range(128, 160)) if chr(code) not in "\n\t"} | _BIDI


class _Console(Protocol):
    """The part of rich's console that is used; rich is never imported here."""

    def render_str(self, text: str, *, emoji: bool, markup: bool, highlight: bool) -> object: ...


class AnswerDisplay:
    """A mix-in of the answers of the three dialects: shows the text, the tool calls, and a summary line."""

    __slots__ = ()

    def __rich_console__(self, console: _Console, options: object) -> Iterator[object]:
        """Yield the lines for rich."""
        yield _plain(console, "\n".join((*_text_row(self), f"[{_summary(self)}]")))

    def _repr_html_(self) -> str:
        """Return the HTML for notebooks."""
        texts = "".join(f'<pre style="white-space: pre-wrap">{_escaped(text)}</pre>' for text in _text_row(self))
        return f"<div>{texts}<small>{_escaped(_summary(self))}</small></div>"


class ModelListing(Listing):
    """A mix-in of `ListModelsResponse`: shows a table of the models with context window and price, where known."""

    __slots__ = ()

    def __rich_console__(self, console: _Console, options: object) -> Iterator[object]:
        """Yield the table for rich."""
        models = _item_rows(self)
        rows = _html_table(models)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        yield _plain(console, "\n".join(lines + _more_rows(len(models))))

    def _repr_html_(self) -> str:
        """Return the HTML table for notebooks."""
        models = _item_rows(self)
        head, *rows = _html_table(models)
        more = "".join(f"<p>{line}</p>" for line in _more_rows(len(models)))
        body = "".join(_row(row, "td") for row in rows)
        return f"<table><thead>{_row(head, 'th')}</thead><tbody>{body}</tbody></table>{more}"


def _plain(console: _Console, text: str) -> object:
    """Return text as rich's own type, without markup or control characters."""
    return console.render_str(text.translate(_COMMANDS), emoji=False, markup=False, highlight=False)


def _escaped(text: str) -> str:
    import html  # slow to import because of its table of entities, and only notebooks need it

    return html.escape(text.translate(_BIDI))


def _text_row(answer: Any) -> list[str]:
    """Return the text, or the refusal in its place, and a line for each tool call."""
    message = getattr(answer, "message", None)
    text = getattr(answer, "text", None) or getattr(answer, "output_text", None) or getattr(message, "refusal", None)
    calls = [_tool_call_rows(getattr(call, "function", call)) for call in answer.tool_calls]
    return [text, *calls] if isinstance(text, str) else calls


def _tool_call_rows(function: Any) -> str:
    """Return a tool call as code, with the arguments as the model wrote them."""
    arguments = getattr(function, "arguments", None)
    if arguments is None:
        arguments = encode(getattr(function, "input", None)).decode()
    return f"{getattr(function, 'name', None) or '?'}({arguments})"


def _summary(answer: Any) -> str:
    """Return the model, the finish reason and the tokens used, each where it is known."""
    choices = getattr(answer, "choices", None)
    ended = getattr(choices[0] if choices else answer, "finish_reason", None)
    ended = ended or getattr(answer, "stop_reason", None) or getattr(answer, "status", None)
    facts = [answer.model, ended, _usage(answer.usage), None if answer.complete else "cut off"]
    return " · ".join(str(fact) for fact in facts if fact)


def _usage(usage: Any) -> str | None:
    read = _first(usage, "prompt_tokens", "input_tokens")
    written = _first(usage, "completion_tokens", "output_tokens")
    return None if read is None or written is None else f"{read} + {written} tokens"


def _first(value: object, *names: str) -> object:
    return next((found for name in names if (found := getattr(value, name, None)) is not None), None)


def _item_rows(answer: Any) -> Sequence[Any]:
    models: Sequence[Any] = answer.data
    return models


def _html_table(models: Sequence[Any]) -> list[list[str]]:
    """Return the header and the rows. Columns without any value are left out, except the model's."""
    rows = [["model", "context", "input / 1M tokens", "output / 1M tokens"]]
    rows += [_model_row(model) for model in models[:_ROWS]]
    columns = [column for place, column in enumerate(zip(*rows, strict=True)) if place == 0 or any(column[1:])]
    return [list(row) for row in zip(*columns, strict=True)]


def _model_row(model: Any) -> list[str]:
    window, pricing = _first(model.context_window, "tokens"), model.pricing
    context = f"{window:,}" if isinstance(window, int) else ""
    return [str(model.id or ""), context, *(_price(pricing, name) for name in ("input_per_token", "output_per_token"))]


def _price(pricing: Any, name: str) -> str:
    """Return the price of a million tokens, "" where it is unknown or covered by a subscription."""
    from decimal import Decimal, InvalidOperation

    try:
        amount = (Decimal(getattr(pricing, name)) * 1_000_000).quantize(Decimal("0.01"))
    except (AttributeError, TypeError, ValueError, InvalidOperation):
        return ""
    if pricing.subscription or not amount.is_finite():
        return ""
    return f"{amount:f} {pricing.currency or ''}".rstrip()


def _more_rows(count: int) -> list[str]:
    return [f"... and {count - _ROWS} more"] if count > _ROWS else []


def _row(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{_escaped(cell)}</{tag}>' for cell in cells)}</tr>"
