"""Small pictures and sounds, made here: a square of one colour as PNG, a tone as WAV or raw samples, silence as MP3."""

from __future__ import annotations

import array
import io
import math
import struct
import sys
import wave
import zlib

__all__ = ["mp3", "pcm", "png", "wav"]

_SIDE = 64  # pixels
_RATE = 24_000  # samples a second, as OpenAI's raw sound has


def png(seed: str) -> bytes:
    """A square of 64 by 64 pixels (PNG, https://www.w3.org/TR/png-3/); the seed decides its colour."""
    colour = zlib.crc32(seed.encode(errors="replace")).to_bytes(4, "big")[:3]
    rows = (b"\0" + colour * _SIDE) * _SIDE
    head = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)  # 8 bits a channel, colour without transparency
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pcm(seconds: float) -> bytes:
    """A quiet tone of 440 Hz as 16-bit little-endian samples, one channel, 24,000 a second."""
    step = 2 * math.pi * 440 / _RATE
    samples = array.array("h", (round(4000 * math.sin(step * at)) for at in range(round(seconds * _RATE))))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def wav(seconds: float) -> bytes:
    """The same tone in a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(_RATE)
        writer.writeframes(pcm(seconds))
    return file.getvalue()


def mp3(seconds: float) -> bytes:
    """Silence: empty frames of MPEG-1 layer III (ISO/IEC 11172-3), 32 kbit/s, 44,100 Hz, one channel."""
    frame = b"\xff\xfb\x10\xc0" + bytes(100)  # 144 * 32000 // 44100 = 104 bytes
    return frame * max(1, round(seconds * 44_100 / 1152))
