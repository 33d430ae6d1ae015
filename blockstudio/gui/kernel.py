"""The engine as the window sees it: ask, and be told later. Nothing here waits.

A request may be made at any time: while the engine starts, or starts again after a death, requests
wait. After a death the engine is started again, gets the document again, and the parameters of the last
snapshot; `recovered` says exactly what was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from blockstudio.engine import client as wire
from blockstudio.engine import launch, service
from blockstudio.engine.client import Desk, Greeting, Ticket
from blockstudio.engine.private import PrivateDirectory
from blockstudio.engine.protocol import Failure, Request, SaveParameters, SaveTensors, TakeSnapshot, UpdateDocument
from blockstudio.engine.recovery import SNAPSHOT_LIMIT, Death, Keeper, has_code, reason
from blockstudio.errors import EngineError, mark
from blockstudio.gui.background import Background
from blockstudio.gui.callbacks import guarded
from blockstudio.gui.stopping import Stopper, single_shot

if TYPE_CHECKING:
    from blockstudio.gui.jupyter import Link

State = Literal["starting", "idle", "busy", "dead", "restarting", "stopped"]

SNAPSHOT_AFTER = 1000
"""Milliseconds of idleness before a snapshot is taken."""
HANGS_AFTER = 30_000
"""Milliseconds after which a document with Python in it is held to hang the engine."""
SAVE_PATIENCE = 15.0
"""Seconds that the end of the engine waits for a file that is being written."""
DEATHS_IN_A_ROW = 3
MEMORY_SHARE = 0.8
"""Of the machine's memory: what the engine may take."""


def _import_link() -> type[Link]:
    from blockstudio.gui.jupyter import Link

    return Link


