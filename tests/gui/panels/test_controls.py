"""What holds for every control of the panels: a tooltip, a name for screen readers, room in a narrow pane."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QDialogButtonBox,
    QLineEdit,
    QListWidget,
    QTabBar,
    QTableView,
    QTreeView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from blockstudio.engine.protocol import ApplyInitializers, Changed, LoadReport, TensorEntry, TensorFile
from blockstudio.gui.panels.initializers import InitializersPanel
from blockstudio.gui.panels.parameters import ParametersPanel
from blockstudio.gui.panels.run import RunPanel
from blockstudio.gui.panels.tensor_dialogs import LoadReportDialog, SaveTensorsDialog, TensorFileDialog
from blockstudio.gui.panels.tensor_view import TensorPanel
from blockstudio.gui.session import Session, TensorRef
from tests.gui.panels.conftest import NESTED_TABLE
from tests.gui.panels.test_initializers import CHANGE
from tests.gui.panels.test_parameter_files import DIFFERS
from tests.gui.panels.test_run import RESULT
from tests.helpers.engines import SilentKernel

PANELS = (ParametersPanel, TensorPanel, InitializersPanel, RunPanel)
NARROW = 300


@pytest.fixture
def widgets(session: Session, kernel: SilentKernel, qtbot: QtBot) -> list[QWidget]:
    session.set_table(NESTED_TABLE)
    session.show_tensor(TensorRef("head.weight"))
    panels: list[QWidget] = [kind(session) for kind in PANELS]
    initializers = panels[2]
    assert isinstance(initializers, InitializersPanel)
    initializers.form.choose_scope("type")
    initializers.form.choose_function("torch.nn.init.kaiming_normal_")
    initializers.apply()
    kernel.answer(ApplyInitializers, Changed("1", (CHANGE,)))
    session.set_run_result(RESULT)
    file = TensorFile("/x/mydict", "dict", (TensorEntry("x", (2,), "float32", 8),))
    dialogs: list[QWidget] = [
        LoadReportDialog(LoadReport("/x/mlp.params", 3, DIFFERS), lambda part: None),
        TensorFileDialog(session, file, lambda: None, lambda paths, source: None),
        SaveTensorsDialog(["a", "b"], lambda kind, names: None),
    ]
    for widget in panels + dialogs:
        qtbot.addWidget(widget)
        widget.resize(widget.minimumSizeHint())
        widget.show()
    return panels + dialogs


def controls(widget: QWidget) -> Iterator[QWidget]:
    for control in widget.findChildren(QWidget):
        inner = isinstance(control.parent(), QAbstractSpinBox | QComboBox | QLineEdit | QTabBar | QAbstractItemView)
        if not inner and isinstance(control, QAbstractButton | QComboBox | QLineEdit | QAbstractSpinBox):
            yield control


def test_every_control_says_what_it_does(widgets: list[QWidget]) -> None:
    silent = [
        f"{type(widget).__name__}: {type(control).__name__} {control.objectName()}"
        for widget in widgets
        for control in controls(widget)
        # Qt asks the parent for the tooltip a widget does not have.
        if not (control.toolTip() or control.parentWidget().toolTip())
        and not isinstance(control.parent(), QDialogButtonBox)
    ]
    assert silent == []


def test_tabs_say_what_they_hold(widgets: list[QWidget]) -> None:
    for widget in widgets:
        for bar in widget.findChildren(QTabBar):
            assert all(bar.tabToolTip(number) for number in range(bar.count()))


def test_tables_have_names(widgets: list[QWidget]) -> None:
    for widget in widgets:
        for view in widget.findChildren(QAbstractItemView):
            if isinstance(view, QTableView | QTreeView | QListWidget):
                assert view.accessibleName(), f"{type(widget).__name__}: {type(view).__name__}"


def test_panels_fit_into_a_narrow_pane(widgets: list[QWidget]) -> None:
    for panel in widgets[: len(PANELS)]:
        inner = [panel, *(area.widget() for area in panel.findChildren(QWidget) if hasattr(area, "setWidgetResizable"))]
        for widget in inner:
            assert widget.minimumSizeHint().width() <= NARROW, f"{type(panel).__name__}: {type(widget).__name__}"
