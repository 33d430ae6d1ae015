"""The block of a module: its traces in eval and in train as one graph, with Ifs on the mode where they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from torch import fx, nn

from blockstudio.formats.import_report import Note
from blockstudio.graph.model import Call, Function, Graph, If
from blockstudio.runtime.importing import unused
from blockstudio.runtime.importing.blocks import Block, Output, Returned
from blockstudio.runtime.importing.drafting import Drafter
from blockstudio.runtime.importing.merging import OTHERWISE, RETURNS, Both
from blockstudio.runtime.importing.names import fresh
from blockstudio.runtime.importing.needs import checked
from blockstudio.runtime.importing.notes import Untraceable
from blockstudio.runtime.importing.returns import output_names
from blockstudio.runtime.importing.slots import nodes_of
from blockstudio.runtime.importing.tracing import Fixed, Signature, Trace
from blockstudio.runtime.importing.tree import own_tensors
from blockstudio.runtime.importing.variants import in_modes

if TYPE_CHECKING:
    from blockstudio.runtime.importing.session import Session

_NOTHING = Fixed(None)


def draft(session: Session, module: nn.Module, signature: Signature, evaluated: Trace, trained: Trace) -> Block:
    """The block of a module with these traces; Untraceable where no graph says the same."""
    both = Both.of(evaluated, trained)
    drafter = Drafter.of(session, module, evaluated, both.steps(training=False))
    drafter.draw()
    if both.is_one:
        unused.keep_the_rest(drafter)
        block = session.new_block("graph", module, graph=drafter.graph, outputs=_outputs(drafter))
        drafters = [drafter]
    else:
        other = Drafter.of(session, module, trained, both.steps(training=True))
        other.first, other.twins = drafter, both.twins
        other.draw()
        block = session.new_block("graph", module)
        _give(both, drafter, other, block)
        block.graph = _joined(drafter, other)
        drafters = [drafter, other]
    block.spec = evaluated.spec
    block.signature = signature
    block.inputs = tuple(drafter.inputs.values())
    block.ties = tuple(session.tree.ties.get(session.tree.path_of(module), ()))
    block.shares_memory = any(each.effects.shares_memory for each in drafters)
    _note(block, drafters)
    return block


def _outputs(drafter: Drafter) -> tuple[Output | Fixed, ...]:
    """What a block gives in either mode."""
    names = output_names(drafter.module, drafter.trace)
    found: list[Output | Fixed] = []
    for leaf in drafter.trace.leaves:
        if isinstance(leaf, fx.Node):
            found.append(drafter.give(leaf, fresh(next(names), _ports(found))))
        else:
            found.append(leaf)
    return tuple(found)


def _ports(outputs: Sequence[Output | Fixed]) -> list[str]:
    return [output.port for output in outputs if isinstance(output, Output)]


def _give(both: Both, drafter: Drafter, other: Drafter, block: Block) -> None:
    """Let both graphs have the outputs of both modes: what there is in one of them is None in the other."""
    more, less = (drafter, other) if len(both.evaluated.leaves) > len(both.trained.leaves) else (other, drafter)
    left = dict(zip(less.trace.paths, less.trace.leaves, strict=True))
    alone = less.trace.leaves[0] if less.trace.spec.is_leaf() and not more.trace.spec.is_leaf() else None
    names = output_names(other.module, more.trace)
    given: dict[int, list[Output | Fixed]] = {id(more): [], id(less): []}
    lacking = []
    for number, (path, leaf) in enumerate(zip(more.trace.paths, more.trace.leaves, strict=True)):
        found = left.pop((), None) if alone is not None and not number else left.pop(path, None)
        name = next(names) if isinstance(leaf, fx.Node) else f"output_{number}"
        if isinstance(leaf, Fixed) and (found is None or both.is_same_leaf(leaf, found)):
            outputs: list[Output | Fixed] = [leaf, leaf]
        else:
            port = fresh(name, _ports(given[id(more)]))
            outputs = [more.give(leaf, port), less.give(found or _NOTHING, port)]
            lacking += [port] if found is None else []
        given[id(more)].append(outputs[0])
        if found is not None:
            given[id(less)].append(outputs[1])
    if left:
        raise Untraceable(RETURNS)
    block.outputs = tuple(given[id(drafter)])
    block.in_training = Returned(both.trained.spec, tuple(given[id(other)]))
    if lacking and drafter.module is drafter.session.tree.root:
        code = "evaluation outputs" if more is drafter else "training outputs"
        block.notes.append(Note(code, "", {"names": ", ".join(lacking)}))


def _joined(drafter: Drafter, other: Drafter) -> Graph:
    """The graphs of both modes as one."""
    for name, _ in own_tensors(drafter.module):
        if name not in drafter.module._non_persistent_buffers_set or {name} & {
            *drafter.graph.nodes,
            *other.graph.nodes,
        }:
            drafter.own_tensor(name)
            other.own_tensor(name)
    graph = in_modes(other.graph, drafter.graph)
    if graph is None:
        raise Untraceable(OTHERWISE)
    drafter.graph = graph
    drafter.called |= other.called
    drafter.ways |= other.ways
    drafter.names.taken |= other.names.taken
    drafter.notes += [note for note in other.notes if note not in drafter.notes]
    unused.keep_the_rest(drafter)
    owners = Counter(node.name for _, node in nodes_of(graph) if not isinstance(node, Function | Call | If))
    if max(owners.values(), default=0) > 1:
        raise Untraceable(OTHERWISE)
    return graph


def _note(block: Block, drafters: Sequence[Drafter]) -> None:
    """What there is to say of a block."""
    block.notes += drafters[0].notes
    changed: dict[int, str] = {}
    checks: dict[str, None] = {}
    ranks = []
    for drafter in drafters:
        placeholders = [node for node in drafter.trace.graph.nodes if node.op == "placeholder"]
        changed |= {placeholders.index(node): str(node.target) for node in drafter.effects.changed_inputs}
        checks |= dict.fromkeys(drafter.trace.assertions)
        steps = drafter.effects.steps.items()
        checks |= dict.fromkeys(filter(None, (checked(step) for node, step in steps if node.op == "call_function")))
        ranks += [] if drafter.trace.rank is None else [drafter.trace.rank]
    block.changes_inputs = tuple(sorted(changed))
    block.notes += [Note("changed input", "", {"name": name}) for name in changed.values()]
    block.notes += [Note("assertion", "", {"text": text}) for text in checks]
    block.notes += [Note("rank", "", {"rank": rank}) for rank in ranks[:1]]
