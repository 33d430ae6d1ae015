"""A Jupyter kernel seen from the window: its process, its channels, its subshells. The one file of qtconsole.

Importing this takes a quarter of a second: `kernel.py` does it in a thread once the window is there.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from PySide6.QtCore import QObject, QTimer, Signal, Slot
from qtconsole.client import QtKernelClient, QtZMQSocketChannel
from qtconsole.manager import QtKernelManager
from traitlets import Type

from blockstudio.engine import client as wire
from blockstudio.engine import launch
from blockstudio.engine.protocol import Failure
from blockstudio.errors import EngineError, mark

WATCH_MILLISECONDS = 100
START_SECONDS = 60.0
GRACE_SECONDS = 1.5
"""How long a kernel may take to shut down before it is killed."""

PRINTS_PER_SECOND = 20
LONGEST_PRINT = 10_000
LEFT_OUT = "\n[…]\n"
"""Stands where something was left out."""

LOG = "kernel.log"
CRASH = "Fatal Python error"
"""What faulthandler begins with; the stacks of all threads follow."""

LONGEST_LOG = 200_000
LONGEST_DETAIL = 8_000

# It warns of every channel that is closed while a message arrives.
logging.getLogger("tornado.general").setLevel(logging.ERROR)


def last_words(log: Path) -> str:
    """The end of what a process wrote to its standard error; of a crash, its start: there it says what and where."""
    try:
        with log.open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - LONGEST_LOG, 0))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    crash = text.rfind(CRASH)
    return text[-LONGEST_DETAIL:] if crash < 0 else text[crash : crash + LONGEST_DETAIL]


class _Output(QtZMQSocketChannel):
    """Lets through what a model prints, and only so much of it: a loop that prints must not fill the window's
    queue of events."""

    _budget = float(PRINTS_PER_SECOND)
    _spent_at = 0.0
    _left_out = False

    def call_handlers(self, msg: dict[str, Any]) -> None:
        """Runs in the channels' thread."""
        if msg["msg_type"] != "stream":
            return
        now = time.monotonic()
        self._budget = min(PRINTS_PER_SECOND, self._budget + (now - self._spent_at) * PRINTS_PER_SECOND)
        self._spent_at = now
        if self._budget < 1:
            self._left_out = True
            return
        self._budget -= 1
        text = msg["content"].get("text", "")
        if len(text) > LONGEST_PRINT:
            text = text[:LONGEST_PRINT] + LEFT_OUT
        msg["content"]["text"] = LEFT_OUT + text if self._left_out else text
        self._left_out = False
        super().call_handlers(msg)


class _Client(QtKernelClient):
    control_channel_class = Type(QtZMQSocketChannel)
    iopub_channel_class = Type(_Output)


class _OwnSpec(KernelSpecManager):
    """Knows one kernel, ours; what is installed on the machine is of no interest."""

    def __init__(self, argv: Sequence[str]) -> None:
        super().__init__()
        self._argv = list(argv)

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(argv=self._argv, name=kernel_name, display_name="BlockStudio", language="python")


