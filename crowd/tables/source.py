"""Where the bytes of a table come from: a file, standard input, or an upload."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from crowd.errors import CrowdError, TooLarge, bad_input

STDIO = "-"
STDIN_NAME = "standard input"
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of a table, decompressed, and the name that errors give them."""

    name: str
    body: bytes
    called: Mapping[str, str] | None = None
    """What it calls some of our columns; None where nobody can say."""


def open_input(path: str | Path, called: Mapping[str, str] | None = None) -> Source:
    """Read a file, or standard input for `-`; gzip is recognised by its first bytes."""
    name = STDIN_NAME if str(path) == STDIO else str(path)
    try:
        body = sys.stdin.buffer.read() if str(path) == STDIO else Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a path that holds a NUL character
        reason = getattr(error, "strerror", None) or str(error)
        raise bad_input(name, f"cannot be read: {reason}") from None
    return Source(name, _decompressed(name, body, limit=None), called)


def uploaded(name: str, body: bytes, *, limit: int) -> Source:
    """Take bytes that came over the network; `limit` bounds them before and after decompression."""
    if len(body) > limit:
        raise _too_large(name, limit)
    return Source(name, _decompressed(name, body, limit=limit))


def _decompressed(name: str, body: bytes, *, limit: int | None) -> bytes:
    if not body.startswith(GZIP_MAGIC):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            content = stream.read(-1 if limit is None else limit + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise bad_input(name, f"is not a whole gzip file: {error}") from None
    if limit is not None and len(content) > limit:
        raise _too_large(name, limit)
    return content


def _too_large(name: str, limit: int) -> CrowdError:
    return TooLarge(f"{name}: holds more than {limit:,} bytes; send it in parts")
