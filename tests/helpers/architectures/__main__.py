"""Write resources/examples/architectures: `python -m tests.helpers.architectures`."""

from __future__ import annotations

import os

from PySide6.QtWidgets import QApplication

from blockstudio import resources
from blockstudio.formats.project import save
from tests.helpers.architectures import all_of_them
from tests.helpers.architectures.placing import placed

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def main() -> None:
    application = QApplication([])
    folder = resources.path("examples", "architectures")
    folder.mkdir(exist_ok=True)
    for architecture in all_of_them():
        file = folder / f"{architecture.file}.blocks"
        save(placed(architecture.document), file)
        print(file.relative_to(resources.root().parent))
    application.shutdown()


if __name__ == "__main__":
    main()
