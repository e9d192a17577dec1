"""What both pairing machines share: results of slow steps, and a grant that fits."""

import msgspec
import pytest

from common.errors import PairingFailed, ProtocolViolation
from common.protocol.documents import Grant
from common.protocol.pairing import catching, check_grant
from common.reasons import PairingProblem
from tests.protocol.granted_sessions import KEYS, granted

OTHER_GRANTS: dict[str, object] = {
    "session_id": bytes([1]) * 16,
    "claim": "f" * 32,
    "transcript_hash": bytes(32),
    "policies_hash": bytes(32),
    "sequence": 1,
}
DECIDED_BY_THE_SERVER = {"version", "maximum_duration_seconds"}


def test_a_grant_for_this_session_fits() -> None:
    paired = granted()
    check_grant(paired.grant, paired.offer, KEYS.transcript_hash)


def test_every_field_of_a_grant_is_compared_or_the_server_s_own() -> None:
    fields = {field.name for field in msgspec.structs.fields(Grant)}
    assert fields == set(OTHER_GRANTS) | DECIDED_BY_THE_SERVER


@pytest.mark.parametrize("name", OTHER_GRANTS)
def test_a_grant_that_differs_in_one_field_is_refused(name: str) -> None:
    paired = granted()
    grant = msgspec.structs.replace(paired.grant, **{name: OTHER_GRANTS[name]})
    with pytest.raises(ProtocolViolation, match="not for this session"):
        check_grant(grant, paired.offer, KEYS.transcript_hash)


def test_a_grant_for_other_keys_is_refused() -> None:
    paired = granted()
    with pytest.raises(ProtocolViolation, match="not for this session"):
        check_grant(paired.grant, paired.offer, bytes(32))


def test_a_failure_is_returned() -> None:
    failures = [ProtocolViolation("no share"), PairingFailed(PairingProblem.WRONG_SECRET)]
    for failure in failures:

        def fail(failure: Exception = failure) -> object:
            raise failure

        assert catching(fail)() is failure


def test_a_result_is_returned() -> None:
    assert catching(lambda: b"answer")() == b"answer"


def test_a_bug_is_not_caught() -> None:
    def fail() -> object:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        catching(fail)()
