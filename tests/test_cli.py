"""The command line: exit status and both outputs of each command, and that they start in a process of their own."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import blockstudio as bs
from blockstudio import resources
from tests.end2end.test_bad_input import with_code
from tests.helpers.commands import called, refused, started
from tests.runtime.exporting.exports import run

MLP = str(resources.path("examples", "03-mlp.blocks"))


def test_check_is_silent_on_a_good_file() -> None:
    result = started("check", MLP)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_check_prints_a_line_per_diagnostic(tmp_path: Path) -> None:
    raw = json.loads(Path(MLP).read_text())
    raw["definitions"][0]["graph"]["nodes"][0]["options"]["out_features"] = "many"
    del raw["definitions"][0]["graph"]["edges"]["relu:input"]
    bad = tmp_path / "bad.blocks"
    bad.write_text(json.dumps(raw))
    result = called("check", str(bad))
    assert result.returncode == 1
    assert any("MLP/hidden" in line and "out_features" in line for line in result.stdout.splitlines())
    assert any("MLP/relu" in line for line in result.stdout.splitlines())


def test_source_is_the_source_that_the_api_gives() -> None:
    assert started("source", MLP).stdout == bs.source(bs.load(MLP))


def test_summary_counts_each_tensor_once() -> None:
    shared = str(resources.path("examples", "07-shared-layer.blocks"))
    result = called("summary", shared, "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["parameters"] == 20 * 20 + 20
    text = called("summary", MLP).stdout
    assert "5,376" in text and "7,946" in text


def test_run_prints_shape_and_statistics() -> None:
    result = started("run", MLP, "--input", "5,20", "--seed", "3")
    assert result.returncode == 0, result.stderr
    assert "5x10" in result.stdout or "5×10" in result.stdout or "(5, 10)" in result.stdout
    assert result.stdout == called("run", MLP, "--input", "5,20", "--seed", "3").stdout


@pytest.mark.parametrize("suffix", [".params", ".safetensors"])
def test_exported_parameters_are_those_of_the_seed(suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"net{suffix}"
    assert called("export", MLP, str(out), "--seed", "7").returncode == 0
    state = torch.load(out, weights_only=True) if suffix == ".params" else load_file(out)
    for key, value in bs.build(bs.load(MLP), seed=7).state_dict().items():
        torch.testing.assert_close(state[key], value, rtol=0, atol=0)
    again = tmp_path / "again.params"
    assert called("export", MLP, str(again), "--params", str(out)).returncode == 0
    torch.testing.assert_close(torch.load(again, weights_only=True)["out.bias"], state["out.bias"], rtol=0, atol=0)


@pytest.mark.parametrize("suffix", [".onnx", ".pt2"])
def test_exported_models_have_the_seed_and_the_parameters(suffix: str, tmp_path: Path) -> None:
    state = tmp_path / "net.params"
    for number, options in enumerate((["--seed", "7"], ["--params", str(state)])):
        out = tmp_path / f"net{number}{suffix}"
        result = called("export", MLP, str(out), *options)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
        net = bs.build(bs.load(MLP), seed=7)
        torch.save(net.state_dict(), state)
        given = torch.rand(3, 20)
        with torch.no_grad():
            torch.testing.assert_close(run(out, given)[0], net(given))


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_exported_pictures_are_pictures(suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"net{suffix}"
    result = started("export", MLP, str(out))
    assert result.returncode == 0, result.stderr
    assert out.read_bytes().startswith(b"<?xml" if suffix == ".svg" else b"\x89PNG")
    assert out.stat().st_size > 2000
    if suffix == ".svg":
        assert all(shape in out.read_text() for shape in ("2×20", "2×256", "2×10"))


def test_a_picture_executes_nothing(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    file = tmp_path / "net.blocks"
    file.write_bytes(
        with_code(f"    open({str(trace)!r}, 'w').close()\n\n    def forward(self, x):\n        return x\n")
    )
    result = called("export", str(file), str(tmp_path / "net.svg"))
    assert result.returncode == 0, result.stderr
    assert not trace.exists()


def test_python_that_ends_the_program_is_told_of(tmp_path: Path) -> None:
    file = tmp_path / "net.blocks"
    file.write_bytes(with_code("    def forward(self, x):\n        __import__('os')._exit(3)\n        return x\n"))
    result = started("run", str(file))
    assert result.returncode == 1
    assert result.stderr == "blockstudio: Python in the model ended the program (os._exit(3)).\n"


def test_bad_input_is_one_line(tmp_path: Path) -> None:
    assert "cannot be read" in refused("check", str(tmp_path / "none.blocks"))
    empty = tmp_path / "empty.blocks"
    empty.write_text("")
    assert "is empty" in refused("source", str(empty))
    assert "suffix" in refused("export", MLP, str(tmp_path / "net.what"))
    assert "cannot be written" in refused("export", MLP, str(tmp_path / "gone" / "net.py"))
    garbage = tmp_path / "garbage.params"
    garbage.write_bytes(b"nothing")
    assert "garbage.params" in refused("export", MLP, str(tmp_path / "out.params"), "--params", str(garbage))
    assert "5" in refused("run", MLP, "--input", "2,5")
    loop = str(resources.path("examples", "08-while.blocks"))
    assert "FixedHiddenMLP/loop: What happens here depends" in refused("export", loop, str(tmp_path / "net.onnx"))


@pytest.mark.parametrize("name", ["a\nb", "🧱", "模" * 80, "-x", "--help", "a 'b' <i> {0}%s "])
def test_odd_names_of_files(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project = f"{name}.blocks"
    assert "be read" in refused("check", "--", project)
    shutil.copy(MLP, project)
    for command in ("check", "source", "summary"):
        assert called(command, "--", project).returncode == 0
    for suffix in (".py", ".params", ".svg"):
        assert called("export", "--", project, name + suffix).returncode == 0
        assert Path(name + suffix).stat().st_size > 100
    assert called("run", "--params", f"{name}.params", "--", project).returncode == 0
    assert called("import", "-o", project, "--input", "2,20", "--", f"{name}.py:MLP").returncode == 0
    assert "no suffix" in refused("export", "--", project, name)


@pytest.mark.parametrize("arguments", [["net.blocks"], ["--", "-net.blocks"], ["open", "--", "-net.blocks"]])
def test_a_file_is_opened(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr("blockstudio.gui.preflight.refuse", lambda environment: None)
    monkeypatch.setattr("blockstudio.gui.app.run", lambda file: opened.append(file) or 0)
    assert called(*arguments).returncode == 0
    assert opened == [Path(arguments[-1])]


def test_characters_that_the_output_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = json.loads(Path(MLP).read_text())
    raw["definitions"][0]["doc"] = "多层感知机"
    file = tmp_path / "net.blocks"
    file.write_text(json.dumps(raw))
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    command = [sys.executable, "-m", "blockstudio"]
    assert "多层感知机" in subprocess.run([*command, "source", file], capture_output=True, check=True).stdout.decode()
    raw["definitions"][0]["graph"]["nodes"][0]["options"]["out_features"] = "许多"
    file.write_text(json.dumps(raw))
    assert rb"\u8bb8\u591a" in subprocess.run([*command, "check", file], capture_output=True).stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
def test_an_output_that_cannot_be_written_is_one_line() -> None:
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "blockstudio", "source", MLP]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    said = "blockstudio: Standard output cannot be written: No space left on device.\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_a_project_is_not_lost_under_its_weights(tmp_path: Path) -> None:
    result = called("import", "-o", str(tmp_path / "net.params"), "net.py:MLP")
    assert result.returncode == 2 and "net.blocks" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_wrong_usage_is_exit_status_2() -> None:
    assert called("check").returncode == 2
    assert called("run", MLP, "--input", "a,b").returncode == 2
    assert called("--no-such-option").returncode == 2


def test_check_and_source_do_not_import_torch() -> None:
    code = f"import sys; sys.argv = ['blockstudio', 'source', {MLP!r}]\nfrom blockstudio.cli import main\n"
    code += "try: main()\nexcept SystemExit: pass\nassert 'torch' not in sys.modules and 'PySide6' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


ENDLESS = {
    "__init__": "__init__(self):\n        super().__init__()\n        {loop}\n    def forward(self, x): return x",
    "forward": "forward(self, x):\n        {loop}\n        return x",
}
LOOPS = {
    "plain": "while not torch.empty(1).is_meta: print('begun', flush=True)",
    "swallowing": """while not torch.empty(1).is_meta:
            try: print('begun', flush=True)
            except BaseException: pass""",
}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
@pytest.mark.parametrize(
    ("command", "place", "loop"),
    [
        ("run", "__init__", "plain"),
        ("run", "forward", "swallowing"),
        ("summary", "__init__", "swallowing"),
        ("export", "__init__", "plain"),
    ],
)
def test_an_interrupt_ends_what_never_ends(command: str, place: str, loop: str, tmp_path: Path) -> None:
    file, out = tmp_path / "endless.blocks", tmp_path / "out.params"
    file.write_bytes(with_code(f"    def {ENDLESS[place].format(loop=LOOPS[loop])}"))
    arguments = [command, str(file), *([str(out)] if command == "export" else [])]
    with subprocess.Popen(
        [sys.executable, "-m", "blockstudio", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (130, "blockstudio: Stopped.\n")
    assert list(tmp_path.iterdir()) == [file]
