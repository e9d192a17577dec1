"""Builds the controller program once: network thread, runner, windows; and runs it to its end.

The end is a sequence: the session says goodbye, the network thread ends within its bounds and
the embedded node with it, the windows go, Qt quits.
"""

import socket
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from common.memory import freeze_start
from common.qt.application import make_application
from common.qt.at_rest import MemoryAtRest
from common.qt.end_signals import EndSignals
from common.qt.network_thread import NetworkThread
from common.qt.theme import application_icon, apply_theme
from common.settings import save_settings
from common.transport.event_loop import new_event_loop
from controller_app.command_line import Options
from controller_app.connection import NodeChoice
from controller_app.embedded_node import EmbeddedNodeOptions
from controller_app.event_lines import EventLines
from controller_app.network_commands import NetworkCommands
from controller_app.picture_patches import PicturePatches
from controller_app.session_runner import ControllerRunner, RunnerSettings, Technician
from controller_app.settings import SETTINGS_FILE, ControllerSettings
from controller_app.windows import ControllerWindows, WindowOptions

NODE_FOLDER = "node"
"""In the controller's data folder: the embedded node's own."""


class ControllerProgram(QObject):
    """One run of farhand-controller."""

    def __init__(self, options: Options, data_folder: Path, settings: ControllerSettings) -> None:
        self._application = make_application("farhand-controller")
        super().__init__()
        self._options = options
        self._data_folder = data_folder
        self._settings = settings
        self._event_lines = EventLines()

    def run(self) -> int:
        """Run until the last window is closed, or the system asks for the end."""
        apply_theme(self._application)
        self._application.setWindowIcon(application_icon())
        self._application.setQuitOnLastWindowClosed(False)
        self._build()
        end_signals = EndSignals(self)
        end_signals.asked.connect(self._end)
        if not self._options.is_session_started:
            self._windows.open()
        self._network.start(self._runner.run)
        if self._options.is_session_started:
            self._windows.start_session()
        freeze_start()
        status = self._application.exec()
        end_signals.close()
        self._network.join()
        return status

    def _build(self) -> None:
        settings = self._settings
        self._network = NetworkThread(new_event_loop, self)
        patches = PicturePatches()
        self._runner = ControllerRunner(self._runner_settings(), self._network.publish, patches)
        self._windows = ControllerWindows(
            NetworkCommands(self._network, self._runner),
            patches,
            WindowOptions(settings, self._save, is_bare=self._options.is_full_screen),
        )
        self._network.event_arrived.connect(self._handle)
        self._network.event_arrived.connect(MemoryAtRest(self).handle)
        self._network.stopped.connect(self._quit)
        self._windows.quit_asked.connect(self._end)

    def _runner_settings(self) -> RunnerSettings:
        options, settings = self._options, self._settings
        node_options = EmbeddedNodeOptions(
            self._data_folder / NODE_FOLDER,
            port=options.port,
            policies_file=options.policies_file,
            organisation=settings.organisation,
            log_level=options.log_level,
        )
        technician = Technician(
            name=settings.technician or "Technician",
            organisation=settings.organisation,
            computer_name=socket.gethostname()[:64] or "unnamed",
        )
        return RunnerSettings(
            technician=technician,
            mode=options.mode,
            node=NodeChoice(
                settings.server, node_options, technician.organisation, technician.computer_name
            ),
            data_folder=self._data_folder,
        )

    @Slot(object)
    def _handle(self, event: object) -> None:
        if self._options.are_events_printed:
            for line in self._event_lines.lines(event):
                print(line, flush=True)
        self._windows.handle(event)

    def _save(self, settings: ControllerSettings) -> None:
        save_settings(self._data_folder / SETTINGS_FILE, settings)

    @Slot()
    def _end(self) -> None:
        self._network.stop(self._runner.quit)

    @Slot()
    def _quit(self) -> None:
        self._windows.close_all()
        self._application.quit()
