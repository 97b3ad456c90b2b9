"""Every source of tools behind the gateway: kept in touch with, listed, and found by a tool's name.

Servers are asked when the gateway starts, which waits for them as the real one does, and again now and then; one that
cannot be reached is left out until it can (WIRE section 19).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from msgspec import Struct

from .functions import FunctionTools
from .offer import Direct, Selector
from .remote import RemoteTools
from .source import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ..._wire.mcp_tools import McpServerTool, McpToolResult
    from .offer import Offer
    from .settings import McpSettings
    from .source import ToolSource

__all__ = ["Placed", "Toolbox"]

_log = logging.getLogger(__name__)


class Placed(Struct, frozen=True):
    """A tool and who offers it."""

    tool: McpServerTool
    source: ToolSource

    async def run(self, arguments: Mapping[str, object]) -> McpToolResult:
        """What it gives.

        Raises:
            ToolError: It could not be run.
        """
        return await self.source.call(self.tool.name, arguments)


class Toolbox:
    """The tools of all sources.

    Args:
        sources: In the order in which they are asked for a tool; empty for a gateway whose MCP is off.
        settings: Which tools are offered, and how often a server is asked.
    """

    def __init__(self, sources: Sequence[ToolSource], settings: McpSettings) -> None:
        self._sources = sources
        self._settings = settings
        self._watching: list[asyncio.Task[None]] = []

    @classmethod
    def build(cls, settings: McpSettings, functions: Iterable[Callable[..., object]] = ()) -> Toolbox:
        """The toolbox these settings describe.

        Args:
            settings: Whose servers are asked, if MCP is enabled.
            functions: Python functions that are offered as tools; that they are given is enough to enable them.

        Raises:
            TypeError: A function that cannot be described.
            ValueError: Two functions of one name.
        """
        own = tuple(functions)
        sources: list[ToolSource] = [FunctionTools(own)] if own else []
        if settings.enabled:
            sources += [RemoteTools(address, settings) for address in settings.servers]
        return cls(sources, settings)

    @property
    def enabled(self) -> bool:
        """MCP is on."""
        return bool(self._sources) or self._settings.enabled

    @property
    def configured(self) -> bool:
        """There is somebody to ask, reachable or not."""
        return bool(self._sources)

    def everything(self) -> list[Placed]:
        """What all sources offer, those that are not for models included."""
        return [Placed(tool, source) for source in self._sources for tool in source.tools]

    def offered(self) -> list[Placed]:
        """What models may use: of two tools with the same name only the first."""
        found: dict[str, Placed] = {}
        for placed in self.everything():
            if self._may_be_used(placed.tool.name):
                found.setdefault(placed.tool.name, placed)
        return list(found.values())

    def offer(self) -> Offer | None:
        """What a chat is offered; None when there is nothing."""
        placed = self.offered()
        if not placed:
            return None
        return Direct(placed) if self._settings.mode == "direct" else Selector(placed)

    def by_public_name(self) -> dict[str, Placed]:
        """What `/mcp` offers, by the names it has there: `mcp_`, the source's alias and the tool's own name."""
        aliases = self._aliases()
        return {
            f"mcp_{aliases[id(placed.source)]}_{placed.tool.name}": placed
            for placed in self.everything()
            if self._may_be_used(placed.tool.name)
        }

    async def start(self) -> None:
        """Ask every source, and go on asking."""
        await asyncio.gather(*(self._refresh(source) for source in self._sources))
        self._watching = [asyncio.ensure_future(self._watch(source)) for source in self._sources]

    async def stop(self) -> None:
        """Let go of everything. May be called twice."""
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        for source in self._sources:
            await source.stop()

    async def _watch(self, source: ToolSource) -> None:
        while True:
            settings = self._settings
            interval = settings.polling_interval if source.tools else settings.reconnect_interval
            if interval is None:
                return
            await asyncio.sleep(interval)
            await self._refresh(source)

    async def _refresh(self, source: ToolSource) -> None:
        had = bool(source.tools)
        try:
            await source.refresh()
        except ToolError as error:
            if had or not self._watching:  # once, not each time anew
                _log.warning("no tools from the MCP server %s: %s", source.address, error)

    def _may_be_used(self, name: str) -> bool:
        names = {name, f"mcp_{name}"}
        if self._settings.include:
            return not names.isdisjoint(self._settings.include)
        return names.isdisjoint(self._settings.exclude)

    def _aliases(self) -> dict[int, str]:
        """Each source's alias, with a number behind it where another has the same."""
        taken: set[str] = set()
        return {id(source): _untaken(source.alias, taken) for source in self._sources}


def _untaken(alias: str, taken: set[str]) -> str:
    name = next(each for each in _numbered(alias) if each not in taken)
    taken.add(name)
    return name


def _numbered(alias: str) -> Iterator[str]:
    yield alias
    number = 2
    while True:
        yield f"{alias}_{number}"
        number += 1
