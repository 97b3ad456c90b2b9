"""The next request of a run: messages, tools, and the constraints of the output type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._model.encode import to_builtins
from .._model.json_values import is_mapping, is_object
from .._tools.tool import describe_tool
from .events import Ask
from .render import Rendering, Target
from .transcript import Offered

if TYPE_CHECKING:
    from .._schema.strict import Rules
    from .._tools.tool import Tool
    from .events import RunSettings
    from .output import Constraint, OutputType
    from .providers import ProviderRules
    from .render import Loss
    from .transcript import Entry

__all__ = ["RequestBuilder", "forbids_calls", "offered_last"]


class RequestBuilder:
    """The requests of one run. Messages and tools of earlier requests are not built again.

    Args:
        settings: The settings of the run.
        rules: The provider's rules.
        entries: The transcript, to which the run appends.
    """

    def __init__(self, settings: RunSettings, rules: ProviderRules, entries: list[Entry]) -> None:
        self._settings = settings
        self._rules = rules
        self._entries = entries
        self._rendering = Rendering(Target(settings.dialect, settings.provider, settings.model))
        self._tools: dict[bool, list[dict[str, Any]]] = {}  # descriptions of the toolbox, strict or not
        self._has_tools = bool(settings.toolbox)
        self._noted = not self._has_tools
        self._params: dict[str, Any] = {}  # of the last request: the same object as long as they are the same
        self._key: tuple[Any, ...] = ()  # the arguments that they were built for

    @property
    def losses(self) -> list[Loss]:
        """The parts of the transcript that the model does not receive."""
        return self._rendering.losses

    def build(self, output: OutputType | None, *, first: bool, strict_tools: bool, seconds: float | None) -> Ask:
        """Return the request that continues the transcript.

        Args:
            output: The output type, or None for text.
            first: True for the run's first request. The caller's `tool_choice` applies only to it.
            strict_tools: Send tool schemas as strict if possible.
            seconds: Remaining seconds of the run, None for no limit.
        """
        if not self._noted:
            self._note_offered()
        settings = self._settings
        constraint = None if output is None else output.constraint()
        key = (output, strict_tools, first and "tool_choice" in settings.params)
        if key != self._key:
            self._params, self._key = self._parameters(constraint, first=first, strict_tools=strict_tools), key
        params = self._params
        rendered = self._rendering.render(self._entries)
        messages = rendered.messages
        if rendered.system is not None:
            params = dict(params)
            _add_system(params, rendered.system)
        if constraint is not None and constraint.instruction is not None:
            params = dict(params)
            messages = _with_instruction(settings, messages, params, constraint.instruction)
        own_tools = self._has_tools or (constraint is not None and constraint.tool is not None)
        return Ask(
            messages=messages,
            params=params,
            mcp_bypass=own_tools and settings.dialect == "chat",
            whole=self._rules.whole and output is not None and output.mode in {"schema", "json"},
            seconds=seconds,
        )

    def _parameters(self, constraint: Constraint | None, *, first: bool, strict_tools: bool) -> dict[str, Any]:
        """Return the caller's parameters with the tools and the constraints of the output type."""
        settings, dialect = self._settings, self._settings.dialect
        params = dict(settings.params)
        if not first and not forbids_calls(params.get("tool_choice")):
            params.pop("tool_choice", None)  # with a forced choice in every round, the run would never end
        tools = self._described(strict_tools=strict_tools)
        if not tools and (earlier := offered_last(self._entries)):
            # Anthropic rejects a history with calls but without tools
            tools = [describe_tool(one["name"], one["description"], one["parameters"], dialect) for one in earlier]
            params["tool_choice"] = {"type": "none"} if dialect == "messages" else "none"
        if constraint is not None:
            params = _merged(params, constraint.params)
        if constraint is not None and constraint.tool is not None:
            tools.append(constraint.tool)
            if not settings.toolbox:
                params.pop("tool_choice", None)
            if constraint.requires_call and "tool_choice" not in params:
                params["tool_choice"] = {"type": "any"} if dialect == "messages" else "required"
        if tools:
            params["tools"] = tools
        return params

    def _described(self, *, strict_tools: bool) -> list[dict[str, Any]]:
        """Return the descriptions of the toolbox in a new list."""
        found = self._tools.get(strict_tools)
        if found is None:
            rules = self._rules.tools if strict_tools else None
            box = self._settings.toolbox
            found = self._tools[strict_tools] = [_describe(box[name], name, rules, self._settings) for name in box]
        return list(found)

    def _note_offered(self) -> None:
        """Record the offered tools in the transcript if they have changed."""
        box = self._settings.toolbox.values()
        tools = [{"name": one.name, "description": one.description, "parameters": one.parameters} for one in box]
        if offered_last(self._entries) != tools:
            self._entries.append(Offered(tools=tools))
        self._noted = True


def _describe(tool: Tool[..., Any], name: str, rules: Rules | None, settings: RunSettings) -> dict[str, Any]:
    if rules is not None and tool.runner == "function":
        form = tool.strict_form(rules)
        if form.is_strict:
            return describe_tool(name, tool.description, form.schema, settings.dialect, strict=True)
    return describe_tool(name, tool.description, tool.parameters, settings.dialect)


def offered_last(entries: list[Entry]) -> list[dict[str, Any]]:
    """Return the tools in the most recent offer."""
    for entry in reversed(entries):
        if isinstance(entry, Offered):
            return entry.tools
    return []


def _add_system(params: dict[str, Any], system: str) -> None:
    """Add a text to the parameter `system` of Messages, which is a string or a list of blocks."""
    given: Any = params.get("system")
    if not given:
        params["system"] = system
    elif isinstance(given, str):
        params["system"] = f"{given}\n\n{system}"
    else:
        params["system"] = [*given, {"type": "text", "text": system}]


def _with_instruction(settings: RunSettings, messages: list[Any], params: dict[str, Any], text: str) -> list[Any]:
    """Add the instruction of the output type to the system text of the dialect. Return the messages."""
    if settings.dialect == "messages":
        _add_system(params, text)
        return messages
    if settings.dialect == "responses":
        given = params.get("instructions")
        params["instructions"] = f"{given}\n\n{text}" if given else text
        return messages
    first: dict[str, Any] = messages[0] if messages else {}
    content: object = first.get("content")
    if first.get("role") == "system" and isinstance(content, str):
        return [{**first, "content": f"{content}\n\n{text}"}, *messages[1:]]
    return [{"role": "system", "content": text}, *messages]


def forbids_calls(choice: object) -> bool:
    """Return whether a `tool_choice` forbids tool calls."""
    return choice == "none" or (is_mapping(choice) and choice.get("type") == "none")


def _merged(params: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """Return parameters merged with others. Objects with the same name are merged, too."""
    found = dict(params)
    for key, value in more.items():
        old: Any = None if found.get(key) is None else to_builtins(found[key])
        found[key] = {**old, **value} if is_object(old) else value
    return found
