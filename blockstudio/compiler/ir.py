"""What a document means, laid out in the order it runs: the input of code generation and of the interpreter.

A `Program` has a module for each definition in use. A module has *declarations*, in the order its
`__init__` makes them, and a `forward` block of *statements*, in the order they run. Values are in
single-assignment form: a value is the output port of a node, `Endpoint(node, port)`, and
`Endpoint("", port)` is an input of the block. A nested block (a loop's body, a branch) sees only its
own inputs and nodes; everything passes through the ports of the node that holds it.

All text in here is Python source that was checked or comes from the catalog. There are two settings:

* *made* text (constructor arguments, initial values, counts of declarations) stands in `__init__`:
  hyper-parameters go by their names (`channels * 4`), the number of an unshared round by its index name;
* *run* text (options of statements, counts and conditions of statements) stands in `forward`:
  hyper-parameters are attributes (`self.channels * 4`), the number of a round goes by its index name.

`snippets.py` writes the source of single declarations and statements, for code generator and interpreter alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from attrs import Factory, field, frozen

from blockstudio.catalog.spec import Entry
from blockstudio.graph.document import Location
from blockstudio.graph.model import BOUNDARY, Endpoint, Options

Value = Endpoint
"""The output of a node, or with node "" an input of the block."""


def _type_of(entry: Entry | None) -> str:
    return entry.type if entry else ""


@frozen(kw_only=True)
class Origin:
    """The node something was made from."""

    location: Location
    node: str
    comment: str = ""
    device: str = ""
    """Where it lives and runs, such as "cuda:1"; "" follows the model, whose device is that of the first
    input of the definition."""

    @property
    def path(self) -> str:
        return self.location.path(self.node)


# --- declarations: what `__init__` makes --------------------------------------------------


@frozen
class Rounds:
    """The rounds of an unshared Repeat that a declaration is in: it is a list with one member a round."""

    count: str
    """Made text."""
    index: str


@frozen(kw_only=True)
class Declaration(Origin):
    """Something the class owns.

    `name` is the key in the state dict, relative to the module: "hidden", or dotted ("layers.0") for a member of a
    ModuleList or ModuleDict. With `rounds` it stands for a list (of lists, outermost first) and the round numbers
    follow the name in the key: "conv.0", "conv.0.1"; where the name is a number they take its place, and the list is
    the module itself. `guards` are conditions on hyper-parameters (made text): where one is false the declaration is
    not made; `chosen` on the numbers of rounds too: in the others there is an nn.Identity, which has no keys.
    Children of a Sequential have the name that their parent keys them by (see `SequentialDeclaration`).
    """

    name: str
    rounds: tuple[Rounds, ...] = ()
    guards: tuple[str, ...] = ()
    chosen: tuple[str, ...] = ()


@frozen(kw_only=True)
class LayerDeclaration(Declaration):
    """A module of the catalog. Options are checked; their expressions are made text."""

    entry: Entry = field(repr=_type_of)
    options: Options


@frozen(kw_only=True)
class InstanceDeclaration(Declaration):
    """An instance of another module of the program; `values` is made text by hyper-parameter, those at
    their default left out."""

    definition: str
    values: Mapping[str, str] = Factory(dict)
    positional: int = 0
    """How many of the values are written without their names."""

    @property
    def arguments(self) -> list[str]:
        """What stands between the brackets."""
        return [
            value if index < self.positional else f"{name}={value}"
            for index, (name, value) in enumerate(self.values.items())
        ]


@frozen(kw_only=True)
class SequentialDeclaration(Declaration):
    """An nn.Sequential of modules, each with one input and one output.

    Children are keyed by name if `named`, else by position: "0", "1", .... A `RepeatDeclaration` among
    positional children stands for `count` children in a row, and so moves the keys of those behind it;
    among named ones it is a Sequential of its own.
    """

    children: tuple[Declaration, ...]
    named: bool = False


@frozen(kw_only=True)
class RepeatDeclaration(Declaration):
    """A Repeat among the children of a Sequential: `count` modules, or `count` times the same if `shared`."""

    count: str
    """Made text."""
    index: str
    shared: bool
    body: Declaration
    """What one round is. For a body of several nodes: their Sequential."""


@frozen(kw_only=True)
class SharedDeclaration(Declaration):
    """A child of a Sequential that is a module declared before it: of the node `owner_node`, which is
    reached as `source` ("self.linear") if it is an attribute of the class, and is a sibling if that is ""."""

    owner_location: Location
    owner_node: str
    source: str


@frozen(kw_only=True)
class BufferDeclaration(Declaration):
    """A constant: `register_buffer(name, value, persistent=...)`. `value` is made text of a tensor."""

    value: str
    persistent: bool = True


@frozen(kw_only=True)
class ParameterDeclaration(Declaration):
    """An nn.Parameter; in `rounds`, an nn.ParameterList. `value` is made text of a tensor."""

    value: str


# --- statements: what `forward` does ------------------------------------------------------


@frozen(kw_only=True)
class Statement(Origin):
    """One step. Its results are the values `Value(node, port)` for `outputs`, in order.

    `arguments` gives the value at each input port that is wired; ports without are left to their
    defaults. `moves` names the arguments that come from another device: by port, the device to bring
    them to, "" being that of the definition's first input.
    """

    arguments: Mapping[str, Value] = Factory(dict)
    outputs: tuple[str, ...] = ()
    moves: Mapping[str, str] = Factory(dict)

    def results(self) -> Iterator[Value]:
        for port in self.outputs:
            yield Value(self.node, port)

    def blocks(self) -> tuple[Block, ...]:
        """The blocks nested in this statement."""
        return ()


@frozen(kw_only=True)
class Read(Statement):
    """The value of a constant or parameter: the declaration `declared` of the node itself, as `source` says
    (`self.weight`, `self.weight[i]`). One output."""

    declared: str
    source: str


@frozen(kw_only=True)
class Compute(Statement):
    """A function, method or operator of the catalog. Expressions in its options are run text."""

    entry: Entry = field(repr=_type_of)
    options: Options


@frozen(kw_only=True)
class Apply(Statement):
    """A module applied: `layer` names the declaration, a layer, instance or sequential of this module, and
    `owner` is where its node stands.

    `callee` is how it is reached in `forward` (run text): "self.hidden", "self.layers[0]", "self.conv[i]".
    `options` are those of a layer that its call takes. `ports` are all its input ports in the order of its
    forward; `call_only` tells the second use of a layer from the first.
    """

    layer: str
    owner: Location
    callee: str
    ports: tuple[str, ...]
    entry: Entry | None = field(default=None, repr=_type_of)
    """Of a catalog layer."""
    options: Options = Factory(dict)
    call_only: bool = False


@frozen(kw_only=True)
class Bypass(Statement):
    """A node that is bypassed: each output is the argument of its name, as it is."""


@frozen(kw_only=True)
class WhileLoop(Statement):
    """`condition` is a block with one output. Round by round the inputs of `condition` and `body`, equal
    by position, take the values of the body's outputs; the statement's outputs are the last ones."""

    condition: Block
    body: Block

    def blocks(self) -> tuple[Block, ...]:
        return self.condition, self.body


@frozen(kw_only=True)
class ForRange(Statement):
    """`count` rounds (run text) of `body`, values carried as in `WhileLoop`; `index` names the number of
    the round, from 0."""

    count: str
    index: str
    shared: bool
    body: Block

    def blocks(self) -> tuple[Block, ...]:
        return (self.body,)


@frozen(kw_only=True)
class IfElse(Statement):
    """`then` or `otherwise`, by the single output of `condition`. All blocks take the inputs of the
    statement by position; `then` and `otherwise` give its outputs by position.

    `static` is the condition as run text where it depends on hyper-parameters only ("" if not):
    declarations inside the branches are then guarded by it, and only one branch need work.
    """

    condition: Block
    then: Block
    otherwise: Block
    static: str = ""

    def blocks(self) -> tuple[Block, ...]:
        return self.condition, self.then, self.otherwise


# --- blocks, modules, programs ----------------------------------------------------------------


@frozen
class Argument:
    """An argument of `__init__` or `forward`. `default` is source; "" when it must be given."""

    name: str
    default: str = ""
    annotation: str = ""
    doc: str = ""
    example: str = field(default="", eq=False)
    """The shape of an example for it: said in a docstring, and of no consequence for anything else."""


@frozen
class Output:
    """An output of a block and the value it gives; None when nothing feeds it. `move` brings the value
    back to the device of the definition's first input."""

    name: str
    value: Value | None
    move: bool = False


