"""A folder of the user's own blocks, which every project can take from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from attrs import field, frozen
from PySide6.QtCore import QFileSystemWatcher, QObject, QStandardPaths, Signal

from blockstudio.errors import ProjectError
from blockstudio.formats import project
from blockstudio.graph import topology
from blockstudio.graph.borrowing import extract, same_content
from blockstudio.graph.document import Document
from blockstudio.graph.model import CodeDefinition, Definition
from blockstudio.gui.settings import LIBRARY_FOLDER, Settings

SUFFIX = ".blocks"
PREFIX = "library"


@frozen
class LibraryBlock:
    """A block of the library: the definition of that name in a file, with what it needs beside it."""

    name: str
    file: Path
    document: Document = field(eq=False, repr=False)
    """What the file holds."""

    @property
    def definition(self) -> Definition | CodeDefinition:
        """What it is in its file."""
        return self.document.definitions[self.name]

    @property
    def payload(self) -> str:
        """What a drag of it carries."""
        return f"{PREFIX}:{self.name}@{self.file}"


def parse(payload: str) -> tuple[str, Path]:
    """The name and the file of a block, from what a drag carries behind `library:`."""
    name, _, file = payload.partition("@")
    return name, Path(file)


def default_folder() -> Path:
    base = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    return Path(base) / "BlockStudio" / "library"


@frozen
class _Read:
    """What a file held when it was read."""

    stamp: tuple[int, int]
    blocks: tuple[LibraryBlock, ...] = ()
    error: ProjectError | None = field(default=None, eq=False)


class Library(QObject):
    """The blocks in the folder. A file is read again when it has changed."""

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._read: dict[Path, _Read] = {}
        self._watcher: QFileSystemWatcher | None = None

    @property
    def folder(self) -> Path:
        kept = self._settings.get(LIBRARY_FOLDER)
        return Path(kept) if kept else default_folder()

    def set_folder(self, folder: Path) -> None:
        """Use another folder from now on."""
        self._settings.set(LIBRARY_FOLDER, str(folder))
        self._watch()
        self.changed.emit()

    def blocks(self) -> list[LibraryBlock]:
        """Every block, by file. Of a file with several, those that no other block in it is made of."""
        self._watch()
        return [block for read in self._files() for block in read.blocks]

    def faults(self) -> list[ProjectError]:
        """What is wrong with files that cannot be read."""
        return [read.error for read in self._files() if read.error is not None]

    def holds(self, document: Document, name: str) -> bool | None:
        """Whether the library has a block of this name with the same content; None where it has none."""
        file = self.file_of(name)
        if not file.exists():
            return None
        try:
            kept = project.load(file)
        except ProjectError:
            return False
        wanted = extract(document, name)
        return wanted.functions == kept.functions and all(
            other in kept.definitions and same_content(definition, kept.definitions[other])
            for other, definition in wanted.definitions.items()
        )

    def file_of(self, name: str) -> Path:
        return self.folder / f"{name}{SUFFIX}"

    def save(self, document: Document, name: str, file: Path | None = None) -> Path:
        """Write a block and what it needs to a file of its own; ProjectError where that fails."""
        file = file or self.file_of(name)
        with suppress(OSError):  # writing says why
            file.parent.mkdir(parents=True, exist_ok=True)
        project.save(extract(document, name), file)
        self._watch()
        self.changed.emit()
        return file

    def _files(self) -> Iterator[_Read]:
        try:
            paths = sorted(self.folder.glob(f"*{SUFFIX}"), key=lambda path: path.name.lower())
        except OSError:
            paths = []
        for path in paths:
            try:
                status = path.stat()
            except OSError:
                continue  # gone while it was listed
            stamp = (status.st_mtime_ns, status.st_size)
            read = self._read.get(path)
            if read is None or read.stamp != stamp:
                read = self._read[path] = _look_into(path, stamp)
            yield read

    def _watch(self) -> None:
        """Hear of files that other programs and windows put into the folder."""
        if self._watcher is None:
            self._watcher = QFileSystemWatcher(self)
            self._watcher.directoryChanged.connect(lambda _: self.changed.emit())
        folder = str(self.folder)
        watched = self._watcher.directories()
        if watched != [folder]:
            if watched:
                self._watcher.removePaths(watched)
            if self.folder.is_dir():
                self._watcher.addPath(folder)


def _look_into(path: Path, stamp: tuple[int, int]) -> _Read:
    try:
        document = project.load(path)
    except ProjectError as error:
        return _Read(stamp, error=error)
    inner = {
        instance.definition
        for definition in document.definitions.values()
        if isinstance(definition, Definition)
        for instance in topology.instances_in(definition.graph)
    }
    return _Read(stamp, tuple(LibraryBlock(name, path, document) for name in document.definitions if name not in inner))
