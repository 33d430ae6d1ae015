"""A worker without torch, which does what the test asks for in the request: answers, loops, or kills its process."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from blockstudio.engine import protocol as p
from blockstudio.errors import RunError, mark


class Worker:
    """The parameters are one number, `value`."""

    def __init__(self) -> None:
        self.value = 0.0
        self.document: dict[str, Any] = {}
        self.revision = -1
        self.documents = 0
        self.mode = True
        self.go_on = threading.Event()

    def handle(self, request: p.Request) -> Any:
        return getattr(self, type(request).__name__)(request)

    def warm_up(self) -> None:
        pass

    def UpdateDocument(self, request: p.UpdateDocument) -> p.Shapes:
        self.documents += 1
        print("printed for the shapes", flush=True)
        time.sleep(request.project.get("sleep", 0))
        if request.project.get("crash") and request.trusted:
            os._exit(7)
        if request.project.get("hang") and request.trusted:
            time.sleep(60)
        self.document, self.revision = request.project, request.revision
        return p.Shapes(request.revision, (p.PortShape("Net/a", "output", p.TensorShape((2, 10), "float32")),), ())

    def table(self) -> p.ParameterTable:
        row = p.ParameterRow("a.weight", "parameter", (1,), "float32", "cpu", True, 1, 4, "net.a.weight", "Net/a", "")
        return p.ParameterTable((row,), 1, 1, 0, int(self.document.get("bytes", 4)), training=self.mode)

    def BuildModel(self, request: p.BuildModel) -> p.Changed:
        self.value = float(request.seed or 0)
        return p.Changed("token")

    def ListParameters(self, request: p.ListParameters) -> p.ParameterTable:
        return self.table()

    def ShowTensor(self, request: p.ShowTensor) -> p.TensorView:
        if request.path == "fault":
            raise RunError(mark("It went {how}."), path="Net/a", how="wrong")
        if request.path == "go on":
            self.go_on.set()
        if request.path == "bug":
            raise ZeroDivisionError("a bug")
        facts = {"value": self.value, "revision": self.revision, "documents": self.documents, "pid": os.getpid()}
        shown = tuple((name, float(value)) for name, value in facts.items())
        statistics = p.Statistics(1, None, None, None, None)
        return p.TensorView("a.weight", (1,), "float32", "cpu", statistics, None, (1,), "", shown, ())

    def ApplyInitializers(self, request: p.ApplyInitializers) -> p.Changed:
        self.value = float(request.seed or 0)
        return p.Changed("token")

    def SetMode(self, request: p.SetMode) -> p.ParameterTable:
        self.mode = request.training
        return self.table()

    def SaveParameters(self, request: p.SaveParameters) -> p.Saved:
        time.sleep(1.0)
        Path(request.file).write_text("saved")
        return p.Saved(request.file, 1, 5)

    def TakeSnapshot(self, request: p.TakeSnapshot) -> p.Saved:
        Path(request.file).write_text(str(self.value))
        return p.Saved(request.file, 1, 4)

    def CompareParameters(self, request: p.CompareParameters) -> p.LoadReport:
        return p.LoadReport(request.file, 1, (p.KeyReport("b.weight", "missing"),))

    def LoadParameters(self, request: p.LoadParameters) -> p.Changed:
        self.value = float(Path(request.file).read_text())
        return p.Changed("token")

    def RunModel(self, request: p.RunModel) -> p.RunResult:
        """Each input is something to do."""
        for what in request.inputs:
            getattr(self, f"do_{what}")()
        return p.RunResult((), (), (), 0.0, None, 0, "cpu", True)

    def do_nothing(self) -> None:
        pass

    def do_wait(self) -> None:
        self.go_on.wait()

    def do_sleep(self) -> None:
        time.sleep(0.7)

    def do_loop(self) -> None:
        while True:
            pass

    def do_stubborn(self) -> None:
        while True:
            try:
                while True:
                    pass
            except KeyboardInterrupt:
                pass

    def do_exit(self) -> None:
        os._exit(1)

    def do_kill(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def do_segfault(self) -> None:
        ctypes.string_at(0)

    def do_memory(self) -> None:
        hoard = []
        while True:
            hoard.append(bytearray(2**26))

    def do_print(self) -> None:
        print("printed by the model")

    def do_flood(self) -> None:
        for _ in range(10_000):
            print("flood" * 20)
            sys.stdout.flush()
