"""The text frames: exact bytes of each message, every limit, every kind of nonsense."""

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import ProtocolViolation
from common.protocol.broker_messages import (
    MAXIMUM_HELLO_BYTES,
    MAXIMUM_TEXT_BYTES,
    AcceptClaim,
    CancelCode,
    Claim,
    Claimed,
    ClaimFailed,
    ClaimQueued,
    ClaimRefused,
    CodeEnded,
    CodeExtended,
    CodeIssued,
    CodeRefused,
    ControllerHello,
    ControllerWelcome,
    ExtendCode,
    FromApp,
    FromController,
    FromNode,
    FromTarget,
    GrantMade,
    HelloRefused,
    LeaveSession,
    NodeStopping,
    OfferMade,
    Paired,
    RegisterTarget,
    Released,
    ReplaceCode,
    ResumeCode,
    ServerHello,
    StartSession,
    TargetHello,
    TargetWelcome,
    decode_from_app,
    decode_from_node,
    encode,
)
from common.protocol.documents import MAXIMUM_DOCUMENT_BYTES, SignedDocument
from common.protocol.policies import SessionMode
from common.reasons import CodeEnd, ConnectionProblem, PairingProblem
from tests.protocol.field_limits import Limit, limits_of, unbounded_fields

VECTORS: dict[str, str] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "broker_messages.json").read_text("utf-8")
)
CLAIM = "0123456789abcdef" * 2
TOKEN = "owner-token-of-32-characters-or-more"
NONCE = bytes(range(32))
SIGNED = SignedDocument(b'{"version":1}', b"\x07" * 64)

FROM_APP: tuple[FromApp, ...] = (
    ControllerHello(1, "Ada Øst", "Example", "ada-laptop", "token"),
    RegisterTarget(1, "reception-pc", "Debian 12", b"\x01" * 32, NONCE, b"\x02" * 64),
    TargetHello(1, "reception-pc", b"\x01" * 32, NONCE, b"\x02" * 64),
    StartSession(SessionMode.ACTIVE, bytes(range(16))),
    ReplaceCode("4821", TOKEN, SessionMode.MONITOR, bytes(range(16))),
    ExtendCode("48216", TOKEN),
    ResumeCode("482166", TOKEN),
    CancelCode("4821", TOKEN, CodeEnd.EXPIRED),
    Claim("4821", NONCE),
    AcceptClaim(CLAIM, NONCE, b"\x03" * 32),
    ClaimFailed(CLAIM, "wrong"),
    Paired(CLAIM, b"\x04" * 32),
    LeaveSession(CLAIM),
)
FROM_NODE: tuple[FromNode, ...] = (
    ServerHello(1, NONCE, "Example"),
    ControllerWelcome("Ada Øst", "Example", True, None),
    TargetWelcome("target-7", "Example", ("broker.example:47111", "192.0.2.7:47111")),
    HelloRefused(ConnectionProblem.VERSION_TOO_OLD),
    CodeIssued(bytes(range(16)), "4821", TOKEN, 7, 900, 3),
    CodeExtended("4821", 900, 2),
    CodeEnded("4821", CodeEnd.USED, 1),
    CodeRefused(60),
    ClaimQueued(CLAIM, 2),
    ClaimRefused(PairingProblem.TOO_MANY_CLAIMS, 600),
    Claimed(CLAIM, NONCE, "reception-pc", b"\x05" * 32),
    OfferMade(CLAIM, SIGNED),
    GrantMade(CLAIM, SIGNED),
    Released(CLAIM, True),
    NodeStopping(),
)
DEFAULTS: tuple[FromApp | FromNode, ...] = (
    ControllerHello(1, "Ada", "", "ada-laptop"),
    CancelCode("4821", TOKEN),
    CodeEnded("4821", CodeEnd.EXPIRED),
    ClaimRefused(PairingProblem.UNKNOWN),
    Released(CLAIM),
)


def tag_of(message: FromApp | FromNode) -> str:
    tag = type(message).__struct_config__.tag
    assert isinstance(tag, str)
    return tag


def decode(message: FromApp | FromNode, text: str | bytes) -> FromApp | FromNode:
    """Decode as whoever gets this kind of message would."""
    return decode_from_app(text) if isinstance(message, FromApp) else decode_from_node(text)


every_message = pytest.mark.parametrize("message", [*FROM_APP, *FROM_NODE], ids=tag_of)


# Exact bytes.


@every_message
def test_a_message_is_the_text_of_its_vector(message: FromApp | FromNode) -> None:
    text = VECTORS[tag_of(message)]

    assert encode(message) == text
    assert decode(message, text) == message
    assert decode(message, text.encode()) == message


@pytest.mark.parametrize("message", DEFAULTS, ids=tag_of)
def test_a_message_with_defaults_comes_back_as_it_was(message: FromApp | FromNode) -> None:
    assert decode(message, encode(message)) == message


