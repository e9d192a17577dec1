"""The look: icons, style sheet, light and dark."""

from collections.abc import Iterator
from importlib import resources

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QImage, QPalette
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from common.qt.colours import DARK, LIGHT
from common.qt.icons import set_icon
from common.qt.theme import Theme, Tone, application_icon, apply_theme, current_theme, icon

ICONS = sorted(
    entry.name.removesuffix(".svg")
    for entry in (resources.files("resources") / "icons").iterdir()
    if entry.name.endswith(".svg")
)


@pytest.fixture
def application(qapp: QApplication) -> Iterator[QApplication]:
    """The application without a theme before and after."""
    forget_theme(qapp)
    yield qapp
    forget_theme(qapp)


def forget_theme(application: QApplication) -> None:
    theme = application.findChild(Theme)
    if isinstance(theme, Theme):
        theme.setParent(None)
    application.setStyleSheet("")
    application.setPalette(QPalette())


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_can_be_drawn(application: QApplication, name: str) -> None:
    source = (resources.files("resources") / "icons" / f"{name}.svg").read_bytes()
    assert QSvgRenderer(source).isValid()

    image = icon(name).pixmap(QSize(20, 20)).toImage()

    assert any(image.pixelColor(x, y).alpha() for x in range(20) for y in range(20))


@pytest.mark.parametrize(
    ("scheme", "colours"), [(Qt.ColorScheme.Light, LIGHT), (Qt.ColorScheme.Dark, DARK)]
)
def test_the_style_sheet_and_the_palette_take_the_scheme(
    application: QApplication, scheme: Qt.ColorScheme, colours: object
) -> None:
    theme = apply_theme(application, scheme)

    assert theme.colours == colours
    assert application.palette().window().color().name() == theme.colours.window
    assert "$" not in application.styleSheet()


def test_an_icon_takes_the_colour_of_its_tone(application: QApplication) -> None:
    apply_theme(application, Qt.ColorScheme.Light)

    image = icon("tick", Tone.DANGER).pixmap(QSize(20, 20)).toImage()

    assert strongest_colour(image) == LIGHT.danger


def test_an_icon_is_drawn_again_when_the_colours_change(
    application: QApplication, qtbot: QtBot
) -> None:
    theme = apply_theme(application, Qt.ColorScheme.Light)
    button = QPushButton()
    qtbot.addWidget(button)
    set_icon(button, "tick")
    before = strongest_colour(button.icon().pixmap(QSize(20, 20)).toImage())

    theme.colours = DARK
    theme.changed.emit()

    after = strongest_colour(button.icon().pixmap(QSize(20, 20)).toImage())
    assert (before, after) == (LIGHT.text, DARK.text)


def test_an_action_can_have_an_icon_too(application: QApplication) -> None:
    apply_theme(application, Qt.ColorScheme.Light)
    action = QAction("An action")

    set_icon(action, "settings")

    assert not action.icon().isNull()


def test_the_theme_is_made_once(application: QApplication) -> None:
    assert current_theme() is current_theme()


def test_the_programs_icon_has_the_sizes_of_trays_and_task_bars(
    application: QApplication,
) -> None:
    sides = {size.width() for size in application_icon().availableSizes()}
    assert sides >= {16, 22, 32, 48, 256}


def strongest_colour(image: QImage) -> str:
    """The colour of the most opaque pixel."""
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(pixels, key=lambda colour: colour.alpha()).name()
