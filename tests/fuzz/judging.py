"""Validation of the gateway's answers against the contract: status, content type, headers, body, each event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
from schemathesis.checks import (
    Failure,
    FailureGroup,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fuzz.contract import event_validator
from fuzz.differences import listed

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
UNMEANT = (500, 501, 505)
"""Nothing in these tests gives the gateway a reason for one of them."""


def complaints(operation: str, mode: str, case: Any, answer: Any) -> list[str]:
    """Return the faults of the answer that no table lists."""
    found = [*_of_status(answer), *_of_contract(case, answer), *_of_events(operation, answer)]
    return [complaint for complaint in found if not listed(operation, mode, answer, complaint)]


def _of_status(answer: Any) -> Iterator[str]:
    if answer.status_code in UNMEANT:
        yield f"the gateway failed: {answer.status_code}"


def _of_contract(case: Any, answer: Any) -> Iterator[str]:
    for check in CHECKS:
        if check is response_schema_conformance and _is_stream(answer):
            continue  # it takes the contract's schema for that of an event's frame, and not of its data
        try:
            case.validate_response(answer, checks=[check])
        except FailureGroup as group:
            yield from map(str, group.exceptions)
        except Failure as failure:
            yield str(failure)


def _of_events(operation: str, answer: Any) -> Iterator[str]:
    """Return the faults in a stream's events: each must be JSON of its schema, and the last must be an end."""
    validator = event_validator(operation)
    if validator is None or answer.status_code != 200 or not _is_stream(answer):
        return
    datas = [line[6:] for line in answer.content.decode().split("\n") if line.startswith("data: ")]
    for data in datas:
        if data == "[DONE]":
            continue
        try:
            validator.validate(json.loads(data))
        except (ValueError, jsonschema_rs.ValidationError) as error:
            yield f"the event {data:.200} does not fit: {error}"
    if not datas or not _ends(datas[-1]):
        yield f"the stream has no end: {datas[-1:]}"


def _is_stream(answer: Any) -> bool:
    return str(answer.headers.get("content-type", "")).startswith("text/event-stream")


def _ends(data: str) -> bool:
    return data == "[DONE]" or json.loads(data).get("type") in (
        "message_stop",
        "response.completed",
        "response.incomplete",
    )
