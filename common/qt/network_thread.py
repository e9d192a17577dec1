"""One asyncio loop beside Qt: the only class that knows both.

It owns the loop, the thread that the loop runs on, and the way between the two threads.
Towards Qt an immutable event is published and arrives as `event_arrived`; towards asyncio a
function is called soon. Nobody waits for an answer: answers are events. What runs on the
loop is a program's own runner, handed in as a coroutine; this class knows nothing of it.

The end is a sequence with bounds: ask, cancel, give up. An exception that nobody handled is
logged with its traceback and ends the program with exit status 1.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal, Slot

from common.logs import Log

ASK_SECONDS: Final = 3.0
"""What the main coroutine gets to say goodbye and return before it is cancelled."""
CANCEL_SECONDS: Final = 2.0
"""What it gets after that before the thread is left to die with the process."""

_log = Log(__name__)

LoopFactory = Callable[[], asyncio.AbstractEventLoop]
MainCoroutine = Callable[[], Coroutine[None, None, None]]


class NetworkThread(QObject):
    """Runs one coroutine on one loop on a thread of its own, once.

    Every signal is emitted on the Qt thread, whatever it is connected to.
    """

    event_arrived = Signal(object)
    """An immutable event that the network side published, in the order of publishing."""
    stopped = Signal()
    """The loop has ended, by request or by failure, or was given up; emitted once."""

    _crossing = Signal(object)
    _thread_ended = Signal()

    def __init__(self, loop_factory: LoopFactory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._loop = loop_factory()
        self._thread: threading.Thread | None = None
        self._main_task: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self._is_stopping = False
        self._is_over = False
        queued = Qt.ConnectionType.QueuedConnection
        self._crossing.connect(self._deliver, queued)
        self._thread_ended.connect(self._finish, queued)
        self._giving_up = QTimer(self)
        self._giving_up.setSingleShot(True)
        self._giving_up.timeout.connect(self._finish)

    def start(self, main: MainCoroutine) -> None:
        """Start the thread and run the coroutine there. Call it once."""
        if self._thread is not None:
            raise RuntimeError("the network thread was started before")
        self._thread = threading.Thread(target=self._run, args=(main,), name="network", daemon=True)
        self._thread.start()

    def call(self, function: Callable[..., None], *arguments: object) -> None:
        """Run function on the network thread, soon. Never waits, never returns a value.

        After the end of the loop it does nothing.
        """
        try:
            self._loop.call_soon_threadsafe(self._guard, function, arguments)
        except RuntimeError:
            if not self._loop.is_closed():
                raise

    def publish(self, event: object) -> None:
        """Hand an immutable event to the Qt thread. For the network thread and its helpers."""
        self._crossing.emit(event)

    def stop(self, ask: Callable[[], None] | None = None) -> None:
        """Begin the end: `ask` the main coroutine to return, later cancel it, later give up.

        Without `ask` it is cancelled at once. Does not wait; `stopped` follows in any case.
        """
        if self._is_stopping or self._is_over:
            return
        self._is_stopping = True
        if self._thread is None:
            self._loop.close()
            QTimer.singleShot(0, self._finish)
            return
        self._giving_up.start(round((ASK_SECONDS + CANCEL_SECONDS) * 1000))
        if ask is not None:
            self.call(ask)
        self.call(self._cancel_after, ASK_SECONDS if ask is not None else 0.0)

    def join(self, timeout_seconds: float = ASK_SECONDS + CANCEL_SECONDS) -> bool:
        """Wait for the thread's end; only for the last step of a shutdown. True: it ended."""
        if self._thread is None:
            return True
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    # On the network thread.

    def _run(self, main: MainCoroutine) -> None:
        """Top of the network thread: the one place where any exception is caught."""
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._keep_main(main))
        except asyncio.CancelledError:
            pass  # stop() or a failed call asked for it
        except Exception as error:
            self._note_failure(error)
        finally:
            self._thread_ended.emit()

    async def _keep_main(self, main: MainCoroutine) -> None:
        self._main_task = asyncio.current_task()
        if self._failure is None:  # a call that came before the start may have failed
            await main()

    def _guard(self, function: Callable[..., None], arguments: tuple[object, ...]) -> None:
        """Run what call() was given. A bug in it ends the loop, not just this one call."""
        try:
            function(*arguments)
        except Exception as error:
            self._note_failure(error)
            self._cancel_main()

    def _note_failure(self, error: Exception) -> None:
        """To be called while the exception is being handled: its traceback goes to the log."""
        _log.exception("the network thread failed")
        self._failure = self._failure or error

    def _cancel_after(self, seconds: float) -> None:
        self._loop.call_later(seconds, self._cancel_main)

    def _cancel_main(self) -> None:
        if self._main_task is not None:
            self._main_task.cancel()

    # On the Qt thread.

    @Slot(object)
    def _deliver(self, event: object) -> None:
        self.event_arrived.emit(event)

    @Slot()
    def _finish(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._giving_up.stop()
        if self._thread is not None and not self.join(0.1):
            _log.error("the network thread did not end in time and is left behind")
        self.stopped.emit()
        if self._failure is not None:
            QCoreApplication.exit(1)
