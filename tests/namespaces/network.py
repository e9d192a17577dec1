"""Computers and switches made of network namespaces (ip-netns(8), veth(4)), for one test.

A switch is a bridge in a namespace of its own, so nothing here meets the real network. Needs
root and iproute2. Everything is named after this process and taken down at the end.
"""

import itertools
import os
import shutil
import subprocess
from types import TracebackType

_numbers = itertools.count()


def why_not() -> str:
    """Say what is missing for network namespaces; empty where nothing is."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "network namespaces need iproute2"
    probe = f"farhand{os.getpid()}probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False)
    if made.returncode != 0:
        return f"network namespaces can't be made here: {made.stderr.decode().strip()}"
    _ip("netns", "delete", probe)
    return ""


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


class Network:
    """Switches and computers, by names. A computer's interfaces are named after the switches."""

    def __init__(self) -> None:
        self._prefix = f"farhand{os.getpid()}n{next(_numbers)}"
        self._namespaces: list[str] = []

    def __enter__(self) -> "Network":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for namespace in self._namespaces:
            _ip("netns", "delete", namespace)

    def add_switch(self, name: str) -> None:
        """Make a network that computers can be plugged into."""
        namespace = self._add_namespace(name)
        _ip("-n", namespace, "link", "add", "switch", "type", "bridge", "mcast_snooping", "0")
        _ip("-n", namespace, "link", "set", "switch", "up")

    def add_computer(self, name: str, **addresses: str) -> None:
        """Make a computer with an address, ADDRESS/BITS, on each of these switches."""
        self._add_namespace(name)
        for switch, address in addresses.items():
            self.plug(name, switch, address)

    def plug(self, computer: str, switch: str, address: str) -> None:
        """Give a computer an interface on a switch."""
        inside, outside = self.namespace(computer), self.namespace(switch)
        port = f"p{next(_numbers)}"
        _ip(*f"-n {inside} link add {switch} type veth peer name {port} netns {outside}".split())
        _ip("-n", outside, "link", "set", port, "master", "switch", "up")
        _ip("-n", inside, "address", "add", address, "broadcast", "+", "dev", switch)
        _ip("-n", inside, "link", "set", switch, "up")

    def renumber(self, computer: str, switch: str, address: str) -> None:
        """Take a computer's address on a switch away and give it another one."""
        inside = self.namespace(computer)
        _ip("-n", inside, "-4", "address", "flush", "dev", switch)
        _ip("-n", inside, "address", "add", address, "broadcast", "+", "dev", switch)

    def namespace(self, name: str) -> str:
        """Give the name under which the system knows a switch or a computer."""
        return f"{self._prefix}{name}"

    def _add_namespace(self, name: str) -> str:
        namespace = self.namespace(name)
        _ip("netns", "add", namespace)
        self._namespaces.append(namespace)
        _ip("-n", namespace, "link", "set", "lo", "up")
        return namespace
