"""The handshake: exact bytes, the wrong secret, a broker that changes what it carries."""

import hashlib
import json
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from spake2 import SPAKE2_A, SPAKE2_B

from common.errors import PairingFailed, ProtocolViolation
from common.protocol.connection_code import Secret
from common.protocol.handshake import (
    CONTROLLER_FRAME_BYTES,
    SHARE_BYTES,
    TARGET_FRAME_BYTES,
    ControllerHandshake,
    TargetHandshake,
    confirmations_match,
    is_committed_to,
)
from common.reasons import PairingProblem
from tests.protocol import second_statement

VECTOR = json.loads((Path(__file__).parents[1] / "vectors" / "handshake.json").read_text("utf-8"))
SESSION_ID = bytes(range(16))
SECRET = Secret("6603917")
OFFER = b"the bytes of an offer"

Pair = tuple[ControllerHandshake, TargetHandshake]


def vector(name: str) -> bytes:
    return bytes.fromhex(VECTOR[name])


def make_pair(
    controller_secret: Secret = SECRET,
    target_secret: Secret = SECRET,
    target_session: bytes = SESSION_ID,
) -> Pair:
    controller = ControllerHandshake(SESSION_ID, controller_secret)
    target = TargetHandshake(target_session, target_secret, OFFER, controller.commitment)
    return controller, target


def run(pair: Pair) -> None:
    """Both sides, to the end."""
    controller, target = pair
    target.check(controller.check(target.answer(controller.answer(target.first_frame, OFFER))))


def entropy_of(seed: str) -> Callable[[int], bytes]:
    """Endless bytes, always the same: SHAKE-256 of a seed, read on from where it was."""
    place = 0

    def read(count: int) -> bytes:
        nonlocal place
        place += count
        return hashlib.shake_256(seed.encode()).digest(place)[-count:]

    return read


# Exact bytes.


def vector_target() -> TargetHandshake:
    return TargetHandshake(
        vector("session_id"),
        Secret(VECTOR["secret"]),
        vector("offer_body"),
        vector("commitment"),
        entropy=entropy_of("target"),
    )


def vector_controller() -> ControllerHandshake:
    return ControllerHandshake(
        vector("session_id"),
        Secret(VECTOR["secret"]),
        entropy=entropy_of("controller"),
        encapsulate=lambda public_key: (vector("kem_secret"), vector("controller_frame")[33:]),
    )


def test_the_controller_says_the_bytes_of_the_vector() -> None:
    controller = vector_controller()

    assert controller.commitment == vector("commitment")
    answer = controller.answer(vector("target_frame"), vector("offer_body"))
    assert answer == vector("controller_frame")
    assert controller.check(vector("target_confirmation")) == vector("controller_confirmation")


def test_the_target_says_the_bytes_of_the_vector() -> None:
    target = vector_target()

    assert target.first_frame == vector("target_frame")
    assert target.answer(vector("controller_frame")) == vector("target_confirmation")
    target.check(vector("controller_confirmation"))
    assert target.keys.security_number == VECTOR["security_number"]


def test_the_keys_are_those_of_the_second_statement() -> None:
    target = vector_target()
    target.answer(vector("controller_frame"))
    target.check(vector("controller_confirmation"))

    transcript = second_statement.transcript_hash(
        vector("offer_body"), vector("target_frame"), vector("controller_frame")
    )
    extracted = second_statement.hkdf_extract(
        transcript, vector("spake_key") + vector("kem_secret")
    )

    def derived(label: bytes) -> bytes:
        return second_statement.hkdf_expand_32(extracted, label)

    def confirmation(label: bytes) -> bytes:
        return second_statement.confirmation(extracted, label, transcript)

    keys = target.keys
    assert keys.transcript_hash == transcript
    assert keys.controller_to_target == derived(b"key_ct")
    assert keys.target_to_controller == derived(b"key_tc")
    assert keys.resume == derived(b"resume")
    assert keys.security_number == f"{int.from_bytes(derived(b'sas'), 'big') % 10000:04d}"
    assert confirmation(b"confirm_t") == vector("target_confirmation")
    assert confirmation(b"confirm_c") == vector("controller_confirmation")


