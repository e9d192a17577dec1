"""Announces what is not true: `... liar INSTANCE_NAME FINGERPRINT PORT ADDRESS`, until it ends.

It takes the name of another node's service without asking whether that is free.
"""

import asyncio
import sys

from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from common.transport.service_records import SERVICE_TYPE, DiscoveredNode, properties_of


async def lie(name: str, fingerprint: str, port: str, address: str) -> None:
    """Announce it, say so on standard output, and wait for the end of standard input."""
    node = DiscoveredNode((address,), int(port), bytes.fromhex(fingerprint), "Example IT", "desk-7")
    info = AsyncServiceInfo(
        SERVICE_TYPE,
        name,
        port=node.port,
        properties=properties_of(node),
        server=f"liar-{port}.local.",
        parsed_addresses=[address],
    )
    async with AsyncZeroconf() as zeroconf:
        await (await zeroconf.async_register_service(info, cooperating_responders=True))
        print('{"event": "Announced"}', flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(lie(*sys.argv[1:]))
