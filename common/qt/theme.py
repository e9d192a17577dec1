"""How both programs look: colours for light and dark, type and spacing, icons.

`apply_theme` is called once by each program. It sets a style sheet and a palette over Qt's
Fusion style, so that every platform looks the same, and follows the system between light
and dark. Fonts are the system's. Icons are SVG of our own in `resources/icons`, drawn in
one colour that is put in here. Widgets get their look by `text_style` and `kind`
properties, which the style sheet in `resources/styles` knows.
"""

from enum import Enum
from functools import lru_cache
from importlib import resources
from string import Template
from typing import Final

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QStyleFactory

from common.qt.colours import DARK, LIGHT, Colours


class Space:
    """Distances in device-independent pixels: multiples of four, used everywhere."""

    TIGHT: Final = 4
    SMALL: Final = 8
    MEDIUM: Final = 12
    LARGE: Final = 16
    WIDE: Final = 24


SMALLEST_FONT_POINTS: Final = 10.0
"""Without a desktop's font setting Qt falls back to 9 points, which is small to read."""


class Tone(Enum):
    """What an icon's colour stands for; the value is the name in Colours."""

    TEXT = "text"
    MUTED = "muted"
    ON_FILL = "on_fill"
    ACCENT = "accent"
    OK = "ok"
    WARNING = "warning"
    DANGER = "danger"


class Theme(QObject):
    """The look of the running application; there is one, a child of the application."""

    changed = Signal()
    """Other colours, or a screen of another scale: draw again what was drawn with `colours`
    or `icon`."""

    def __init__(self, application: QApplication, scheme: Qt.ColorScheme | None) -> None:
        super().__init__(application)
        self._application = application
        self._fixed_scheme = scheme
        self._base_points = max(application.font().pointSizeF(), SMALLEST_FONT_POINTS)
        self.colours: Colours = LIGHT
        hints = application.styleHints()
        hints.colorSchemeChanged.connect(self._apply)
        application.screenAdded.connect(self.changed)
        self._apply()

    @property
    def base_points(self) -> float:
        """The size of body text in points."""
        return self._base_points

    @Slot()
    def _apply(self) -> None:
        scheme = self._fixed_scheme or self._application.styleHints().colorScheme()
        self.colours = DARK if scheme == Qt.ColorScheme.Dark else LIGHT
        font = QFont(self._application.font())
        font.setPointSizeF(self._base_points)
        self._application.setFont(font)
        self._application.setPalette(_palette(self.colours))
        self._application.setStyleSheet(_style_sheet(self.colours, self._base_points))
        self.changed.emit()


def apply_theme(application: QApplication, scheme: Qt.ColorScheme | None = None) -> Theme:
    """Give the application its look and keep it so. `scheme` fixes light or dark."""
    application.setStyle(QStyleFactory.create("Fusion"))
    return Theme(application, scheme)


def current_theme() -> Theme:
    """Return the theme that apply_theme has made; make it where nobody did."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise RuntimeError("there is no QApplication")
    theme = application.findChild(Theme)
    return theme if isinstance(theme, Theme) else apply_theme(application)


def icon(name: str, tone: Tone = Tone.TEXT, size: int = 20, gap: int = 0) -> QIcon:
    """Draw the icon of that name in the current colours, `size` device-independent pixels
    and a `gap` to its right, which Qt's buttons leave too narrow.

    Sharp at the scale of every screen; greyed when disabled. It does not follow a later change of
    the colours: use `icons.set_icon` for what stays on screen.
    """
    colours = current_theme().colours
    result = QIcon()
    for scale in sorted({screen.devicePixelRatio() for screen in QApplication.screens()}):
        for mode, colour in (
            (QIcon.Mode.Normal, getattr(colours, tone.value)),
            (QIcon.Mode.Disabled, colours.faint),
        ):
            result.addPixmap(icon_pixmap(name, colour, size, scale, gap), mode)
    return result


def icon_pixmap(name: str, colour: str, size: int, scale: float, gap: int = 0) -> QPixmap:
    """Draw one icon in one colour for one device pixel ratio."""
    pixmap = QPixmap(QSize(round((size + gap) * scale), round(size * scale)))
    pixmap.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(_icon_source(name).replace("currentColor", colour).encode()))
    renderer.setAspectRatioMode(Qt.AspectRatioMode.KeepAspectRatio)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, round(size * scale), round(size * scale)))
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


def application_icon(name: str = "farhand") -> QIcon:
    """Return the icon of the program, in its own colours, for windows and the tray."""
    result = QIcon()
    for side in (16, 22, 24, 32, 48, 64, 128, 256):
        result.addPixmap(icon_pixmap(name, LIGHT.text, side, 1.0))
    return result


@lru_cache(maxsize=64)
def _icon_source(name: str) -> str:
    return (resources.files("resources") / "icons" / f"{name}.svg").read_text("utf-8")


def _style_sheet(colours: Colours, base_points: float) -> str:
    source = (resources.files("resources") / "styles" / "farhand.qss").read_text("utf-8")
    values = {name: str(getattr(colours, name)) for name in Colours.__dataclass_fields__}
    sizes = {
        "small_size": base_points * 0.9,
        "body_size": base_points,
        "heading_size": base_points * 1.2,
        "title_size": base_points * 1.65,
        "code_size": base_points * 3.2,
    }
    points = {name: f"{size:.1f}pt" for name, size in sizes.items()}
    tick = resources.files("resources") / "icons" / "tick-on-fill.svg"
    return Template(source).substitute(values, **points, tick_path=str(tick).replace("\\", "/"))


def _palette(colours: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for target, value in (
        (role.Window, colours.window),
        (role.WindowText, colours.text),
        (role.Base, colours.surface),
        (role.AlternateBase, colours.raised),
        (role.Text, colours.text),
        (role.PlaceholderText, colours.muted),
        (role.Button, colours.surface),
        (role.ButtonText, colours.text),
        (role.BrightText, colours.on_fill),
        (role.Highlight, colours.accent_fill),
        (role.HighlightedText, colours.on_fill),
        (role.Accent, colours.accent_fill),
        (role.Link, colours.accent),
        (role.LinkVisited, colours.accent),
        (role.ToolTipBase, colours.tooltip),
        (role.ToolTipText, colours.on_tooltip),
        (role.Light, colours.raised),
        (role.Midlight, colours.raised),
        (role.Mid, colours.border),
        (role.Dark, colours.field_border),
        (role.Shadow, "#000000"),
    ):
        palette.setColor(target, QColor(value))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, QColor(colours.faint))
    return palette
