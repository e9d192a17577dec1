"""The session window: the target's screen, a slim bar, and words where there is no picture.

Binds SessionViewModel to the widgets. It decides only what is of windows: size, full
screen, and where the bar is.
"""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QCloseEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from controller_app.key_combinations import (
    CONTROL_ALT_DELETE,
    KEY_COMBINATIONS,
    KeyCombination,
)
from controller_app.key_mapping import HotKey
from controller_app.picture_patches import PicturePatches
from controller_app.remote_screen import RemoteScreen
from controller_app.session_bar import SessionBar
from controller_app.session_view_model import SessionPhase, SessionState, SessionViewModel
from controller_app.sliding_bar import SlidingBar
from controller_app.stage_message import StageMessage

_USUAL_WIDTH, _USUAL_HEIGHT = 1120, 720
_LARGEST_PART_OF_SCREEN = 0.92


class SessionWindow(QWidget):
    """One session's window. `is_bare`: it fills the screen and no bar comes by itself."""

    new_session_asked = Signal()
    closed = Signal()

    def __init__(
        self, view_model: SessionViewModel, patches: PicturePatches, is_bare: bool = False
    ) -> None:
        super().__init__()
        self._view_model = view_model
        self._is_bare = is_bare
        self._has_fitted_window = False
        self.bar = SessionBar()
        self.screen_widget = RemoteScreen(view_model, patches)
        self.message = StageMessage()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.message)
        self._stack.addWidget(self.screen_widget)
        self._sliding = SlidingBar(self.bar)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.bar)
        self._column.addWidget(self._stack, 1)
        self._fill_keys_menu()
        self._connect()
        self.setMinimumSize(480, 320)
        self.resize(_USUAL_WIDTH, _USUAL_HEIGHT)
        self.bar.show_size(is_exact=False)
        self.bar.show_full_screen(is_full_screen=False)
        self._is_exact = False
        self._show_state(view_model.state)

    def open(self) -> None:
        """Show the window, bare over the whole screen where that was asked for."""
        if not self._is_bare:
            self.show()
        else:
            # Without a window manager nobody else makes a window as large as the screen.
            self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
            self.setGeometry(self.screen().geometry())
            self._enter_full_screen()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.screen_widget.forget_picture()
        self._view_model.close()
        self.closed.emit()

    def _connect(self) -> None:
        self.bar.disconnect_button.clicked.connect(self._view_model.disconnect_session)
        self.bar.size_button.clicked.connect(self._change_size)
        self.bar.full_screen_button.clicked.connect(self._change_full_screen)
        self.bar.keyboard_button.clicked.connect(self._change_keyboard)
        self.bar.left.connect(self._bar_left)
        self.screen_widget.hot_key_pressed.connect(self._obey_hot_key)
        self.screen_widget.top_touched.connect(self._top_touched)
        self.screen_widget.size_known.connect(self._fit_window)
        self.message.close_button.clicked.connect(self.close)
        self.message.new_session_button.clicked.connect(self.new_session_asked)
        self._view_model.state_changed.connect(self._show_state)

    def _fill_keys_menu(self) -> None:
        self.bar.control_alt_delete_button.setText(CONTROL_ALT_DELETE.name)
        for combination in KEY_COMBINATIONS:
            self.bar.keys_menu.addAction(combination.name).setData(combination)
        self.bar.keys_menu.triggered.connect(self._send_combination)
        self.bar.control_alt_delete_button.clicked.connect(self._send_control_alt_delete)

    @Slot(QAction)
    def _send_combination(self, action: QAction) -> None:
        combination = action.data()
        if isinstance(combination, KeyCombination):
            self._view_model.send(*combination.messages())

    @Slot()
    def _send_control_alt_delete(self) -> None:
        self._view_model.send(*CONTROL_ALT_DELETE.messages())

    @Slot(object)
    def _show_state(self, state: SessionState) -> None:
        self.setWindowTitle(state.title or "Farhand")
        self.bar.show_state(state)
        self.message.show_state(state)
        if state.phase is SessionPhase.SHOWING:
            self._show_picture()
        else:
            self._stack.setCurrentWidget(self.message)
        if state.phase is SessionPhase.ENDED:
            self._show_end()

    def _show_picture(self) -> None:
        if self._stack.currentWidget() is not self.screen_widget:
            self._stack.setCurrentWidget(self.screen_widget)
            self.screen_widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_end(self) -> None:
        self.screen_widget.forget_picture()
        if self.isFullScreen() and not self._is_bare:
            self._leave_full_screen()
        self.message.new_session_button.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _change_size(self) -> None:
        self._is_exact = not self._is_exact
        self.screen_widget.show_exactly(self._is_exact)
        self.bar.show_size(self._is_exact)

    @Slot(int, int)
    def _fit_window(self, width: int, height: int) -> None:
        """Make the window as large as the target's screen, once, where it has the room."""
        if self._has_fitted_window or self.isFullScreen() or self.isMaximized():
            return
        self._has_fitted_window = True
        ratio = self.devicePixelRatioF()
        room = self.screen().availableSize() * _LARGEST_PART_OF_SCREEN
        bar_height = self.bar.sizeHint().height()
        scale = min(
            1.0, room.width() / (width / ratio), (room.height() - bar_height) / (height / ratio)
        )
        self.resize(round(width / ratio * scale), round(height / ratio * scale) + bar_height)
        self._centre()

    def _centre(self) -> None:
        """A window that has grown where it stood may reach over the edge of the screen."""
        frame = self.frameGeometry()
        frame.setSize(frame.size() - self.geometry().size() + self.size())
        frame.moveCenter(self.screen().availableGeometry().center())
        self.move(frame.topLeft())

    # Full screen and the bar.

    @Slot()
    def _change_full_screen(self) -> None:
        if self.isFullScreen():
            self._leave_full_screen()
        else:
            self._enter_full_screen()

    def _enter_full_screen(self) -> None:
        self._column.removeWidget(self.bar)
        self._sliding.hang(self)
        self.bar.show_full_screen(is_full_screen=True)
        self.screen_widget.follow_pointer(True)
        self.showFullScreen()
        self.screen_widget.setFocus(Qt.FocusReason.OtherFocusReason)

    def _leave_full_screen(self) -> None:
        self._sliding.release()
        self._column.insertWidget(0, self.bar)
        self.bar.show()
        self.bar.show_full_screen(is_full_screen=False)
        self.screen_widget.follow_pointer(False)
        self.showNormal()

    @Slot()
    def _top_touched(self) -> None:
        if self.isFullScreen() and not self._is_bare:
            self._sliding.slide_in()

    @Slot()
    def _bar_left(self) -> None:
        if self.isFullScreen() and not self.bar.holds_focus():
            self._sliding.slide_out()

    # Keyboard.

    @Slot(object)
    def _obey_hot_key(self, hot_key: HotKey) -> None:
        match hot_key:
            case HotKey.GIVE_KEYBOARD_BACK:
                self._bring_keyboard_here()
            case HotKey.FULL_SCREEN:
                self._change_full_screen()
            case HotKey.DISCONNECT:
                self._view_model.disconnect_session()

    def _bring_keyboard_here(self) -> None:
        """The keyboard works the bar now, which shows where it does not."""
        if self.isFullScreen():
            self._sliding.slide_in()
        self.bar.keyboard_button.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @Slot()
    def _change_keyboard(self) -> None:
        if self.screen_widget.hasFocus():
            self._bring_keyboard_here()
            return
        self.screen_widget.setFocus(Qt.FocusReason.OtherFocusReason)
        if self.isFullScreen():
            self._sliding.slide_out()
