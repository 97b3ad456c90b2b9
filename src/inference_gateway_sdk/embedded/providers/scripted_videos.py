"""The videos of the scripted provider: jobs that each request for them moves on, so that no time needs to pass."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from .. import go_json
from ..multipart import Form
from .scripts import CREATED

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ScriptedVideos", "mp4"]

_MOST_JOBS = 1000  # the oldest is forgotten
_STEPS = (("queued", 0), ("in_progress", 50), ("completed", 100))
_FAILS = "fail"
_JSON = "application/json"

Answer = tuple[int, str, bytes]


def mp4(seed: str) -> bytes:
    """Return the first boxes of an MP4 file (ISO/IEC 14496-12), whose data are derived from the seed.

    It holds no pictures: it has the type of a video, for programs that store or pass on videos.
    """
    data = hashlib.shake_128(seed.encode(errors="replace")).digest(4096)
    return _box(b"ftyp", b"isom\0\0\2\0isomiso2mp41") + _box(b"mdat", data)


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


class ScriptedVideos:
    """The jobs of one scripted provider.

    A new job is queued. The first request for its state finds it in progress, the second finds it completed. A job
    whose prompt begins with "fail" has failed by then; the rest of the prompt is the reason.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, dict[str, Any]] = {}
        self._steps: dict[str, int] = {}
        self._count = 0

    def answer(self, method: str, path: str, content_type: str, body: bytes) -> Answer | None:
        """Return the status, type and body of the answer; None for a path without one.

        Args:
            method: The HTTP method.
            path: The path from `/videos` on, without a query.
            content_type: The content type of the body.
            body: The body of the request.

        Raises:
            FormError: The body of a new job is not a form.
        """
        _, _, *steps = path.split("/")
        if method == "POST" and not steps:
            return 200, _JSON, go_json.encode(self._create(Form.parse(content_type, body)))
        read: dict[tuple[str, ...], Callable[[str], Answer]] = {(): self._state, ("content",): self._content}
        if method != "GET" or not steps or tuple(steps[1:]) not in read:
            return None
        name = unquote(steps[0])
        return read[tuple(steps[1:])](name) if name in self._jobs else _refused(f"the video {name!r} does not exist")

    def _create(self, form: Form) -> dict[str, Any]:
        self._count += 1
        name = f"video_{self._count}"
        prompt = form.text("prompt")
        failed = prompt.lower().startswith(_FAILS)
        self._jobs[name] = {
            "id": name,
            "object": "video",
            "model": form.text("model"),
            "created_at": CREATED,
            "seconds": form.text("seconds") or "4",
            "size": form.text("size") or "1280x720",
            "prompt": prompt,
            "reason": prompt[len(_FAILS) :].strip(" :") or "the prompt asks for it" if failed else None,
        }
        self._steps[name] = 0
        while len(self._jobs) > _MOST_JOBS:
            oldest = next(iter(self._jobs))
            del self._jobs[oldest], self._steps[oldest]
        return self._shown(name)

    def _state(self, name: str) -> Answer:
        self._steps[name] = min(self._steps[name] + 1, len(_STEPS) - 1)
        return 200, _JSON, go_json.encode(self._shown(name))

    def _shown(self, name: str) -> dict[str, Any]:
        job, (status, progress) = self._jobs[name], _STEPS[self._steps[name]]
        ended = status == "completed"
        failed = ended and job["reason"] is not None
        return {
            **{key: value for key, value in job.items() if key not in ("prompt", "reason")},
            "status": "failed" if failed else status,
            "progress": _STEPS[1][1] if failed else progress,
            "completed_at": CREATED + 60 if ended and not failed else None,
            "error": {"code": "scripted_failure", "message": job["reason"]} if failed else None,
        }

    def _content(self, name: str) -> Answer:
        job = self._shown(name)
        if job["status"] != "completed":
            return _refused(f"the video {name!r} is {job['status']}")
        return 200, "video/mp4", mp4(self._jobs[name]["prompt"])


def _refused(text: str) -> Answer:
    error = {"type": "invalid_request_error", "message": text, "param": None, "code": None}
    return 404, _JSON, go_json.encode({"error": error})
