"""Who uses which value of a block, and where a chain of values leads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from attrs import frozen

from blockstudio.compiler import ir
from blockstudio.compiler.ir import Value


@frozen(slots=False, eq=False)
class Flow:
    """The uses of values in a block; `results` are the values it gives, with a name for each.

    `uses` counts them, `users` has the statements that use a value, None standing for the end of the block.
    """

    block: ir.Block
    results: Sequence[tuple[str, Value]]

    @cached_property
    def users(self) -> dict[Value, list[ir.Statement | None]]:
        found: dict[Value, list[ir.Statement | None]] = {}
        for statement in self.block.statements:
            for value in statement.arguments.values():
                found.setdefault(value, []).append(statement)
        for _, value in self.results:
            found.setdefault(value, []).append(None)
        return found

    @cached_property
    def uses(self) -> Counter[Value]:
        return Counter({value: len(users) for value, users in self.users.items()})

    def user(self, value: Value) -> ir.Statement | None:
        """The only statement that uses a value; None where that is the end of the block."""
        return self.users[value][0]

    def ends(self, statement: ir.Statement | None) -> bool:
        """Whether all that a statement gives is what the block gives, so that nothing is done with it later."""
        given = () if statement is None else statement.results()
        return all(user is None for value in given for user in self.users.get(value, ()))

    def destination(self, value: Value) -> str:
        """The name of the block's result that a value becomes, step by step, as the main input of the next
        step each time; "" where it goes several ways or ends elsewhere."""
        way = []
        while value not in self._destinations:
            way.append(value)
            users = self.users.get(value, [])
            if len(users) != 1:
                self._destinations[value] = ""
                break
            user = users[0]
            if user is None:
                self._destinations[value] = next(name for name, result in self.results if result == value)
                break
            port, main = next(iter(user.arguments.items()))
            if main != value or not user.outputs or port.endswith(".0"):
                self._destinations[value] = ""
                break
            value = Value(user.node, user.outputs[0])
        found = self._destinations[value]
        self._destinations.update(dict.fromkeys(way, found))
        return found

    @cached_property
    def _destinations(self) -> dict[Value, str]:
        return {}
