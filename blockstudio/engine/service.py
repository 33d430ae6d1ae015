"""The engine's end of the wire, in the kernel: text of a request in, text of its reply out.

The worker is named, not imported: the engine knows neither torch nor the room above it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import threading
import traceback
from typing import Any, Protocol

from blockstudio.engine import codec
from blockstudio.engine.protocol import Failure, Request
from blockstudio.errors import BlockStudioError, mark
from blockstudio.version import __version__

MIME = "application/vnd.blockstudio+json"

WORKER = "blockstudio.runtime.worker:Worker"

STOPPED = mark("Stopped.")
OUT_OF_MEMORY = mark("There is not enough memory: {reason}")


class Handler(Protocol):
    """What answers requests; `runtime.worker.Worker` is one."""

    def handle(self, request: Request) -> Any: ...

    def warm_up(self) -> None:
        """Import what the first requests would otherwise wait for."""


class Text:
    """A text that IPython passes on as it is, instead of pretty-printing it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return f"<{len(self.text)} characters>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {MIME: self.text}


class Service:
    """Makes the worker once, in whichever thread asks first, and answers requests from any thread."""

    def __init__(self, worker: str = WORKER) -> None:
        self._name = worker
        self._lock = threading.Lock()
        self._worker: Handler | None = None

    def worker(self) -> Handler:
        """The worker; the first call imports torch, and callers meanwhile wait for it."""
        with self._lock:
            if self._worker is None:
                module, _, name = self._name.partition(":")
                self._worker = getattr(importlib.import_module(module), name)()
            return self._worker

    def prepare(self) -> None:
        """Make the worker in the background; whoever asks for it then gets the error, if there is one."""

        def make() -> None:
            with contextlib.suppress(BaseException):
                self.worker().warm_up()
                # A million objects of imported modules live as long as the process. Going through them
                # again and again would make one request in a few take a quarter of a second longer.
                gc.collect()
                gc.freeze()

        threading.Thread(target=make, name="prepare", daemon=True).start()

    def greet(self) -> Text:
        """Wait for the worker, then say who answers, as JSON."""
        self.worker()
        return Text(json.dumps({"version": __version__, "pid": os.getpid()}))

    def answer(self, text: str, pid: int) -> Text:
        """The reply to a request, or its `Failure`; nothing raised gets out, not even an interrupt.

        A request that was meant for another process, one that died before it was sent, is refused.
        """
        try:
            if pid != os.getpid():
                return Text(codec.encode(Failure("EngineError", STOPPED, interrupted=True)))
            return Text(codec.encode(self.worker().handle(codec.decode_request(text))))
        except BaseException as error:
            return Text(codec.encode(failure(error)))


def failure(error: BaseException) -> Failure:
    """An exception as it crosses the wire."""
    detail = "".join(traceback.format_exception(error))
    match error:
        case BlockStudioError():
            cause = "" if error.__cause__ is None else detail
            return Failure(type(error).__name__, error.template, dict(error.facts), error.path, cause)
        case KeyboardInterrupt():
            return Failure("Interrupted", STOPPED, interrupted=True)
        case MemoryError():
            return Failure("MemoryError", OUT_OF_MEMORY, {"reason": str(error) or "MemoryError"}, detail=detail)
    return Failure(
        "Exception",
        mark("The engine met an unexpected error: {error}"),
        {"error": f"{type(error).__name__}: {error}".rstrip(": ")},
        detail=detail,
    )


service = Service()
"""The one of this process; `launch` makes it with another worker for tests."""


def use_worker(name: str) -> Service:
    """Answer with this worker ("module:class") from now on."""
    global service
    service = Service(name)
    return service


def greet() -> Text:
    return service.greet()


def answer(text: str, pid: int) -> Text:
    return service.answer(text, pid)
