"""Characters, maps and spare keys without a server: the pure half of typing on X11."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from target_app.injection.x11_keymap import (
    LOCK,
    SHIFT,
    Key,
    KeyboardState,
    Keymap,
    KeyType,
    MapHeader,
    Plan,
    Wish,
    read_keymap,
)
from target_app.injection.x11_keysyms import (
    character_of,
    is_typeable,
    keypad_character_of,
    keysym_of,
)
from target_app.injection.x11_spare_keys import SETTLE_SECONDS, Choice, SpareKeys

CONTROL, ALT, NUM_LOCK, LEVEL_3 = 0x04, 0x08, 0x10, 0x80
SHIFT_KEY, CONTROL_KEY, ALT_KEY, ALT_GR_KEY = 50, 37, 64, 108
A_KEY, SEVEN_KEY, Q_KEY, KEYPAD_7, A_WITH_UMLAUT_KEY = 38, 16, 24, 79, 48

ONE_LEVEL = KeyType(0, {})
TWO_LEVEL = KeyType(SHIFT, {SHIFT: 1})
ALPHABETIC = KeyType(SHIFT | LOCK, {SHIFT: 1, LOCK: 1})
FOUR_LEVEL = KeyType(SHIFT | LEVEL_3, {SHIFT: 1, LEVEL_3: 2, SHIFT | LEVEL_3: 3})
KEYPAD = KeyType(SHIFT | NUM_LOCK, {SHIFT: 1, NUM_LOCK: 1})

KEYMAP = Keymap(
    {
        8: Key((), 0),
        A_KEY: Key(((ALPHABETIC, (0x61, 0x41)), (ALPHABETIC, (0x6C6, 0x6E6))), 2),
        SEVEN_KEY: Key(((TWO_LEVEL, (0x37, 0x2F)),), 1),
        Q_KEY: Key(((FOUR_LEVEL, (0x71, 0x51, 0x40, 0)),), 1),
        KEYPAD_7: Key(((KEYPAD, (0xFF95, 0xFFB7)),), 1),
        A_WITH_UMLAUT_KEY: Key(((TWO_LEVEL, (0xE4, 0xE4)),), 1),
        SHIFT_KEY: Key(((ONE_LEVEL, (0xFFE1,)),), 1),
    },
    {SHIFT_KEY: SHIFT, CONTROL_KEY: CONTROL, ALT_KEY: ALT, ALT_GR_KEY: LEVEL_3},
)


def plan(
    character: str,
    *,
    held: tuple[int, ...] = (),
    locked: int = 0,
    base: int | None = None,
    group: int = 0,
    preferred: int = 0,
) -> Plan | None:
    """The plan for a character while the sink itself holds these keys."""
    ours = 0
    for keycode in held:
        ours |= KEYMAP.holders[keycode]
    state = KeyboardState(group, ours if base is None else base, 0, locked)
    return KEYMAP.plan(Wish(character, preferred, frozenset(held)), state)


def chosen(found: Plan | None) -> tuple[int, tuple[int, ...], tuple[int, ...], int, int]:
    assert found is not None
    return found.keycode, found.lift, found.add, found.lock_mask, found.lock_values


def test_a_letter_needs_its_key_alone() -> None:
    assert chosen(plan("a")) == (A_KEY, (), (), 0, 0)


def test_a_capital_needs_shift() -> None:
    assert chosen(plan("A")) == (A_KEY, (), (SHIFT_KEY,), 0, 0)


def test_shift_that_is_held_serves() -> None:
    assert chosen(plan("A", held=(SHIFT_KEY,))) == (A_KEY, (), (), 0, 0)


def test_shift_that_is_in_the_way_is_lifted() -> None:
    assert chosen(plan("7", held=(SHIFT_KEY,))) == (SEVEN_KEY, (SHIFT_KEY,), (), 0, 0)


def test_alt_gr_and_its_key_give_the_third_level() -> None:
    assert chosen(plan("@")) == (Q_KEY, (), (ALT_GR_KEY,), 0, 0)


def test_caps_lock_is_undone_by_shift_where_the_key_knows_it() -> None:
    assert chosen(plan("a", locked=LOCK)) == (A_KEY, (), (SHIFT_KEY,), 0, 0)
    assert chosen(plan("A", locked=LOCK)) == (A_KEY, (), (), 0, 0)


def test_caps_lock_is_unlocked_where_programs_would_make_a_capital_themselves() -> None:
    assert chosen(plan("ä", locked=LOCK)) == (A_WITH_UMLAUT_KEY, (), (), LOCK, 0)


def test_caps_lock_serves_for_a_capital_that_no_level_has() -> None:
    assert chosen(plan("Ä", locked=LOCK)) == (A_WITH_UMLAUT_KEY, (), (), 0, 0)


def test_a_command_that_is_held_is_lifted_for_text() -> None:
    assert chosen(plan("a", held=(CONTROL_KEY,))) == (A_KEY, (CONTROL_KEY,), (), 0, 0)
    assert chosen(plan("7", held=(ALT_KEY,))) == (SEVEN_KEY, (ALT_KEY,), (), 0, 0)


def test_what_the_targets_user_holds_cannot_be_lifted() -> None:
    assert plan("7", base=SHIFT) is None
    assert chosen(plan("A", base=SHIFT)) == (A_KEY, (), (), 0, 0)


def test_the_second_group_has_its_own_characters() -> None:
    assert chosen(plan("ф", group=1)) == (A_KEY, (), (), 0, 0)
    assert plan("a", group=1) is None
    assert chosen(plan("7", group=1)) == (SEVEN_KEY, (), (), 0, 0)  # it has one group alone


def test_the_keys_own_place_is_preferred() -> None:
    two = Keymap({10: Key(((TWO_LEVEL, (0x3C,)),), 1), 94: Key(((TWO_LEVEL, (0x3C,)),), 1)}, {})
    state = KeyboardState(0, 0, 0, 0)

    for place in (10, 94):
        found = two.plan(Wish("<", place, frozenset()), state)
        assert chosen(found)[0] == place


def test_the_keypads_characters_are_found_when_it_is_the_keypad() -> None:
    wish = Wish("7", KEYPAD_7, frozenset(), is_keypad=True)

    assert chosen(KEYMAP.plan(wish, KeyboardState(0, 0, 0, NUM_LOCK))) == (KEYPAD_7, (), (), 0, 0)
    assert chosen(KEYMAP.plan(wish, KeyboardState(0, 0, 0, 0))) == (
        *(KEYPAD_7, (), (SHIFT_KEY,), 0, 0),
    )


def test_a_modifier_without_a_key_is_locked_for_a_moment() -> None:
    keymap = Keymap({10: Key(((KeyType(0x20, {0x20: 1}), (0, 0x3C)),), 1)}, {})

    found = keymap.plan(Wish("<", 0, frozenset()), KeyboardState(0, 0, 0, 0))

    assert chosen(found) == (10, (), (), 0x20, 0x20)


@pytest.mark.parametrize(
    ("rule", "group", "expected"),
    [(0x02, 3, 1), (0x42, 3, 1), (0x92, 3, 1), (0x82, 3, 0), (0xB2, 3, 0)],
    ids=["wrap", "clamp", "redirect to 2", "redirect to 1", "redirect to none"],
)
def test_a_group_that_a_key_lacks_follows_the_keys_rule(
    rule: int, group: int, expected: int
) -> None:
    key = Key(((ONE_LEVEL, (0x61,)), (ONE_LEVEL, (0x62,))), rule)

    assert key.group(group)[1] == ((0x61,), (0x62,))[expected]


def test_free_keycodes_mean_nothing_and_hold_nothing() -> None:
    assert KEYMAP.free_keycodes() == (8,)


characters = st.characters(exclude_categories=("Cc", "Cs"))


@given(characters)
def test_every_character_has_a_keysym_that_types_it(character: str) -> None:
    assert character_of(keysym_of(character)) == character


@pytest.mark.parametrize(
    ("keysym", "character"),
    [
        *((0x61, "a"), (0xDF, "ß"), (0x20AC, "€"), (0x6D1, "я"), (0x6BD, "Ґ"), (0x7E4, "δ")),
        *((0x7F3, "ς"), (0xCE0, "א"), (0xDA1, "ก"), (0x4B1, "ア"), (0x1B1, "ą"), (0x13BD, "œ")),
        *((0xEA1, "ㄱ"), (0xAD3, "”"), (0x6B0, "№"), (0x5C8, "ب"), (0x100044F, "я")),
    ],
)
def test_old_keysyms_are_the_characters_of_their_standard(keysym: int, character: str) -> None:
    assert character_of(keysym) == character


@pytest.mark.parametrize("keysym", [0, 0xFE52, 0xFF0D, 0xFFE1, 0x2A0, 0x1000041, 0x1008FF13])
def test_keysyms_that_type_nothing_have_no_character(keysym: int) -> None:
    assert character_of(keysym) is None


def test_keypad_keysyms_count_on_the_keypad_alone() -> None:
    assert keypad_character_of(0xFFB7) == "7"
    assert keypad_character_of(0xFFAC) == ","
    assert character_of(0xFFB7) is None
    assert keypad_character_of(0x37) is None


@pytest.mark.parametrize("character", ["", "\x00", "\x7f", "\x85", "\ud83d", "ab"])
def test_what_is_no_single_character_is_not_typeable(character: str) -> None:
    assert not is_typeable(character)


def test_new_lines_and_tabulators_have_the_keysyms_of_their_keys() -> None:
    assert (keysym_of("\n"), keysym_of("\t")) == (0xFF0D, 0xFF09)


def test_a_broken_map_is_refused() -> None:
    header = MapHeader(
        type_count=1,
        first_symbol_key=8,
        symbol_key_count=248,
        first_action_key=8,
        action_key_count=248,
    )

    with pytest.raises(Exception, match="unpack_from requires"):
        read_keymap(header, b"\0" * 64)


# Spare keys.

FREE = Choice(free=(248, 230), held=frozenset())


def test_a_new_character_gets_an_unused_keycode_at_once() -> None:
    loan = SpareKeys().lend("漢", FREE, now=0.0)

    assert loan is not None
    assert (loan.keycode, loan.is_new, loan.wait_seconds) == (248, True, 0.0)


def test_a_character_keeps_its_keycode() -> None:
    spare = SpareKeys()
    spare.lend("漢", FREE, now=0.0)

    loan = spare.lend("漢", FREE, now=1.0)

    assert loan is not None
    assert (loan.keycode, loan.is_new) == (248, False)


def test_the_keycode_unused_longest_is_lent_anew_after_it_has_settled() -> None:
    spare = SpareKeys()
    spare.lend("漢", FREE, now=0.0)
    spare.lend("字", FREE, now=0.1)
    spare.note_use(248, now=0.15)

    loan = spare.lend("я", FREE, now=0.2)

    assert loan is not None
    assert (loan.keycode, loan.is_new) == (230, True)
    assert loan.wait_seconds == pytest.approx(0.1 + SETTLE_SECONDS - 0.2)
    assert set(spare.lent) == {"漢", "я"}


def test_a_keycode_that_is_down_keeps_its_meaning() -> None:
    spare = SpareKeys()
    spare.lend("漢", FREE, now=0.0)
    spare.lend("字", FREE, now=0.1)

    loan = spare.lend("я", Choice((248, 230), frozenset({248})), now=9.0)

    assert loan is not None
    assert loan.keycode == 230
    assert spare.lend("ю", Choice((), frozenset({248, 230})), now=9.0) is None


def test_without_a_spare_keycode_there_is_no_loan() -> None:
    assert SpareKeys().lend("漢", Choice((), frozenset()), now=0.0) is None


def test_a_forgotten_keycode_can_be_lent_again() -> None:
    spare = SpareKeys()
    spare.lend("漢", FREE, now=0.0)

    spare.forget(248)

    assert spare.lent == {}
    loan = spare.lend("字", FREE, now=0.0)
    assert loan is not None
    assert (loan.keycode, loan.wait_seconds) == (248, 0.0)


@given(st.lists(st.tuples(st.sampled_from("漢字я€ñ😀"), st.floats(0, 0.3)), max_size=60))
def test_no_keycode_gets_another_meaning_before_its_last_use_has_settled(
    typed: list[tuple[str, float]],
) -> None:
    spare = SpareKeys()
    now = 0.0
    used: dict[int, tuple[str, float]] = {}
    for character, pause_seconds in typed:
        now += pause_seconds
        loan = spare.lend(character, Choice((9, 8, 7), frozenset()), now)
        assert loan is not None
        now += loan.wait_seconds
        before, used_at = used.get(loan.keycode, (character, -1.0))
        assert before == character or now - used_at >= SETTLE_SECONDS - 1e-9
        used[loan.keycode] = (character, now)
    assert spare.seconds_to_settle(now + SETTLE_SECONDS) <= 1e-9