def test_every_message_of_the_unions_has_one_vector_and_no_vector_is_without_a_message() -> None:
    assert {type(message) for message in FROM_APP} == set(get_args(FromApp))
    assert {type(message) for message in FROM_NODE} == set(get_args(FromNode))
    assert [tag_of(message) for message in (*FROM_APP, *FROM_NODE)] == list(VECTORS)


def test_an_app_is_a_controller_or_a_target() -> None:
    assert set(get_args(FromApp)) == set(get_args(FromController)) | set(get_args(FromTarget))


# Cut, lengthened, of the wrong side.


@every_message
def test_every_truncation_and_anything_behind_is_refused(message: FromApp | FromNode) -> None:
    text = VECTORS[tag_of(message)].encode()
    for wrong in [text[:length] for length in range(len(text))] + [text + b"{}", text + b"\0"]:
        with pytest.raises(ProtocolViolation):
            decode(message, wrong)


@every_message
def test_a_field_that_is_missing_or_unknown_is_refused(message: FromApp | FromNode) -> None:
    fields = json.loads(VECTORS[tag_of(message)])
    required = [field.name for field in msgspec.structs.fields(message) if field.required]
    wrong = [
        {**fields, "one_more": 1},
        {**fields, "type": "no_such_message"},
        {**fields, "type": 1},
    ]
    wrong += [{name: fields[name] for name in fields if name != left_out} for left_out in required]
    wrong.append({name: fields[name] for name in fields if name != "type"})

    for changed in wrong:
        with pytest.raises(ProtocolViolation):
            decode(message, json.dumps(changed))


@every_message
def test_a_message_from_the_wrong_side_is_refused(message: FromApp | FromNode) -> None:
    wrong_way = decode_from_node if isinstance(message, FromApp) else decode_from_app

    with pytest.raises(ProtocolViolation):
        wrong_way(VECTORS[tag_of(message)])


@every_message
def test_a_changed_byte_gives_a_message_or_a_violation(message: FromApp | FromNode) -> None:
    text = VECTORS[tag_of(message)].encode()
    for place in range(len(text)):
        for value in (0, 0x22, 0x30, 0x5C, 0x7D, 0xFF, text[place] ^ 1):
            changed = bytearray(text)
            changed[place] = value
            try:
                again = decode(message, bytes(changed))
            except ProtocolViolation:
                continue
            assert decode(again, encode(again)) == again


# Limits.


@every_message
def test_every_field_has_its_bounds(message: FromApp | FromNode) -> None:
    assert unbounded_fields(type(message)) == []


@pytest.mark.parametrize(
    ("message", "limit"),
    [
        pytest.param(message, limit, id=f"{tag_of(message)}-{limit.field}")
        for message in (*FROM_APP, *FROM_NODE)
        for limit in limits_of(type(message))
    ],
)
def test_a_value_is_taken_at_its_bound_and_refused_beyond_it(
    message: FromApp | FromNode, limit: Limit
) -> None:
    fields = json.loads(VECTORS[tag_of(message)])

    for value in limit.accepted:
        decode(message, msgspec.json.encode({**fields, limit.field: value}))
    for value in limit.refused:
        with pytest.raises(ProtocolViolation):
            decode(message, msgspec.json.encode({**fields, limit.field: value}))


WRONG_ROUTING = [
    "",
    "482",
    "4821667",
    "48a1",
    " 4821",
    "4821 ",
    "4821\n",
    "-482",
    "٤٨٢١",
    4821,
    None,
]
WRONG_CLAIMS = ["", CLAIM[:-1], CLAIM + "0", CLAIM.upper(), CLAIM + "\n", 0, None]
CLAIMING = json.loads(VECTORS["claim"])


@pytest.mark.parametrize("routing", WRONG_ROUTING)
def test_routing_digits_are_four_to_six_ascii_digits(routing: object) -> None:
    with pytest.raises(ProtocolViolation):
        decode_from_app(json.dumps({**CLAIMING, "routing": routing}))


@pytest.mark.parametrize("claim", WRONG_CLAIMS)
def test_a_claim_is_named_by_32_hex_digits(claim: object) -> None:
    with pytest.raises(ProtocolViolation):
        decode_from_app(json.dumps({"type": "leave_session", "claim": claim}))


@pytest.mark.parametrize("problem", ["", "right", "wrong\n", "WRONG", None])
def test_a_claim_fails_for_one_of_three_reasons(problem: object) -> None:
    with pytest.raises(ProtocolViolation):
        decode_from_app(json.dumps({"type": "claim_failed", "claim": CLAIM, "problem": problem}))


