"""Windows grow with their words."""

from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from common.qt.labels import label
from common.qt.tall_enough import TallEnough


def test_a_window_grows_with_its_words_and_never_cuts_them_off(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    words = label("short")
    column.addWidget(words)
    TallEnough(window, column)
    window.setFixedWidth(200)
    window.show()
    before = window.height()

    words.setText("many words, which do not fit into one line of this window " * 6)
    QApplication.sendPostedEvents()
    window.resize(200, 10)

    assert window.height() > before
    assert words.height() >= words.heightForWidth(words.width())
