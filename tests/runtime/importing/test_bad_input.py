"""What cannot come in is refused in words that name it, and nothing of it stays behind."""

from __future__ import annotations

import builtins
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from blockstudio.errors import BlockStudioError
from blockstudio.runtime.importer import from_module, import_module, import_target


def refused(*arguments: Any, **more: Any) -> str:
    with pytest.raises(BlockStudioError) as raised:
        from_module(*arguments, **more)
    return str(raised.value)


def file(folder: Path, text: str) -> str:
    path = folder / "user_code.py"
    path.write_text("import torch\nfrom torch import nn\n" + textwrap.dedent(text))
    return str(path)


def refused_target(target: str, **arguments: Any) -> str:
    with pytest.raises(BlockStudioError) as raised:
        import_target(target, arguments)
    return str(raised.value)


# --- targets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nonsense", "write MODULE:NAME"),
        (":Net", "write MODULE:NAME"),
        ("no.such.module:Net", "ModuleNotFoundError"),
        ("missing.py:Net", "There is no file"),
        ("torch.nn:Nothing", "no “Nothing” in “torch.nn”"),
        ("torch.nn:Module.nothing", "no “Module.nothing”"),
        ("math:pi", "a float, nothing that makes a model"),
        ("math:sqrt", "TypeError"),
        ("builtins:dict", "no torch.nn.Module"),
        ("torch.nn:Linear", "TypeError"),
    ],
)
def test_a_target_that_names_no_model(target: str, said: str) -> None:
    assert said in refused_target(target)


def test_code_that_raises_when_it_is_imported(tmp_path: Path) -> None:
    before = set(sys.modules)
    assert "RuntimeError: no luck today" in refused_target(
        file(tmp_path, "raise RuntimeError('no luck today')") + ":Net"
    )
    assert "SyntaxError" in refused_target(file(tmp_path, "class (:") + ":Net")
    assert set(sys.modules) == before


def test_code_that_ends_the_program(tmp_path: Path) -> None:
    assert "SystemExit: exit status 3" in refused_target(file(tmp_path, "import sys\nsys.exit(3)") + ":Net")
    made = file(tmp_path, "def net():\n    raise SystemExit")
    assert "SystemExit" in refused_target(f"{made}:net")


def test_a_forward_that_ends_the_program_comes_in_as_python(tmp_path: Path) -> None:
    code = """
        class Net(nn.Module):
            def forward(self, x):
                exit(1)
                return x
    """
    result = import_target(file(tmp_path, code) + ":Net")
    assert "SystemExit" in result.opaque[0].message


def test_an_interrupt_passes_through(tmp_path: Path) -> None:
    code = """
        class Net(nn.Module):
            def forward(self, x):
                raise KeyboardInterrupt
    """
    with pytest.raises(KeyboardInterrupt):
        import_target(file(tmp_path, code) + ":Net")
    assert not isinstance(1, str)
    assert builtins.isinstance.__name__ == "isinstance"
    assert torch.zeros(2).sum() == 0


# --- modules ------------------------------------------------------------------------------------------


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(4, 4)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.lin(x) + y


def test_what_is_no_module() -> None:
    assert refused(torch.ones(2)) == "Tensor is not a torch.nn.Module."


def test_inputs_that_forward_does_not_take() -> None:
    assert "takes other inputs: missing a required argument: 'y'" in refused(Two(), torch.ones(2, 4))
    assert "takes other inputs" in refused(Two(), (torch.ones(2, 4),) * 3)
    assert "takes other inputs" in refused(Two(), {"x": torch.ones(2, 4), "z": torch.ones(2, 4)})


def test_inputs_that_do_not_run() -> None:
    assert "does not run on these inputs: RuntimeError: mat1 and mat2" in refused(Two(), (torch.ones(2, 5),) * 2)


def test_a_module_that_contains_itself() -> None:
    outer = nn.Sequential(nn.Linear(2, 2))
    inner = nn.Sequential(outer)
    outer.append(inner)
    assert refused(outer) == "1.0: The module contains itself."


def test_modules_nested_without_end() -> None:
    module: nn.Module = nn.Linear(2, 2)
    for _ in range(300):
        module = nn.Sequential(module)
    assert "nested more than" in refused(module)


def test_no_forward() -> None:
    assert "can be neither drawn" in refused(nn.ModuleList([nn.Linear(2, 2)]))


class Hooked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lin = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.lin(x)


def test_hooks_are_not_left_out_silently() -> None:
    module = Hooked()
    module.lin.register_forward_hook(lambda *_: torch.zeros(2, 4))
    assert "hooks" in refused(module)


def test_one_that_cannot_come_in_is_named_by_its_path() -> None:
    module = nn.Sequential(nn.Linear(4, 4), Hooked())
    module[1].lin.register_forward_hook(lambda *_: None)
    assert refused(module).startswith("1.lin: Linear can be neither drawn (functions are attached to it as hooks)")


class Names(nn.Module):
    """Submodules whose names Python and torch need themselves."""

    def __init__(self, name: str) -> None:
        super().__init__()
        setattr(self, name, nn.Linear(4, 4))
        self.key = name

    def forward(self, x: Tensor) -> Tensor:
        return getattr(self, self.key)(x)


@pytest.mark.parametrize("name", ["class", "a b", "lambda", "é", "__x", "init_weights"])
def test_names_that_collide(name: str) -> None:
    result = import_module(nn.Sequential(nn.Linear(4, 4), Names(name)))
    assert [note.path for note in result.opaque] == ["1"] or not result.opaque
    if result.opaque:
        assert "cannot be the name of a node" in result.opaque[0].message
    from tests.runtime.importing.oracle import assert_same

    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(4, 4), Names(name))
    assert_same(module, import_module(module).document, (torch.ones(2, 4),))


def test_functions_whose_arguments_have_bad_names() -> None:
    class Odd(nn.Module):
        def forward(self, self_: Tensor, range: Tensor, torch: Tensor) -> Tensor:
            return self_ + range * torch

    document = from_module(Odd())
    assert len({port.name for port in document.definition("Odd").graph.inputs}) == 3
    from blockstudio.runtime.build import build

    assert build(document)(*(torch.ones(1),) * 3).item() == 2


def test_ten_thousand_equal_layers() -> None:
    module = nn.Sequential(nn.Sequential(*[nn.Linear(2, 2) for _ in range(10_000)]))
    document = from_module(module)
    (sequential,) = document.definition("Net").graph.nodes.values()
    assert len(sequential.body.nodes) == 1  # type: ignore[attr-defined]


def test_torch_is_left_as_it_was() -> None:
    """In a process that did nothing else before: torch keeps what it finds when it is first asked."""
    code = (
        "import torch; from blockstudio.runtime.importer import from_module; from_module(torch.nn.Linear(2, 2))\n"
        "with torch.device('meta'): assert torch.ones(1).is_meta and torch.nn.Linear(2, 2).weight.is_meta"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


class Numbered(nn.Sequential):
    """Its children go by numbers, and differ from instance to instance in ways that no argument tells."""

    def __init__(self, *widths: int) -> None:
        super().__init__(nn.Linear(4, widths[0]), nn.ReLU(), nn.Linear(widths[0], widths[1]), nn.Linear(widths[1], 4))

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + x


def test_hyper_parameters_of_children_that_go_by_numbers() -> None:
    from tests.runtime.importing.oracle import assert_same

    module = nn.Sequential(Numbered(3, 7), Numbered(5, 6), Numbered(9, 2))
    assert_same(module, import_module(module).document, (torch.ones(2, 4),))
