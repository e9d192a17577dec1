"""What a target forces in a session through a server that nobody pinned."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.protocol.policies import NEUTRAL_POLICIES, Policies, TimeoutAction, stricter
from common.protocol.unpinned_servers import LEAST_GRACE_SECONDS, forced

any_policies = st.builds(
    Policies,
    **{
        field.name: st.from_type(field.type)
        for field in msgspec.structs.fields(Policies)
        if field.type is bool
    },
    acceptance_grace_time=st.integers(0, 60),
    acceptance_timeout_action=st.sampled_from(TimeoutAction),
)

ASKED_AND_SHOWN = (
    "enable_user_acceptance_for_incoming_connections",
    "enable_user_acceptance_for_mode_changes",
    "enable_user_acceptance_for_file_transfers",
    "enable_on_screen_session_notification",
)
NEVER = ("connect_at_logon", "run_pre_session_script", "run_post_session_script")


@given(any_policies)
def test_everything_is_asked_and_shown_and_nothing_is_run(policies: Policies) -> None:
    made = forced(policies)
    assert all(getattr(made, name) for name in ASKED_AND_SHOWN)
    assert not any(getattr(made, name) for name in NEVER)
    assert made.acceptance_timeout_action is TimeoutAction.ABORT
    assert made.acceptance_grace_time >= LEAST_GRACE_SECONDS


@given(any_policies)
def test_nothing_gets_looser(policies: Policies) -> None:
    made = forced(policies)
    assert stricter(made, policies) == made


@given(any_policies)
def test_what_is_not_forced_stays(policies: Policies) -> None:
    touched = {*ASKED_AND_SHOWN, *NEVER, "acceptance_timeout_action", "acceptance_grace_time"}
    before, after = as_mapping(policies), as_mapping(forced(policies))
    assert {name for name in before if before[name] != after[name]} <= touched


def as_mapping(policies: Policies) -> dict[str, Any]:
    return msgspec.structs.asdict(policies)


@pytest.mark.parametrize(("given_seconds", "seconds"), [(0, 15), (14, 15), (15, 15), (60, 60)])
def test_the_user_has_fifteen_seconds_at_least(given_seconds: int, seconds: int) -> None:
    policies = msgspec.structs.replace(NEUTRAL_POLICIES, acceptance_grace_time=given_seconds)
    assert forced(policies).acceptance_grace_time == seconds
