"""The node over real TLS sockets: the whole conversation, and who is not let in."""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from common.protocol import broker_messages as broker
from common.protocol.connection_code import Secret
from common.protocol.documents import policies_hash, verify_grant, verify_offer
from common.protocol.handshake import ControllerHandshake, TargetHandshake
from common.protocol.policies import Policies, SessionMode
from common.reasons import CodeEnd, ConnectionProblem, PairingProblem
from common.server.hellos import TargetMessage
from tests.server.node_driver import (
    App,
    RunningNode,
    connected,
    controller,
    controller_hello,
    join,
    register,
    run,
    running_node,
    start_session,
    target,
    target_hello,
)


def root_public_key(app: App) -> bytes:
    from cryptography import x509

    key = x509.load_der_x509_certificate(app.node.root_der).public_key()
    raw: bytes = key.public_bytes_raw()  # type: ignore[union-attr]  # an Ed25519 root
    return raw


def test_a_session_goes_from_code_to_grant_and_ends(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            running_node(tmp_path, "--allow-guests") as node,
            controller(node) as technician,
            target(node) as computer,
        ):
            await pair_and_part(technician, computer)

    run(main())


async def pair_and_part(technician: App, computer: App) -> None:
    """Play a whole session, with a real handshake over the relay."""
    session_id, secret = secrets.token_bytes(16), Secret("1234567")
    await technician.send(broker.StartSession(SessionMode.MONITOR, session_id))
    code = await technician.expect(broker.CodeIssued)
    assert code.session_id == session_id
    assert (code.lifetime_seconds, code.extends_left, code.secret_digit_count) == (900, 3, 7)

    target_nonce = secrets.token_bytes(32)
    await computer.send(broker.Claim(code.routing, target_nonce))
    queued = await computer.expect(broker.ClaimQueued)
    assert queued.claims_before == 0
    claimed = await technician.expect(broker.Claimed)
    assert (claimed.claim, claimed.nonce) == (queued.claim, target_nonce)
    assert claimed.computer_name == "reception"

    controller_side = ControllerHandshake(session_id, secret)
    controller_nonce = secrets.token_bytes(32)
    await technician.send(
        broker.AcceptClaim(claimed.claim, controller_nonce, controller_side.commitment)
    )
    offer_made = await technician.expect(broker.OfferMade)
    assert await computer.expect(broker.OfferMade) == offer_made
    offer = verify_offer(offer_made.offer, root_public_key(computer))
    assert offer.technician == "Ada"
    assert not offer.is_verified
    assert offer.mode is SessionMode.MONITOR
    assert (offer.target_nonce, offer.controller_nonce) == (target_nonce, controller_nonce)
    assert offer.root_fingerprint == computer.node.fingerprint

    body = offer_made.offer.body
    target_side = TargetHandshake(session_id, secret, body, offer.share_commitment)
    await computer.send_frame(target_side.first_frame)
    await technician.send_frame(controller_side.answer(await technician.expect_frame(), body))
    await computer.send_frame(target_side.answer(await computer.expect_frame()))
    await technician.send_frame(controller_side.check(await technician.expect_frame()))
    target_side.check(await computer.expect_frame())
    transcript_hash = controller_side.keys.transcript_hash
    assert target_side.keys.transcript_hash == transcript_hash

    for app in (technician, computer):
        await app.send(broker.Paired(claimed.claim, transcript_hash))
    for app in (technician, computer):
        granted = await app.expect(broker.GrantMade)
        grant = verify_grant(granted.grant, root_public_key(app))
        assert grant.transcript_hash == transcript_hash
        assert grant.policies_hash == policies_hash(Policies())
    ended = await technician.expect(broker.CodeEnded)
    assert (ended.end, ended.waiting_claims) == (CodeEnd.USED, 0)

    await computer.send_frame(b"a sealed record")
    assert await technician.expect_frame() == b"a sealed record"
    await technician.send(broker.LeaveSession(claimed.claim))
    assert await technician.expect(broker.Released) == broker.Released(claimed.claim)
    assert await computer.expect(broker.Released) == broker.Released(claimed.claim)
    await computer.send_frame(b"late")
    await computer.send(broker.Claim(code.routing, secrets.token_bytes(32)))
    refused = await computer.expect(broker.ClaimRefused)
    assert refused.problem is PairingProblem.USED


