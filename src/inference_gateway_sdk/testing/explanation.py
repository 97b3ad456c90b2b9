"""Sentences for a test that failed: why a request had no script, and which scripts had no request.

The nearest script is shown as a diff, `-` for what it wants and `+` for what the request has.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from .shown import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .condition import Finding
    from .received import ReceivedRequest
    from .script import Script

__all__ = ["explain_miss", "explain_unused"]

_COMPARED = 200  # characters of a text


def explain_miss(request: ReceivedRequest, scripts: Sequence[Script]) -> str:
    """Why none of these scripts answers this request."""
    lines = [f"No script answers {request}:", *_portrait(request), ""]
    if not scripts:
        return "\n".join([*lines, 'There are no scripts: write gateway.reply("...") before the request is sent.'])
    for_it = [script for script in scripts if script.condition.fits(request)]
    if for_it:
        return "\n".join([*lines, *_used_up(for_it)])
    nearest = max(scripts, key=lambda script: _nearness(script, request))
    others = [script for script in scripts if script is not nearest]
    return "\n".join([*lines, *_difference(nearest, request), *_listed("The other scripts:", others)])


def _portrait(request: ReceivedRequest) -> list[str]:
    rows = {"model": request.model, "content": request.text and repr(cut(request.text))}
    shown = [f"    {name:<8}  {value}" for name, value in rows.items() if value]
    return shown or [f"    {len(request.content)} bytes"]


def _used_up(scripts: Sequence[Script]) -> list[str]:
    """The scripts for a request that came once too often."""
    one = len(scripts) == 1
    lines = _listed("The script for it is used up:" if one else "The scripts for it are used up:", scripts)
    return [*lines[1:], "", 'Write one more, or times=2, or times="always".']


def _difference(script: Script, request: ReceivedRequest) -> list[str]:
    """What the nearest script wants that the request does not have."""
    used = f", {script.count}" if script.used_up else ""
    lines = [f"The nearest script is {script}", f"({script.place}{used}), and differs in:"]
    for finding in script.condition.findings(request):
        if not finding.fits:
            lines += ["", f"    {finding.name}", f"    - {cut(finding.wanted)}", f"    + {cut(finding.got)}"]
    return lines


def _nearness(script: Script, request: ReceivedRequest) -> tuple[float, bool]:
    """How near a script is to a request: how alike are what it wants and what there is; then whether it is unused."""
    alike = [_likeness(finding) for finding in script.condition.findings(request)]
    return sum(alike) / len(alike), not script.used_up


def _likeness(finding: Finding) -> float:
    if finding.fits or finding.name not in ("model", "content"):
        return float(finding.fits)
    return SequenceMatcher(None, finding.wanted[:_COMPARED], finding.got[:_COMPARED]).ratio()


def explain_unused(scripts: Sequence[Script], requests: Sequence[ReceivedRequest]) -> str:
    """Which scripts no request came for, beside the requests that came."""
    one = len(scripts) == 1
    lines = ["A script was not used:" if one else f"{len(scripts)} scripts were not used:", *_listed("", scripts)[2:]]
    if requests:
        lines += ["", "The requests that came:", *(f"    {each}{_asked(each)}" for each in requests)]
    else:
        lines += ["", "No request came."]
    return "\n".join([*lines, "", "A script that need not be used says so: optional=True."])


def _asked(request: ReceivedRequest) -> str:
    return f" for {request.model}" if request.model else ""


def _listed(title: str, scripts: Sequence[Script]) -> list[str]:
    """The scripts with where they stand and how often they were used, under a title; nothing for none."""
    if not scripts:
        return []
    return ["", title, *(f"    {script}  ({script.place}, {script.count})" for script in scripts)]
