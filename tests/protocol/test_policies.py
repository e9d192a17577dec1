"""Policies: names and defaults, files, the stricter of two, the mode that is allowed."""

from enum import Enum
from pathlib import Path

import msgspec
import pytest
import tomli_w
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.errors import SettingsError
from common.protocol.policies import (
    MAXIMUM_POLICIES_FILE_BYTES,
    MERGE_RULES,
    NEUTRAL_POLICIES,
    Direction,
    Policies,
    SessionMode,
    TimeoutAction,
    load_policies,
    stricter,
)

DEFAULTS_FILE = Path(__file__).parents[1] / "vectors" / "policies_defaults.toml"

# Written down a second time, away from the code: (loose, strict) for each policy.
ALLOWED_IF_BOTH_ALLOW = (True, False)
DEMANDED_IF_EITHER_DOES = (False, True)
LOOSE_AND_STRICT: dict[str, tuple[object, object]] = {
    "active": ALLOWED_IF_BOTH_ALLOW,
    "guidance": ALLOWED_IF_BOTH_ALLOW,
    "monitor": ALLOWED_IF_BOTH_ALLOW,
    "chat": ALLOWED_IF_BOTH_ALLOW,
    "file_transfer": ALLOWED_IF_BOTH_ALLOW,
    "reboot": ALLOWED_IF_BOTH_ALLOW,
    "enable_user_acceptance_for_incoming_connections": DEMANDED_IF_EITHER_DOES,
    "enable_user_acceptance_for_mode_changes": DEMANDED_IF_EITHER_DOES,
    "enable_user_acceptance_for_file_transfers": DEMANDED_IF_EITHER_DOES,
    "enable_user_acceptance_for_system_information": DEMANDED_IF_EITHER_DOES,
    "enable_user_acceptance_for_local_recording": DEMANDED_IF_EITHER_DOES,
    "enable_user_acceptance_for_collaboration_requests": DEMANDED_IF_EITHER_DOES,
    "acceptance_grace_time": (0, 60),
    "acceptance_timeout_action": (TimeoutAction.PROCEED, TimeoutAction.ABORT),
    "reconfirm_after": (1800, 60),
    "hide_windows": DEMANDED_IF_EITHER_DOES,
    "allow_chat": ALLOWED_IF_BOTH_ALLOW,
    "save_chat_messages": ALLOWED_IF_BOTH_ALLOW,
    "file_transfer_direction": (Direction.BOTH, Direction.TO_TARGET),
    "allow_clipboard_transfer": ALLOWED_IF_BOTH_ALLOW,
    "clipboard_direction": (Direction.BOTH, Direction.TO_CONTROLLER),
    "allow_input_lock": ALLOWED_IF_BOTH_ALLOW,
    "allow_input_lock_with_visible_screen": ALLOWED_IF_BOTH_ALLOW,
    "set_target_locked": ALLOWED_IF_BOTH_ALLOW,
    "display_screen_on_locked_target": DEMANDED_IF_EITHER_DOES,
    "enable_privacy": ALLOWED_IF_BOTH_ALLOW,
    "allow_local_recording": ALLOWED_IF_BOTH_ALLOW,
    "force_session_recording": DEMANDED_IF_EITHER_DOES,
    "record_in_target": DEMANDED_IF_EITHER_DOES,
    "keep_recording_in_target": ALLOWED_IF_BOTH_ALLOW,
    "allow_multiple_controllers": ALLOWED_IF_BOTH_ALLOW,
    "allow_session_handover": ALLOWED_IF_BOTH_ALLOW,
    "allow_requests_to_join_session": ALLOWED_IF_BOTH_ALLOW,
    "connect_at_logon": ALLOWED_IF_BOTH_ALLOW,
    "enable_on_screen_session_notification": DEMANDED_IF_EITHER_DOES,
    "disable_panic_key": ALLOWED_IF_BOTH_ALLOW,
    "inactivity_timeout": (600, 360),
    "lock_target_on_disconnect": DEMANDED_IF_EITHER_DOES,
    "remove_desktop_background": ALLOWED_IF_BOTH_ALLOW,
    "stop_screen_updates_when_screen_saver_is_active": DEMANDED_IF_EITHER_DOES,
    "run_pre_session_script": ALLOWED_IF_BOTH_ALLOW,
    "run_post_session_script": ALLOWED_IF_BOTH_ALLOW,
    "proceed_on_script_failure": ALLOWED_IF_BOTH_ALLOW,
    "local_audit": DEMANDED_IF_EITHER_DOES,
    "force_session_audit": DEMANDED_IF_EITHER_DOES,
    "maximum_bandwidth": (100, 10),
}
LIMITS = ("reconfirm_after", "inactivity_timeout", "maximum_bandwidth")
WRONG_VALUES: dict[str, object] = {
    "bool": 1,
    "int": True,
    "Direction": "sideways",
    "TimeoutAction": "abort",
}


