"""What this program is, and which version of it runs."""

from importlib import metadata

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from common.qt.buttons import secondary_button
from common.qt.labels import TextStyle, label
from common.qt.tall_enough import TallEnough
from common.qt.theme import Space, application_icon
from controller_app.sentences import tr


class AboutWindow(QDialog):
    """Name, version, licence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About Farhand"))
        picture = QLabel()
        picture.setPixmap(application_icon().pixmap(QSize(64, 64), self.devicePixelRatioF()))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        version = tr("Controller, version {version}").format(version=metadata.version("farhand"))
        texts = QVBoxLayout()
        texts.setSpacing(Space.TIGHT)
        texts.addWidget(label("Farhand", TextStyle.TITLE))
        texts.addWidget(label(version, TextStyle.MUTED))
        texts.addSpacing(Space.SMALL)
        texts.addWidget(
            label(tr("Remote support with a code, through a broker that can't look in."))
        )
        texts.addWidget(label(tr("Licence: Apache 2.0"), TextStyle.SMALL))
        row = QHBoxLayout()
        row.setSpacing(Space.LARGE)
        row.addWidget(picture)
        row.addLayout(texts, 1)
        close = secondary_button(tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.WIDE, Space.WIDE, Space.WIDE, Space.WIDE)
        column.setSpacing(Space.LARGE)
        column.addLayout(row)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        self.setMinimumWidth(420)
        TallEnough(self, column)