def test_guests_are_refused_unless_they_are_allowed(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path) as node, connected(node) as app:
            await app.send(controller_hello())
            refused = await app.expect(broker.HelloRefused)
            assert refused.problem is ConnectionProblem.NOT_AUTHENTICATED
            assert await app.expect_close() == 1008

    run(main())


def test_a_token_that_nobody_has_is_refused_even_where_guests_are_allowed(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--allow-guests") as node, connected(node) as app:
            await app.send(controller_hello("no such token, but a long one"))
            await app.expect(broker.HelloRefused)

    run(main())


def test_a_registered_target_is_known_again_after_a_restart(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()

    async def first_contact() -> str:
        async with running_node(tmp_path) as node, connected(node) as app:
            await app.send(register(app, key))
            welcome = await app.expect(broker.TargetWelcome)
            assert welcome.brokers == (f"127.0.0.1:{node.port}",)
            return welcome.target_id

    async def later() -> str:
        async with running_node(tmp_path) as node, connected(node) as app:
            await app.send(target_hello(app, key))
            return (await app.expect(broker.TargetWelcome)).target_id

    assert run(first_contact()) == run(later())


def test_a_target_that_the_node_does_not_know_is_not_authenticated(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path) as node, connected(node) as app:
            await app.send(target_hello(app, Ed25519PrivateKey.generate()))
            refused = await app.expect(broker.HelloRefused)
            assert refused.problem is ConnectionProblem.NOT_AUTHENTICATED
            await app.expect_close()

    run(main())


@pytest.mark.parametrize("hello_of", [register, target_hello])
def test_a_target_that_fails_the_challenge_is_not_authenticated(
    tmp_path: Path, hello_of: Callable[[App, Ed25519PrivateKey], TargetMessage]
) -> None:
    key, other = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()

    async def main() -> None:
        async with running_node(tmp_path) as node:
            async with target(node, key):
                pass
            async with connected(node) as app:
                true_key = key.public_key().public_bytes_raw()
                await app.send(msgspec.structs.replace(hello_of(app, other), device_key=true_key))
                refused = await app.expect(broker.HelloRefused)
                assert refused.problem is ConnectionProblem.NOT_AUTHENTICATED

    run(main())


def test_a_wrong_version_is_told(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--allow-guests") as node, connected(node) as app:
            await app.send(broker.ControllerHello(2, "Ada", "", "ada-laptop"))
            refused = await app.expect(broker.HelloRefused)
            assert refused.problem is ConnectionProblem.VERSION_TOO_OLD

    run(main())


def test_a_lost_controller_ends_the_session_of_the_target(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--allow-guests") as node, target(node) as computer:
            async with controller(node) as technician:
                claim = await join(technician, computer)
            assert await computer.expect(broker.Released) == broker.Released(claim, True)

    run(main())


def test_a_code_survives_a_reconnect_of_its_controller(tmp_path: Path) -> None:
    async def main() -> None:
        async with running_node(tmp_path, "--allow-guests") as node:
            async with controller(node) as technician:
                code = await start_session(technician)
            async with controller(node) as technician:
                await technician.send(broker.ResumeCode(code.routing, code.owner_token))
                extended = await technician.expect(broker.CodeExtended)
                assert 890 < extended.lifetime_seconds <= 900
                assert extended.extends_left == 3

    run(main())


def test_everybody_is_told_when_the_node_stops(tmp_path: Path) -> None:
    async def main() -> None:
        stopping = asyncio.Event()

        async def stay(node: RunningNode, is_connected: asyncio.Event) -> None:
            async with target(node) as app:
                is_connected.set()
                await app.expect(broker.NodeStopping)
                assert await app.expect_close() == 1001

        async with running_node(tmp_path) as node:
            staying = asyncio.create_task(stay(node, stopping))
            await stopping.wait()
        await staying

    run(main())


def test_a_node_that_slept_takes_nobodys_silence_for_death(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            running_node(tmp_path, "--allow-guests") as running,
            controller(running) as technician,
        ):
            node = running.node
            assert node is not None
            node._watched_at -= 1000  # as if nothing had run since
            for member in node._members.values():
                member.connection.heard_at -= 1000

            node._watch()

            await start_session(technician)

    run(main())
