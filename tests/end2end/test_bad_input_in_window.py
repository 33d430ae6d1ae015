"""Bad input through the window: a clear message, nothing lost, no traceback, and the engine goes on."""

from __future__ import annotations

import errno
import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from blockstudio.engine import protocol as p
from blockstudio.formats import files, project
from blockstudio.formats.project import dumps
from blockstudio.graph.document import Location
from blockstudio.graph.edits import AddNode
from blockstudio.graph.model import Layer
from blockstudio.gui.panels.tensor_dialogs import LoadReportDialog
from tests.end2end.desk import Desk
from tests.end2end.test_bad_input import LINEAR, PORTS, chain, nested, net, with_code

GOOD = net(LINEAR)


@pytest.fixture(scope="module")
def desk(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    yield desk
    desk.close()
    qapp.sendPostedEvents(None, 52)


@pytest.fixture
def opened(desk: Desk) -> Desk:
    """A good project is open, and its model is built."""
    assert desk.open(GOOD)
    desk.settle()
    desk.told.clear()
    return desk


CALL = {"expression": "__import__('os')"}


def wired_to_nowhere() -> bytes:
    return net(graph={"nodes": [LINEAR], "edges": {**chain("lin"), "gone:input": "lin:output"}, **PORTS})


def renamed(name: str) -> bytes:
    return net(graph={"nodes": [{**LINEAR, "name": name}], "edges": chain(name), **PORTS})


# --- project files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (GOOD[: len(GOOD) // 2], "not complete JSON"),
        (b"PK\x03\x04\xff\xfe", "not a text file"),
        (b'{"format": "other"}', "not a BlockStudio project"),
        (GOOD.replace(b'"version": 1', b'"version": 99'), "newer BlockStudio"),
        (net(LINEAR, LINEAR), "two nodes are named"),
        (b"[" * 100_000, "nested more than"),
        (net({**LINEAR, "comment": "x" * 10_000_000}), "a text of 10000000 characters"),
    ],
)
def test_what_is_no_project_leaves_the_open_one(data: bytes, words: str, opened: Desk) -> None:
    before, path = opened.session.document, opened.session.path
    bad = opened.folder / "bad.blocks"
    bad.write_bytes(data)
    assert not opened.window.files.open_path(bad)
    (said,) = opened.told
    assert said.level == "error" and words in said.text and "bad.blocks" in said.text and len(said.text) < 1000
    assert opened.session.document is before and opened.session.path == path


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (net(LINEAR, {"kind": "quantum", "name": "q", "spin": 3}), "quantum"),
        (
            net(LINEAR, graph={"nodes": [LINEAR], "edges": {**chain("lin"), "gone:input": "lin:output"}, **PORTS}),
            "gone",
        ),
        (renamed("class"), "class"),
        (renamed("1abc"), "1abc"),
        (
            net({**LINEAR, "options": {"in_features": {"expression": "__import__('os')"}, "out_features": 4}}),
            "__import__",
        ),
        (net({**LINEAR, "options": {"in_features": -4, "out_features": 4}}), "in_features"),
        (net({**LINEAR, "options": {"in_features": "many", "out_features": 4}}), "in_features"),
        (nested(1000), "nested more than"),
        (net({**LINEAR, "comment": "x" * 900_000, "options": {"in_features": "y" * 900_000}}), "in_features"),
    ],
)
def test_what_is_wrong_inside_is_listed_and_kept(data: bytes, words: str, desk: Desk) -> None:
    assert desk.open(data)
    desk.wait(lambda: words in desk.problems)
    desk.settle()
    assert project.loads(dumps(desk.session.document)) == project.loads(data)
    assert all(len(line) < 1000 for line in desk.problems.splitlines())
    assert isinstance(desk.ask(p.RunModel({})), p.Failure)
    assert not [said for said in desk.told if "unexpected" in said.text]


