"""The window's end of the wire, whatever carries it: what to send, what an answer means, what waits.

`content` and `reading` turn requests into `execute_request`s and replies back. `Desk` keeps order among
requests: it knows which may be sent, and what waits for what. `gui.kernel.Kernel` carries them.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from attrs import Factory, define, field, frozen

from blockstudio.engine import codec, protocol
from blockstudio.engine.protocol import Failure, Request, UpdateDocument
from blockstudio.engine.service import MIME, STOPPED
from blockstudio.errors import EngineError, mark

MAIN = "main"
DOCUMENT = "document"
LOOK = "look"
FILES = "files"

SUBSHELLS = (DOCUMENT, LOOK, FILES)
"""The lanes beside the main shell: each has a subshell, a thread of the kernel, of its own."""

_FILE_REQUESTS = (
    protocol.SaveParameters,
    protocol.SaveTensors,
    protocol.CompareParameters,
    protocol.OpenTensors,
    protocol.TakeSnapshot,
)

_KEY = "reply"
_SERVICE = "__import__('blockstudio.engine.service', fromlist=['service'])"


def lane_of(request: Request) -> str:
    """The lane a request takes: on each of them one is under way at a time, and in the order they came."""
    if isinstance(request, protocol.MODEL_REQUESTS):
        return MAIN
    if isinstance(request, UpdateDocument):
        return DOCUMENT
    return FILES if isinstance(request, _FILE_REQUESTS) else LOOK


# --- what goes over the wire ------------------------------------------------------------------


@frozen
class Greeting:
    """Who answers in the kernel."""

    version: str
    pid: int


def content(request: Request, pid: int) -> dict[str, Any]:
    """The content of the `execute_request` that asks the service of process `pid`."""
    return _evaluate(f"{_SERVICE}.answer({codec.encode(request)!r}, {pid})")


def greeting_content() -> dict[str, Any]:
    """The content of the `execute_request` that waits for the service to be ready."""
    return _evaluate(f"{_SERVICE}.greet()")


def _evaluate(expression: str) -> dict[str, Any]:
    return {
        "code": "",
        "silent": True,
        "store_history": False,
        "user_expressions": {_KEY: expression},
        "allow_stdin": False,
        "stop_on_error": False,
    }


def reading(reply: dict[str, Any]) -> Any:
    """The reply, or the `Failure`, in the content of an `execute_reply`."""
    try:
        return codec.decode(_text(reply))
    except EngineError as error:
        return failure_of(error)


def greeting(reply: dict[str, Any]) -> Greeting | Failure:
    """The answer to `greeting_content`."""
    try:
        raw = json.loads(_text(reply))
        return Greeting(raw["version"], raw["pid"])
    except EngineError as error:
        return failure_of(error)


def _text(reply: dict[str, Any]) -> str:
    """The text the service sent; EngineError where it did not get to answer."""
    if reply.get("status") == "aborted":
        raise EngineError(STOPPED)
    result = reply if reply.get("status") == "error" else reply.get("user_expressions", {}).get(_KEY, {})
    if result.get("status") == "ok":
        return str(result["data"][MIME])
    name, value = result.get("ename", ""), result.get("evalue", "")
    if name == "KeyboardInterrupt":
        raise EngineError(STOPPED)
    if name in ("ModuleNotFoundError", "ImportError"):
        raise EngineError(mark("The engine lacks something it needs: {reason}"), reason=value)
    raise EngineError(mark("The engine does not answer as it should: {reason}"), reason=f"{name}: {value}")


# --- errors -----------------------------------------------------------------------------------


def failure_of(error: EngineError) -> Failure:
    """An error of the connection itself, as a request's failure."""
    return Failure("EngineError", error.template, dict(error.facts), interrupted=error.template == STOPPED)


# --- order among requests -----------------------------------------------------------------------


@define(eq=False)
class Ticket:
    """A request on its way. After `cancel` its answer is dropped, and if it waits it is not sent, unless it
    is a document."""

    request: Request
    lane: str
    on_reply: Callable[[Any], None] | None = None
    on_error: Callable[[Failure], None] | None = None
    after: int = 0
    """The document version it is about: it waits until the engine has that one."""
    version: int = 0
    """For a new document: its version."""
    done: bool = False

    def cancel(self) -> None:
        self.done = True
        self.on_reply = self.on_error = None

    def answer(self, result: Any) -> None:
        """Hand over the reply or the failure, once."""
        on_reply, on_error = self.on_reply, self.on_error
        self.cancel()
        callback = on_error if isinstance(result, Failure) else on_reply
        if callback is not None:
            callback(result)


@define
class Desk:
    """Who waits, who is under way, and who may go next.

    One request is under way on each lane. A request waits for the documents sent before it, so that a run
    is of what the canvas shows. Of several documents that wait, only the newest is sent: the others are
    answered by nobody.
    """

    waiting: dict[str, deque[Ticket]] = Factory(lambda: {lane: deque() for lane in (MAIN, *SUBSHELLS)})
    under_way: dict[str, Ticket] = Factory(dict)
    _sent_version: int = field(default=0, init=False)
    _known_version: int = field(default=0, init=False)

    def put(self, ticket: Ticket) -> None:
        """Take a new request."""
        if isinstance(ticket.request, UpdateDocument):
            self._sent_version += 1
            ticket.version = self._sent_version
            for older in self.waiting[DOCUMENT]:
                older.cancel()
            self.waiting[DOCUMENT].clear()
        else:
            ticket.after = self._sent_version
        self.waiting[ticket.lane].append(ticket)

    def ready(self) -> Iterator[Ticket]:
        """The requests that may be sent now; each is under way once it was given out."""
        for lane, queue in self.waiting.items():
            # A document is sent even where nobody waits for its shapes: what follows is about it.
            while queue and queue[0].done and not queue[0].version:
                queue.popleft()
            if queue and lane not in self.under_way and queue[0].after <= self._known_version:
                ticket = self.under_way[lane] = queue.popleft()
                yield ticket

    def arrived(self, ticket: Ticket) -> bool:
        """The engine answered this one: its lane is free. False when it is not under way (any more)."""
        if self.under_way.get(ticket.lane) is not ticket:
            return False
        del self.under_way[ticket.lane]
        self._known_version = max(self._known_version, ticket.version)
        return True

    @property
    def busy(self) -> bool:
        """Whether anything waits or is under way."""
        return bool(self.under_way) or any(not t.done for queue in self.waiting.values() for t in queue)

    def caught_up(self) -> None:
        """A new engine has been told the newest document but the one that waits, if any does."""
        self._known_version = self._sent_version - len(self.waiting[DOCUMENT])

    def put_back(self, ticket: Ticket) -> None:
        """Let a document that was under way wait again, unless there is a newer one."""
        if not self.waiting[DOCUMENT]:
            ticket.version = self._sent_version
            self.waiting[DOCUMENT].append(ticket)

    def lose(self) -> list[Ticket]:
        """The engine died: what was under way is not any more, and is returned; what waits goes on waiting.

        A document that was under way waits again, if there is no newer one.
        """
        lost = [ticket for ticket in self.under_way.values() if not ticket.version]
        document = self.under_way.get(DOCUMENT)
        self.under_way.clear()
        if document is not None:
            self.put_back(document)
        return lost

    def empty(self) -> list[Ticket]:
        """Everything waiting or under way, taken out."""
        tickets = [*self.under_way.values(), *(ticket for queue in self.waiting.values() for ticket in queue)]
        self.under_way.clear()
        for queue in self.waiting.values():
            queue.clear()
        return [ticket for ticket in tickets if not ticket.done]