@frozen
class Block:
    """Statements in the order they run, from inputs to outputs; `Value("", name)` for each input."""

    location: Location
    inputs: tuple[Argument, ...]
    statements: tuple[Statement, ...]
    outputs: tuple[Output, ...]

    def input_values(self) -> Iterator[Value]:
        for argument in self.inputs:
            yield Value(BOUNDARY, argument.name)

    def input(self, position: int) -> Value:
        return Value(BOUNDARY, self.inputs[position].name)

    def carried(self, position: int) -> Value:
        """In a loop's body: the value that input `position` takes in the next round. An output that
        nothing feeds carries its input on."""
        value = self.outputs[position].value if position < len(self.outputs) else None
        return value or self.input(position)

    def walk(self) -> Iterator[tuple[Block, Statement]]:
        """Every statement with its block, those of nested blocks behind the one that holds them."""
        for statement in self.statements:
            yield self, statement
            for block in statement.blocks():
                yield from block.walk()


@frozen(kw_only=True)
class InitRule:
    """An initialiser, ready to be written into `init_weights`; see `graph.model.Initializer`.

    `target` is the module or tensor it is for (run text: "self", "self.net[0]", "self.scale"). With
    `layer_type` ("nn.Linear", or the name of a class) it is for `parameter` of all modules of that type in
    the target, which may be None if `optional`; else for `parameter` of the target; without `parameter`,
    for the target itself if `is_tensor`, else for all its parameters, of at least `minimum_rank` dimensions.

    It calls `function` ("nn.init.normal_") with the tensor and `arguments`, or assigns `expression` to
    `index` ("" for all of it), where `x` is the old value at that index, or puts `source` (run text:
    "self.tok.weight") in the target's place, or makes it `trainable` or not.
    """

    location: Location
    node: str
    """The node that the target is, "" if it is the module itself."""
    target: str = "self"
    is_tensor: bool = False
    layer_type: str = ""
    parameter: str = ""
    optional: bool = False
    minimum_rank: int = 0
    function: str = ""
    arguments: tuple[str, ...] = ()
    index: str = ""
    expression: str = ""
    source: str = ""
    trainable: bool | None = None


