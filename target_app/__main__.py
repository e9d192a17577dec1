"""farhand-target: reads options and properties, then runs what `program.py` builds."""

import sys

from common.data_folder import open_data_folder
from common.errors import SettingsError
from common.logs import configure
from common.memory import bound_spare_memory
from common.qt.display import require_display
from target_app.command_line import Options, parse_options
from target_app.properties import load_properties


def main(arguments: list[str] | None = None) -> int:
    """Run the program; returns its exit status."""
    options = parse_options(arguments)
    bound_spare_memory()
    try:
        return _run(options)
    except SettingsError as error:
        print(f"farhand-target: {error}", file=sys.stderr)
        return 1


def _run(options: Options) -> int:
    data_folder = open_data_folder("target", options.data_folder)
    assignments = options.assignments
    if options.server is not None:
        assignments = (*assignments, f"ServerURL={options.server}")
    sources = load_properties(data_folder, assignments)
    configure(options.log_level or sources.effective.log_level, data_folder / "target.log")
    require_display()
    # Qt is imported only now: it ends the process by itself where there is no display.
    from target_app.program import TargetProgram

    return TargetProgram(options, data_folder, sources).run()


if __name__ == "__main__":
    sys.exit(main())
