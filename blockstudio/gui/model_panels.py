"""The panels that look into the model, put into their panes: they bring numpy and pyqtgraph with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter

from blockstudio.gui.panels.devices import DeviceMenu
from blockstudio.gui.panels.initializers import InitializersPanel
from blockstudio.gui.panels.parameter_files import ParameterFiles
from blockstudio.gui.panels.parameters import ParametersPanel
from blockstudio.gui.panels.run import RunPanel
from blockstudio.gui.panels.tensor_view import TensorPanel

if TYPE_CHECKING:
    from blockstudio.gui.main_window import MainWindow


class ModelPanels:
    """The panels, joined with each other and with the window."""

    def __init__(self, window: MainWindow) -> None:
        session = window.session
        self.parameters = ParametersPanel(session)
        self.tensor = TensorPanel(session)
        self.initializers = InitializersPanel(session)
        self.run = RunPanel(session)
        self.files = ParameterFiles(session, window)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.setChildrenCollapsible(False)
        both.addWidget(self.parameters)
        both.addWidget(self.tensor)
        both.setSizes([520, 480])
        window.panes["parameters"].set_content(both, scrolls=True)
        window.panes["initializers"].set_content(self.initializers)
        window.panes["run"].set_content(self.run, scrolls=True)
        self.devices = [DeviceMenu(session, menu) for menu in (window.device_menu, window.status_device_menu)]
        self.parameters.initialise_requested.connect(window.panes["initializers"].bring_up)
        self.parameters.initialise_requested.connect(self.initializers.choose)
        self.initializers.rebuild_requested.connect(window.rebuild)
        self.parameters.save_requested.connect(self.files.save_tensors)
        self.tensor.save_requested.connect(self.files.save_tensors)
        window.inspector_panel.initializers_requested.connect(window.panes["initializers"].bring_up)
        window.files.tensors_dropped.connect(self.files.open_tensors)