@frozen(slots=False)
class Module:
    """A definition: one nn.Module class."""

    name: str
    doc: str
    hyper_parameters: tuple[Argument, ...]
    declarations: tuple[Declaration, ...]
    forward: Block
    initializers: tuple[InitRule, ...] = ()
    attributes: tuple[str, ...] = ()
    """The hyper-parameters that `forward` or an initialiser uses: stored as attributes."""

    @cached_property
    def by_name(self) -> Mapping[str, Declaration]:
        """Declarations by name; of those in several branches the last."""
        return {declaration.name: declaration for declaration in self.declarations}

    @cached_property
    def by_node(self) -> Mapping[tuple[Location, str], Declaration]:
        """Declarations by the node they were made from."""
        return {(declaration.location, declaration.node): declaration for declaration in self.declarations}


@frozen
class CodeModule:
    """A block written in Python: its source, and its signature in the order of its `__init__` and `forward`."""

    name: str
    source: str
    hyper_parameters: tuple[Argument, ...]
    inputs: tuple[Argument, ...]
    outputs: tuple[str, ...]


@frozen
class Program:
    """The modules in use, each after those it uses; the root last."""

    root: str
    modules: Mapping[str, Module | CodeModule]
    functions: Mapping[str, str] = Factory(dict)
    """Initialiser functions of the user's own that rules use: name to source."""
