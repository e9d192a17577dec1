"""farhand-controller: reads options and settings, then runs what `program.py` builds."""

import sys

import msgspec

from common.data_folder import open_data_folder
from common.errors import SettingsError
from common.logs import configure
from common.memory import bound_spare_memory
from common.protocol.policies import load_policies
from common.qt.display import require_display
from common.settings import load_settings
from controller_app.command_line import Options, parse_options
from controller_app.settings import SETTINGS_FILE, ControllerSettings, server_problem


def main(arguments: list[str] | None = None) -> int:
    """Run the program; returns its exit status."""
    options = parse_options(arguments)
    bound_spare_memory()
    try:
        return _run(options)
    except SettingsError as error:
        print(f"farhand-controller: {error}", file=sys.stderr)
        return 1


def _run(options: Options) -> int:
    data_folder = open_data_folder("controller", options.data_folder)
    stored = load_settings(data_folder / SETTINGS_FILE, ControllerSettings)
    settings = with_options(stored, options)
    if options.policies_file is not None:
        load_policies(options.policies_file)  # the node reads it; this tells a mistake at once
    configure(options.log_level, data_folder / "controller.log")
    require_display()
    # Qt is imported only now: it ends the process by itself where there is no display.
    from controller_app.program import ControllerProgram

    return ControllerProgram(options, data_folder, settings).run()


def with_options(settings: ControllerSettings, options: Options) -> ControllerSettings:
    """Put the command line's server over the settings file's. Raises SettingsError."""
    if options.server is None:
        return settings
    problem = server_problem(options.server)
    if problem:
        raise SettingsError("--server", problem)
    return msgspec.structs.replace(settings, server=options.server)


if __name__ == "__main__":
    sys.exit(main())
