"""Events of a session as the tests of view-models and windows feed them."""

from common.protocol.connection_code import ConnectionCode, Secret
from common.protocol.policies import Policies, SessionMode
from common.protocol.session_events import AcceptanceAsked, CodeChanged, SessionStarted
from common.screen.rectangle import Rectangle
from common.transport.connection_events import BrokerConnected
from controller_app.picture_patches import PicturePatches, Pixels

CODE = ConnectionCode("4821", Secret("6603917"))
GROUPS = tuple(CODE.grouped().split())
OTHER_CODE = ConnectionCode("5930", Secret("1122334"))


def connected(public_url: str | None = None, is_verified: bool = False) -> BrokerConnected:
    return BrokerConnected(
        address="127.0.0.1:47111",
        organisation="Acme Support",
        is_embedded=True,
        public_url=public_url,
        technician="Jana Weber",
        is_verified=is_verified,
    )


def code_changed(expires_at: float, extends_left: int = 3) -> CodeChanged:
    return CodeChanged(CODE, expires_at, extends_left, tries_left=3)


def acceptance_asked(expires_at: float) -> AcceptanceAsked:
    return AcceptanceAsked(
        technician="Jana Weber",
        organisation="Acme Support",
        is_verified=False,
        mode=SessionMode.ACTIVE,
        expires_at=expires_at,
        security_number="4821",
    )


def started(mode: SessionMode = SessionMode.ACTIVE, user_name: str = "Anna") -> SessionStarted:
    return SessionStarted(
        mode=mode,
        computer_name="ANNA-LAPTOP",
        user_name=user_name,
        operating_system="Debian GNU/Linux 12",
        technician="Jana Weber",
        organisation="Acme Support",
        is_verified=False,
        security_number="4821",
        policies=Policies(),
    )


def show(patches: PicturePatches, picture: Pixels, changed: Rectangle) -> None:
    """Put a change of a whole picture into the slot, as the decode thread does."""
    patches.publish(picture, [changed])
