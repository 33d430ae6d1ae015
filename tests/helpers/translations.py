"""Keep `resources/i18n` in step with the source: `python -m tests.helpers.translations update`.

Adds the texts that are new, drops those that are gone, compiles the `.mo`, and lists what is still to be
translated. Edit the `.po` with a text editor, then run it again.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from blockstudio.catalog.catalog import catalog
from blockstudio.gui.project_files import ARCHITECTURES, examples

ROOT = Path(__file__).resolve().parent.parent.parent
I18N = ROOT / "resources" / "i18n"
LANGUAGES = ("zh_CN",)
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)  # a date that moves would change the files with no text changed


def extract() -> Catalog:
    """Every literal given to `tr` or `mark` in the package, inside an f-string too, and the data shown in its place."""
    found = Catalog(project="BlockStudio", charset="utf-8")
    for path in sorted((ROOT / "blockstudio").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node) in ("tr", "mark") and len(node.args) == 1:
                for text in _literals(node.args[0]):
                    found.add(text, locations=[(path.relative_to(ROOT).as_posix(), node.lineno)])
    for reason in catalog().excluded.values():
        found.add(reason, locations=[("blockstudio/catalog/overrides.toml", 0)])
    for example in (*examples(), *examples(ARCHITECTURES)):
        found.add(example.title, locations=[(example.path.relative_to(ROOT).as_posix(), 0)])
    return found


def documentation() -> Iterator[str]:
    """What torch says of its layers, functions, options and ports: translated where somebody did, English elsewhere."""
    known = catalog()
    for spec in (*known.entries, *known.initializers.values()):
        yield spec.doc
        yield from (option.doc for option in spec.options)
        for port in (*getattr(spec, "inputs", ()), *getattr(spec, "outputs", ())):
            yield port.doc


def _name(call: ast.Call) -> str:
    """What is called: `tr` of `tr(...)` and of `i18n.tr(...)`."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _literals(argument: ast.expr) -> Iterator[str]:
    """The texts an argument can be: one, or the two of a condition."""
    if isinstance(argument, ast.IfExp):
        yield from _literals(argument.body)
        yield from _literals(argument.orelse)
    elif isinstance(argument, ast.Constant) and isinstance(argument.value, str) and argument.value:
        yield argument.value


def read(language: str) -> Catalog:
    """The translations of a language; an empty catalog when there are none yet."""
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language, project="BlockStudio", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def po_path(language: str) -> Path:
    return I18N / f"{language}.po"


def mo_path(language: str) -> Path:
    return I18N / f"{language}.mo"


def faults(language: str) -> list[str]:
    """What is wrong with the translations of a language, one line each."""
    wanted, have = extract(), read(language)
    docs = set(documentation())
    gone = [message.id for message in have if message.id and message.id not in wanted and message.id not in docs]
    found = [f"no longer in the source: {text!r}" for text in gone]
    found += [f"no longer in the source: {text!r}" for text in have.obsolete]
    for message in wanted:
        if not message.id:
            continue
        translated = have.get(message.id)
        where = ", ".join(sorted({file for file, _line in message.locations}))
        if translated is None or not translated.string:
            found.append(f"not translated: {message.id!r} ({where})")
        elif translated.fuzzy:
            found.append(f"marked fuzzy: {message.id!r} ({where})")
        elif problem := _mismatch(str(message.id), str(translated.string)):
            found.append(f"{problem}: {message.id!r} and {translated.string!r} ({where})")
    return found


def _mismatch(text: str, translation: str) -> str:
    """How a translation disagrees with its text in what is not words; empty when it agrees."""
    if sorted(re.findall(r"\{\w*\}", text)) != sorted(re.findall(r"\{\w*\}", translation)):
        return "different fields"
    if text.endswith("…") != translation.endswith("…"):
        return "ellipsis on one side only"
    if ("&" in text) != ("&" in translation):
        return "mnemonic on one side only"
    return ""


def unmarked() -> Iterator[str]:
    """Texts a user would see that no translator would: literals handed straight to a widget or an error."""
    for path in sorted((ROOT / "blockstudio").rglob("*.py")):
        in_window = "gui" in path.relative_to(ROOT).parts
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = _name(node)
            if (in_window and name in WIDGET_CALLS) or name in ERRORS:
                for argument in node.args:
                    if _words(argument):
                        yield f"{path.relative_to(ROOT)}:{argument.lineno}: {name}({ast.unparse(argument)})"


WIDGET_CALLS = frozenset(
    "QAction QCheckBox QCommandLinkButton QDockWidget QGroupBox QLabel QMenu QPushButton QRadioButton QToolButton "
    "addAction addItem addMenu addRow addTab addToolBar critical information question setAccessibleName "
    "setHeaderLabels setHorizontalHeaderLabels setInformativeText setLabelText setPlaceholderText setPrefix "
    "setSpecialValueText setStatusTip setSuffix setTabText setText setTitle setToolTip setWhatsThis setWindowTitle "
    "showMessage showText warning".split()
)
ERRORS = frozenset(
    "BlockStudioError EditError ExpressionError ProjectError CompileError RunError TensorFileError DeviceError "
    "EngineError".split()
)


def _words(argument: ast.expr) -> bool:
    """Whether an argument is literal text with a word in it (symbols, tags, names and single letters are not)."""
    if isinstance(argument, ast.JoinedStr):
        return any(_words(part) for part in argument.values)
    if isinstance(argument, ast.List | ast.Tuple):
        return any(_words(part) for part in argument.elts)
    if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
        return False
    return bool(re.search(r"[^\W\d_]{2}", re.sub(r"<[^>]*>|\bBlockStudio\b|\bNone\b", "", argument.value)))


def update(language: str) -> list[str]:
    """Bring a language's files in step with the source; returns what is still wrong with them."""
    old = read(language)
    texts = Catalog(
        locale=language,
        header_comment=f"# The texts of BlockStudio in {old.locale.english_name}; the English text is the key.",
        project="BlockStudio",
        version="1",
        creation_date=EPOCH,
        revision_date=EPOCH,
        fuzzy=False,
    )
    texts.msgid_bugs_address = texts.last_translator = texts.language_team = ""
    for message in extract():
        if message.id:
            known = old.get(message.id)
            texts.add(message.id, known.string if known else "", message.locations)
    for text in documentation():
        known = old.get(text) if text and text not in texts else None
        if known is not None and known.string:
            texts.add(text, known.string, [("blockstudio/catalog/torch_nn.json", 0)])
    po, mo = io.BytesIO(), io.BytesIO()
    write_po(po, texts, width=120, sort_output=True, include_lineno=False)
    write_mo(mo, texts)
    po_path(language).write_bytes(po.getvalue())
    mo_path(language).write_bytes(mo.getvalue())
    return faults(language)


def main() -> int:
    if sys.argv[1:] != ["update"]:
        print(__doc__)
        return 2
    left = [f"{language}: {line}" for language in LANGUAGES for line in update(language)]
    print("\n".join(left) or "every text is translated")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
