"""Makes the asyncio loop that Farhand's network code runs on.

uvloop where there is one (its wake-ups and TLS cost about half of asyncio's own), asyncio's
elsewhere. The network thread of the two apps takes its loop from here; the node, which may
not know this room, from `common.server.process`.
"""

import asyncio
import sys


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make a loop that nobody runs yet; the caller runs and closes it."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop  # absent on Windows

    return uvloop.new_event_loop()