def test_the_shared_secrets_of_the_vector_come_from_spake2_and_ml_kem_themselves() -> None:
    password = b"farhand/1:" + VECTOR["secret"].encode()
    identities = b"controller" + vector("session_id"), b"target" + vector("session_id")
    controller = SPAKE2_A(password, *identities, entropy_f=entropy_of("controller"))
    target_entropy = entropy_of("target")
    target = SPAKE2_B(password, *identities, entropy_f=target_entropy)

    controller_share, target_share = controller.start(), target.start()
    kem_key = MLKEM768PrivateKey.from_seed_bytes(target_entropy(64))

    assert controller_share == vector("controller_frame")[:33]
    assert target_share == vector("target_frame")[:33]
    assert controller.finish(target_share) == vector("spake_key")
    assert target.finish(controller_share) == vector("spake_key")
    assert kem_key.public_key().public_bytes_raw() == vector("target_frame")[33:]
    assert kem_key.decapsulate(vector("controller_frame")[33:]) == vector("kem_secret")


# Both sides.


def test_two_sides_with_one_secret_hold_the_same_keys() -> None:
    controller, target = pair = make_pair()

    run(pair)

    keys = controller.keys
    assert keys == target.keys
    secret_keys = {keys.controller_to_target, keys.target_to_controller, keys.resume}
    assert len(secret_keys | {keys.transcript_hash}) == 4
    assert {len(key) for key in secret_keys} == {32}
    assert len(keys.security_number) == 4
    assert keys.security_number.isdecimal()


def test_two_sessions_with_one_secret_have_nothing_in_common() -> None:
    first, second = make_pair(), make_pair()

    run(first)
    run(second)

    assert first[0].commitment != second[0].commitment
    assert first[0].keys.controller_to_target != second[0].keys.controller_to_target
    assert first[0].keys.transcript_hash != second[0].keys.transcript_hash


def test_frames_have_fixed_lengths() -> None:
    controller, target = make_pair()
    answer = controller.answer(target.first_frame, OFFER)

    assert len(target.first_frame) == TARGET_FRAME_BYTES == 33 + 1184
    assert len(answer) == CONTROLLER_FRAME_BYTES == 33 + 1088
    assert len(target.answer(answer)) == 32


def test_neither_keys_nor_handshakes_show_what_they_hold() -> None:
    controller, target = pair = make_pair()
    run(pair)

    assert repr(controller.keys) == str(target.keys) == "SessionKeys(hidden)"
    for shown in (repr(controller), repr(target)):
        assert SECRET.reveal() not in shown
        assert shown.endswith(">")


# The wrong secret.


@pytest.mark.parametrize("typed", ["6603918", "6603971", "0000000", "660391700"])
def test_a_wrong_secret_is_a_try_at_the_controller(typed: str) -> None:
    controller, target = make_pair(target_secret=Secret(typed))
    confirmation = target.answer(controller.answer(target.first_frame, OFFER))

    with pytest.raises(PairingFailed) as raised:
        controller.check(confirmation)

    assert raised.value.problem is PairingProblem.WRONG_SECRET
    with pytest.raises(RuntimeError):
        _ = controller.keys


def test_an_unchecked_target_gets_no_keys_from_a_controller_that_skips_the_check() -> None:
    controller, target = make_pair(controller_secret=Secret("1111111"))
    target.answer(controller.answer(target.first_frame, OFFER))

    with pytest.raises(PairingFailed) as raised:
        target.check(secrets.token_bytes(32))

    assert raised.value.problem is PairingProblem.WRONG_SECRET
    with pytest.raises(RuntimeError):
        _ = target.keys


def test_the_targets_own_confirmation_sent_back_is_not_the_controllers() -> None:
    controller, target = make_pair()
    confirmation = target.answer(controller.answer(target.first_frame, OFFER))

    with pytest.raises(PairingFailed):
        target.check(confirmation)


def test_another_session_id_is_another_exchange() -> None:
    controller, target = make_pair(target_session=bytes(16))
    confirmation = target.answer(controller.answer(target.first_frame, OFFER))

    with pytest.raises(PairingFailed):
        controller.check(confirmation)


@pytest.mark.parametrize("place", range(len(OFFER)))
def test_an_offer_that_differs_in_one_bit_confirms_nothing(place: int) -> None:
    other_offer = bytearray(OFFER)
    other_offer[place] ^= 1
    controller, target = make_pair()
    confirmation = target.answer(controller.answer(target.first_frame, bytes(other_offer)))

    with pytest.raises(PairingFailed):
        controller.check(confirmation)


# A broker that changes what it carries.


def flipped(frame: bytes, bit: int) -> bytes:
    changed = bytearray(frame)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


# The first 264 bits are the share; all of its bytes are tried, and places all over the rest.
TARGET_BITS = [
    *range(0, SHARE_BYTES * 8, 8),
    *range(SHARE_BYTES * 8 + 7, TARGET_FRAME_BYTES * 8, 601),
]
CONTROLLER_BITS = [
    *range(0, SHARE_BYTES * 8, 8),
    *range(SHARE_BYTES * 8 + 7, CONTROLLER_FRAME_BYTES * 8, 601),
]


