"""The sixteen faults of FailoverBench as scenarios: what each route does, what is checked, and the verdict.

The ids, timings, checks and verdict rules are those of its methodology v0.1 (https://github.com/failoverbench). The
code is our own, over the fault player of the embedded gateway.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from inference_gateway_sdk import BadRequestError, GatewayError
from inference_gateway_sdk.embedded.faults import Fault, fault

Verdict: TypeAlias = Literal["pass", "partial", "safe", "fail"]

WORDS = 60
TEXT = " ".join(f"word{number:02}" for number in range(WORDS))  # every healthy answer


@dataclass(frozen=True)
class Timings:
    """The seconds of a profile.

    Attributes:
        limit: The client's limit for the first content, and for silence in a stream.
        silence: S06: seconds without a byte of an answer.
        slow: S07: seconds from the head to the first token.
        stall: S09: seconds of silence in the stream.
        calls: S15: number of calls.
        every: S15: seconds from one call to the next.
        outage: S15: seconds in which the primary fails.
    """

    limit: float
    silence: float
    slow: float
    stall: float
    calls: int
    every: float
    outage: float


FULL = Timings(limit=10, silence=120, slow=20, stall=30, calls=20, every=4, outage=60)
FAST = Timings(limit=2, silence=30, slow=20, stall=20, calls=10, every=1.2, outage=6)


@dataclass
class Result:
    """The end of one call.

    Attributes:
        text: The text that the caller received: of the answer, or of the chunks of a loop.
        error: The error, None after an answer.
        model: The model that the answer names.
        route: The route that answered.
        usage: The answer's usage.
        began: The time at which the call began.
        seconds: Its duration, with the delays between attempts.
    """

    text: str = ""
    error: BaseException | None = None
    model: str | None = None
    route: str | None = None
    usage: Any = None
    began: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True)
class Try:
    """One request that arrived at the primary. `size` is the number of bytes of its messages."""

    at: float
    size: int


@dataclass
class Played:
    """A scenario that was played.

    Attributes:
        timings: The profile.
        fallback: Whether the client had a second route.
        began: The time at which the first call began.
        results: The ends of its calls: one, or those of a sequence.
        tries: The requests at the primary.
        alive: Whether the client answered a plain call afterwards.
    """

    timings: Timings
    fallback: bool = True
    began: float = 0.0
    results: list[Result] = field(default_factory=list[Result])
    tries: list[Try] = field(default_factory=list[Try])
    alive: bool = False

    @property
    def result(self) -> Result:
        """The end of the only call."""
        (result,) = self.results
        return result

    def within(self, seconds: float) -> int:
        """Return the number of tries in this time after the first one."""
        return sum(one.at - self.tries[0].at <= seconds for one in self.tries)


@dataclass(frozen=True)
class Check:
    """One check of a scenario.

    Attributes:
        name: Its name in the table.
        holds: Return whether it holds.
        required: A failure is the verdict "fail". That of an advisory check makes an answer "partial".
        needs_fallback: It does not apply to a client with one route.
    """

    name: str
    holds: Callable[[Played], bool]
    required: bool = True
    needs_fallback: bool = False


@dataclass(frozen=True)
class Scenario:
    """One of the sixteen.

    Attributes:
        id: "S01" to "S16".
        title: A few words.
        faults: Return the faults of the primary's requests. After the last one it is healthy.
        checks: The checks beyond those of the verdict.
        hang: Seconds after which a call hangs.
        for_good: The last fault is that of all later requests.
        wants_error: The right end is an error.
        refuses_prefill: The fallback refuses a request that ends with the assistant's words.
        sequence: A sequence of calls around an outage.
    """

    id: str
    title: str
    faults: Callable[[Timings], list[Fault]]
    checks: tuple[Check, ...] = ()
    for_good: bool = False
    wants_error: bool = False
    refuses_prefill: bool = False
    sequence: bool = False
    hang: float = 40

    @property
    def model(self) -> str:
        """The name of the primary's model, without a provider."""
        return f"fb-{self.id.lower()}"

    @property
    def second(self) -> str:
        """The name of the fallback's model, without a provider."""
        return "fb-ok-noprefill" if self.refuses_prefill else "fb-ok"


def refusal(status: int, code: str, message: str, **more: Any) -> Fault:
    """Return a provider's error response."""
    import json

    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return fault("status", status=status, body=json.dumps({"error": error}), **more)


def once(name: str, **parameters: Any) -> Callable[[Timings], list[Fault]]:
    """Return the faults of a scenario without times."""
    return lambda _: [fault(name, **parameters)]


def most_tries(number: int, seconds: float | None = None) -> Check:
    """Return the check of a retry storm."""
    if seconds is None:
        return Check(f"at most {number} tries", lambda played: len(played.tries) <= number)
    return Check(f"at most {number} tries in {seconds:g} s", lambda played: played.within(seconds) <= number)


def tries(number: int, *, required: bool = True) -> Check:
    """Return the check of an exact number of tries."""
    return Check(f"{number} tries", lambda played: len(played.tries) == number, required=required)


def one_try_or_smaller(played: Played) -> bool:
    """Return whether every further try was smaller than the first."""
    return all(one.size < played.tries[0].size for one in played.tries[1:])


def not_masked(played: Played) -> bool:
    """Return whether the refusal of a prefill is not the error of the call."""
    return not isinstance(played.result.error, BadRequestError)


def served(played: Played) -> bool:
    """Return whether every call of a sequence has the whole answer."""
    return all(result.error is None and result.text == TEXT for result in played.results)


