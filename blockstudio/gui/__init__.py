"""The window: the only room that knows Qt."""

import os

# qtpy, under qtconsole, qtawesome and superqt, and pyqtgraph each choose a Qt binding when first imported.
os.environ["QT_API"] = "pyside6"
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"
