"""farhand-broker: one node process, from its command line to its exit status.

Exit status 0 after a stop that was asked for, 1 with one line on standard error for what
somebody has to mend, 2 for wrong usage.
"""

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import Callable, Sequence

from common import data_folder, logs, memory
from common.errors import SettingsError
from common.server import command_line, embedded, process
from common.server.service import Served, Start, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a node until it is told to stop; return the exit status."""
    try:
        options = command_line.parse(sys.argv[1:] if arguments is None else arguments)
        logs.configure(options.log_level)
        folder = data_folder.open_data_folder("broker", options.data_folder)
        token_hash = embedded.read_token_hash() if options.is_embedded else None
        process.allow_many_files()
        with asyncio.Runner(loop_factory=process.new_event_loop) as runner:
            runner.run(_run(Start(options, folder, token_hash)))
    except SettingsError as error:
        print(f"farhand-broker: {_one_line(error)}", file=sys.stderr)
        return 1
    return 0


async def _run(start: Start) -> None:
    stop = asyncio.Event()
    _stop_on_signals(stop)
    if start.options.is_embedded:
        embedded.watch_parent(_thread_safe(stop))
    await serve(start, stop, _say_ready)


def _thread_safe(stop: asyncio.Event) -> Callable[[], None]:
    loop = asyncio.get_running_loop()

    def set_stop() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: it has stopped already
            loop.call_soon_threadsafe(stop.set)

    return set_stop


def _stop_on_signals(stop: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":  # its loop knows no signals
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
        else:
            loop.add_signal_handler(number, stop.set)


def _say_ready(served: Served) -> None:
    gc.collect()
    memory.freeze_start()
    memory.give_memory_back()
    print(f"ready {served.url}", flush=True)


def _one_line(error: SettingsError) -> str:
    return " ".join(str(error).split())


if __name__ == "__main__":
    sys.exit(main())
