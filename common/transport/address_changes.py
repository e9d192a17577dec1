"""Which addresses this computer has on its networks, and when that changes.

On Linux the kernel says so (rtnetlink(7)) and nothing runs in between; elsewhere the list is
compared every POLL_SECONDS, which takes a fraction of a millisecond. Driven by an asyncio loop.
"""

import asyncio
import contextlib
import ipaddress
import socket
import sys
from collections.abc import Callable
from typing import Final

import ifaddr

POLL_SECONDS: Final = 10.0
SETTLE_SECONDS: Final = 0.3
"""Changes come in bursts: an address goes, a route, the next address comes."""
_NETLINK_READ_BYTES: Final = 64 * 1024
_ADDRESS_GROUPS: Final = 0x1 | 0x10 | 0x100
"""RTMGRP_LINK, RTMGRP_IPV4_IFADDR and RTMGRP_IPV6_IFADDR of linux/rtnetlink.h."""

Networks = tuple[ipaddress.IPv4Interface, ...]


def own_networks() -> Networks:
    """List this computer's IPv4 addresses with their networks, in a stable order.

    Those of this computer alone (127.0.0.0/8) only where there are no others.
    """
    found = {
        ipaddress.IPv4Interface(f"{address.ip}/{address.network_prefix}")
        for adapter in ifaddr.get_adapters()
        for address in adapter.ips
        if address.is_IPv4
    }
    outward = [network for network in found if not network.ip.is_loopback]
    return tuple(sorted(outward or found))


def is_near(host: str, networks: Networks) -> bool:
    """Tell whether an IP address is in a network that this computer is in."""
    address = ipaddress.ip_address(host)
    return any(address in network.network for network in networks)


async def watch_addresses(on_change: Callable[[Networks], None]) -> None:
    """Call `on_change` with the networks now, and after each change, until cancelled."""
    networks = own_networks()
    on_change(networks)
    with _note_socket() if sys.platform == "linux" else contextlib.nullcontext() as notes:
        while True:
            await _next_note(notes)
            current = own_networks()
            if current != networks:
                networks = current
                on_change(networks)


async def _next_note(notes: socket.socket | None) -> None:
    """Wait until the addresses may have changed; what the notes say is read elsewhere."""
    if notes is None:
        await asyncio.sleep(POLL_SECONDS)
        return
    await _readable(asyncio.get_running_loop(), notes)
    await asyncio.sleep(SETTLE_SECONDS)
    _drain(notes)


def _note_socket() -> socket.socket:
    # By getattr, as mypy checks for every platform, and only Linux has these names.
    family: int = getattr(socket, "AF_NETLINK")  # noqa: B009  see above
    protocol: int = getattr(socket, "NETLINK_ROUTE", 0)
    notes = socket.socket(family, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    notes.setblocking(False)
    notes.bind((0, _ADDRESS_GROUPS))
    return notes


async def _readable(loop: asyncio.AbstractEventLoop, notes: socket.socket) -> None:
    is_readable = asyncio.Event()
    loop.add_reader(notes, is_readable.set)
    try:
        await is_readable.wait()
    finally:
        loop.remove_reader(notes)


def _drain(notes: socket.socket) -> None:
    while True:
        try:
            notes.recv(_NETLINK_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:  # ENOBUFS: more notes came than fit, which is a change as well
            continue
