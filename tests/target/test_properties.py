"""The target's properties: names, file, `--set`, and what they mean as policies."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import SettingsError
from common.protocol.policies import Policies, SessionMode, TimeoutAction, stricter
from common.protocol.target_session import must_ask
from common.settings import setting_names
from target_app.properties import (
    PROPERTIES,
    PropertySources,
    TargetProperties,
    as_policies,
    broker_addresses,
    load_properties,
    properties_path,
    property_named,
    save_properties,
    with_value,
)

FINGERPRINT = "ab" * 32
NO_QUESTION = Policies(enable_user_acceptance_for_incoming_connections=False)


def test_every_property_stands_once_in_the_table_and_says_what_it_means() -> None:
    assert sorted(known.name for known in PROPERTIES) == sorted(setting_names(TargetProperties))
    assert all(known.label and known.help for known in PROPERTIES)
    assert all(hasattr(TargetProperties(), known.field) for known in PROPERTIES)


def test_defaults_are_those_that_administrators_know() -> None:
    defaults = TargetProperties()
    assert defaults.confirm_take_over
    assert defaults.acceptance_grace_seconds == 45
    assert not defaults.acceptance_proceed
    assert not defaults.disable_panic_key
    assert defaults.allow_active
    assert defaults.allow_monitor


def test_the_file_has_the_names_that_administrators_know(tmp_path: Path) -> None:
    properties_path(tmp_path).write_text(
        f'ServerURL = "https://help.example.org:443#{FINGERPRINT}"\n'
        'BrokerList = "one.example.org:443, two.example.org:444"\n'
        "ConfirmTakeOver = false\nAcceptanceGraceTime = 20\n"
    )
    properties = load_properties(tmp_path).effective
    assert properties.server_url.endswith(FINGERPRINT)
    assert broker_addresses(properties.broker_list) == (
        "one.example.org:443",
        "two.example.org:444",
    )
    assert not properties.confirm_take_over
    assert properties.acceptance_grace_seconds == 20


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    saved = TargetProperties(server_url="https://192.0.2.7:47111", acceptance_grace_seconds=7)
    save_properties(tmp_path, saved)
    assert load_properties(tmp_path).stored == saved


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("NoSuchThing = true", "NoSuchThing"),
        ("ConfirmTakeOver = 3", "ConfirmTakeOver"),
        ("AcceptanceGraceTime = 61", "AcceptanceGraceTime"),
        ("AcceptanceGraceTime = -1", "AcceptanceGraceTime"),
        ('LogLevel = "loud"', "LogLevel"),
        ('ServerURL = "http://example.org"', "ServerURL"),
        ('ServerURL = "https://example.org#abcd"', "ServerURL"),
        ('BrokerList = "example.org:99999"', "BrokerList"),
        ('FileTransfer = "both"', "FileTransfer"),
        ("ConfirmTakeOver", "target.toml"),
    ],
)
def test_a_wrong_line_in_the_file_is_named(tmp_path: Path, line: str, named: str) -> None:
    properties_path(tmp_path).write_text(line + "\n")
    with pytest.raises(SettingsError) as raised:
        load_properties(tmp_path)
    assert named in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("word", ["no", "No", "NO", "false", "off"])
def test_set_takes_the_words_that_people_write(word: str) -> None:
    sources = PropertySources(TargetProperties()).with_override(f"ConfirmTakeOver={word}")
    assert not sources.effective.confirm_take_over


@pytest.mark.parametrize("assignment", ["ConfirmTakeOver", "=yes", "ConfirmTakeOver=maybe", "X=1"])
def test_set_says_what_it_can_not_use(assignment: str) -> None:
    with pytest.raises(SettingsError):
        PropertySources(TargetProperties()).with_override(assignment)


def test_set_stands_over_the_file_and_is_never_written(tmp_path: Path) -> None:
    save_properties(tmp_path, TargetProperties(acceptance_grace_seconds=30))
    sources = load_properties(tmp_path, ["AcceptanceGraceTime=5", "ConfirmTakeOver=no"])
    assert sources.effective.acceptance_grace_seconds == 5
    assert sources.is_overridden(property_named("ConfirmTakeOver"))
    assert sources.stored.acceptance_grace_seconds == 30
    assert sources.stored.confirm_take_over


def test_the_later_set_counts() -> None:
    sources = PropertySources(TargetProperties())
    for assignment in ("ServerURL=https://one.example:1", "server-url=https://two.example:2"):
        sources = sources.with_override(assignment)
    assert sources.effective.server_url == "https://two.example:2"


def test_without_a_property_the_grant_decides() -> None:
    own = as_policies(TargetProperties(confirm_take_over=False, acceptance_proceed=True))
    grant = Policies(inactivity_timeout=0, local_audit=False, reconfirm_after=0)
    own_grace = stricter(own, grant)
    assert own_grace.inactivity_timeout == 0
    assert not own_grace.local_audit
    assert own_grace.reconfirm_after == 0


@pytest.mark.parametrize("confirms", [True, False])
@pytest.mark.parametrize("grant_asks", [True, False])
def test_the_user_is_asked_unless_both_sides_say_no(confirms: bool, grant_asks: bool) -> None:
    own = as_policies(TargetProperties(confirm_take_over=confirms))
    grant = Policies(enable_user_acceptance_for_incoming_connections=grant_asks)
    assert must_ask(stricter(grant, own)) is (confirms or grant_asks)


def test_a_grace_time_of_nothing_on_one_side_is_no_way_round_the_question() -> None:
    own = as_policies(TargetProperties(acceptance_grace_seconds=0))
    assert must_ask(stricter(Policies(), own))
    own = as_policies(TargetProperties())
    assert must_ask(stricter(Policies(acceptance_grace_time=0), own))


def test_silence_proceeds_only_where_both_sides_say_so() -> None:
    proceeds = Policies(acceptance_timeout_action=TimeoutAction.PROCEED)
    for wants, grant, expected in (
        (True, proceeds, TimeoutAction.PROCEED),
        (False, proceeds, TimeoutAction.ABORT),
        (True, Policies(), TimeoutAction.ABORT),
    ):
        own = as_policies(TargetProperties(acceptance_proceed=wants))
        assert stricter(grant, own).acceptance_timeout_action is expected


def test_a_mode_that_the_target_does_not_allow_is_not_allowed() -> None:
    own = as_policies(TargetProperties(allow_active=False))
    merged = stricter(NO_QUESTION, own)
    assert not merged.allows(SessionMode.ACTIVE)
    assert merged.allows(SessionMode.MONITOR)


def test_the_panic_key_works_unless_both_sides_switch_it_off() -> None:
    off = Policies(disable_panic_key=True)
    own = as_policies(TargetProperties(disable_panic_key=True))
    assert stricter(off, own).disable_panic_key
    assert not stricter(off, as_policies(TargetProperties())).disable_panic_key
    assert not stricter(Policies(), own).disable_panic_key


def test_a_value_that_does_not_fit_changes_nothing() -> None:
    properties = TargetProperties()
    with pytest.raises(SettingsError):
        with_value(properties, property_named("AcceptanceGraceTime"), 61)
    assert properties == TargetProperties()


@given(st.text(max_size=80))
def test_any_server_address_is_taken_or_named(text: str) -> None:
    named = ""
    try:
        with_value(TargetProperties(), property_named("ServerURL"), text)
    except SettingsError as error:
        named = error.key
    assert named in ("", "ServerURL")