def field_strategy(field: msgspec.inspect.Field) -> st.SearchStrategy[object]:
    match field.type:
        case msgspec.inspect.IntType(ge=int(least), le=int(most)):
            return st.integers(least, most)
        case msgspec.inspect.EnumType(cls=members):
            return st.sampled_from(list(members))
        case msgspec.inspect.BoolType():
            return st.booleans()
    raise AssertionError(f"{field.name} has a type that this test does not know")


def policy_fields() -> tuple[msgspec.inspect.Field, ...]:
    info = msgspec.inspect.type_info(Policies)
    assert isinstance(info, msgspec.inspect.StructType)
    return info.fields


any_policies = st.fixed_dictionaries(
    {field.name: field_strategy(field) for field in policy_fields()}
).map(lambda values: msgspec.structs.replace(Policies(), **values))


def changed(policy: str, value: object) -> Policies:
    return msgspec.structs.replace(Policies(), **{policy: value})


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "policies.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


# Names and defaults.


def test_the_file_of_defaults_is_what_no_file_means() -> None:
    assert load_policies(DEFAULTS_FILE) == Policies()


def test_the_file_of_defaults_names_every_policy_in_order() -> None:
    names = [
        line.split(" = ")[0]
        for line in DEFAULTS_FILE.read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]

    assert names == list(Policies.__struct_fields__)


def test_every_policy_has_a_merge_rule_and_a_line_in_this_test() -> None:
    assert list(MERGE_RULES) == list(Policies.__struct_fields__)
    assert list(LOOSE_AND_STRICT) == list(Policies.__struct_fields__)


# Files.


@given(any_policies)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_to_a_file_is_loaded(tmp_path: Path, policies: Policies) -> None:
    path = write(tmp_path, tomli_w.dumps(msgspec.to_builtins(policies)))

    assert load_policies(path) == policies


def test_a_policy_that_is_left_out_keeps_its_default(tmp_path: Path) -> None:
    path = write(tmp_path, "acceptance_grace_time = 30\n")

    assert load_policies(path) == changed("acceptance_grace_time", 30)


@pytest.mark.parametrize("field", policy_fields(), ids=lambda field: field.name)
def test_a_value_of_a_wrong_type_names_its_policy(
    tmp_path: Path, field: msgspec.inspect.Field
) -> None:
    kind = type(getattr(Policies(), field.name)).__name__
    path = write(tmp_path, tomli_w.dumps({field.name: WRONG_VALUES[kind]}))

    with pytest.raises(SettingsError) as raised:
        load_policies(path)

    assert raised.value.key == field.name


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("active = 1", "it must be true or false"),
        ('active = "true"', "it must be true or false"),
        ("acceptance_grace_time = 61", "it must be a whole number from 0 to 60"),
        ("acceptance_grace_time = -1", "it must be a whole number from 0 to 60"),
        ("acceptance_grace_time = 45.0", "it must be a whole number from 0 to 60"),
        ("maximum_bandwidth = 18446744073709551616", "it must be a whole number from 0 to 100000"),
        ("reconfirm_after = 07:32:00", "it must be a whole number from 0 to 86400"),
        ('acceptance_timeout_action = "STOP"', 'it must be one of "ABORT", "PROCEED"'),
        (
            "clipboard_direction = []",
            'it must be one of "to_target", "to_controller", "both", "none"',
        ),
        ("allow_everything = true", "there is no such policy"),
        ("Active = true", "there is no such policy"),
        ("[active]\nis = true", "it must be true or false"),
        ("[session]\nactive = true", "there is no such policy"),
    ],
)
def test_a_line_that_can_not_be_used_says_why(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load_policies(write(tmp_path, line))

    assert raised.value.problem == problem
    assert raised.value.key in line


@pytest.mark.parametrize(
    "content",
    [
        b"active",
        b"active = true\nactive = true",
        b"\xff\xfe",
        b"a = " + b"[" * 50_000,
        b"acceptance_grace_time = " + b"9" * 5_000,
        b"#" * (MAXIMUM_POLICIES_FILE_BYTES + 1),
    ],
)
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, content)

    with pytest.raises(SettingsError) as raised:
        load_policies(path)

    assert raised.value.key == str(path)


