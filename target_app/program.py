"""Builds the target program once: network thread, runner, windows; and runs it to its end.

The end is a sequence: the session says goodbye, the network thread ends within its bounds,
the windows go, Qt quits.
"""

import getpass
import os
import platform
import socket
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from common.memory import freeze_start
from common.protocol.policies import Policies
from common.qt.application import make_application
from common.qt.at_rest import MemoryAtRest
from common.qt.end_signals import EndSignals
from common.qt.network_thread import NetworkThread
from common.qt.theme import apply_theme
from common.transport.discovery import Discovery
from common.transport.event_loop import new_event_loop
from common.transport.known_servers import KnownServers
from target_app.command_line import Options
from target_app.desktop import DesktopOptions, TargetDesktop
from target_app.hot_key.chooser import choose_hot_key
from target_app.network_commands import NetworkCommands
from target_app.own_windows import OwnWindowWatch
from target_app.properties import PropertySources, TargetProperties, as_policies
from target_app.screen_and_input import Post, ScreenAndInput
from target_app.server_choice import server_addresses
from target_app.session_runner import Computer, RunnerParts, TargetRunner
from target_app.single_instance import EnterCodeRequest, ShowRequest, hand_over, take_place


class TargetProgram(QObject):
    """One run of farhand-target."""

    def __init__(self, options: Options, data_folder: Path, sources: PropertySources) -> None:
        self._application = make_application("farhand-target")
        super().__init__()
        self._options = options
        self._data_folder = data_folder
        self._sources = sources
        self._properties = sources.effective

    def run(self) -> int:
        """Run until the user quits; or hand over to the program that runs already."""
        instance = take_place(self._data_folder)
        if instance is None:
            code = self._options.code
            request = EnterCodeRequest(code) if code else ShowRequest()
            return 0 if hand_over(self._data_folder, request) else 1
        apply_theme(self._application)
        self._build()
        instance.asked.connect(self._desktop.take_request)
        end_signals = EndSignals(self)
        end_signals.asked.connect(self._desktop.quit)
        self._desktop.start()
        if self._options.code:
            self._desktop.enter_code(self._options.code)
        self._network.start(self._runner.run)
        freeze_start()
        status = self._application.exec()
        end_signals.close()
        instance.close()
        self._network.join()
        return status

    def _build(self) -> None:
        known_servers = KnownServers(self._data_folder)
        self._own_windows = OwnWindowWatch(self._application)
        self._network = NetworkThread(new_event_loop, self)
        properties = self._properties
        self._runner = TargetRunner(
            RunnerParts(
                computer=this_computer(),
                known_servers=known_servers,
                own_policies=self._own_policies,
                share_desktop=self._share_desktop,
                search=Discovery(known_servers.fingerprints),
            ),
            server_addresses(properties.server_url, properties.broker_list),
            self._network.publish,
        )
        self._commands = NetworkCommands(self._network, self._runner)
        self._desktop = TargetDesktop(
            self._application,
            self._commands,
            DesktopOptions(
                data_folder=self._data_folder,
                sources=self._sources,
                is_server_known=bool(known_servers.all()),
                is_hidden=self._options.is_hidden,
                environment=dict(os.environ),
                hot_key=choose_hot_key(os.environ),
            ),
        )
        self._network.event_arrived.connect(self._desktop.handle)
        self._network.event_arrived.connect(MemoryAtRest(self).handle)
        self._network.stopped.connect(self._quit)
        self._desktop.quit_asked.connect(self._end)
        self._desktop.properties_changed.connect(self._take_properties)

    def _own_policies(self) -> Policies:
        """The properties as policies; called on the network thread, reads one reference."""
        return as_policies(self._properties)

    def _share_desktop(self, post: Post) -> ScreenAndInput:
        """Make what one session needs of this computer; called on the network thread."""
        return ScreenAndInput(post, self._own_windows.latest)

    @Slot(object)
    def _take_properties(self, properties: TargetProperties) -> None:
        self._properties = properties
        addresses = server_addresses(properties.server_url, properties.broker_list)
        self._network.call(self._runner.use_servers, addresses)

    @Slot()
    def _end(self) -> None:
        self._network.stop(self._runner.quit)

    @Slot()
    def _quit(self) -> None:
        self._desktop.close()
        self._application.quit()


def this_computer() -> Computer:
    """Say what this computer is called, who uses it, and what it runs."""
    return Computer(
        name=socket.gethostname()[:64] or "unnamed",
        user_name=_user_name()[:64],
        operating_system=_operating_system()[:64],
    )


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in the system's list
        return ""


def _operating_system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return f"{platform.system()} {platform.release()}"
