"""What a target forces by itself in a session through a server that nobody pinned.

A server that was only discovered, or that came with an invitation, may say in its grant what
it likes: its fingerprint was not set by hand, so it loosens nothing (protocol.md 1).
"""

from typing import Final

import msgspec

from common.protocol.policies import Policies, TimeoutAction

LEAST_GRACE_SECONDS: Final = 15


def forced(policies: Policies) -> Policies:
    """Give the policies with everything asked, shown and nothing run, whatever they say."""
    return msgspec.structs.replace(
        policies,
        enable_user_acceptance_for_incoming_connections=True,
        enable_user_acceptance_for_mode_changes=True,
        enable_user_acceptance_for_file_transfers=True,
        acceptance_grace_time=max(policies.acceptance_grace_time, LEAST_GRACE_SECONDS),
        acceptance_timeout_action=TimeoutAction.ABORT,
        enable_on_screen_session_notification=True,
        connect_at_logon=False,
        run_pre_session_script=False,
        run_post_session_script=False,
    )
