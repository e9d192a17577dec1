"""Makes the server's documents of what two sides have agreed on: offers and grants.

The only place in a node where the root signs something for a session.
"""

from common.broker.parties import Agreement
from common.protocol.documents import Grant, Offer, SignedDocument, policies_hash, sign
from common.protocol.policies import Policies
from common.server.keys import RootKey

NO_END_SECONDS = 0
"""A grant's longest duration: no end, until a policy sets one."""


class Signer:
    """Signs under one set of policies."""

    def __init__(self, root: RootKey, policies: Policies) -> None:
        self._root = root
        self._policies = policies

    def offer(self, agreement: Agreement) -> SignedDocument:
        """Sign who asks whom for what, under which policies."""
        offer = Offer(
            session_id=agreement.session_id,
            claim=agreement.claim,
            routing=agreement.routing,
            root_fingerprint=self._root.fingerprint,
            technician=agreement.controller.technician,
            organisation=agreement.controller.organisation,
            is_verified=agreement.controller.is_verified,
            mode=agreement.mode,
            target_id=agreement.target.target_id,
            device_fingerprint=agreement.target.device_fingerprint,
            policies=self._policies,
            target_nonce=agreement.target_nonce,
            controller_nonce=agreement.controller_nonce,
            share_commitment=agreement.share_commitment,
            lifetime_seconds=agreement.lifetime_seconds,
        )
        return sign(offer, self._root.private_key)

    def grant(self, agreement: Agreement, transcript_hash: bytes) -> SignedDocument:
        """Sign that the session with this transcript may start."""
        grant = Grant(
            session_id=agreement.session_id,
            claim=agreement.claim,
            transcript_hash=transcript_hash,
            policies_hash=policies_hash(self._policies),
            maximum_duration_seconds=NO_END_SECONDS,
        )
        return sign(grant, self._root.private_key)
