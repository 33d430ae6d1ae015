"""The kernel process: the command line that starts it, and its first steps.

It is an ordinary Jupyter kernel with the service of `service.py` in it, and dies with the window:
its standard input is a pipe whose other end only the window holds.
"""

from __future__ import annotations

import argparse
import contextlib
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from blockstudio.engine import private, service

FROZEN_FLAG = "--kernel"
"""In a frozen app `sys.executable` is the app itself: with this as first argument it is the kernel."""

POSIX = os.name == "posix"
"""Where there are Unix sockets, signals and pipes that report the end of a process."""


def command(directory: Path, worker: str = service.WORKER, memory_limit: int | None = None) -> list[str]:
    """What to run; `{connection_file}` in it is for jupyter_client to fill in."""
    frozen = getattr(sys, "frozen", False)
    start = [sys.executable, FROZEN_FLAG] if frozen else [sys.executable, "-m", "blockstudio.engine.launch"]
    options = ["--connection", "{connection_file}", "--directory", str(directory), "--worker", worker]
    if POSIX:
        options.append("--with-parent")
    if memory_limit is not None:
        options += ["--memory-limit", str(memory_limit)]
    return [*start, *options]


def memory_of_machine() -> int | None:
    """Bytes of main memory that this process may hope for; None where that cannot be told."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    with contextlib.suppress(OSError, ValueError):
        # A container's own limit, where there is one ("max" when not).
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return total


def main(arguments: Sequence[str] | None = None) -> None:
    """Be the kernel; returns when it is told to shut down."""
    parser = argparse.ArgumentParser(prog="blockstudio kernel")
    parser.add_argument("--connection", required=True, help="the connection file")
    parser.add_argument("--directory", type=Path, required=True, help="a private directory; gone when the parent is")
    parser.add_argument("--worker", default=service.WORKER, help="module:class of what answers requests")
    parser.add_argument("--memory-limit", type=int, help="bytes of memory this process may use")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input does")
    options = parser.parse_args(arguments)
    if options.with_parent:
        _end_with_parent(options.directory)
    if options.memory_limit:
        limit_memory(options.memory_limit)
    # What a crash leaves behind: the window shows the end of standard error.
    faulthandler.enable(file=open(os.dup(2), "w"))  # noqa: SIM115 - open as long as the process
    serve(options.connection, options.directory, options.worker)


def serve(connection_file: str, directory: Path, worker: str) -> None:
    """Run a kernel on this connection file, with torch and the worker coming up in the background."""
    # The debugger of notebooks takes a fifth of a second to import, and is of no use here.
    sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]  # an import of it fails
    from ipykernel.kernelapp import IPKernelApp
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.ProfileDir.location = str(directory / "profile")
    app = IPKernelApp.instance(connection_file=connection_file, config=config, auto_create=True, log_level="CRITICAL")
    app.initialize([])  # type: ignore[no-untyped-call]  # ipykernel's
    service.use_worker(worker).prepare()
    app.start()  # type: ignore[no-untyped-call]  # as above


def limit_memory(limit: int) -> bool:
    """Make allocations beyond `limit` bytes fail in this process instead of filling the machine.

    They raise where they happen and the kernel goes on. Counted is what is writable and the process's
    own, not what libraries reserve of addresses. Only Linux keeps such a limit; returns whether it is set.
    """
    if not sys.platform.startswith("linux"):
        return False
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    # If memory runs out all the same, it is this process the system should end.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800")
    return True


def _end_with_parent(directory: Path) -> None:
    """End this process, its children and its directory as soon as standard input ends."""
    watched = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(watched, 1):
                pass
        private.remove(directory)
        if os.getpgid(0) == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


if __name__ == "__main__":
    main()