def test_a_file_of_the_greatest_length_is_read(tmp_path: Path) -> None:
    assert load_policies(write(tmp_path, b"#" * MAXIMUM_POLICIES_FILE_BYTES)) == Policies()


def test_a_file_that_is_not_there_or_no_file_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.toml", tmp_path):
        with pytest.raises(SettingsError) as raised:
            load_policies(path)
        assert raised.value.key == str(path)


@given(st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_file_does_anything_but_load_or_raise_a_settings_error(
    tmp_path: Path, content: bytes
) -> None:
    problem = ""
    try:
        load_policies(write(tmp_path, content))
    except SettingsError as error:
        problem = str(error)
    assert "\n" not in problem


# The stricter of two.


@pytest.mark.parametrize("policy", LOOSE_AND_STRICT)
def test_the_strict_value_wins_from_either_side_and_touches_nothing_else(policy: str) -> None:
    loose, strict = (changed(policy, value) for value in LOOSE_AND_STRICT[policy])

    assert stricter(loose, strict) == strict
    assert stricter(strict, loose) == strict
    assert stricter(loose, loose) == loose


@pytest.mark.parametrize("policy", LIMITS)
def test_no_limit_is_looser_than_any(policy: str) -> None:
    unlimited, limited = changed(policy, 0), changed(policy, 86_400)

    assert stricter(unlimited, limited) == limited
    assert stricter(limited, unlimited) == limited
    assert stricter(unlimited, unlimited) == unlimited


ONE_WAY_EACH = (Direction.TO_TARGET, Direction.TO_CONTROLLER)


@pytest.mark.parametrize("policy", ["file_transfer_direction", "clipboard_direction"])
@pytest.mark.parametrize("first", Direction)
@pytest.mark.parametrize("second", Direction)
def test_only_ways_that_both_allow_are_open(
    policy: str, first: Direction, second: Direction
) -> None:
    def ways(direction: Direction) -> set[Direction]:
        return {way for way in ONE_WAY_EACH if direction in (way, Direction.BOTH)}

    merged = getattr(stricter(changed(policy, first), changed(policy, second)), policy)

    assert ways(merged) == ways(first) & ways(second)


@given(any_policies, any_policies)
def test_the_order_of_the_two_does_not_matter(first: Policies, second: Policies) -> None:
    assert stricter(first, second) == stricter(second, first)


@given(any_policies, any_policies, any_policies)
def test_the_grouping_of_three_does_not_matter(
    first: Policies, second: Policies, third: Policies
) -> None:
    assert stricter(stricter(first, second), third) == stricter(first, stricter(second, third))


@given(any_policies, any_policies)
def test_merging_again_changes_nothing(first: Policies, second: Policies) -> None:
    merged = stricter(first, second)

    assert stricter(merged, first) == merged
    assert stricter(merged, merged) == merged


@given(any_policies)
def test_who_sets_no_policy_restricts_nothing(policies: Policies) -> None:
    assert stricter(policies, NEUTRAL_POLICIES) == policies


# Modes.

ORDER = [
    SessionMode.ACTIVE,
    SessionMode.GUIDANCE,
    SessionMode.MONITOR,
    SessionMode.CHAT,
    SessionMode.FILE_TRANSFER,
]


def test_the_order_of_the_modes_is_the_order_of_falling_back() -> None:
    assert list(SessionMode) == ORDER


@pytest.mark.parametrize("mode", SessionMode)
def test_each_mode_is_allowed_by_the_policy_of_its_name_alone(mode: SessionMode) -> None:
    none = {one.value: False for one in SessionMode}
    only_this = msgspec.structs.replace(Policies(), **{**none, mode.value: True})

    assert [one for one in SessionMode if only_this.allows(one)] == [mode]


def test_every_value_in_the_table_is_one_that_a_file_can_hold(tmp_path: Path) -> None:
    for policy, values in LOOSE_AND_STRICT.items():
        for value in values:
            written = value.value if isinstance(value, Enum) else value
            path = write(tmp_path, tomli_w.dumps({policy: written}))
            assert load_policies(path) == changed(policy, value)
