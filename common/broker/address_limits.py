"""How often one address may do a thing: sliding windows, and the pause for claims left.

An address is what `address_key` makes of it: an IPv4 address, or the /64 of an IPv6 one,
because one subscriber has a whole /64 (protocol.md 2). Bounded: windows hold as many times
as they allow, and the address seen least recently is forgotten when there are too many.
Refused attempts don't count, so that waiting the time that was told is always enough.
"""

import ipaddress
from collections import OrderedDict, deque
from enum import Enum
from typing import Final

from common.broker.limits import Limits

MINUTE_SECONDS: Final = 60.0
HOUR_SECONDS: Final = 3600.0


class Act(Enum):
    """What is counted."""

    CLAIM = "claim"
    NEW_CODE = "new_code"
    REGISTRATION = "registration"


def address_key(text: str) -> str:
    """Give what limits count by. What is no address is itself, a name of its own."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, 64), strict=False))


class SlidingWindow:
    """At most `count` events in any `seconds`."""

    def __init__(self, count: int, seconds: float) -> None:
        self._seconds = seconds
        self._times: deque[float] = deque(maxlen=count)

    def wait_seconds(self, now: float) -> float:
        """Tell how long until one more is allowed; 0 when it is now."""
        if len(self._times) < (self._times.maxlen or 0):
            return 0.0
        return max(0.0, self._times[0] + self._seconds - now)

    def is_full(self, now: float) -> bool:
        """Tell whether `count` events lie in the last `seconds`."""
        return self.wait_seconds(now) > 0

    def add(self, now: float) -> None:
        """Count one."""
        self._times.append(now)


class _Record:
    """What is kept about one address."""

    __slots__ = ("left_claims", "paused_until", "windows")

    def __init__(self, limits: Limits) -> None:
        self.windows = {
            Act.CLAIM: (
                SlidingWindow(limits.claims_per_minute, MINUTE_SECONDS),
                SlidingWindow(limits.claims_per_hour, HOUR_SECONDS),
            ),
            Act.NEW_CODE: (SlidingWindow(limits.codes_per_minute, MINUTE_SECONDS),),
            Act.REGISTRATION: (SlidingWindow(limits.registrations_per_minute, MINUTE_SECONDS),),
        }
        self.left_claims = SlidingWindow(limits.left_claims_per_minute, MINUTE_SECONDS)
        self.paused_until = float("-inf")


class AddressLimits:
    """Counts by address and says how long one has to wait."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def try_act(self, address: str, act: Act, now: float) -> float:
        """Count one act and return 0, or count nothing and return the seconds to wait."""
        record = self._record(address)
        windows = record.windows[act]
        wait = max(window.wait_seconds(now) for window in windows)
        if act is Act.CLAIM:
            wait = max(wait, record.paused_until - now)
        if wait > 0:
            return wait
        for window in windows:
            window.add(now)
        return 0.0

    def claim_left(self, address: str, now: float) -> None:
        """Count a claim that was left before its confirmation; too many start the pause."""
        record = self._record(address)
        record.left_claims.add(now)
        if record.left_claims.is_full(now):
            record.paused_until = now + self._limits.pause_seconds

    def _record(self, address: str) -> _Record:
        record = self._records.get(address)
        if record is None:
            record = self._records[address] = _Record(self._limits)
            if len(self._records) > self._limits.remembered_addresses:
                self._records.popitem(last=False)
        self._records.move_to_end(address)
        return record
