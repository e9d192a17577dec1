"""Makes the asyncio loop that Farhand's network code runs on.

uvloop where there is one (its wake-ups and TLS cost about half of asyncio's own), asyncio's
elsewhere. The network thread of the two apps and the node take their loop from here.
"""

import asyncio
import sys


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make a loop that nobody runs yet; the caller runs and closes it."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop  # absent on Windows

    return uvloop.new_event_loop()
