"""Faults that the embedded gateway injects on purpose, to test how clients handle them.

`fault("reset-mid-body", after=3)` makes a fault, and a `Rule` selects the requests that it affects. A `FaultPlan` holds
the rules of a gateway: `running(faults=[...])`. docs/faults.md has the table.
"""

from __future__ import annotations

from .kinds import KINDS, Fault, FaultError, fault
from .plan import FaultPlan, RequestInfo, Rule, parse_fault, read_plan

__all__ = ["KINDS", "Fault", "FaultError", "FaultPlan", "RequestInfo", "Rule", "fault", "parse_fault", "read_plan"]
