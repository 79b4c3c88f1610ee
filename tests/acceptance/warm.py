"""The command `crowd` without the second it takes to import: each call is a fork of a process that has.

`python warm.py serve SOCKET` imports crowd once and then forks for every call; `python warm.py call SOCKET …`
hands its own arguments, folder, environment and open files to such a fork, and ends as it ends.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys
from contextlib import suppress

KILLED = 128 + signal.SIGKILL
NUMBER = struct.Struct("!q")


def call(path: str, arguments: list[str]) -> int:
    """Let a fork do it; return its exit code."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        body = json.dumps([arguments, os.getcwd(), dict(os.environ)]).encode()  # noqa: PTH109 - pathlib is slow to import
        socket.send_fds(connection, [NUMBER.pack(len(body))], [0, 1, 2])
        connection.sendall(body)
        child = received(connection)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: os.kill(child, number))
        try:
            return received(connection)
        except EOFError:
            return KILLED


def received(connection: socket.socket) -> int:
    data = connection.recv(NUMBER.size, socket.MSG_WAITALL)
    if len(data) < NUMBER.size:
        raise EOFError
    return int(NUMBER.unpack(data)[0])


def serve(path: str) -> None:
    """Import crowd, and fork for every call until standard input ends."""
    import selectors

    warm()
    signal.signal(signal.SIGCHLD, bury)
    with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as selector:
        listener.bind(path)
        listener.listen()
        selector.register(listener, selectors.EVENT_READ)
        selector.register(sys.stdin, selectors.EVENT_READ)
        os.write(1, b"ready\n")
        while all(key.fileobj is listener for key, _ in selector.select()):
            connection, _ = listener.accept()
            with connection:
                if os.fork() == 0:
                    listener.close()
                    live(connection)


def bury(*_: object) -> None:
    """Wait for the forks that have ended; what they took is added to what this process took."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def warm() -> None:
    """Import what commands import, and the large libraries that they import where they use them."""
    import pkgutil
    from importlib import import_module

    import alembic.command  # noqa: F401

    import crowd

    for module in pkgutil.walk_packages(crowd.__path__, "crowd."):
        if not module.name.startswith(("crowd.migrations.", "crowd.__main__")):
            import_module(module.name)
    for library in ("altair", "pandas", "scipy.stats", "sklearn.datasets", "sklearn.linear_model"):
        import_module(library)


def live(connection: socket.socket) -> None:
    """Be the command, once."""
    import atexit
    import threading
    import traceback

    header, files, _, _ = socket.recv_fds(connection, NUMBER.size, 3)
    body = connection.recv(NUMBER.unpack(header)[0], socket.MSG_WAITALL)
    arguments, folder, environment = json.loads(body)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["crowd", *arguments]
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    connection.sendall(NUMBER.pack(os.getpid()))
    code = 1
    try:
        from crowd.cli import main

        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        connection.sendall(NUMBER.pack(code))
        os._exit(code)


if __name__ == "__main__":
    _, act, where, *words = sys.argv
    sys.exit(call(where, words) if act == "call" else serve(where))