@pytest.mark.parametrize("why", ["no folder", "a folder in its place", "disk full"])
def test_a_project_that_cannot_be_written(why: str, opened: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    session, file = opened.session, opened.folder / "kept.blocks"
    file.write_bytes(b"old")
    target = {"no folder": opened.folder / "gone" / "x.blocks", "a folder in its place": opened.folder}.get(why, file)
    if why == "disk full":

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(files.os, "fsync", full)
    session.saved_as(target)
    before = sorted(opened.folder.iterdir())
    assert not opened.window.files.save()
    assert opened.told[-1].level == "error" and str(target) in opened.told[-1].text
    assert file.read_bytes() == b"old" and sorted(opened.folder.iterdir()) == before
    monkeypatch.undo()
    session.saved_as(file)
    assert opened.window.files.save() and project.load(file) == session.document
    file.unlink()


# --- files of parameters ------------------------------------------------------------------------------------


class Trap:
    """Unpickled carelessly it writes a file."""

    sprung = ""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.sprung}",)


def values(desk: Desk) -> Any:
    return desk.ask(p.ShowTensor("lin.weight")).values


def _truncated(file: Path) -> None:
    torch.save({"lin.weight": torch.zeros(4, 4), "lin.bias": torch.zeros(4)}, file)
    file.write_bytes(file.read_bytes()[:-500])


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (_truncated, "truncated.params"),
        (lambda file: torch.save({"lin.weight": Trap()}, file), "nothing in it was executed"),
        (lambda file: file.write_bytes(pickle.dumps(Trap())), "nothing in it was executed"),
        (lambda file: file.write_bytes(b""), ".params"),
        (lambda file: torch.save(torch.zeros(4), file), "does not hold parameters by name"),
        (lambda file: file.mkdir(), ".params"),
    ],
    ids=["truncated", "pickle", "bare_pickle", "empty", "one_tensor", "folder"],
)
def test_files_of_parameters_that_are_none(
    write: Any, words: str, opened: Desk, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    before, Trap.sprung = values(opened), str(tmp_path / "sprung")
    file = tmp_path / f"{request.node.callspec.id}.params"
    write(file)
    opened.window.late.files.load_parameters(str(file))
    said = opened.hear(words)
    assert said.level == "error" and "Traceback" not in said.text
    assert not Path(Trap.sprung).exists() and values(opened) == before


FITTING = {"lin.weight": torch.zeros(4, 4), "lin.bias": torch.zeros(4)}


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({"lin.weight": FITTING["lin.weight"]}, "lin.bias"),
        ({**FITTING, "other": torch.zeros(1)}, "other"),
        ({**FITTING, "lin.bias": torch.zeros(5)}, "(5)"),
        ({**FITTING, "lin.bias": torch.zeros(4, dtype=torch.complex64)}, "complex64"),
        ({**FITTING, "lin.bias": torch.zeros(4, dtype=torch.float64)}, "float64"),
        ({**FITTING, "lin.bias": torch.tensor([0, 0, torch.nan, 0])}, "1 / 4"),
    ],
)
def test_parameters_that_do_not_fit_are_reported_before_anything_changes(
    state: dict[str, torch.Tensor], problem: str, opened: Desk, tmp_path: Path
) -> None:
    before, file = values(opened), tmp_path / "some.params"
    torch.save(state, file)
    opened.window.late.files.load_parameters(str(file))
    dialog = opened.dialog()
    assert isinstance(dialog, LoadReportDialog)
    table = dialog.table
    cells = [table.item(row, column) for row in range(table.rowCount()) for column in range(table.columnCount())]
    assert any(cell is not None and problem in cell.text() for cell in cells)
    assert values(opened) == before
    cancel = dialog.buttons.button(QDialogButtonBox.StandardButton.Cancel)
    button = next(each for each in dialog.buttons.buttons() if each != cancel)
    button.click()
    opened.hear("was loaded into the model")
    assert values(opened) == ((0.0,) * 4,) * 4
    opened.session.undo_stack.undo()
    opened.wait(lambda: values(opened) == before)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux limits another process")
