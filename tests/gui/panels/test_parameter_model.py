from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from blockstudio.gui.panels.parameter_model import (
    BYTES,
    COUNT,
    NAME,
    PATH_ROLE,
    SHAPE,
    TRAINABLE,
    ParameterFilter,
    ParameterTreeModel,
)
from tests.helpers.engines import row, table

NESTED = table(
    row("net.0.weight", (256, 20)),
    row("net.0.bias", (256,)),
    row("net.2.weight", (10, 256), trainable=False),
    row("net.2.bias", (10,), trainable=False),
    row("norm.running_mean", (10,), kind="buffer", trainable=False, layer_type="torch.nn.BatchNorm1d"),
    row("head.weight", (256, 20), shared_with="net.0.weight"),
)


@pytest.fixture
def model(qtbot: QtBot) -> ParameterTreeModel:
    model = ParameterTreeModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    model.set_table(NESTED)
    return model


def text(model: ParameterTreeModel, path: str, column: int = NAME) -> str:
    return model.index_of(path).siblingAtColumn(column).data()


def paths(filtered: ParameterFilter, parent: QModelIndex = QModelIndex()) -> list[str]:  # noqa: B008
    found = []
    for number in range(filtered.rowCount(parent)):
        index = filtered.index(number, 0, parent)
        found += [index.data(PATH_ROLE)] if not filtered.rowCount(index) else paths(filtered, index)
    return found


def test_the_tree_follows_the_nesting(model: ParameterTreeModel) -> None:
    assert [model.index(i, 0).data() for i in range(model.rowCount())] == ["net", "norm", "head"]
    net = model.index_of("net")
    assert [model.index(i, 0, net).data() for i in range(model.rowCount(net))] == ["0", "2"]
    assert text(model, "net.0.weight", SHAPE) == "(256, 20)"


def test_sums_of_blocks_count_each_tensor_once(model: ParameterTreeModel) -> None:
    assert text(model, "net", COUNT) == "7,946"
    assert text(model, "head", COUNT) == "5,120"
    model.set_table(table(row("a.weight"), row("a.tied", shared_with="a.weight")))
    assert (text(model, "a", COUNT), text(model, "a", BYTES)) == ("6", "24 B")


def test_a_shared_tensor_says_with_what(model: ParameterTreeModel) -> None:
    index = model.index_of("head.weight")
    assert "net.0.weight" in index.data()
    assert "net.0.weight" in index.data(Qt.ItemDataRole.ToolTipRole)


def test_check_boxes_ask_and_do_not_claim(model: ParameterTreeModel, qtbot: QtBot) -> None:
    box = model.index_of("net").siblingAtColumn(TRAINABLE)
    assert Qt.CheckState(box.data(Qt.ItemDataRole.CheckStateRole)) == Qt.CheckState.PartiallyChecked
    with qtbot.waitSignal(model.trainable_asked) as asked:
        model.setData(box, Qt.CheckState.Checked.value, Qt.ItemDataRole.CheckStateRole)
    (entries, wanted) = asked.args
    assert [entry.scope for entry in entries] == [("net", "")] and wanted
    assert model.entry(model.index_of("net.2.bias")).scope == ("net.2", "bias")
    assert Qt.CheckState(box.data(Qt.ItemDataRole.CheckStateRole)) == Qt.CheckState.PartiallyChecked
    buffer = model.index_of("norm.running_mean").siblingAtColumn(TRAINABLE)
    assert buffer.data(Qt.ItemDataRole.CheckStateRole) is None
    assert not buffer.flags() & Qt.ItemFlag.ItemIsUserCheckable


def test_the_same_paths_keep_their_rows(model: ParameterTreeModel, qtbot: QtBot) -> None:
    index = model.index_of("net.0.weight").siblingAtColumn(SHAPE)
    changed = table(*(row(r.path, (4, 4), kind=r.kind, shared_with=r.shared_with) for r in NESTED.rows))
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.dataChanged):
        model.set_table(changed)
    assert index.data() == "(4, 4)"


@pytest.mark.parametrize(
    ("words", "kind", "found"),
    [
        ("net.2", "", ["net.2.weight", "net.2.bias"]),
        ("BatchNorm", "", ["norm.running_mean"]),
        ("(256,20)", "", ["net.0.weight", "head.weight"]),
        ("(256, 20) net", "", ["net.0.weight"]),
        ("", "buffer", ["norm.running_mean"]),
        ("", "trainable", ["net.0.weight", "net.0.bias", "head.weight"]),
        ("", "frozen", ["net.2.weight", "net.2.bias"]),
        ("bias", "parameter", ["net.0.bias", "net.2.bias"]),
        ("nothing", "", []),
    ],
)
def test_filter(model: ParameterTreeModel, words: str, kind: str, found: list[str]) -> None:
    filtered = ParameterFilter()
    filtered.setSourceModel(model)
    filtered.set_text(words)
    filtered.set_kind(kind)
    assert paths(filtered) == found


def test_sorting_by_count_and_by_natural_names(qtbot: QtBot) -> None:
    model = ParameterTreeModel()
    model.set_table(table(row("10.weight", (2,)), row("9.weight", (50,)), row("2.weight", (8,))))
    filtered = ParameterFilter()
    filtered.setSourceModel(model)
    filtered.sort(COUNT, Qt.SortOrder.DescendingOrder)
    assert [path.split(".")[0] for path in paths(filtered)] == ["9", "2", "10"]
    filtered.sort(NAME, Qt.SortOrder.AscendingOrder)
    assert [path.split(".")[0] for path in paths(filtered)] == ["2", "9", "10"]


def test_a_thousand_rows(qtbot: QtBot) -> None:
    rows = [row(f"stage{i % 10}.block{i // 10}.conv.weight", (64, 64, 3, 3)) for i in range(1000)]
    model, filtered = ParameterTreeModel(), ParameterFilter()
    filtered.setSourceModel(model)
    model.set_table(table(*rows))
    filtered.set_text("stage7 block5")
    filtered.sort(COUNT)
    assert len(paths(filtered)) == 11
