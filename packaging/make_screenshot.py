"""Makes README's screenshot from the real app and its real engine: `python packaging/make_screenshot.py`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "packaging" / "screenshot.png"
EXAMPLE = "architectures/08-resnet50.blocks"
WAY = ("layer1", "first")
"""Nodes to go into, from the root."""
NODE, TENSOR = "conv2", "layer1.0.conv2.weight"
SIZE = 1600, 1000
PATIENCE = 120.0
"""Seconds for the engine to start and answer."""


def main() -> None:
    from blockstudio import resources
    from blockstudio.gui.app import make_application
    from blockstudio.gui.kernel import Kernel
    from blockstudio.gui.main_window import MainWindow
    from blockstudio.gui.session import Session, TensorRef
    from blockstudio.gui.settings import COLOR_SCHEME, LANGUAGE, Settings

    settings = Settings()
    settings.set(LANGUAGE, "en")
    settings.set(COLOR_SCHEME, "light")
    settings.flush()
    application = make_application()
    session = Session()
    window = MainWindow(session)
    kernel = Kernel()

    def wait(done: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > end:
                raise TimeoutError("the engine did not answer")
            application.processEvents()
            time.sleep(0.005)

    def settle(seconds: float = 0.5) -> None:
        end = time.monotonic() + seconds
        wait(lambda: time.monotonic() > end)

    window.files.open_path(resources.path("examples", EXAMPLE))
    window.resize(*SIZE)
    window.show()
    window.use_kernel(kernel)
    kernel.start()
    try:
        wait(lambda: window.late.complete and session.table is not None and session.shapes is not None)
        window.reset_panes()  # as they are in a window of this size
        for node in WAY:
            session.enter_node(node)
        settle()
        session.select((NODE,))
        session.show_tensor(TensorRef(TENSOR))
        wait(lambda: window.late.tensor.statistics.text() and kernel.state == "idle")
        window.canvas.fit()
        settle(2)
        window.grab().save(str(PICTURE))
    finally:
        window.close()
        session.close()
        kernel.shutdown()
    print(PICTURE.relative_to(ROOT))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = "2"  # to be read when looked at closely
    os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")  # what this platform cannot do
    os.environ["PYTHONPATH"] = str(ROOT)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "IPYTHONDIR"):
            os.environ[name] = str(Path(home, name))
        main()
