"""Faults by name: what the embedded gateway does wrong on purpose, so that its clients can be seen to cope.

`fault("reset-mid-body", after=3)` is a fault, a `Rule` says which requests meet it, and a `FaultPlan` is the rules that
a gateway follows: `running(faults=[...])`. docs/faults.md has the table.
"""

from __future__ import annotations

from .kinds import KINDS, Fault, FaultError, fault
from .plan import FaultPlan, RequestInfo, Rule, parse_fault, read_plan

__all__ = ["KINDS", "Fault", "FaultError", "FaultPlan", "RequestInfo", "Rule", "fault", "parse_fault", "read_plan"]
