"""The command line. Exit status 0 done, 1 the input is at fault (one line on stderr), 2 wrong usage, 130 Ctrl+C.

Each command imports what it needs when it is called: `check` and `source` start without torch, and
every command but the first works with no display.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

import click

from blockstudio.errors import BlockStudioError, mark
from blockstudio.interrupts import ended_by_interrupt, told_when_ended
from blockstudio.version import __version__

FILE = click.argument("file", type=click.Path(path_type=Path))


class _Interruptible(click.Command):
    """A command that Ctrl+C ends at once; how long a model may take is for the user to say."""

    def invoke(self, ctx: click.Context) -> Any:
        with told_when_ended(), ended_by_interrupt():
            return super().invoke(ctx)


class _OpenByDefault(click.Group):
    """`blockstudio net.blocks` opens a file: what is no command is an argument of `open`."""

    command_class = _Interruptible

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands:
            args = ["open", *(["--"] if args[0].startswith("-") else []), *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_OpenByDefault, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="blockstudio")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """BlockStudio, a visual composer for PyTorch. Without a command it opens the app, with FILE if one is given."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(open_app, file=None)


@cli.command("open", cls=click.Command)
@click.argument("file", type=click.Path(path_type=Path), required=False)
def open_app(file: Path | None) -> None:
    """Open the app."""
    from blockstudio.gui import preflight

    if problem := preflight.refuse(os.environ):
        raise problem
    gc.disable()  # what is imported stays; once there is a window, that collects
    from blockstudio.gui.app import run

    sys.exit(run(file))


@cli.command()
@FILE
def check(file: Path) -> None:
    """One line per diagnostic; exit 1 if any is an error."""
    from blockstudio.compiler import check as diagnose
    from blockstudio.formats.project import load

    diagnostics = diagnose(load(file))
    for diagnostic in diagnostics:
        click.echo(str(diagnostic))
    sys.exit(1 if any(diagnostic.severity == "error" for diagnostic in diagnostics) else 0)


@cli.command()
@FILE
def source(file: Path) -> None:
    """The Python source on stdout."""
    from blockstudio.compiler import source as generate
    from blockstudio.formats.project import load

    _reconfigure(encoding="utf-8")  # as Python reads it, everywhere
    click.echo(generate(load(file)), nl=False)


@cli.command()
@FILE
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def summary(file: Path, as_json: bool) -> None:
    """Tree of blocks: output shape, parameters, each tensor counted once."""
    from blockstudio.formats.project import load
    from blockstudio.runtime.summary import summarize

    result = summarize(load(file), str(file.parent))
    if as_json:
        _reconfigure(encoding="utf-8")  # as JSON is, everywhere
    click.echo(json.dumps(result.as_json(), indent=1, ensure_ascii=False) if as_json else result.as_text())


@cli.command()
@FILE
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--seed", type=int, help="Of the initial parameters; the project's if not given.")
@click.option("--params", type=click.Path(path_type=Path), help="Parameters to load first.")
@click.option("--background", type=click.Choice(["white", "transparent"]), default="white", help="Of a picture.")
@click.option("--scale", type=click.FloatRange(0.1, 10), default=2.0, help="Sharpness of a .png: 1, 2, 3.")
def export(file: Path, out: Path, seed: int | None, params: Path | None, background: str, scale: float) -> None:
    """Write FILE as OUT, by its suffix: .params .safetensors .py .onnx .pt2 .svg .png"""
    from blockstudio.formats.project import load

    document = load(file)
    suffix = out.suffix.lower()
    if suffix in (".svg", ".png"):
        _export_image(document, out, background, scale, str(file.parent))
    elif suffix == ".py":
        from blockstudio.compiler import source as generate

        _write_text(out, generate(document))
    elif suffix in (".params", ".safetensors"):
        from blockstudio.runtime.tensor_files import save_parameters

        save_parameters(_built(document, seed, params), str(out))
    elif suffix in (".onnx", ".pt2"):
        from blockstudio.runtime.headless import export_document

        for note in export_document(document, out, seed=seed, params=params, folder=str(file.parent)):
            click.echo(note)
    else:
        raise BlockStudioError(
            mark("“{file}” has no suffix that says what to write: use {known}."),
            file=str(out),
            known=".params .safetensors .py .onnx .pt2 .svg .png",
        )


