"""A program that holds keys and a button by the X11 sink until it is killed.

    python -m tests.target.injection.held_and_killed

Prints the watchdog's process id once everything is down.
"""

import os
import signal

from common.protocol.physical_keys import usage_of
from common.protocol.session_messages import PointerButton
from target_app.injection.watchdog import X11_MODULE, Watchdog
from target_app.injection.x11_connection import X11Connection
from target_app.injection.x11_sink import X11Sink


def main() -> None:
    display_name = os.environ["DISPLAY"]
    watchdog = Watchdog(X11_MODULE, display_name)
    sink = X11Sink(X11Connection(display_name), watchdog)
    sink.press_key(usage_of("ControlLeft"), "")
    sink.press_key(usage_of("ShiftLeft"), "")
    sink.press_key(usage_of("Digit7"), "/")
    sink.press_key(0, "漢")
    sink.press_button(PointerButton.LEFT)
    print(watchdog.process_id, flush=True)
    signal.pause()


if __name__ == "__main__":
    main()