class Link(QObject):
    """A kernel, started here or elsewhere, with a subshell for each lane of `engine.client`."""

    ready = Signal(object)
    """wire.Greeting: the service answers; requests may be sent."""
    refused = Signal(object)
    """Failure: the kernel lives, but the service in it cannot."""
    answered = Signal(str, object)
    """Message id, and the content of an execute_reply."""
    probed = Signal(str)
    """The main shell answered this probe, and so is through with whatever was sent to it before."""
    ended = Signal(object, str)
    """Exit status (None when not known) and the end of the process's standard error."""
    printed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._manager: Any = None
        self._client: Any = None
        self._directory: Path | None = None
        self._pipe: int | None = None
        self._subshells: dict[str, str | None] = {}
        self._lanes_asked: dict[str, str] = {}
        self._greeting_id = ""
        self._documents: deque[str] = deque(maxlen=16)
        """Ids of the last documents sent; what they print may come after their answer."""
        self._alive = False
        self._deadline = 0.0
        self._watch = QTimer(self)
        self._watch.setInterval(WATCH_MILLISECONDS)
        self._watch.timeout.connect(self._look)

    @property
    def own(self) -> bool:
        """Whether the kernel was started here."""
        return self._manager is not None

    @property
    def running(self) -> bool:
        """Whether the process that was started here lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process that was started here last."""
        return self._manager.provisioner.pid if self._manager is not None and self._manager.provisioner else None

    # --- beginning --------------------------------------------------------------------------------

    def start(self, command: Sequence[str], directory: Path) -> None:
        """Start a kernel; again after it ended, on the same addresses. EngineError when it cannot be started."""
        self._directory = directory
        if self._manager is None:
            self._manager = QtKernelManager(
                autorestart=False,
                kernel_name="blockstudio",
                kernel_spec_manager=_OwnSpec(command),
                connection_file=str(directory / "connection.json"),
                client_factory=_Client,
                **({"transport": "ipc", "ip": str(directory / "k")} if launch.POSIX else {}),
            )
        self._close_pipe()
        self._manager.cleanup_ipc_files()
        read_end = None
        if launch.POSIX:
            read_end, self._pipe = os.pipe()
        try:
            with open(directory / LOG, "wb") as log:
                # On Windows the kernel watches a handle of this process instead of the pipe.
                self._manager.start_kernel(stdin=read_end, stdout=log, stderr=log, independent=launch.POSIX)
        except (OSError, ValueError) as error:
            raise EngineError(mark("The engine cannot be started: {reason}"), reason=str(error)) from error
        finally:
            if read_end is not None:
                os.close(read_end)
        if self._client is None:
            self._open(self._manager.client(), heartbeat=False)
        self._begin()

    def attach(self, connection_file: Path) -> None:
        """Use a kernel that runs already; EngineError when the file does not say where."""
        client = _Client(connection_file=str(connection_file))
        try:
            client.load_connection_file()
        except (OSError, ValueError, TypeError) as error:
            raise EngineError(
                mark("“{file}” does not describe a running kernel: {reason}"),
                file=str(connection_file),
                reason=str(error),
            ) from error
        self._open(client, heartbeat=True)
        client.hb_channel.kernel_died.connect(self._stopped_beating)
        self._begin()

    def _open(self, client: Any, heartbeat: bool) -> None:
        self._client = client
        client.start_channels(hb=heartbeat)
        client.shell_channel.message_received.connect(self._take_shell)
        client.control_channel.message_received.connect(self._take_control)
        client.iopub_channel.message_received.connect(self._take_output)

    def _begin(self) -> None:
        self._alive = True
        self._subshells, self._lanes_asked, self._greeting_id = {}, {}, ""
        self._deadline = time.monotonic() + START_SECONDS
        self._watch.start()
        self._control("kernel_info_request", {})

    def _know(self, info: dict[str, Any]) -> None:
        if self._subshells or self._lanes_asked:
            return
        if "kernel subshells" in info.get("supported_features", ()):
            for lane in wire.SUBSHELLS:
                self._lanes_asked[self._control("create_subshell_request", {})] = lane
        else:
            self._subshells = dict.fromkeys(wire.SUBSHELLS)
            self._greet()

    def _greet(self) -> None:
        self._subshells[wire.MAIN] = None
        self._greeting_id = self.send(wire.LOOK, wire.greeting_content())

    # --- messages ---------------------------------------------------------------------------------

    def send(self, lane: str, content: dict[str, Any]) -> str:
        """Send an execute_request on a lane; returns the id its answer will have."""
        message = self._client.session.msg("execute_request", content)
        if self._subshells[lane] is not None:
            message["header"]["subshell_id"] = self._subshells[lane]
        if lane == wire.DOCUMENT:
            self._documents.append(message["header"]["msg_id"])
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def probe(self) -> str:
        """Ask the main shell for a sign of life: `probed` brings the id that is returned here."""
        message = self._client.session.msg("kernel_info_request", {})
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def interrupt(self) -> None:
        """Raise KeyboardInterrupt in what the main shell does."""
        if self._manager is None:
            self._control("interrupt_request", {})
        elif self.running:
            self._manager.interrupt_kernel()

    def _control(self, kind: str, content: dict[str, Any]) -> str:
        message = self._client.session.msg(kind, content)
        self._client.control_channel.send(message)
        return str(message["header"]["msg_id"])

    @Slot(object)
    def _take_shell(self, message: dict[str, Any]) -> None:
        if message["msg_type"] == "kernel_info_reply":
            self.probed.emit(message["parent_header"].get("msg_id", ""))
        elif message["msg_type"] == "execute_reply":
            asked = message["parent_header"].get("msg_id", "")
            if asked != self._greeting_id:
                self.answered.emit(asked, message["content"])
                return
            answer = wire.greeting(message["content"])
            self._deadline = 0.0
            if isinstance(answer, Failure):
                self.refused.emit(answer)
            else:
                self.ready.emit(answer)

    @Slot(object)
    def _take_control(self, message: dict[str, Any]) -> None:
        if message["msg_type"] == "kernel_info_reply":
            self._know(message["content"])
            return
        lane = self._lanes_asked.pop(message["parent_header"].get("msg_id", ""), None)
        if lane is not None and message["content"].get("status") == "ok":
            self._subshells[lane] = message["content"]["subshell_id"]
            if not self._lanes_asked:
                self._greet()

    @Slot(object)
    def _take_output(self, message: dict[str, Any]) -> None:
        # While shapes are worked out the model has no numbers yet: what it prints then says nothing to the user.
        if message["parent_header"].get("msg_id") not in self._documents:
            self.printed.emit(message["content"]["text"])

    # --- end --------------------------------------------------------------------------------------

    @property
    def _process(self) -> Any:
        return self._manager.provisioner.process if self._manager is not None and self._manager.provisioner else None

    def _look(self) -> None:
        process = self._process
        if process is not None and process.poll() is not None:
            self._end(process.returncode)
        elif self._deadline and time.monotonic() > self._deadline:
            self._deadline = 0.0
            self.refused.emit(
                wire.failure_of(
                    EngineError(mark("The engine does not answer after {n} seconds."), n=int(START_SECONDS))
                )
            )

    @Slot(object)
    def _stopped_beating(self, _: float) -> None:
        self._end(None)

    def _end(self, status: int | None) -> None:
        if self._alive:
            self._alive = False
            self._watch.stop()
            self.ended.emit(status, last_words(self._directory / LOG) if self._directory else "")

    def kill(self) -> None:
        """End the process and its children at once; `ended` follows. Not for a kernel from elsewhere."""
        if self.running and launch.POSIX:
            os.killpg(self._manager.provisioner.pgid, signal.SIGKILL)
        elif self.running:
            self._process.kill()

    def close(self, patience: float | None = None) -> None:
        """End the connection, and the process if it was started here, which gets so many seconds to finish what
        it does (None: what it usually takes to clean up)."""
        patience = GRACE_SECONDS if patience is None else patience
        self._watch.stop()
        if self._client is not None:
            if patience or not self.own:
                self._dismiss()
            self._client.stop_channels()
            self._client.context.destroy(linger=0)
            self._client = None
        if self._manager is not None:
            self._wait_for(patience)
            self.kill()
            self._manager.shutdown_kernel(now=True)
            self._manager = None
        self._close_pipe()
        self._alive = False

    def _dismiss(self) -> None:
        if self._alive and self.own:
            self._control("shutdown_request", {"restart": False})
        elif self._alive:
            for subshell in filter(None, self._subshells.values()):
                self._control("delete_subshell_request", {"subshell_id": subshell})
        self._flush()

    def _flush(self) -> None:
        """Wait until the channels' thread has sent what it was given."""
        from concurrent.futures import Future, TimeoutError

        sent: Future[None] = Future()
        self._client.ioloop.add_callback(sent.set_result, None)
        with contextlib.suppress(TimeoutError):  # a thread that is stuck is left behind
            sent.result(timeout=1.0)

    def _wait_for(self, seconds: float) -> None:
        process, end = self._process, time.monotonic() + seconds
        while process is not None and process.poll() is None and time.monotonic() < end:
            time.sleep(0.01)

    def _close_pipe(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
