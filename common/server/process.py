"""What a node asks of its process: a quick loop and many open files."""

import asyncio
import contextlib
import sys


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Make the loop that the node runs on: uvloop, whose wake-ups and TLS cost half of
    asyncio's own; asyncio's on Windows, where there is no uvloop."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def allow_many_files() -> None:
    """Raise the soft limit of open files to the hard one, where there are such limits."""
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