@cli.command("import")
@click.argument("target", metavar="MODEL")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The project to write.")
@click.option("--kwargs", default="{}", help="Arguments of what makes it: JSON, or channels=3, depth=2.")
@click.option(
    "--input", "inputs", multiple=True, metavar="SHAPE", help="Shape of an input, such as 2,3,224,224 or 2,16:int64."
)
def import_module(target: str, output: Path, kwargs: str, inputs: tuple[str, ...]) -> None:
    """Make a project of a PyTorch model, and a .params of its weights beside it.

    MODEL is MODULE:CALLABLE, FILE.py:NAME, FILE.py with one model, or a FILE.pt2 of torch.export. What makes it runs.
    """
    from blockstudio.formats import targets
    from blockstudio.formats.project import save
    from blockstudio.graph.model import CodeDefinition
    from blockstudio.runtime.importer import import_target
    from blockstudio.runtime.tensor_files import save_state

    weights = output.with_suffix(".params")
    if weights == output:
        raise click.BadParameter(f"{output} is where the weights go: call the project {output.stem}.blocks")
    result = import_target(
        target, _read(targets.parse_arguments, kwargs), [_read(targets.parse_input, i) for i in inputs]
    )
    save(result.document, output)
    save_state(result.state_dict, str(weights))
    for note in result.report:
        click.echo(str(note))
    definitions = result.document.definitions.values()
    code = sum(isinstance(definition, CodeDefinition) for definition in definitions)
    click.echo(f"{output}: {len(definitions)} blocks, {code} of them Python")


@cli.command()
@FILE
@click.option("--params", type=click.Path(path_type=Path), help="Parameters to load first.")
@click.option("--seed", type=int, help="Of parameters and inputs; the project's if not given.")
@click.option("--input", "inputs", multiple=True, metavar="SHAPE", help="Shape of each input in turn, such as 2,20.")
def run(file: Path, params: Path | None, seed: int | None, inputs: tuple[str, ...]) -> None:
    """Forward pass; shapes and statistics of the outputs."""
    from blockstudio.formats.project import load
    from blockstudio.runtime.headless import run_document

    shapes = [_shape(text) for text in inputs]
    for line in run_document(load(file), shapes, seed=seed, params=params, folder=str(file.parent)):
        click.echo(line)


def _reconfigure(**options: str) -> None:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(**options)  # type: ignore[arg-type]  # not the one of its options that is no text


def _read(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except BlockStudioError as error:
        raise click.BadParameter(str(error)) from None


def _shape(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.replace("x", ",").split(",") if part.strip())
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a shape; write 2,20") from None


def _built(document: Any, seed: int | None, params: Path | None) -> Any:
    from blockstudio.runtime.build import build
    from blockstudio.runtime.loading import load
    from blockstudio.runtime.tensor_files import read

    module = build(document, seed=document.seed if seed is None else seed)
    if params is not None:
        load(module, read(str(params)))
    return module


def _export_image(document: Any, out: Path, background: Any, scale: float, folder: str) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from blockstudio.graph.document import Location
    from blockstudio.gui.canvas.scene.export import Look, export_image
    from blockstudio.runtime.headless import shapes_of

    export_image(document, Location(document.root), out, shapes_of(document, folder), Look(background, scale))


def _write_text(out: Path, text: str) -> None:
    from blockstudio.formats.files import write_atomically

    def write(file: BinaryIO) -> None:
        file.write(text.encode("utf-8"))

    try:
        write_atomically(out, write)
    except OSError as error:
        raise BlockStudioError(
            mark("“{file}” cannot be written: {reason}."), file=str(out), reason=error.strerror or str(error)
        ) from error


def main() -> None:
    """Run the command line; a problem of the input is one line on stderr."""
    if sys.argv[1:2] == ["--kernel"]:
        # In a frozen app this program is also what the engine runs in; see `engine.launch`.
        from blockstudio.engine import launch

        launch.main(sys.argv[2:])
        return
    _reconfigure(errors="backslashreplace")  # characters that the terminal lacks are no reason to end
    try:
        cli()
    except BlockStudioError as error:
        line = " ".join(str(error).splitlines())  # a file's name may have line breaks
        click.echo(f"blockstudio: {line}", err=True)
        sys.exit(1)
    except OSError as error:
        if error.filename is not None or not isinstance(sys.stdout, TextIOWrapper):
            raise
        # Standard output is a file on a full disk, say. What is still to be written goes nowhere, or Python complains.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.echo(f"blockstudio: Standard output cannot be written: {error.strerror}.", err=True)
        sys.exit(1)
