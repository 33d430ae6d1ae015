"""The engine's side of the protocol: one method for each request, called in-process or by the kernel."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from threading import Lock
from typing import Any

from attrs import evolve
from torch import Tensor

from blockstudio.compiler.ir import CodeModule
from blockstudio.engine import protocol as p
from blockstudio.engine.service import failure
from blockstudio.errors import RunError, mark
from blockstudio.formats.project import from_json, to_json
from blockstudio.formats.targets import parse_arguments, parse_inputs
from blockstudio.graph.model import Definition, Example
from blockstudio.runtime import devices, initializers, inputs, loading, tensor_files, values, views
from blockstudio.runtime.build import explained, plant
from blockstudio.runtime.changes import Transaction, Values, distinct, put
from blockstudio.runtime.importing.quiet import undisturbed
from blockstudio.runtime.live import Live, LiveModel
from blockstudio.runtime.parameters import find, is_lazy
from blockstudio.runtime.placement import placeable
from blockstudio.runtime.running import RandomState, mode, run
from blockstudio.runtime.shapes import ShapeFinder, warm_up
from blockstudio.runtime.statistics import Measurements
from blockstudio.runtime.watching import Activations, watch

NO_GRADIENT = mark("There is no gradient yet.")


class Worker:
    """Holds the model of the open document. `MODEL_REQUESTS` come one at a time; all others from any thread,
    also while one of those is under way."""

    def __init__(self) -> None:
        self._models = LiveModel()
        self._shapes = ShapeFinder()
        self._shapes_lock = Lock()
        self._revision, self._folder = -1, ""
        self._measurements = Measurements()
        self._activations = Activations()
        self._opened: tuple[object, tensor_files.Contents] | None = None
        self._imported: tensor_files.Contents | None = None

    def handle(self, request: p.Request) -> Any:
        """The reply to a request; `Failure` for whatever is raised, an interrupt too."""
        try:
            return ANSWERS[type(request)](self, request)
        except BaseException as error:
            return failure(error)

    def warm_up(self) -> None:
        """Import what the first request would wait for."""
        warm_up()

    # --- the document -------------------------------------------------------------------------

    def update_document(self, request: p.UpdateDocument) -> p.Shapes:
        document = from_json(request.project, is_known=True)
        inputs.locate(document, request.folder)
        with self._shapes_lock:
            if request.revision >= self._revision:  # they may come from several threads
                self._revision, self._folder = request.revision, request.folder
                self._models.open(document, trusted=request.trusted, opening=request.opening)
            _, problems = placeable(document)
            shapes = self._shapes.shapes(
                document,
                revision=request.revision,
                trusted=request.trusted,
                shown=request.shown,
                within=request.within,
            )
        return evolve(shapes, problems=(*shapes.problems, *problems))

    # --- the model and its parameters -----------------------------------------------------------

    def build_model(self, request: p.BuildModel) -> p.Changed:
        before = self._models.rebuild(request.seed)
        self._activations = Activations()
        token = self._models.snapshots.keep(before)
        self._models.snapshots.save()
        return p.Changed(token)

    def list_parameters(self, request: p.ListParameters) -> p.ParameterTable:
        return self._models.table()

    def show_tensor(self, request: p.ShowTensor) -> p.TensorView:
        found = self._tensor(request.path, request.source)
        if isinstance(found, str):
            return views.nothing(request.path, found)
        return views.view(found, request, self._measurements)

    def _tensor(self, path: str, source: str) -> Tensor | str:
        """A tensor to look at, or why there is none."""
        if source == "file":
            file, _, key = path.rpartition("|")
            return self._contents(file).tensor(key)
        if source == "activation":
            return self._activations.tensors.get(path, mark("Run the model to see what flows here."))
        if source == "gradient" and "|" in path:
            return self._activations.gradients.get(path, NO_GRADIENT)
        tensor = find(self._models.current().model, path)
        if is_lazy(tensor):
            return mark("Its shape is known only after the first run.")
        if source == "gradient":
            return NO_GRADIENT if tensor.grad is None else tensor.grad
        return tensor

    def _contents(self, file: str) -> tensor_files.Contents:
        """The tensors in a file, read again only when it has changed."""
        try:
            info = Path(file).stat()
            version: object = (file, info.st_ino, info.st_mtime_ns, info.st_size)
        except OSError:
            return tensor_files.read(file)  # which says what is wrong
        if self._opened is None or self._opened[0] != version:
            self._opened = version, tensor_files.read(file)
        return self._opened[1]

    # --- changing parameters ----------------------------------------------------------------------

    def apply_initializers(self, request: p.ApplyInitializers) -> p.Changed:
        live = self._models.current()
        applied = initializers.apply(
            live.model, live.compiled, live.document, request.definition, request.rules, request.seed
        )
        return p.Changed(self._models.snapshots.keep(applied.before), applied.changes)

    def restore_snapshot(self, request: p.RestoreSnapshot) -> p.Changed:
        tensors = distinct(self._models.current().model)
        kept = self._models.snapshots.values(request.token)
        for key, value in kept.items():
            if key not in tensors or tensors[key].shape != value.shape:
                raise RunError(mark("“{key}” is not in the model any more as it was."), key=key)
        with Transaction({key: tensors[key] for key in kept}) as transaction:
            for key, value in kept.items():
                put(tensors[key], value)
        changed = self._changed(tensors, transaction.touched())
        self._models.snapshots.restored(request.token)
        return changed

    def _changed(self, tensors: dict[str, Tensor], before: Values) -> p.Changed:
        return p.Changed(self._models.snapshots.keep(before), initializers.changes(tensors, before))

    # --- running ------------------------------------------------------------------------------------

    def run_model(self, request: p.RunModel) -> p.RunResult:
        live, device = self._models.current(), self._models.device
        if request.seed is not None:
            plant(request.seed)
        given = self._inputs(live, request.inputs, device)
        training = self._models.training if request.training is None else request.training
        versions = _versions(live)
        with mode(live.model, training), explained():
            random = RandomState(device)
            ran = run(
                live.model,
                given,
                _output_names(live),
                device=device,
                backward=request.backward,
                repeat=request.repeat,
            )
            random.restore()
            with open(os.devnull, "w") as nothing, redirect_stdout(nothing):  # it was all printed before
                self._activations = watch(live.compiled.program, live.document, live.model, given, request.backward)
        if _versions(live) != versions:
            self._models.snapshots.change()
        return p.RunResult(
            outputs=tuple(values.result(name, value) for name, value in ran.outputs),
            activations=self._activations.rows,
            input_gradients=ran.input_gradients,
            forward_seconds=ran.forward_seconds,
            backward_seconds=ran.backward_seconds,
            peak_bytes=ran.peak_bytes,
            device=device,
            training=training,
        )

    def _inputs(self, live: Live, wanted: Mapping[str, Example], device: str) -> dict[str, Tensor]:
        """The inputs of the root, by those wanted or else the document's; those with a default may lack."""
        root = live.document.definitions[live.document.root]
        examples = {port.name: port.example for port in root.graph.inputs} if isinstance(root, Definition) else {}
        module = live.compiled.program.modules[live.compiled.root]
        given = {}
        for argument in module.inputs if isinstance(module, CodeModule) else module.forward.inputs:
            example = wanted.get(argument.name, examples.get(argument.name))
            if example is not None:
                given[argument.name] = inputs.make(inputs.located(example, self._folder), argument.name, device)
            elif not argument.default:
                raise RunError(
                    mark("The input “{name}” has no example to run on."), path=live.compiled.root, name=argument.name
                )
        return given

    def set_mode(self, request: p.SetMode) -> p.ParameterTable:
        self._models.set_training(request.training)
        return self._models.table()

    # --- files ----------------------------------------------------------------------------------------

    def save_parameters(self, request: p.SaveParameters) -> p.Saved:
        saved = tensor_files.save_parameters(self._models.current().model, request.file)
        self._models.snapshots.save()
        return saved

    def compare_parameters(self, request: p.CompareParameters) -> p.LoadReport:
        return loading.compare(self._models.current().model, self._contents(request.file))

    def load_parameters(self, request: p.LoadParameters) -> p.Changed:
        model = self._models.current().model
        contents = self._contents(request.file)
        before = loading.load(model, contents, matching_only=request.matching_only)
        changed = self._changed(distinct(model), before)
        report = loading.compare(model, contents)
        if request.saved and not any(key.problem in ("missing", "shape", "kind") for key in report.keys):
            self._models.snapshots.save()
        self._opened = None  # it may be large
        return changed

    def open_tensors(self, request: p.OpenTensors) -> p.TensorFile:
        return self._contents(request.file).describe()

    def save_tensors(self, request: p.SaveTensors) -> p.Saved:
        tensors = []
        for path in request.paths:
            found = self._tensor(path, request.source)
            if isinstance(found, str):
                raise RunError(found, path=path)
            tensors.append(found)
        return tensor_files.save_tensors(tensors, request.file, request.container, request.names or request.paths)

    def take_snapshot(self, request: p.TakeSnapshot) -> p.Saved:
        return tensor_files.save_parameters(self._models.current().model, request.file)

    def export_model(self, request: p.ExportModel) -> p.Exported:
        # What it brings with it would keep the first shapes waiting.
        from blockstudio.runtime.exporting.export import export_model

        live = self._models.current()
        with undisturbed():
            given = self._inputs(live, {}, self._models.device)
        return export_model(live.model, live.compiled, given, _output_names(live), request.file)

    # --- importing --------------------------------------------------------------------------------------

    def import_model(self, request: p.ImportModel) -> p.Imported:
        from blockstudio.runtime.importer import import_target

        self._imported = None
        shapes = parse_inputs(request.inputs)
        result = import_target(request.target, parse_arguments(request.arguments), shapes, folder=request.folder)
        state = {key: value for key, value in result.state_dict.items() if not is_lazy(value)}
        self._imported = tensor_files.Contents(request.target, "dict", state)
        return p.Imported(to_json(result.document), len(state))

    def load_imported(self, request: p.LoadImported) -> p.Changed:
        if self._imported is None:
            raise RunError(mark("The weights of the import are not there any more: import the model again."))
        model, contents = self._models.current().model, self._imported
        before = loading.load(model, contents, matching_only=True)
        self._imported = None
        return p.Changed(self._models.snapshots.keep(before))

    # --- devices ----------------------------------------------------------------------------------------

    def list_devices(self, request: p.ListDevices) -> p.Devices:
        return p.Devices(devices.devices(self._models.device))

    def move_model(self, request: p.MoveModel) -> p.Devices:
        self._models.move(request.device)
        self._activations = Activations()
        return p.Devices(devices.devices(self._models.device))