class Kernel(QObject):
    """The engine's process and everything asked of it.

    `state`: "starting", "idle", "busy" (the model is at work), "restarting" (it died, or was told to),
    "dead" (and stays so until `restart`), "stopped".
    """

    state_changed = Signal(str)
    died = Signal(object)
    """Death: the engine ended by itself. It is started again, unless `final`."""
    recovered = Signal(object)
    """Recovery: it is back after a death or a restart, with what was lost."""
    not_stopping = Signal()
    """What was interrupted goes on all the same: only `restart` can end it."""
    printed = Signal(str)
    """What the user's Python printed (shortened where it is very much)."""

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        worker: str = service.WORKER,
        memory_limit: int | None = None,
        snapshot_limit: int = SNAPSHOT_LIMIT,
    ) -> None:
        """`memory_limit`: bytes the engine may use; None for four fifths of the machine's, 0 for no limit."""
        super().__init__(parent)
        self.state: State = "stopped"
        if memory_limit is None:
            memory_limit = int((launch.memory_of_machine() or 0) * MEMORY_SHARE)
        self.memory_limit = memory_limit
        self._worker = worker
        self._snapshot_limit = snapshot_limit
        self._directory: PrivateDirectory | None = None
        self._keeper: Keeper | None = None
        self._desk = Desk()
        self._recovery: Desk | None = None
        self._recovery_replies: list[tuple[Request, Any]] = []
        self._by_id: dict[str, Ticket] = {}
        self._link: Link | None = None
        self._attach_to: Path | None = None
        self._pid = 0
        self._deaths = 0
        self._told_to_end = False
        self._background = Background(self)
        self._stopper = Stopper(self)
        self._stopper.gave_up.connect(self.not_stopping)
        self._stopper.unanswered.connect(self._unanswered)
        self._hangs = single_shot(self, HANGS_AFTER, self.not_stopping.emit)
        self._quiet = single_shot(self, SNAPSHOT_AFTER, self._take_snapshot)

    # --- life ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the engine; `state` says when it is there."""
        self._open(None)

    def attach(self, connection_file: str | Path) -> None:
        """Use a Jupyter kernel that runs already, here or elsewhere, in place of one of our own."""
        self._open(Path(connection_file))

    def _open(self, attach_to: Path | None) -> None:
        if self._link is not None or self.state == "starting":
            self.shutdown()
        self._attach_to = attach_to
        self._deaths = 0
        self._enter("starting")
        # What of it is about Qt is imported here: the binding of Qt crashes where two threads import at once.
        import qtconsole.client
        import qtconsole.kernel_mixins  # noqa: F401

        # The rest takes a while; the window stays alive meanwhile.
        self._background.run(_import_link, self._begin)

    def _begin(self, Link: type[Link]) -> None:
        if self.state != "starting" or self._link is not None:
            return
        self._directory = PrivateDirectory.make()
        self._keeper = Keeper(self._directory.path, self._snapshot_limit)
        self._link = link = Link(self)
        link.ready.connect(self._greeted)
        link.refused.connect(self._refused)
        link.answered.connect(self._take)
        link.probed.connect(self._stopper.probed)
        link.ended.connect(self._ended)
        link.printed.connect(self.printed)
        self._launch()

    def _launch(self) -> None:
        assert self._link is not None and self._keeper is not None
        try:
            if self._attach_to is not None:
                self._link.attach(self._attach_to)
            else:
                directory = self._keeper.directory
                self._link.start(launch.command(directory, self._worker, self.memory_limit or None), directory)
        except EngineError as error:
            self._refused(wire.failure_of(error))

    @Slot(object)
    def _greeted(self, greeting: Greeting) -> None:
        assert self._keeper is not None
        self._pid = greeting.pid
        if self.state == "restarting":
            self._restore()
        else:
            self._deaths = 0
            self._enter("idle")
        self._pump()

    @Slot(object)
    def _refused(self, failure: Failure) -> None:
        """The engine cannot work, however often it is started."""
        self._give_up(Death(failure.template, failure.facts, failure.detail, final=True))

    def restart(self) -> None:
        """End the engine, whatever it does, and start it afresh; as after a death, `recovered` follows."""
        document = (self._recovery or self._desk).under_way.get(wire.DOCUMENT)
        if self._keeper is not None and document is not None and not self._hangs.isActive():
            self._keeper.died((document.request,))
        elif self._keeper is not None:
            self._keeper.absolve()
        self._deaths = 0
        if self._link is None:
            self.start()
        elif self._link.own and self._link.running:
            self._told_to_end = True
            self._link.kill()
        elif self._link.own:
            self._enter("restarting")
            self._launch()
        else:
            connection_file = self._attach_to
            self._open(connection_file)

    def forget(self) -> None:
        """Another document is open: parameters of the one before are not worth restoring."""
        if self._keeper is not None:
            self._keeper.forget()

    def shutdown(self) -> None:
        """End the engine and everything that belongs to it; nobody is answered any more."""
        if self.state == "stopped":
            return
        under_way = self._desk.under_way
        patience = 0.0 if wire.MAIN in under_way or wire.DOCUMENT in under_way else None
        # A snapshot is for an engine that goes on; only what the user saves is waited for.
        if wire.FILES in under_way and isinstance(under_way[wire.FILES].request, SaveParameters | SaveTensors):
            patience = SAVE_PATIENCE
        self._stop_timers()
        for ticket in self._desk.empty():
            ticket.cancel()
        self._by_id.clear()
        self._recovery = None
        if self._link is not None:
            self._link.close(patience)
            self._link.deleteLater()
            self._link = None
        if self._directory is not None:
            self._directory.remove()
        self._directory = self._keeper = None
        self._enter("stopped")

    def _stop_timers(self) -> None:
        self._stopper.done()
        self._hangs.stop()
        self._quiet.stop()

    def _enter(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    # --- requests -------------------------------------------------------------------------------------

    def request(
        self,
        request: Request,
        on_reply: Callable[[Any], None] | None = None,
        on_error: Callable[[Failure], None] | None = None,
    ) -> Ticket:
        """Ask the engine; exactly one of the two is called later, unless the ticket is cancelled.

        Neither is called where its object is deleted by then. Of documents (`UpdateDocument`) that wait
        while another is worked on, only the newest is sent and answered.
        """
        ticket = Ticket(request, wire.lane_of(request), guarded(on_reply), guarded(on_error))
        if isinstance(request, UpdateDocument) and self._keeper is not None:
            self._keeper.document = request
        if self.state in ("dead", "stopped"):
            failure = wire.failure_of(EngineError(mark("The engine is not running.")))
            QTimer.singleShot(0, self, lambda: ticket.answer(failure))
            return ticket
        self._desk.put(ticket)
        self._pump()
        return ticket

    def _pump(self) -> None:
        if self._recovery is not None:
            self._send(self._recovery.ready())
            if not self._recovery.busy:
                self._back()
        if self._recovery is None and self.state in ("idle", "busy"):
            self._send(self._desk.ready())
            busy = wire.MAIN in self._desk.under_way
            self._enter("busy" if busy else "idle")
            if not self._desk.busy:
                self._quiet.start()

    def _send(self, tickets: Iterator[Ticket]) -> None:
        assert self._link is not None and self._keeper is not None
        for ticket in tickets:
            request = self._keeper.sending(ticket.request)
            self._by_id[self._link.send(ticket.lane, wire.content(request, self._pid))] = ticket
            if isinstance(request, UpdateDocument) and has_code(request):
                self._hangs.start()

    @Slot(str, object)
    def _take(self, asked: str, content: dict[str, Any]) -> None:
        ticket = self._by_id.pop(asked, None)
        if ticket is not None:
            self._settle(ticket, wire.reading(content))

    def _settle(self, ticket: Ticket, result: Any) -> None:
        assert self._keeper is not None
        if self._recovery is not None and self._recovery.arrived(ticket):
            self._recovery_replies.append((ticket.request, result))
        elif self._desk.arrived(ticket):
            self._keeper.answered(ticket.request, result)
            if ticket.version and self._keeper.owes:
                self._recover([])
        else:
            return
        self._stopper.done(ticket)
        if ticket.version:
            self._hangs.stop()
        self._pump()
        ticket.answer(result)

    def _take_snapshot(self) -> None:
        if self.state == "idle" and self._keeper is not None and not self._desk.busy and self._attach_to is None:
            wanted = self._keeper.next_snapshot()
            if wanted is not None:
                self.request(wanted)

    # --- stopping a run -------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Stop what the model does; it is answered with a `Failure` that says `interrupted`."""
        ticket = self._desk.under_way.get(wire.MAIN)
        if ticket is not None and self._link is not None and self.state == "busy":
            self._stopper.stop(ticket, self._link)

    @Slot(object)
    def _unanswered(self, ticket: Ticket) -> None:
        self._by_id = {asked: other for asked, other in self._by_id.items() if other is not ticket}
        self._settle(ticket, wire.failure_of(EngineError(service.STOPPED)))

    # --- death and recovery -----------------------------------------------------------------------------

    @Slot(object, str)
    def _ended(self, status: int | None, last_words: str) -> None:
        assert self._keeper is not None
        if self.state == "dead" and not self._told_to_end:
            return
        desk = self._recovery or self._desk
        during = tuple(
            ticket.request for ticket in desk.under_way.values() if not isinstance(ticket.request, TakeSnapshot)
        )
        told = self._told_to_end
        self._told_to_end = False
        self._by_id.clear()
        self._stop_timers()
        lost = self._desk.lose()
        if self._recovery is not None:
            for ticket in self._recovery.empty():
                if ticket.version:
                    self._desk.put_back(ticket)
            self._recovery = None
        if not told:
            self._keeper.died(during)
            self._deaths += 1
        final = self._deaths >= DEATHS_IN_A_ROW or self._attach_to is not None
        template, facts = reason(status)
        death = Death(template, facts, last_words, tuple(type(request).__name__ for request in during), final)
        if final:
            self._give_up(death)
        else:
            self._enter("restarting" if told else "dead")
            if not told:
                self.died.emit(death)
                self._enter("restarting")
            self._launch()
        failure = wire.failure_of(
            EngineError(service.STOPPED if told else mark("The engine ended while it was at work."))
        )
        for ticket in lost:
            ticket.answer(failure)

    def _give_up(self, death: Death) -> None:
        tickets = self._desk.empty()
        self._enter("dead")
        self.died.emit(death)
        failure = Failure("EngineError", death.template, death.facts, detail=death.detail)
        for ticket in tickets:
            ticket.answer(failure)

    def _restore(self) -> None:
        """Tell the new engine what the old one knew, before it is asked anything else."""
        assert self._keeper is not None
        waiting = self._desk.waiting[wire.DOCUMENT]
        if waiting:
            self._recover([waiting.pop()])
        elif self._keeper.document is not None:
            self._recover([Ticket(self._keeper.document, wire.DOCUMENT)])
        else:
            self._recover([])

    def _recover(self, tickets: list[Ticket]) -> None:
        assert self._keeper is not None
        self._recovery, self._recovery_replies = Desk(), []
        restoring = [Ticket(request, wire.lane_of(request)) for request in self._keeper.restoring()]
        for ticket in (*tickets, *restoring):
            self._recovery.put(ticket)

    def _back(self) -> None:
        assert self._keeper is not None
        self._recovery = None
        self._deaths = 0
        self._desk.caught_up()
        report = self._keeper.restored(self._recovery_replies)
        self._enter("idle")
        self.recovered.emit(report)
