"""Faults are made by name, and anything else is refused."""

from __future__ import annotations

import re

import msgspec
import pytest

from inference_gateway_sdk.embedded.faults import KINDS, FaultError, fault


def test_a_fault_has_its_defaults() -> None:
    """A parameter that is not given has the kind's default."""
    made = fault("stall-mid-body", seconds=0.5)
    assert (made.name, msgspec.structs.asdict(made)) == ("stall-mid-body", {"after": 2, "seconds": 0.5})


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_can_be_made_and_is_described(name: str) -> None:
    """No parameter is obligatory, and each kind has a name, a sentence and a description of its parameters."""
    kind = KINDS[name]
    assert type(fault(name)) is kind
    sentence, *more = (kind.__doc__ or "").splitlines()
    assert sentence.endswith(".")
    for parameter in kind.__struct_fields__:
        assert any(re.match(rf" +{parameter}: ", line) for line in more)


def test_faults_are_values() -> None:
    """Equal faults are equal, hashable and immutable."""
    assert {fault("status", status=500), fault("status", status="500")} == {fault("status", status=500)}
    with pytest.raises(AttributeError):
        fault("truncate").after = 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "parameters", "phrase"),
    [
        ("reset-mid-bodi", {}, "unknown fault 'reset-mid-bodi': did you mean 'reset-mid-body'?"),
        ("xyzzy", {}, "unknown fault 'xyzzy': use one of answer, status, refuse, "),
        ("truncate", {"aftr": 1}, "fault 'truncate' has no parameter 'aftr': did you mean 'after'?"),
        ("truncate", {"xyzzy": 1}, "fault 'truncate' has no parameter 'xyzzy': it has after, mid_event"),
        ("answer", {"after": 1}, "fault 'answer' has no parameter 'after': it has none"),
        ("truncate", {"after": -1}, "fault 'truncate': after is wrong: expected int >= 0"),
        ("truncate", {"after": "soon"}, "fault 'truncate': after is wrong: expected int, got str"),
        ("status", {"status": 99}, "fault 'status': status is wrong: expected int >= 200"),
        ("status", {"content_type": "a\r\nb: c"}, "content_type is wrong: expected printable ASCII on one line"),
        ("status", {"retry_after": "1\r\nX: y"}, "retry_after is wrong: "),
        ("trickle-headers", {"interval": 0}, "interval is wrong: expected float > 0"),
        ("stall-mid-body", {"seconds": float("nan")}, "seconds is wrong: "),
        ("stall-mid-body", {"seconds": float("inf")}, "seconds is wrong: "),
    ],
)
def test_what_is_no_fault_is_refused(name: str, parameters: dict[str, object], phrase: str) -> None:
    """The message names the error, and the nearest valid name."""
    with pytest.raises(FaultError) as caught:
        fault(name, **parameters)
    assert phrase in str(caught.value)


@pytest.mark.parametrize("seconds", [3, 2.5, "3", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_retry_after_is_the_headers_text(seconds: float | str) -> None:
    """Seconds may be a number, or text in HTTP's form."""
    assert fault("status", retry_after=seconds).retry_after == str(seconds)  # type: ignore[attr-defined]
