"""A program with one line to type into, for the tests of the sink.

    python -m tests.target.injection.typed_into_qt

Prints the whole line, as its Python literal, at each change.
"""

import sys

from PySide6.QtWidgets import QApplication, QLineEdit


def main() -> int:
    application = QApplication(sys.argv)
    line = QLineEdit()
    line.setWindowTitle("line")
    line.textChanged.connect(lambda text: print(ascii(text), flush=True))
    line.resize(400, 40)
    line.show()
    return application.exec()


if __name__ == "__main__":
    raise SystemExit(main())
