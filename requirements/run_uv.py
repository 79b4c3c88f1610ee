"""Run uv with the package index settings of pip, which uv itself does not read."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

# pip's option -> uv's variable, and what uv wants between several values (pip: white space).
SETTINGS = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
}
PRECEDENCE = ["global", "install", ":env:"]


def pip_settings() -> dict[str, str]:
    """Return pip's settings by option, from its files and its environment, the strongest last."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603
    pairs = [line.split("=", 1) for line in lines if "=" in line]
    scoped = [(*key.rsplit(".", 1), ast.literal_eval(value)) for key, value in pairs]
    known = [entry for entry in scoped if entry[0] in PRECEDENCE]
    return {option: value for _, option, value in sorted(known, key=lambda entry: PRECEDENCE.index(entry[0]))}


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """Translate pip's settings for uv; what the user set for uv wins."""
    translated = {
        variable: separator.join(settings[option].split())
        for option, (variable, separator) in SETTINGS.items()
        if settings.get(option, "").strip()
    }
    # pip takes the best version of all its indexes; the lock's hashes make that safe.
    return {"UV_INDEX_STRATEGY": "unsafe-best-match", **translated, **os.environ}


if __name__ == "__main__":
    uv = Path(sys.executable).with_name("uv")
    os.execve(uv, [str(uv), *sys.argv[1:]], uv_environment(pip_settings()))  # noqa: S606