def _output_names(live: Live) -> tuple[str, ...]:
    module = live.compiled.program.modules[live.compiled.root]
    if isinstance(module, CodeModule):
        return module.outputs
    return tuple(output.name for output in module.forward.outputs)


def _versions(live: Live) -> dict[str, int]:
    """Tells whether parameters were changed in place; buffers, such as running statistics, change in any run."""
    return {key: parameter._version for key, parameter in live.model.named_parameters()}


ANSWERS: dict[type, Callable[[Worker, Any], Any]] = {
    p.UpdateDocument: Worker.update_document,
    p.BuildModel: Worker.build_model,
    p.ListParameters: Worker.list_parameters,
    p.ShowTensor: Worker.show_tensor,
    p.ApplyInitializers: Worker.apply_initializers,
    p.RestoreSnapshot: Worker.restore_snapshot,
    p.RunModel: Worker.run_model,
    p.SetMode: Worker.set_mode,
    p.SaveParameters: Worker.save_parameters,
    p.CompareParameters: Worker.compare_parameters,
    p.LoadParameters: Worker.load_parameters,
    p.OpenTensors: Worker.open_tensors,
    p.SaveTensors: Worker.save_tensors,
    p.TakeSnapshot: Worker.take_snapshot,
    p.ExportModel: Worker.export_model,
    p.ImportModel: Worker.import_model,
    p.LoadImported: Worker.load_imported,
    p.ListDevices: Worker.list_devices,
    p.MoveModel: Worker.move_model,
}
