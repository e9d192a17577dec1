"""A granted session for tests of one side alone, and an other side that says what it is told."""

from dataclasses import replace

from common.protocol.broker_messages import FromApp
from common.protocol.controller_session import ControllerSession
from common.protocol.documents import Grant, Offer, policies_hash
from common.protocol.handshake import SessionKeys
from common.protocol.pairing import PairedSession
from common.protocol.policies import NEUTRAL_POLICIES, Policies, SessionMode
from common.protocol.sealed_link import SealedLink
from common.protocol.session_messages import AnySessionMessage
from common.protocol.target_session import TargetDescription, TargetSession

START = 1000.0
CLAIM = "0123456789abcdef" * 2
OTHER_CLAIM = "f" * 32
ROUTING = "4821"
KEYS = SessionKeys(
    controller_to_target=bytes([1]) * 32,
    target_to_controller=bytes([2]) * 32,
    resume=bytes([3]) * 32,
    transcript_hash=bytes([4]) * 32,
    security_number="0042",
)
DESCRIPTION = TargetDescription(
    computer_name="kitchen-pc",
    user_name="ann",
    operating_system="Debian GNU/Linux 12",
    own_policies=NEUTRAL_POLICIES,
    is_server_pinned=True,
)


def granted(
    policies: Policies | None = None,
    mode: SessionMode = SessionMode.ACTIVE,
    early_frames: tuple[bytes, ...] = (),
    maximum_duration_seconds: int = 0,
) -> PairedSession:
    """Make what a pairing leads to."""
    offer = Offer(
        session_id=bytes(16),
        claim=CLAIM,
        routing=ROUTING,
        root_fingerprint=bytes(32),
        technician="Tess Example",
        organisation="Example IT",
        is_verified=True,
        mode=mode,
        target_id="7",
        device_fingerprint=bytes(32),
        policies=policies or Policies(),
        target_nonce=bytes(32),
        controller_nonce=bytes(32),
        share_commitment=bytes(32),
        lifetime_seconds=900,
    )
    grant = Grant(
        session_id=bytes(16),
        claim=CLAIM,
        transcript_hash=KEYS.transcript_hash,
        policies_hash=policies_hash(offer.policies),
        maximum_duration_seconds=maximum_duration_seconds,
    )
    return PairedSession(CLAIM, KEYS, offer, grant, "kitchen-pc", early_frames)


def target_session(
    paired: PairedSession | None = None,
    own_policies: Policies = NEUTRAL_POLICIES,
    is_server_pinned: bool = True,
) -> TargetSession:
    """Make a target's half."""
    description = replace(DESCRIPTION, own_policies=own_policies, is_server_pinned=is_server_pinned)
    return TargetSession(paired or granted(), description, START)


class OtherSide:
    """The far end of one half: seals what it is told to say, opens what the half sends."""

    def __init__(self, session: ControllerSession | TargetSession | None = None) -> None:
        """Without a session there is only `seal`, as a controller, for early frames."""
        self.session = session
        self._link = (
            SealedLink(KEYS.target_to_controller, KEYS.controller_to_target, START)
            if isinstance(session, ControllerSession)
            else SealedLink(KEYS.controller_to_target, KEYS.target_to_controller, START)
        )

    def seal(self, *messages: AnySessionMessage, now: float = START) -> list[bytes]:
        """Make records of messages."""
        for message in messages:
            self._link.send(message)
        records = []
        while (record := self._link.take_record(now)) is not None:
            records.append(record)
        return records

    def say(self, *messages: AnySessionMessage, now: float = START) -> None:
        """Send messages in this order, the Pongs that are due before them."""
        assert self.session is not None
        for batch in ((), *((message,) for message in messages)):
            for record in self.seal(*batch, now=now):
                self.session.receive_frame(record, now)

    def stay_alive(self, now: float) -> None:
        """Send the Pings and Pongs that are due, and say nothing."""
        self._link.advance(now)
        self.say(now=now)

    def hear(self, now: float = START) -> tuple[list[AnySessionMessage], list[FromApp]]:
        """Take all that the half sends: sealed messages, without Pings, and words to the node.

        Nothing may be sealed after the first word to the node.
        """
        assert self.session is not None
        messages: list[AnySessionMessage] = []
        texts: list[FromApp] = []
        while (output := self.session.next_output(now)) is not None:
            if not isinstance(output, bytes):
                texts.append(output)
                continue
            assert not texts, "a record after the word that this side has left"
            message = self._link.receive(output, now)
            if message is not None:
                messages.append(message)
        return messages, texts
