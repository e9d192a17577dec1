"""A broker that does to its deliveries what a plan says: flip, drop, repeat, replay, swap.

It holds the server's honest documents and no key but what everybody knows. `HostileBroker.edit`
is a `NodeDouble.edit`; deliveries are counted from 0 in the order in which the node makes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from common.errors import ProtocolViolation
from common.protocol import broker_messages as broker
from tests.support.node_double import Delivery, NodeDouble


class Attack(Enum):
    """What is done to one delivery."""

    FLIP = auto()
    """One bit of a frame, or of a message's text, is another one."""
    TRUNCATE = auto()
    EXTEND = auto()
    DROP = auto()
    DUPLICATE = auto()
    REPLAY = auto()
    """Something that was delivered before, to whomever, comes after it again."""
    REPLACE = auto()
    """The same, instead of it."""
    HOLD = auto()
    """It comes after the next delivery to the same connection."""
    MISROUTE = auto()
    """The other side gets it."""
    REFLECT = auto()
    """The other side gets it, too."""
    NONSENSE = auto()
    """A frame of a few bytes comes first."""


@dataclass(frozen=True, slots=True)
class Move:
    """An attack, and which bit, byte or earlier delivery it is about."""

    attack: Attack
    number: int


class HostileBroker:
    """Carries out a plan, delivery by delivery."""

    def __init__(self, node: NodeDouble, plan: Mapping[int, Move]) -> None:
        self._node = node
        self._plan = plan
        self._count = 0
        self._past: list[Delivery] = []
        self._held: dict[int, list[Delivery]] = {}
        node.is_hostile = True
        node.edit = self.edit

    def edit(self, connection: int, delivery: Delivery) -> list[Delivery]:
        """Say what is delivered instead."""
        move = self._plan.get(self._count)
        self._count += 1
        self._past.append(delivery)
        late = self._held.pop(connection, [])
        if move is None:
            return [delivery, *late]
        if move.attack is Attack.HOLD:
            self._held[connection] = [delivery]
            return late
        return [*self._attacked(connection, delivery, move), *late]

    def _attacked(self, connection: int, delivery: Delivery, move: Move) -> list[Delivery]:
        past = self._past[move.number % len(self._past)]
        match move.attack:
            case Attack.DUPLICATE:
                return [delivery, delivery]
            case Attack.REPLAY:
                return [delivery, past]
            case Attack.REPLACE:
                return [past]
            case Attack.NONSENSE:
                return [bytes(move.number % 100), delivery]
            case Attack.MISROUTE | Attack.REFLECT:
                self._node.inject(3 - connection, delivery)
                return [delivery] if move.attack is Attack.REFLECT else []
            case Attack.FLIP | Attack.TRUNCATE | Attack.EXTEND:
                return _garbled(delivery, move)
            case _:
                return []


def _garbled(delivery: Delivery, move: Move) -> list[Delivery]:
    """Change the bytes. A text that is no message any more would end its connection."""
    if isinstance(delivery, bytes):
        return [_changed(delivery, move)]
    try:
        return [broker.decode_from_node(_changed(broker.encode(delivery).encode(), move))]
    except ProtocolViolation:
        return []


def _changed(data: bytes, move: Move) -> bytes:
    place = move.number % max(1, len(data))
    match move.attack:
        case Attack.TRUNCATE:
            return data[:place]
        case Attack.EXTEND:
            return data + bytes(1 + place)
        case _:
            return flipped(data, move.number)


def flipped(data: bytes, bit: int) -> bytes:
    """Turn one bit over, counted round and round."""
    if not data:
        return data
    changed = bytearray(data)
    changed[bit // 8 % len(data)] ^= 1 << bit % 8
    return bytes(changed)