def back_in_time(played: Played) -> bool:
    """Return whether the primary answered again within 30 s after the outage."""
    end = played.began + played.timings.outage
    return any(
        result.error is None and result.route == "openai/fb-s15" and end <= result.began <= end + 30
        for result in played.results
    )


def at_most(seconds: float, **more: bool) -> Check:
    """Return the check of a call's duration."""
    return Check(f"at most {seconds:g} s", lambda played: played.result.seconds <= seconds, **more)


RETRIED = Check("at least 2 tries", lambda played: len(played.tries) >= 2, required=False)
USAGE = Check("usage", lambda played: played.result.usage is not None, required=False)
GAP = Check("waits 1.8 s", lambda played: [one.at - played.tries[0].at for one in played.tries[1:2]] >= [1.8], False)
SOON = at_most(15, required=False, needs_fallback=True)
NAMED = Check("names the fallback", lambda played: (played.result.model or "").endswith("fb-ok"), needs_fallback=True)
SERVED = Check("every call served", served, needs_fallback=True)
BACK = Check("back at the primary", back_in_time, needs_fallback=True)
WHOLE = Check("complete", lambda played: played.result.text == TEXT, required=False)
SMALLER = Check("1 try, or smaller ones", one_try_or_smaller)
UNMASKED = Check("the prefill refusal does not mask", not_masked)

BUSY = "Rate limit reached for this model. Please retry after 2 seconds."
TOO_LONG = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens."
UNSAFE = "Your request was rejected by our safety system."
DOWN: dict[str, Any] = {
    "status": 503,
    "code": "service_unavailable",
    "message": "The server is overloaded or not ready yet.",
}

SIXTEEN = (
    Scenario("S01", "429 once, Retry-After: 2", lambda _: [refusal(429, "rate_limit", BUSY, retry_after=2)],
             (RETRIED, GAP, most_tries(2, 1.5)), hang=20),
    Scenario("S02", "429 for good, no header", lambda _: [refusal(429, "rate_limit", "Too many requests.")],
             (most_tries(4, 3), most_tries(6)), for_good=True),
    Scenario("S03", "500 once", lambda _: [refusal(500, "server_error", "An error occurred.")], (RETRIED,), hang=20),
    Scenario("S04", "503 for good", lambda _: [refusal(**DOWN)], (most_tries(6),), for_good=True),
    Scenario("S05", "reset before the head, once", once("reset-before-headers"), hang=20),
    Scenario("S06", "accepts, and is silent", lambda t: [fault("stall-before-headers", seconds=t.silence)],
             (at_most(100), tries(1, required=False)), for_good=True, hang=130),
    Scenario("S07", "head at once, first token late", lambda t: [fault("stall-mid-body", after=0, seconds=t.slow)],
             (SOON,), for_good=True, hang=60),
    Scenario("S08", "stream dies after 40 of 60 tokens", once("reset-mid-body", after=41), for_good=True),
    Scenario("S09", "stream stalls after 20 tokens", lambda t: [fault("stall-mid-body", after=21, seconds=t.stall)],
             (at_most(45),), for_good=True, hang=70),
    Scenario("S10", "tenth event is not JSON", once("malformed-event", after=9), (WHOLE,), for_good=True, hang=30),
    Scenario("S11", "no [DONE]", once("missing-done"), (at_most(8), USAGE), for_good=True, hang=30),
    Scenario("S12", "context_length_exceeded", lambda _: [refusal(400, "context_length_exceeded", TOO_LONG)],
             (SMALLER,), for_good=True, hang=20),
    Scenario("S13", "content_policy_violation", lambda _: [refusal(400, "content_policy_violation", UNSAFE)],
             (tries(1),), for_good=True, wants_error=True, hang=20),
    Scenario("S14", "stream dies, fallback refuses prefill", once("reset-mid-body", after=41), (UNMASKED,),
             for_good=True, refuses_prefill=True),
    Scenario("S15", "503 for a minute, then well", lambda _: [refusal(**DOWN)], (SERVED, BACK), sequence=True, hang=30),
    Scenario("S16", "503 for good: who answered?", lambda _: [refusal(**DOWN)], (most_tries(6), NAMED, USAGE),
             for_good=True),
)  # fmt: skip


def judge(scenario: Scenario, played: Played) -> tuple[Verdict, tuple[str, ...]]:
    """Return the verdict, and the names of the failed checks.

    "fail" is a hang, an answer that is cut off or has garbage in it, a client that does not work afterwards, or a
    failed required check. "safe" is a clean error. "partial" is an answer with a failed advisory check, or one where
    an error is right.
    """
    applied = [check for check in scenario.checks if played.fallback or not check.needs_fallback]
    failed = [check for check in applied if not check.holds(played)]
    errors = [result.error for result in played.results if result.error is not None]
    always = {
        "no hang": all(result.seconds <= scenario.hang for result in played.results),
        "no truncated success": all(result.text == TEXT for result in played.results if result.error is None),
        "no garbage": all(TEXT.startswith(result.text) for result in played.results),
        "a clean error": all(isinstance(error, GatewayError) for error in errors),
        "alive afterwards": played.alive,
    }
    fatal = [check.name for check in failed if check.required] + [name for name, holds in always.items() if not holds]
    names = tuple(check.name for check in failed)
    if fatal:
        return "fail", tuple(fatal)
    if scenario.wants_error:
        return ("pass" if errors and not failed else "partial"), names
    if errors:
        return "safe", names
    return ("partial" if failed else "pass"), names
