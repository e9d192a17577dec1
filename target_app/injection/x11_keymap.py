"""An X server's keyboard map, and the way to a character on it: pure, from bytes to a plan.

The server's reply to XkbGetMap is read into keys, groups, types and levels; from these and
the present modifiers follows which key to press for a character, and which modifiers to add,
lift or unlock for it. Knows no connection; `x11_sink` asks and carries out.
Source: "The X Keyboard Extension: Protocol Specification", chapters 6 (state), 12 (keyboard
maps) and appendix D (encoding); letters under CapsLock as in its chapter 12.1.3.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from target_app.injection.x11_keysyms import character_of, keypad_character_of

SHIFT: Final = 0x01
LOCK: Final = 0x02
_SET_MODIFIERS_ACTION: Final = 1
_UNUSED_GROUP_BITS: Final = 0xC0
_CLAMP: Final = 0x40
_REDIRECT: Final = 0x80
_COST_OF_KEY: Final = 4
_COST_OF_LOCK: Final = 10
_COST_OF_OTHER_PLACE: Final = 1


@dataclass(frozen=True, slots=True)
class KeyType:
    """Which of the eight real modifiers choose a key's level, and how."""

    modifiers: int
    levels: Mapping[int, int]

    def level(self, modifiers: int) -> int:
        """Tell the level under these modifiers; what is not listed is the first."""
        return self.levels.get(modifiers & self.modifiers, 0)


@dataclass(frozen=True, slots=True)
class Key:
    """One key: for each group its type and its keysyms by level."""

    groups: tuple[tuple[KeyType, tuple[int, ...]], ...]
    group_rule: int

    def group(self, index: int) -> tuple[KeyType, tuple[int, ...]]:
        """Find what is in force in a keyboard group; keys with fewer groups have a rule."""
        if index >= len(self.groups):
            rule = self.group_rule & _UNUSED_GROUP_BITS
            if rule == _CLAMP:
                index = len(self.groups) - 1
            elif rule == _REDIRECT:
                wanted = (self.group_rule >> 4) & 3
                index = wanted if wanted < len(self.groups) else 0
            else:
                index %= len(self.groups)
        return self.groups[index]

    def is_empty(self) -> bool:
        """Tell whether no level of any group means anything."""
        return not any(keysym for _, keysyms in self.groups for keysym in keysyms)


@dataclass(frozen=True, slots=True)
class KeyboardState:
    """What XkbGetState says: the effective group, and where each modifier comes from."""

    group: int
    base: int
    latched: int
    locked: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How to type one character: first the modifiers, then the key."""

    keycode: int
    lift: tuple[int, ...] = ()
    add: tuple[int, ...] = ()
    lock_mask: int = 0
    lock_values: int = 0
    cost: int = 0


@dataclass(frozen=True)
class Keymap:
    """All keys of one keyboard, and which keycodes hold which modifiers while they are down."""

    keys: Mapping[int, Key]
    holders: Mapping[int, int]
    _found: dict[tuple[int, bool], dict[str, list[int]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def free_keycodes(self) -> tuple[int, ...]:
        """List the keycodes that mean nothing, the highest first (they are named least)."""
        return tuple(
            code
            for code in sorted(self.keys, reverse=True)
            if self.keys[code].is_empty() and code not in self.holders
        )

    def keycodes_for(self, character: str, group: int, is_keypad: bool = False) -> list[int]:
        """List the keys that have this character on some level of the group."""
        index = self._found.get((group, is_keypad))
        if index is None:
            index = self._index(group, is_keypad)
            self._found[group, is_keypad] = index
        return index.get(character, [])

    def _index(self, group: int, is_keypad: bool) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for code, key in self.keys.items():
            if not key.groups:
                continue
            for keysym in key.group(group)[1]:
                character = _character(keysym, is_keypad)
                for variant in (character, _upper(character)) if character else ():
                    codes = index.setdefault(variant, [])
                    if code not in codes:
                        codes.append(code)
        return index

    def plan(self, wish: "Wish", state: KeyboardState) -> Plan | None:
        """Find the cheapest way to a character; None where this map has none."""
        plans = [
            plan
            for code in self.keycodes_for(wish.character, state.group, wish.is_keypad)
            for plan in self._plans_on(code, wish, state)
        ]
        return min(plans, key=lambda plan: (plan.cost, plan.keycode), default=None)

    def _plans_on(self, code: int, wish: "Wish", state: KeyboardState) -> Iterator[Plan]:
        key_type, keysyms = self.keys[code].group(state.group)
        considered = key_type.modifiers | LOCK
        for modifiers in _subsets(considered):
            level = key_type.level(modifiers)
            character = _character(keysyms[level], wish.is_keypad) if level < len(keysyms) else None
            if character and modifiers & LOCK and not key_type.modifiers & LOCK:
                character = _upper(character)
            if character != wish.character:
                continue
            plan = self._way_to(modifiers, considered, code, wish, state)
            if plan is not None:
                yield plan

    def _way_to(
        self, wanted: int, considered: int, code: int, wish: "Wish", state: KeyboardState
    ) -> Plan | None:
        """Say what turns the present modifiers into the wanted ones, if anything does.

        Of the modifiers that the key does not look at, all but Shift and the locks are lifted
        too where they are ours: with Control or Alt down a character is a command.
        """
        ours = {held: self.holders[held] for held in wish.held if held in self.holders}
        unwelcome = (considered | ~(SHIFT | LOCK)) & ~wanted & 0xFF
        lift = tuple(held for held, mask in ours.items() if mask & unwelcome)
        kept = _union(mask for held, mask in ours.items() if held not in lift)
        foreign = state.base & ~_union(ours.values())
        present = foreign | kept | state.latched | state.locked
        unlock = present & considered & ~wanted & 0xFF
        if unlock & (foreign | kept | state.latched):
            return None
        add: list[int] = []
        lock = 0
        for bit in _bits(wanted & ~present):
            holder = self._holder_of(bit, wish.held)
            if holder is None:
                lock |= bit
            else:
                add.append(holder)
        cost = _COST_OF_KEY * (len(lift) + len(add))
        cost += _COST_OF_LOCK * ((unlock | lock).bit_count())
        cost += _COST_OF_OTHER_PLACE * (code != wish.preferred_keycode)
        return Plan(code, lift, tuple(add), unlock | lock, lock, cost)

    def _holder_of(self, bit: int, held: frozenset[int]) -> int | None:
        """Find a key that holds exactly this modifier and is not down."""
        return next(
            (code for code, mask in self.holders.items() if mask == bit and code not in held), None
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """A character to be typed, with what is known and held already.

    `held` are the keycodes that the sink itself holds: only those can it lift.
    `is_keypad` asks for the keypad's key for this character and no other.
    """

    character: str
    preferred_keycode: int
    held: frozenset[int]
    is_keypad: bool = False


def _character(keysym: int, is_keypad: bool) -> str | None:
    return keypad_character_of(keysym) if is_keypad else character_of(keysym)


def _upper(character: str) -> str:
    """Make the capital that CapsLock makes; one character stays one."""
    upper = character.upper()
    return upper if len(upper) == 1 else character


def _bits(mask: int) -> Iterator[int]:
    return (1 << position for position in range(8) if mask & (1 << position))


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _subsets(mask: int) -> Iterator[int]:
    """Give every combination of the mask's bits, fewest first."""
    bits = tuple(_bits(mask))
    for size in range(len(bits) + 1):
        for chosen in combinations(bits, size):
            yield sum(chosen)


