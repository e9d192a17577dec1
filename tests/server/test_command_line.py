"""The command line of farhand-broker."""

from pathlib import Path

import pytest

from common.errors import SettingsError
from common.server.command_line import ListenAddress, parse

EVERYWHERE = "0.0.0.0"  # noqa: S104  nothing is bound here
EVERY_OPTION = [
    *("--listen", "[::1]:8443"),
    *("--database", "sqlite:///x.db"),
    *("--public-url", "https://example.org/"),
    *("--secret-file", "s"),
    "--allow-guests",
    *("--policies", "p.toml"),
    *("--organisation", "Example"),
    *("--data-dir", "d"),
    *("--limit", "claims_per_minute=99"),
    *("--limit", "codes_per_minute=77"),
    *("--log-level", "debug"),
]


def test_without_options_a_node_listens_everywhere_on_its_port() -> None:
    options = parse([])

    assert options.listen == ListenAddress(EVERYWHERE, 47111)
    assert not options.is_port_given
    assert not options.are_guests_allowed
    assert not options.is_embedded
    assert (options.database, options.public_url, options.policies_file) == (None, None, None)


def test_every_option_is_read() -> None:
    options = parse(EVERY_OPTION)

    assert options.listen == ListenAddress("::1", 8443)
    assert options.is_port_given
    assert options.database == "sqlite:///x.db"
    assert options.public_url == "https://example.org"
    assert (options.secret_file, options.policies_file) == (Path("s"), Path("p.toml"))
    assert options.are_guests_allowed
    assert (options.organisation, options.data_folder) == ("Example", Path("d"))
    assert (options.limits.claims_per_minute, options.limits.codes_per_minute) == (99, 77)
    assert options.log_level == "debug"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--no-such-option"],
        ["surplus"],
        ["--listen", "47111"],
        ["--listen", "here:"],
        ["--listen", ":47111"],
        ["--listen", "here:65536"],
        ["--listen", "here:-1"],
        ["--public-url", "http://example.org"],
        ["--public-url", "https://"],
        ["--public-url", "https://example.org/path"],
        ["--public-url", "https://example.org#0000"],
        ["--public-url", "https://user@example.org"],
        ["--public-url", "https://example.org:99999"],
        ["--organisation", "x" * 65],
        ["--log-level", "loud"],
        ["--embedded", "--allow-guests"],
        ["--allow"],
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse(arguments)

    assert left.value.code == 2
    assert "usage: farhand-broker" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_exit_with_0(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parse([option])

    assert left.value.code == 0
    assert "farhand-broker" in capsys.readouterr().out


def test_a_limit_that_is_none_is_a_setting_to_mend() -> None:
    with pytest.raises(SettingsError, match="no_such_limit"):
        parse(["--limit", "no_such_limit=1"])
