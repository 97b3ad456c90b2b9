"""How answers and listings look in a terminal and in a notebook."""

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
    """Mixed into the answers that are lists."""

    __slots__ = ()

    def __iter__(self: _HasItems[ItemT]) -> Iterator[ItemT]:
        return iter(self.data)

    def __len__(self: _HasItems[ItemT]) -> int:
        return len(self.data)

    def __bool__(self) -> bool:
        """An answer is something even when it lists nothing."""
        return True


_ROWS = 200
# A terminal acts on these: what a model writes must not move the cursor or set the window's title.
# The last ones (Unicode's bidirectional controls) make text appear in another order than it is in.
_CODES = (*range(32), 127, *range(128, 160), 0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_COMMANDS = {code: None for code in _CODES if chr(code) not in "\n\t"}


class _Console(Protocol):
    """What is needed of rich's console; rich is never imported here."""

    def render_str(self, text: str, *, emoji: bool, markup: bool, highlight: bool) -> object: ...


class AnswerDisplay:
    """Mixed into the answers of the three dialects: the text, the tool calls, and a line about both."""

    __slots__ = ()

    def __rich_console__(self, console: _Console, options: object) -> Iterator[object]:
        """What rich draws."""
        yield _plain(console, "\n".join((*_text_row(self), f"[{_summary(self)}]")))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        texts = "".join(f'<pre style="white-space: pre-wrap">{_escaped(text)}</pre>' for text in _text_row(self))
        return f"<div>{texts}<small>{_escaped(_summary(self))}</small></div>"


class ModelListing(Listing):
    """Mixed into `ListModelsResponse`: a table of the models, with what is known of their size and price."""

    __slots__ = ()

    def __rich_console__(self, console: _Console, options: object) -> Iterator[object]:
        """What rich draws."""
        models = _item_rows(self)
        rows = _html_table(models)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        yield _plain(console, "\n".join(lines + _more_rows(len(models))))

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        models = _item_rows(self)
        head, *rows = _html_table(models)
        more = "".join(f"<p>{line}</p>" for line in _more_rows(len(models)))
        body = "".join(_row(row, "td") for row in rows)
        return f"<table><thead>{_row(head, 'th')}</thead><tbody>{body}</tbody></table>{more}"


def _plain(console: _Console, text: str) -> object:
    """Text as rich's own, with nothing in it that rich or a terminal acts on."""
    return console.render_str(text.translate(_COMMANDS), emoji=False, markup=False, highlight=False)


def _escaped(text: str) -> str:
    import html  # its table of entities is dear for those who never see a notebook

    return html.escape(text.translate(_COMMANDS))


def _text_row(answer: Any) -> list[str]:
    """The text, or the refusal in its place, and a line for each tool call."""
    message = getattr(answer, "message", None)
    text = getattr(answer, "text", None) or getattr(answer, "output_text", None) or getattr(message, "refusal", None)
    calls = [_tool_call_rows(getattr(call, "function", call)) for call in answer.tool_calls]
    return [text, *calls] if isinstance(text, str) else calls


def _tool_call_rows(function: Any) -> str:
    """A call as code, its arguments as the model wrote them."""
    arguments = getattr(function, "arguments", None)
    if arguments is None:
        arguments = encode(getattr(function, "input", None)).decode()
    return f"{getattr(function, 'name', None) or '?'}({arguments})"


def _summary(answer: Any) -> str:
    """Who answered, why it ended, what it cost in tokens; of these, what is known."""
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
    """Head and rows: the models, and of the other columns those that say anything."""
    rows = [["model", "context", "input / 1M tokens", "output / 1M tokens"]]
    rows += [_model_row(model) for model in models[:_ROWS]]
    columns = [column for place, column in enumerate(zip(*rows, strict=True)) if place == 0 or any(column[1:])]
    return [list(row) for row in zip(*columns, strict=True)]


def _model_row(model: Any) -> list[str]:
    window, pricing = _first(model.context_window, "tokens"), model.pricing
    context = f"{window:,}" if isinstance(window, int) else ""
    return [str(model.id or ""), context, *(_price(pricing, name) for name in ("input_per_token", "output_per_token"))]


def _price(pricing: Any, name: str) -> str:
    """The price of a million tokens, "" where it is not known or covered by a subscription."""
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