# Reading the server's reply.


@dataclass(frozen=True, slots=True)
class MapHeader:
    """The counts of an XkbGetMap reply, as far as this program asks for the parts."""

    type_count: int
    first_symbol_key: int
    symbol_key_count: int
    first_action_key: int
    action_key_count: int


def read_keymap(header: MapHeader, body: bytes) -> Keymap:
    """Read types, keysyms and actions. Raises struct.error or IndexError on a broken reply."""
    types, offset = _read_types(body, header.type_count)
    keys: dict[int, Key] = {}
    for code in range(header.first_symbol_key, header.first_symbol_key + header.symbol_key_count):
        keys[code], offset = _read_key(body, offset, types)
    return Keymap(keys, _read_holders(body, offset, header))


def _read_types(body: bytes, count: int) -> tuple[list[KeyType], int]:
    types: list[KeyType] = []
    offset = 0
    for _ in range(count):
        mask, _real, _virtual, _levels, entry_count, has_preserve = struct.unpack_from(
            "=BBHBBB", body, offset
        )
        offset += 8
        levels: dict[int, int] = {}
        for _ in range(entry_count):
            is_active, entry_mask, level = struct.unpack_from("=BBB", body, offset)
            if is_active:
                levels[entry_mask] = level
            offset += 8
        offset += 4 * entry_count if has_preserve else 0
        types.append(KeyType(mask, levels))
    return types, offset


def _read_key(body: bytes, offset: int, types: list[KeyType]) -> tuple[Key, int]:
    *type_indices, group_info, width, keysym_count = struct.unpack_from("=4BBBH", body, offset)
    offset += 8
    keysyms = struct.unpack_from(f"={keysym_count}I", body, offset)
    groups = tuple(
        (types[type_indices[group]], keysyms[group * width : (group + 1) * width])
        for group in range(group_info & 0x0F)
    )
    return Key(groups, group_info), offset + 4 * keysym_count


def _read_holders(body: bytes, offset: int, header: MapHeader) -> dict[int, int]:
    counts = body[offset : offset + header.action_key_count]
    offset += (header.action_key_count + 3) // 4 * 4
    holders: dict[int, int] = {}
    for position, count in enumerate(counts):
        if count:
            kind, _flags, mask = struct.unpack_from("=BBB", body, offset)
            if kind == _SET_MODIFIERS_ACTION:
                holders[header.first_action_key + position] = mask
            offset += 8 * count
    return holders
