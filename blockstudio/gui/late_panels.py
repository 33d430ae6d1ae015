"""The panels that a window can be used without for a moment, made one after the other once it is on the screen.

They bring numpy, pyqtgraph and pygments with them. One that is asked for earlier is made at once.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

if TYPE_CHECKING:
    from blockstudio.gui.exports import Exports
    from blockstudio.gui.main_window import MainWindow
    from blockstudio.gui.panels.code_editor import CodeEditorPanel
    from blockstudio.gui.panels.devices import DeviceMenu
    from blockstudio.gui.panels.initializers import InitializersPanel
    from blockstudio.gui.panels.parameter_files import ParameterFiles
    from blockstudio.gui.panels.parameters import ParametersPanel
    from blockstudio.gui.panels.run import RunPanel
    from blockstudio.gui.panels.source import SourcePanel
    from blockstudio.gui.panels.tensor_view import TensorPanel

ORDER = ("parameters", "tensor", "source", "files", "devices", "code", "run", "initializers")


class LatePanels:
    """The panels by name, each put into its pane and joined with the others when it is made."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._left = list(ORDER)

    @property
    def complete(self) -> bool:
        """All are there."""
        return not self._left

    def build_in_turn(self) -> None:
        """Make the next one, and the others later, with time for the window in between."""
        if self._left:
            getattr(self, self._left.pop(0))
            QTimer.singleShot(0, self._window, self.build_in_turn)

    @cached_property
    def parameters(self) -> ParametersPanel:
        from blockstudio.gui.panels.parameters import ParametersPanel

        window = self._window
        panel = ParametersPanel(window.session)
        window.panes["parameters"].set_content(panel)
        panel.initialise_requested.connect(window.panes["initializers"].bring_up)
        panel.initialise_requested.connect(lambda scope: self.initializers.choose(scope))
        panel.save_requested.connect(lambda paths: self.files.save_tensors(paths))
        window.inspector_panel.initializers_requested.connect(window.panes["initializers"].bring_up)
        return panel

    @cached_property
    def tensor(self) -> TensorPanel:
        from blockstudio.gui.panels.tensor_view import TensorPanel

        panel = TensorPanel(self._window.session)
        self._window.panes["tensor"].set_content(panel)
        panel.save_requested.connect(lambda paths, source: self.files.save_tensors(paths, source))
        return panel

    @cached_property
    def initializers(self) -> InitializersPanel:
        from blockstudio.gui.panels.initializers import InitializersPanel

        panel = InitializersPanel(self._window.session)
        self._window.panes["initializers"].set_content(panel)
        panel.rebuild_requested.connect(self._window.rebuild)
        return panel

    @cached_property
    def run(self) -> RunPanel:
        from blockstudio.gui.panels.run import RunPanel

        panel = RunPanel(self._window.session)
        panel.about_to_run.connect(self._window.files.about_to_save)
        self._window.panes["run"].set_content(panel)
        return panel

    @cached_property
    def source(self) -> SourcePanel:
        from blockstudio.gui.panels.source import SourcePanel

        panel = SourcePanel(self._window.session)
        self._window.panes["source"].set_content(panel)
        return panel

    @cached_property
    def code(self) -> CodeEditorPanel:
        from blockstudio.gui.panels.code_editor import CodeEditorPanel

        panel = CodeEditorPanel(self._window.session)
        self._window.panes["code"].set_content(panel)
        self._window.files.about_to_save.connect(panel.apply_all)
        return panel

    @cached_property
    def files(self) -> ParameterFiles:
        from blockstudio.gui.panels.parameter_files import ParameterFiles

        files = ParameterFiles(self._window.session, self._window)
        files.about_to_save.connect(self._window.files.about_to_save)
        return files

    @cached_property
    def exports(self) -> Exports:
        from blockstudio.gui.exports import Exports

        exports = Exports(self._window.session, self._window, lambda file: self.files.save_parameters_to(file))
        exports.about_to_export.connect(self._window.files.about_to_save)
        return exports

    @cached_property
    def devices(self) -> list[DeviceMenu]:
        from blockstudio.gui.panels.devices import DeviceMenu

        window = self._window
        return [DeviceMenu(window.session, menu) for menu in (window.device_menu, window.status_device_menu)]