def test_parameters_that_cannot_be_written(opened: Desk, tmp_path: Path) -> None:
    import resource

    opened.window.late.files.save_parameters_to(str(tmp_path / "gone" / "x.params"))
    assert opened.hear("x.params").level == "error"
    file, pid = tmp_path / "kept.params", opened.kernel._pid
    file.write_bytes(b"old")
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
    try:
        opened.window.late.files.save_parameters_to(str(file))
        assert opened.hear("kept.params").level == "error"
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    assert file.read_bytes() == b"old" and list(tmp_path.iterdir()) == [file]
    opened.told.clear()
    opened.window.late.files.save_parameters_to(str(file))
    assert opened.hear("kept.params").level == "success"
    assert set(torch.load(file, weights_only=True)) == {"lin.weight", "lin.bias"}


# --- Python of the user's own -------------------------------------------------------------------------------


def test_nothing_runs_before_the_user_agrees(desk: Desk, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    body = f"    open({str(mark)!r}, 'w').close()\n    def forward(self, x): return x"
    assert desk.open(with_code(body))
    desk.settle()
    desk.window.late.run.run()
    desk.wait(lambda: "only when you allow it" in desk.window.late.run.problem.text())
    asked = desk.hear("not run until you agree")
    assert not mark.exists()
    dict(asked.actions)["Run the code"]()
    desk.settle()
    assert mark.exists()
    assert isinstance(desk.ask(p.RunModel({})), p.RunResult)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    def forward(self x): return x", "invalid syntax"),
        ("    def forward(self, x): x + 1", "returns nothing"),
        ("    1 / 0\n    def forward(self, x): return x", "ZeroDivisionError"),
        ("    def __init__(self): raise ValueError('in init')\n    def forward(self, x): return x", "in init"),
        ("    def forward(self, x):\n        raise ValueError('in forward')\n        return x", "in forward"),
    ],
)
def test_code_with_faults_marks_its_block(body: str, words: str, desk: Desk) -> None:
    assert desk.open(with_code(body), trusted=True)
    desk.wait(lambda: words in desk.problems)
    desk.settle()
    desk.window.late.run.run()
    problem = desk.window.late.run.problem
    desk.wait(lambda: not problem.isHidden() and problem.text())
    assert "Traceback" not in problem.text() and "unexpected" not in problem.text()


@pytest.mark.parametrize("value", ["3", "'text'", "{}"])
def test_code_that_returns_no_tensor_is_shown(value: str, desk: Desk) -> None:
    assert desk.open(with_code(f"    def forward(self, x): return {value}"), trusted=True)
    desk.settle()
    desk.window.late.run.run()
    desk.wait(lambda: desk.session.run_result is not None)


NOT_META = "while not torch.empty(1).is_meta: pass"


@pytest.mark.parametrize("place", ["__init__", "forward"])
def test_code_that_never_ends_is_stopped_and_the_next_edit_is_answered(place: str, desk: Desk) -> None:
    init = NOT_META if place == "__init__" else "pass"
    forward = NOT_META if place == "forward" else "pass"
    body = (
        f"    def __init__(self):\n        super().__init__()\n        {init}\n"
        f"    def forward(self, x):\n        {forward}\n        return x"
    )
    assert desk.open(with_code(body), trusted=True)
    desk.wait(lambda: desk.session.liveness.settled and desk.session.shapes is not None)
    run = desk.window.late.run
    run.run()
    desk.wait(lambda: desk.kernel.state == "busy")
    run.stop()
    desk.wait(lambda: not run.running and desk.kernel.state == "idle")
    assert "Stopped" in run.problem.text() or any("Stopped" in said.text for said in desk.told)
    pid = desk.kernel._pid
    desk.session.push(AddNode(Location("Net"), Layer(name="more", type="torch.nn.ReLU")), "Add")
    desk.wait(lambda: desk.session.liveness.settled and desk.session.shapes is not None)
    assert desk.kernel._pid == pid, "the engine is the same"