@pytest.mark.parametrize("bit", TARGET_BITS)
def test_a_changed_frame_of_the_target_never_leads_to_keys(bit: int) -> None:
    controller, target = make_pair()

    with pytest.raises((ProtocolViolation, PairingFailed)):
        controller.check(target.answer(controller.answer(flipped(target.first_frame, bit), OFFER)))

    with pytest.raises(RuntimeError):
        _ = controller.keys


@pytest.mark.parametrize("bit", CONTROLLER_BITS)
def test_a_changed_frame_of_the_controller_never_leads_to_keys(bit: int) -> None:
    controller, target = make_pair()
    answer = controller.answer(target.first_frame, OFFER)

    with pytest.raises((ProtocolViolation, PairingFailed)):
        controller.check(target.answer(flipped(answer, bit)))

    with pytest.raises(RuntimeError):
        _ = controller.keys


@pytest.mark.parametrize("byte", range(32))
def test_a_changed_confirmation_is_refused_by_either_side(byte: int) -> None:
    controller, target = vector_controller(), vector_target()
    target.answer(controller.answer(target.first_frame, vector("offer_body")))

    with pytest.raises(PairingFailed):
        controller.check(flipped(vector("target_confirmation"), byte * 8))
    with pytest.raises(PairingFailed):
        target.check(flipped(vector("controller_confirmation"), byte * 8))


def test_a_share_that_was_not_committed_to_is_refused_before_it_is_used() -> None:
    target = make_pair()[1]
    other = ControllerHandshake(SESSION_ID, SECRET)

    with pytest.raises(ProtocolViolation, match="committed"):
        target.answer(other.answer(target.first_frame, OFFER))


def test_a_commitment_is_to_one_share() -> None:
    share = secrets.token_bytes(33)

    assert is_committed_to(share, hashlib.sha256(share).digest())
    assert not is_committed_to(flipped(share, 3), hashlib.sha256(share).digest())
    assert not is_committed_to(share, b"")


def test_only_equal_confirmations_match() -> None:
    assert confirmations_match(b"\x01" * 32, b"\x01" * 32)
    assert not confirmations_match(b"\x01" * 32, b"\x01" * 31 + b"\x02")
    assert not confirmations_match(b"", b"\x01" * 32)


# Malformed.


@pytest.mark.parametrize("length", [0, 1, 32, 33, 34, 1121, 1184, 1216, 1218, 2**17])
def test_a_targets_frame_of_another_length_is_malformed_and_no_try(length: int) -> None:
    controller, target = make_pair()

    with pytest.raises(ProtocolViolation, match="a handshake frame of"):
        controller.answer((target.first_frame * 108)[:length], OFFER)


@pytest.mark.parametrize("length", [0, 1, 32, 33, 34, 1088, 1120, 1122, 1217, 2**17])
def test_a_controllers_frame_of_another_length_is_malformed(length: int) -> None:
    controller, target = make_pair()
    answer = controller.answer(target.first_frame, OFFER)

    with pytest.raises(ProtocolViolation, match="a handshake frame of"):
        target.answer((answer * 118)[:length])


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64, 2**17])
def test_confirmations_of_another_length_are_malformed_and_no_try(length: int) -> None:
    controller, target = make_pair()
    confirmation = target.answer(controller.answer(target.first_frame, OFFER))

    with pytest.raises(ProtocolViolation):
        controller.check((confirmation * 4096)[:length])
    with pytest.raises(ProtocolViolation):
        target.check(bytes(length))


NEUTRAL_POINT = b"\x01" + bytes(31)
POINT_OF_ORDER_TWO = (2**255 - 20).to_bytes(32, "little")
POINT_OF_ORDER_FOUR = bytes(32)
NO_POINT = b"\x02" + bytes(31)
BAD_SHARES = {
    "neutral": b"B" + NEUTRAL_POINT,
    "order two": b"B" + POINT_OF_ORDER_TWO,
    "order four": b"B" + POINT_OF_ORDER_FOUR,
    "not on the curve": b"B" + NO_POINT,
    "above the field": b"B" + b"\xff" * 32,
    "no side": bytes(33),
    "the symmetric side": b"S" + NEUTRAL_POINT,
}


