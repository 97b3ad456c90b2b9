"""The pieces of one choice of a chat stream to the JSON of a whole choice."""

from __future__ import annotations

from typing import Any

from .._model.json_value import is_array
from .._wire import codec
from .extras import merge, merge_beside, settled
from .text import Text
from .tool_calls import ToolCalls

__all__ = ["Choice"]


class Choice:
    """One choice in the making."""

    __slots__ = (
        "content",
        "extra",
        "finish_reason",
        "index",
        "logprobs",
        "message_extra",
        "parts",
        "role",
        "texts",
        "tools",
    )

    def __init__(self, index: int) -> None:
        self.index = index
        self.role = ""
        self.content = Text()
        self.texts: dict[str, Text] = {}  # reasoning, reasoning_content, refusal
        self.parts: list[Any] | None = None  # content that came as a list of parts
        self.tools: ToolCalls | None = None
        self.finish_reason: str | None = None
        self.logprobs: dict[str, Any] | None = None
        self.extra: dict[str, Any] = {}
        self.message_extra: dict[str, Any] = {}

    def add(self, piece: Any) -> None:
        """Fold one `ChatCompletionStreamChoice`."""
        delta = piece.delta
        if delta is not None:
            content = delta.content
            if content or (content is not None and not self.finish_reason):
                self.content.add(content)
            self._add_rest(delta)
        if piece.finish_reason:
            self.finish_reason = piece.finish_reason
        if piece.logprobs is not None:
            self._add_logprobs(piece.logprobs)
        if piece.kept_ is not None and piece.extra_fields:
            merge_beside(self.extra, piece.extra_fields)

    def built(self, turn: int) -> dict[str, Any]:
        """The choice as the JSON object of a whole answer; `finish_reason` is null while it is open."""
        message: dict[str, Any] = {"role": self.role or "assistant", "content": self._content()}
        for name, pieces in self.texts.items():
            message[name] = "".join(pieces)
        if self.tools is not None:
            message["tool_calls"] = self.tools.built(turn)
        message.update(settled(self.message_extra))
        choice: dict[str, Any] = {"index": self.index, "message": message, "finish_reason": self.finish_reason}
        if self.logprobs is not None:
            choice["logprobs"] = settled(self.logprobs)
        return {**choice, **settled(self.extra)}

    def _add_rest(self, delta: Any) -> None:
        if delta.role and not self.role:
            self.role = str(delta.role)
        if delta.reasoning_content:
            self._text("reasoning_content").add(delta.reasoning_content)
        if delta.reasoning:
            self._text("reasoning").add(delta.reasoning)
        if delta.refusal:
            self._text("refusal").add(delta.refusal)
        if delta.tool_calls:
            if self.tools is None:
                self.tools = ToolCalls()
            for piece in delta.tool_calls:
                self.tools.add(piece)
        if delta.kept_ is not None:
            self._add_kept(delta)

    def _text(self, name: str) -> Text:
        text = self.texts.get(name)
        if text is None:
            text = self.texts[name] = Text()
        return text

    def _add_kept(self, delta: Any) -> None:
        """What the contract does not know or types otherwise, and content as a list of parts."""
        merge(self.message_extra, delta.extra_fields)
        odd = {name: value for name, value in delta.kept_.raw.items() if value is not None}
        parts = odd.pop("content", None)
        merge(self.message_extra, odd)
        if is_array(parts):
            if self.parts is None:
                self.parts = []
            if self.content:
                self.parts.append({"type": "text", "text": "".join(self.content)})
                self.content = Text()
            self.parts.extend(parts)

    def _add_logprobs(self, logprobs: Any) -> None:
        if self.logprobs is None:
            self.logprobs = {}
        merge(self.logprobs, codec.to_builtins(logprobs))

    def _content(self) -> Any:
        if self.parts is not None:
            text = [{"type": "text", "text": "".join(self.content)}] if self.content else []
            return [*self.parts, *text]
        return "".join(self.content) if self.content else None
