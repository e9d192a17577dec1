"""That the documents say what is so: their links lead somewhere, their tables are the code's."""

import re
from enum import Enum
from pathlib import Path

import msgspec
import pytest

from common.protocol.policies import Policies
from target_app.properties import TargetProperties
from tests.support.import_graph import ROOT

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/**/*.md")])
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
ROW = re.compile(r"^\| `(\w+)` \| `([^`]*)` \|", re.MULTILINE)
OPTION = re.compile(r"--[a-z][a-z-]+")
SOURCE_PATH = re.compile(r"`((?:common|controller_app|target_app|tests)/[\w/]+(?:\.py)?)`")


def written(value: object) -> str:
    """A default as a settings file would have it."""
    plain = value.value if isinstance(value, Enum) else value
    if isinstance(plain, str):
        return f'"{plain}"'
    return str(plain).lower()


def defaults(settings: msgspec.Struct) -> dict[str, str]:
    fields = msgspec.structs.fields(settings)
    return {each.encode_name: written(getattr(settings, each.name)) for each in fields}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_paths_lead_to_files(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    near = [target for target in LINK.findall(text) if not target.startswith("https://")]
    dead = [target for target in near if not (document.parent / target).exists()]
    dead += [named for named in SOURCE_PATH.findall(text) if not (ROOT / named).exists()]

    assert dead == []


def test_table_of_policies_is_that_of_the_code() -> None:
    text = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
    policies, _, properties = text.partition("## Target properties")

    assert dict(ROW.findall(policies)) == defaults(Policies())
    assert dict(ROW.findall(properties)) == defaults(TargetProperties())


@pytest.mark.parametrize("program", ["controller", "target", "broker"])
def test_options_in_the_read_me_are_those_of_the_command(program: str) -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    (row,) = (line for line in lines if line.startswith(f"| `farhand-{program}` |"))
    folder = {"broker": "common/server"}.get(program, f"{program}_app")
    command_line = (ROOT / folder / "command_line.py").read_text(encoding="utf-8")

    unknown = [option for option in OPTION.findall(row) if f'"{option}"' not in command_line]
    assert unknown == []
