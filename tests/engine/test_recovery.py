"""Snapshots of parameters, and the account of what a death cost."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from blockstudio.engine import protocol as p
from blockstudio.engine.recovery import Keeper, Recovery, reason

ROW = p.ParameterRow("0.weight", "parameter", (2, 3), "float32", "cpu", True, 6, 24, "net[0].weight", "Net/0", "")
TABLE = p.ParameterTable((ROW,), 6, 6, 0, 24)
APPLY = p.ApplyInitializers((), "Net")
LIST = p.ListParameters()


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path, limit=1000, clock=lambda: 1000.0)


def do(keeper: Keeper, request: p.Request, reply: Any) -> None:
    keeper.answered(keeper.sending(request), reply)


def is_discarded(file: Path) -> bool:
    """Whether a file is gone once the threads that remove files are through."""
    for thread in threading.enumerate():
        if thread.name == "discard":
            thread.join()
    return not file.exists()


def take(keeper: Keeper) -> Path:
    wanted = keeper.next_snapshot()
    assert wanted is not None
    Path(wanted.file).write_text("parameters")
    do(keeper, wanted, p.Saved(wanted.file, 1, 24))
    return Path(wanted.file)


def sentences(report: Recovery) -> str:
    return " ".join(template.format(**facts) for template, facts in report.sentences())


def test_nothing_to_keep_before_there_are_parameters(keeper: Keeper) -> None:
    assert keeper.next_snapshot() is None
    do(keeper, LIST, evolve(TABLE, rows=()))
    assert keeper.next_snapshot() is None


def test_one_snapshot_for_each_state(keeper: Keeper) -> None:
    do(keeper, LIST, TABLE)
    first = take(keeper)
    assert keeper.next_snapshot() is None
    do(keeper, LIST, TABLE)
    assert keeper.next_snapshot() is None
    do(keeper, APPLY, p.Changed("token"))
    assert keeper.changes == 1
    second = take(keeper)
    assert keeper.changes == 0
    assert second != first and second.exists() and is_discarded(first)
    do(keeper, APPLY, p.Changed(""))
    assert keeper.next_snapshot() is None


def test_another_layout_is_worth_a_snapshot(keeper: Keeper) -> None:
    do(keeper, LIST, TABLE)
    take(keeper)
    do(keeper, LIST, evolve(TABLE, rows=(ROW, evolve(ROW, path="1.weight"))))
    assert keeper.next_snapshot() is not None
    assert keeper.next_snapshot() is None, "one at a time"


def test_a_snapshot_taken_while_the_model_worked_is_thrown_away(keeper: Keeper) -> None:
    do(keeper, LIST, TABLE)
    good = take(keeper)
    do(keeper, APPLY, p.Changed("token"))
    wanted = keeper.next_snapshot()
    assert wanted is not None
    Path(wanted.file).write_text("half of this, half of that")
    do(keeper, APPLY, p.Changed("token"))
    do(keeper, wanted, p.Saved(wanted.file, 1, 24))
    assert is_discarded(Path(wanted.file))
    assert keeper.snapshot is not None and keeper.snapshot.file == good
    assert keeper.changes == 2
    assert keeper.next_snapshot() is not None


def test_a_snapshot_that_failed_is_not_tried_for_ever(keeper: Keeper) -> None:
    do(keeper, LIST, TABLE)
    wanted = keeper.next_snapshot()
    assert wanted is not None
    do(keeper, wanted, p.Failure("TensorFileError", "disk full"))
    assert keeper.snapshot is None
    assert keeper.next_snapshot() is None


def test_large_parameters_are_not_kept(keeper: Keeper) -> None:
    do(keeper, LIST, evolve(TABLE, bytes=1001))
    assert keeper.next_snapshot() is None
    do(keeper, APPLY, p.Changed("token"))
    keeper.died(())
    report = keeper.restored([])
    assert report.too_large and report.changes_lost == 1
    assert "too large" in sentences(report)


def test_what_is_lost_is_counted_from_the_snapshot(keeper: Keeper) -> None:
    do(keeper, LIST, TABLE)
    do(keeper, APPLY, p.Changed("token"))
    file = take(keeper)
    for _ in range(3):
        do(keeper, APPLY, p.Changed("token"))
    do(keeper, p.RunModel({}), p.RunResult((), (), (), 0.1, None, 0, "cpu", True))
    keeper.died(())
    assert keeper.restoring() == [
        p.CompareParameters(str(file)),
        p.LoadParameters(str(file), matching_only=True, saved=False),
    ]
    missing = p.LoadReport(str(file), 1, (p.KeyReport("1.bias", "missing"), p.KeyReport("old", "unexpected")))
    report = keeper.restored([(p.CompareParameters(str(file)), missing), (p.LoadParameters(str(file)), p.Changed("t"))])
    assert report.changes_lost == 3 and report.not_restored == ("1.bias",)
    told = sentences(report)
    assert "The last 3 changes of parameters are lost." in told and "1.bias" in told and "Parameters restored" in told
    assert keeper.changes == 0


def test_running_statistics_are_changes_where_there_are_buffers(keeper: Keeper) -> None:
    do(keeper, LIST, evolve(TABLE, buffers=4))
    take(keeper)
    run = p.RunResult((), (), (), 0.1, None, 0, "cpu", training=True)
    do(keeper, p.RunModel({}), evolve(run, training=False))
    assert keeper.changes == 0
    do(keeper, p.RunModel({}), run)
    assert keeper.changes == 1


def test_settings_are_put_back(keeper: Keeper) -> None:
    do(keeper, LIST, TABLE)
    take(keeper)
    devices = p.Devices(())
    do(keeper, p.SetMode(False), TABLE)
    do(keeper, p.MoveModel("cuda:0"), devices)
    do(keeper, p.MoveModel("cuda:7"), p.Failure("DeviceError", "missing"))
    restoring = keeper.restoring()
    assert restoring[0] == p.MoveModel("cuda:0")
    assert restoring[3:] == [p.SetMode(False)]


def test_python_that_killed_the_engine_is_held_back_until_it_changes(keeper: Keeper) -> None:
    def document(source: str) -> p.UpdateDocument:
        return p.UpdateDocument({"definitions": [{"name": "A"}, {"name": "B", "source": source}]}, 1, trusted=True)

    bad, good = document("os.abort()"), document("pass")
    assert keeper.sending(bad) == bad
    keeper.died((p.ListParameters(),))
    assert keeper.sending(bad) == bad
    keeper.died((bad,))
    assert keeper.code_held_back
    assert keeper.sending(bad) == evolve(bad, trusted=False)
    assert "not run again" in sentences(keeper.restored([]))
    assert keeper.sending(good) == good
    assert not keeper.code_held_back
    keeper.absolve()
    assert keeper.sending(bad) == bad


def test_parameters_are_owed_while_python_is_held_back(keeper: Keeper) -> None:
    bad = p.UpdateDocument({"definitions": [{"source": "os.abort()"}]}, 1, trusted=True)
    keeper.sending(bad)
    do(keeper, LIST, TABLE)
    take(keeper)
    do(keeper, APPLY, p.Changed("token"))
    keeper.died((bad,))
    assert keeper.restoring() == [] and not keeper.owes
    report = keeper.restored([])
    assert "are kept until" in sentences(report) and report.changes_lost == 1
    do(keeper, LIST, TABLE)
    assert keeper.next_snapshot() is None, "it would take the place of what is owed"
    keeper.sending(p.UpdateDocument({"definitions": [{"source": "pass"}]}, 2, trusted=True))
    assert keeper.owes
    assert len(keeper.restoring()) == 2 and not keeper.owes
    assert keeper.restored([]).changes_lost == 1


def test_another_document_has_nothing_to_restore(keeper: Keeper) -> None:
    do(keeper, LIST, TABLE)
    file = take(keeper)
    do(keeper, p.SetMode(False), TABLE)
    do(keeper, p.MoveModel("cuda:0"), p.Devices(()))
    keeper.forget()
    assert is_discarded(file)
    assert keeper.restoring() == [p.MoveModel("cuda:0")]  # the device is the user's choice for all projects
    assert keeper.restored([]).snapshot is None


def test_reasons() -> None:
    assert reason(None)[0].startswith("The connection")
    assert reason(-9)[0].startswith("The engine was killed")
    assert reason(-6)[1] == {"signal": "SIGABRT"}
    assert reason(-99)[1] == {"signal": "99"}
