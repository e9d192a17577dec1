"""That the code and what is typed stay between two people: nowhere on the way, nowhere on disk.

The interception reads all that the node reads. What it must not find is searched for as digits,
grouped, in hexadecimal and in base64, in what was sent, in logs, databases and every other file.
"""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from common.protocol.connection_code import parse
from tests.end_to_end.interception import Interception, unmasked
from tests.end_to_end.scene import Scene, wait_for_same_picture
from tests.support.waiting import wait_until

pytestmark = pytest.mark.end_to_end

TYPED = "the lighthouse keeper drinks tea at seven"


def forms_of(text: str) -> dict[str, bytes]:
    """The ways in which a text could be written down; base64 at each of three offsets, less
    the characters that depend on what stands beside it."""
    plain = text.encode()
    forms = {
        "plain": plain,
        "hexadecimal": plain.hex().encode(),
        "UTF-16": text.encode("utf-16-le"),
    }
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + plain).rstrip(b"=")
        mixed_with_next = 1 if (offset + len(plain)) % 3 else 0
        forms[f"base64 at {offset}"] = encoded[(0, 2, 3)[offset] : len(encoded) - mixed_with_next]
    return forms


def secrets_of(code: str) -> dict[str, bytes]:
    """What must be nowhere: the code, grouped too, and its secret digits."""
    parsed = parse(code)
    texts = {"code": code, "grouped code": parsed.grouped(), "secret": parsed.secret.reveal()}
    return {
        f"{name} ({form})": written
        for name, text in texts.items()
        for form, written in forms_of(text).items()
    }


@pytest.fixture
def interception(scene: Scene, tmp_path: Path) -> Iterator[Interception]:
    secret_file = scene.node.data_folder / "secret"
    with Interception(scene.node, secret_file, tmp_path) as standing:
        yield standing


def test_node_sees_neither_code_nor_keys_nor_what_is_typed(
    scene: Scene, interception: Interception
) -> None:
    typed = scene.folder / "typed.txt"
    scene.target_display.start(
        ["xterm", "-T", "Notes", "-geometry", "50x10+60+120", "-e", "sh", "-c", f"cat > {typed}"]
    )
    scene.target_display.wait_for_window("^Notes$")
    controller = scene.controller(url=interception.url)
    target = scene.target(url=interception.url)
    code = controller.start_session()
    target.enter_code_by_tray()
    target.type_code(code)
    target.confirm_code()
    target.accept()
    controller.wait_for("mode active")
    controller.click_on(wait_for_same_picture(controller, target), 100, 180)
    controller.type_in_session(TYPED)
    controller.press_in_session("Return")
    wait_until(lambda: typed.exists() and typed.read_text(), 15, "the typed line")
    controller.close_session_window()
    controller.wait_for_end()

    assert typed.read_text() == TYPED + "\n"
    seen = b"\n".join(
        unmasked(bytes(way))
        for recording in interception.recordings
        for way in (recording.to_node, recording.from_node)
    )
    assert code[:4].encode() in seen, "the routing digits are what the node does see"
    searched_for = {**secrets_of(code), **{f"typed {k}": v for k, v in forms_of(TYPED).items()}}
    assert [name for name, written in searched_for.items() if written in seen] == []


def test_nothing_that_is_kept_holds_the_code(scene: Scene) -> None:
    controller, target = scene.session()
    (line,) = (line for line in controller.events() if line.startswith("code "))
    code = line.removeprefix("code ")
    controller.close_session_window()
    controller.wait_for_end()
    scene.target_display.end(target.process)
    scene.controller_display.end(controller.process)
    scene.node.end()

    # controller.out has the lines of --print-events, for which this test asked.
    kept = [
        path
        for folder in (scene.folder, scene.controller_display.home, scene.target_display.home)
        for path in folder.rglob("*")
        if path.is_file() and path != controller.output
    ]
    assert any(path.suffix == ".db" for path in kept)
    assert any(path.name == "controller.log" for path in kept)
    assert any(path.name == "target.log" for path in kept)
    found = [
        f"{name} in {path.name}"
        for path in kept
        for name, written in secrets_of(code).items()
        if written in path.read_bytes()
    ]
    assert found == []


def test_search_finds_what_it_is_meant_to_find() -> None:
    for offset in range(3):
        for after in (b"", b"\xff", b"ab"):
            around = base64.b64encode(b"\xaa" * offset + b"2148370" + after)
            assert [name for name, form in forms_of("2148370").items() if form in around] == [
                f"base64 at {offset}"
            ]
    frame = bytes([0x81, 0x80 | 5, 1, 2, 3, 4]) + bytes(
        byte ^ mask for byte, mask in zip(b"hello", b"\1\2\3\4\1", strict=True)
    )
    assert unmasked(b"GET / HTTP/1.1\r\n\r\n" + frame).endswith(b"\nhello")