@pytest.mark.parametrize("share", BAD_SHARES.values(), ids=BAD_SHARES)
def test_what_is_no_share_is_malformed(share: bytes) -> None:
    controller, target = make_pair()

    with pytest.raises(ProtocolViolation, match="SPAKE2"):
        controller.answer(share + target.first_frame[SHARE_BYTES:], OFFER)


@pytest.mark.parametrize("share", BAD_SHARES.values(), ids=BAD_SHARES)
def test_what_is_no_share_is_malformed_at_the_target_too(share: bytes) -> None:
    share = share.replace(b"B", b"A", 1)
    target = TargetHandshake(SESSION_ID, SECRET, OFFER, hashlib.sha256(share).digest())

    with pytest.raises(ProtocolViolation, match="SPAKE2"):
        target.answer(share + bytes(1088))


@pytest.mark.parametrize("side", [b"A", b"B"])
def test_a_share_sent_back_to_its_sender_is_malformed(side: bytes) -> None:
    target = make_pair()[1]
    first = ControllerHandshake(SESSION_ID, SECRET, entropy=entropy_of("the same"))
    second = ControllerHandshake(SESSION_ID, SECRET, entropy=entropy_of("the same"))
    own_point = first.answer(target.first_frame, OFFER)[1:SHARE_BYTES]

    with pytest.raises(ProtocolViolation, match="SPAKE2"):
        second.answer(side + own_point + target.first_frame[SHARE_BYTES:], OFFER)


def test_an_ml_kem_key_with_numbers_above_the_modulus_is_malformed() -> None:
    controller, target = make_pair()

    with pytest.raises(ProtocolViolation, match="ML-KEM"):
        controller.answer(target.first_frame[:SHARE_BYTES] + b"\xff" * 1184, OFFER)


def answer_and_check(controller: ControllerHandshake, frame: bytes, end: bytes) -> None:
    controller.answer(frame, OFFER)
    controller.check(end)


@settings(max_examples=50)
@given(
    st.binary(min_size=32, max_size=32),
    st.binary(max_size=8).map(lambda few: (few + b"?") * 1184),
    st.binary(min_size=32, max_size=32),
)
def test_random_frames_raise_nothing_but_malformed_or_failed(
    point: bytes, rest: bytes, end: bytes
) -> None:
    controller, target = make_pair()

    with pytest.raises((ProtocolViolation, PairingFailed)):
        answer_and_check(controller, (b"B" + point + rest)[:TARGET_FRAME_BYTES], end)
    with pytest.raises(ProtocolViolation):
        target.answer((b"A" + point + rest)[:CONTROLLER_FRAME_BYTES])


# Each step once.


def test_no_step_of_the_controller_can_be_skipped_or_repeated() -> None:
    controller, target = make_pair()
    with pytest.raises(RuntimeError):
        _ = controller.keys
    with pytest.raises(RuntimeError):
        controller.check(bytes(32))
    confirmation = target.answer(controller.answer(target.first_frame, OFFER))
    with pytest.raises(RuntimeError):
        controller.answer(target.first_frame, OFFER)
    with pytest.raises(RuntimeError):
        _ = controller.keys
    controller.check(confirmation)
    with pytest.raises(RuntimeError):
        controller.check(confirmation)
    assert controller.keys == controller.keys


def test_no_step_of_the_target_can_be_skipped_or_repeated() -> None:
    controller, target = make_pair()
    with pytest.raises(RuntimeError):
        _ = target.keys
    with pytest.raises(RuntimeError):
        target.check(bytes(32))
    answer = controller.answer(target.first_frame, OFFER)
    confirmation = controller.check(target.answer(answer))
    with pytest.raises(RuntimeError):
        target.answer(answer)
    with pytest.raises(RuntimeError):
        _ = target.keys
    target.check(confirmation)
    with pytest.raises(RuntimeError):
        target.check(confirmation)
    assert target.keys == target.keys


def test_a_wrong_guess_can_not_be_followed_by_a_second_one() -> None:
    controller, target = make_pair()
    confirmation = target.answer(controller.answer(target.first_frame, OFFER))
    with pytest.raises(PairingFailed):
        controller.check(bytes(32))

    with pytest.raises(RuntimeError):
        controller.check(confirmation)


def test_a_malformed_answer_can_not_be_followed_by_a_good_one() -> None:
    controller, target = make_pair()
    with pytest.raises(ProtocolViolation):
        controller.answer(b"", OFFER)
    with pytest.raises(ProtocolViolation):
        target.answer(b"")

    with pytest.raises(RuntimeError):
        controller.answer(target.first_frame, OFFER)
    with pytest.raises(RuntimeError):
        target.answer(bytes(CONTROLLER_FRAME_BYTES))
