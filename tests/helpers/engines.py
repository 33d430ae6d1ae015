"""Engines for tests of the window: one that answers as told, and the real worker without a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from blockstudio.engine.protocol import (
    Failure,
    Histogram,
    ParameterRow,
    ParameterTable,
    Shapes,
    Statistics,
    TensorView,
    UpdateDocument,
)


class SilentKernel(QObject):
    """Keeps what it is asked until the test answers."""

    state_changed = Signal(str)
    printed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.state = "idle"
        self.interrupted = 0
        self.asked: list[tuple[Any, Callable[[Any], None], Callable[[Any], None] | None]] = []

    def request(
        self, request: Any, on_reply: Callable[[Any], None], on_error: Callable[[Any], None] | None = None
    ) -> None:
        self.asked.append((request, on_reply, on_error))

    def interrupt(self) -> None:
        self.interrupted += 1

    def answer_documents(self) -> None:
        """Answer with no shapes at all whatever documents wait for theirs: the next one is sent then."""
        while self.pending(UpdateDocument):
            self.answer(UpdateDocument, Shapes(1, (), ()))

    def pending(self, kind: type) -> list[Any]:
        """The requests of a kind that wait for an answer."""
        return [request for request, _, _ in self.asked if isinstance(request, kind)]

    def answer(self, kind: type, reply: Any) -> Any:
        """Answer the oldest request of a kind, and return it; a `Failure` refuses it."""
        number = next(i for i, (request, _, _) in enumerate(self.asked) if isinstance(request, kind))
        request, on_reply, on_error = self.asked.pop(number)
        if not isinstance(reply, Failure):
            on_reply(reply)
        elif on_error:
            on_error(reply)
        return request


class DirectKernel(QObject):
    """The real worker in this process: answers come with the next turn of the event loop."""

    state_changed = Signal(str)
    printed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        from blockstudio.runtime.worker import Worker

        self.state = "idle"
        self.worker = Worker()
        self.under_way = 0

    def request(
        self, request: Any, on_reply: Callable[[Any], None], on_error: Callable[[Any], None] | None = None
    ) -> None:
        self.under_way += 1
        QTimer.singleShot(0, self, lambda: self._answer(request, on_reply, on_error))

    def _answer(self, request: Any, on_reply: Callable[[Any], None], on_error: Callable[[Any], None] | None) -> None:
        reply = self.worker.handle(request)
        self.under_way -= 1
        if not isinstance(reply, Failure):
            on_reply(reply)
        elif on_error:
            on_error(reply)


def row(path: str, shape: tuple[int, ...] = (2, 3), **changes: Any) -> ParameterRow:
    """A line of a table as the engine would give it."""
    count = 1
    for size in shape:
        count *= size
    values: dict[str, Any] = {
        "kind": "parameter",
        "dtype": "float32",
        "device": "cpu",
        "trainable": True,
        "count": count,
        "bytes": 4 * count,
        "python_path": f"net.{path}",
        "node": "",
        "layer_type": "torch.nn.Linear",
    }
    return ParameterRow(path=path, shape=shape, **(values | changes))


def table(*rows: ParameterRow, **changes: Any) -> ParameterTable:
    """A table with the sums of its rows."""
    own = [each for each in rows if not each.shared_with]
    parameters = [each for each in own if each.kind == "parameter"]
    values: dict[str, Any] = {
        "parameters": sum(each.count for each in parameters),
        "trainable": sum(each.count for each in parameters if each.trainable),
        "buffers": sum(each.count for each in own if each.kind == "buffer"),
        "bytes": sum(each.bytes for each in own),
    }
    return ParameterTable(rows, **(values | changes))


def view(path: str = "hidden.weight", shape: tuple[int, ...] = (2, 3), **changes: Any) -> TensorView:
    """A look at a tensor that counts up."""
    values: dict[str, Any] = {
        "dtype": "float32",
        "device": "cpu",
        "statistics": Statistics(6, 2.5, 1.87, 0.0, 5.0, zeros=1),
        "histogram": Histogram(0.0, 5.0, (1, 1, 1, 1, 2)),
        "slice_shape": shape,
        "index": "",
        "values": ((0.0, 1.0, 2.0), (3.0, 4.0, 5.0)),
        "heat_map": ((0.0, 1.0, 2.0), (3.0, 4.0, 5.0)),
    }
    return TensorView(path=path, shape=shape, **(values | changes))