@pytest.mark.parametrize("nonce", ["", "A", "!" * 44, "A" * 43, "A" * 44, "A" * 43 + "=\n", 1, [0]])
def test_a_nonce_is_the_base64_of_32_bytes(nonce: object) -> None:
    with pytest.raises(ProtocolViolation):
        decode_from_app(json.dumps({**CLAIMING, "nonce": nonce}))


def test_the_sizes_of_frames_are_those_of_the_protocol() -> None:
    assert MAXIMUM_HELLO_BYTES == 4 * 1024
    assert MAXIMUM_TEXT_BYTES == 64 * 1024


@pytest.mark.parametrize("maximum", [MAXIMUM_HELLO_BYTES, MAXIMUM_TEXT_BYTES])
def test_a_frame_is_parsed_up_to_its_limit_and_not_beyond(maximum: int) -> None:
    at_limit = VECTORS["claim"].encode().ljust(maximum)

    assert decode_from_app(at_limit, maximum) == Claim("4821", NONCE)
    for beyond in (at_limit + b" ", (at_limit + b" ").decode()):
        with pytest.raises(ProtocolViolation, match="more than"):
            decode_from_app(beyond, maximum)


def test_a_frame_of_the_node_has_a_limit_too() -> None:
    text = VECTORS["node_stopping"].ljust(MAXIMUM_TEXT_BYTES)

    assert decode_from_node(text) == NodeStopping()
    with pytest.raises(ProtocolViolation, match="more than"):
        decode_from_node(text + " ")


def test_a_text_is_measured_in_bytes_and_not_in_characters() -> None:
    text = VECTORS["claim"].replace("4821", "\U0001f600" * 1020)

    assert len(text) < MAXIMUM_HELLO_BYTES < len(text.encode())
    with pytest.raises(ProtocolViolation, match="more than"):
        decode_from_app(text, MAXIMUM_HELLO_BYTES)


def test_the_longest_documents_and_hellos_fit_into_their_frames() -> None:
    longest = SignedDocument(b"x" * MAXIMUM_DOCUMENT_BYTES, bytes(64))
    name = "\U0001f600" * 64
    hello = ControllerHello(65535, name, name, name, "x" * 256)

    assert decode_from_node(encode(OfferMade(CLAIM, longest))) == OfferMade(CLAIM, longest)
    assert decode_from_app(encode(hello), MAXIMUM_HELLO_BYTES) == hello


@pytest.mark.parametrize("depth", [1, 15, 16, 17, 1000, 30_000])
@pytest.mark.parametrize("bracket", ["[", '{"a":'])
def test_nothing_is_nested_deeper_than_the_messages_are(depth: int, bracket: str) -> None:
    nested = (bracket * depth)[: MAXIMUM_TEXT_BYTES - 200]
    for text in (
        nested,
        f'{{"type":"claim","routing":{nested}',
        f'{{"more":{nested}',
        f'{{"type":"claim","routing":"4821","nonce":{"[" * depth}{"]" * depth}}}',
    ):
        with pytest.raises(ProtocolViolation):
            decode_from_app(text)


@pytest.mark.parametrize("count", [1, 16, 256, 257, 3000])
def test_keys_that_no_message_has_are_refused_in_any_number(count: int) -> None:
    keys = ",".join(f'"k{number}":1' for number in range(count))

    for text in (f'{{"type":"claim",{keys}}}', f'{{{keys},"type":"claim"}}', f"{{{keys}}}"):
        with pytest.raises(ProtocolViolation):
            decode_from_app(text)


@pytest.mark.parametrize(
    "number", ["9" * 5_000, "1e999999", "-1", "1.5", "NaN", "01", "0x1", "true"]
)
def test_numbers_that_are_none_are_refused(number: str) -> None:
    text = f'{{"type":"claim_queued","claim":"{CLAIM}","claims_before":{number}}}'

    with pytest.raises(ProtocolViolation):
        decode_from_node(text)


# Random.

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_random_bytes_and_texts_raise_nothing_but_a_protocol_violation(text: bytes | str) -> None:
    for decode_any in (decode_from_app, decode_from_node):
        with pytest.raises(ProtocolViolation):
            decode_any(text)


@given(st.sampled_from((*FROM_APP, *FROM_NODE)), st.data())
def test_a_random_value_in_any_field_gives_a_message_or_a_violation(
    message: FromApp | FromNode, data: st.DataObject
) -> None:
    fields = json.loads(VECTORS[tag_of(message)])
    changed = {**fields, data.draw(st.sampled_from(list(fields))): data.draw(json_values)}
    try:
        again = decode(message, json.dumps(changed))
    except ProtocolViolation:
        return
    assert decode(again, encode(again)) == again


def test_a_lone_surrogate_is_a_violation() -> None:
    for text in ("\ud800", '{"type":"claim","routing":"\ud800"}', '{"type":"\\ud800"}'):
        with pytest.raises(ProtocolViolation):
            decode_from_app(text)
