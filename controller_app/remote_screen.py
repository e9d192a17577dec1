"""The widget that shows the target's screen and takes the technician's gestures for it.

It paints what the picture slot brings as soon as it is told of it, and only what changed.
Pointer and wheel become places on the target's screen by `viewport.py`; keys go through
`keyboard.py` while the widget has the focus. What a gesture means in the session is the
view-model's business.
"""

from typing import Final

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea

from common.protocol.session_messages import CursorShape
from common.screen.rectangle import Rectangle
from controller_app.keyboard import Keyboard
from controller_app.picture_patches import PicturePatches
from controller_app.pointer_gestures import PointerGestures
from controller_app.remote_cursor import RemoteCursor
from controller_app.remote_picture import RemotePicture
from controller_app.session_view_model import SessionState, SessionViewModel
from controller_app.viewport import Size, Viewport, beside, exact, fitted, scroll_range, scrolled_to

STAGE_COLOUR: Final = "#101215"
"""Round the picture, in light and dark: it must not compete with the picture."""
_EDGE_PIXELS: Final = 2


class PatchSignal(QObject):
    """Wakes the Qt thread when the picture slot fills; called on the decode thread."""

    filled = Signal()


class RemoteScreen(QAbstractScrollArea):
    """Shows the picture fitted or exact; with the focus, keys go to the target."""

    size_known = Signal(int, int)
    """A new layout: the target's screen has so many pixels."""
    hot_key_pressed = Signal(object)
    """A HotKey of the controller's own, which the target never sees."""
    top_touched = Signal()
    """The pointer touches the top edge, without a button pressed."""

    def __init__(self, view_model: SessionViewModel, patches: PicturePatches) -> None:
        super().__init__()
        self._view_model = view_model
        self._patches = patches
        self._picture = RemotePicture()
        self._cursor = RemoteCursor()
        self._pointer = PointerGestures(view_model)
        self._keyboard = Keyboard(view_model)
        self._target_pointer: tuple[int, int] | None = None
        self._is_exact = False
        self._follows_pointer = False
        self._scrolled = (0, 0)
        self._may_control = False
        self._viewport: Viewport | None = None
        self._set_up()
        self._signal = PatchSignal(self)
        self._signal.filled.connect(self.take_patches, Qt.ConnectionType.QueuedConnection)
        patches.became_available = self._signal.filled.emit
        view_model.state_changed.connect(self._show_state)
        view_model.cursor_shaped.connect(self._use_shape)
        view_model.cursor_moved.connect(self._move_target_pointer)
        view_model.cursor_hidden.connect(self._hide_cursor)
        self._show_state(view_model.state)
        # What came before there was a window, taken once this one is whole: it makes the
        # view-model speak, and whoever listens must find this window rather than build another.
        self._signal.filled.emit()

    def _set_up(self) -> None:
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setMouseTracking(True)
        for bar in (self.horizontalScrollBar(), self.verticalScrollBar()):
            bar.setSingleStep(40)
            bar.valueChanged.connect(self._scroll)

    # Picture.

    @Slot()
    def take_patches(self) -> None:
        """Take what the slot holds and paint it at once."""
        change = self._patches.take()
        if change is None:
            return
        places = self._picture.apply(change)
        if change.is_new_layout:
            self._view_model.layout_received()
            self._place_picture()
            self.size_known.emit(change.width, change.height)
        if places:
            self._view_model.picture_received()
            self._repaint(places)

    def show_exactly(self, is_exact: bool) -> None:
        """Show one pixel as one pixel, or the whole picture fitted."""
        self._is_exact = is_exact
        self._place_picture()

    def follow_pointer(self, follows: bool) -> None:
        """Scroll an exact picture by the pointer's place, without scroll bars."""
        self._follows_pointer = follows
        policy = (
            Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            if follows
            else Qt.ScrollBarPolicy.ScrollBarAsNeeded
        )
        self.setHorizontalScrollBarPolicy(policy)
        self.setVerticalScrollBarPolicy(policy)
        self._place_picture()

    def forget_picture(self) -> None:
        """Let go of the picture and of the slot: the session is over."""
        self._patches.became_available = _nothing
        self._patches.take()
        self._picture.clear()
        self._viewport = None
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setClipRegion(event.region())
        ratio = self.viewport().devicePixelRatioF()
        painter.scale(1 / ratio, 1 / ratio)
        if self._viewport is None:
            painter.fillRect(self._device_rect(), QColor(STAGE_COLOUR))
        else:
            self._paint_stage(painter, self._viewport)
            self._picture.paint(painter, self._viewport)
            self._paint_target_pointer(painter, self._viewport)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_picture()

    def _device_size(self) -> Size:
        ratio = self.viewport().devicePixelRatioF()
        return Size(
            max(1, round(self.viewport().width() * ratio)),
            max(1, round(self.viewport().height() * ratio)),
        )

    def _device_rect(self) -> QRect:
        size = self._device_size()
        return QRect(0, 0, size.width, size.height)

    def _place_picture(self) -> None:
        picture = self._picture.size
        if picture is None:
            self._viewport = None
        elif self._is_exact:
            self._set_scroll_bars(picture)
            self._viewport = exact(picture, self._device_size(), self._scrolled)
        else:
            self._set_scroll_bars(None)
            self._viewport = fitted(picture, self._device_size())
        if self._viewport is not None:
            self._picture.use_scale(self._viewport.scale)
        self._show_cursor()
        self.viewport().update()

    def _set_scroll_bars(self, picture: Size | None) -> None:
        widget = self._device_size()
        across, down = scroll_range(picture, widget) if picture else (0, 0)
        for bar, maximum, page in (
            (self.horizontalScrollBar(), across, widget.width),
            (self.verticalScrollBar(), down, widget.height),
        ):
            bar.setPageStep(page)
            bar.setRange(0, maximum)
        self._scrolled = (min(self._scrolled[0], across), min(self._scrolled[1], down))

    @Slot()
    def _scroll(self) -> None:
        self._scroll_to((self.horizontalScrollBar().value(), self.verticalScrollBar().value()))

    def _scroll_to(self, scrolled: tuple[int, int]) -> None:
        picture = self._picture.size
        if not self._is_exact or picture is None or scrolled == self._scrolled:
            return
        self._scrolled = scrolled
        self._viewport = exact(picture, self._device_size(), scrolled)
        self.viewport().update()

    def _repaint(self, places: list[Rectangle]) -> None:
        if self._viewport is None:
            return
        region = QRegion()
        for place in places:
            region += self._logical(self._viewport.on_widget(place))
        self.viewport().repaint(region)

    def _logical(self, place: Rectangle) -> QRect:
        """Return the smallest rectangle in widget coordinates round device pixels."""
        ratio = self.viewport().devicePixelRatioF()
        left, top = int(place.left // ratio), int(place.top // ratio)
        right, bottom = -int(-place.right // ratio), -int(-place.bottom // ratio)
        return QRect(left, top, right - left, bottom - top)

    def _paint_stage(self, painter: QPainter, viewport: Viewport) -> None:
        for part in beside(viewport.shown, self._device_size()):
            painter.fillRect(QRect(*part), QColor(STAGE_COLOUR))

    # Pointer.

    def _paint_target_pointer(self, painter: QPainter, viewport: Viewport) -> None:
        if self._target_pointer is not None:
            place = QPointF(*viewport.to_widget(*self._target_pointer))
            self._cursor.paint(painter, place, viewport.scale)

    @Slot(object)
    def _use_shape(self, shape: CursorShape) -> None:
        self._update_target_pointer()
        self._cursor.use_shape(shape)
        self._update_target_pointer()
        self._show_cursor()

    @Slot()
    def _hide_cursor(self) -> None:
        self._update_target_pointer()
        self._cursor.hide()
        self._show_cursor()

    def _show_cursor(self) -> None:
        if not self._may_control:
            self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
            return
        scale = self._viewport.scale if self._viewport else 1.0
        ratio = self.viewport().devicePixelRatioF()
        self.viewport().setCursor(self._cursor.cursor(scale, ratio))

    @Slot(int, int)
    def _move_target_pointer(self, x: int, y: int) -> None:
        self._update_target_pointer()
        self._target_pointer = (x, y)
        self._update_target_pointer()

    def _forget_target_pointer(self) -> None:
        """The technician moves the pointer now: his own cursor is it."""
        if self._target_pointer is not None and self._may_control:
            self._update_target_pointer()
            self._target_pointer = None

    def _update_target_pointer(self) -> None:
        if self._target_pointer is None or self._viewport is None:
            return
        x, y = self._viewport.to_widget(*self._target_pointer)
        reach = self._cursor.extent(self._viewport.scale)
        place = Rectangle(round(x) - reach, round(y) - reach, 2 * reach, 2 * reach)
        self.viewport().update(self._logical(place))

    # Gestures.

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._device_place(event.position())
        is_pressed = event.buttons() != Qt.MouseButton.NoButton
        if place.y() < _EDGE_PIXELS and not is_pressed:
            self.top_touched.emit()
        picture = self._picture.size
        if self._follows_pointer and self._is_exact and picture is not None:
            pointer = (place.x(), place.y())
            self._scroll_to(scrolled_to(pointer, picture, self._device_size()))
        self._forget_target_pointer()
        self._pointer.moved(self._viewport, place, is_pressed)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._forget_target_pointer()
        self._pointer.pressed(self._viewport, self._device_place(event.position()), event.button())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)  # the target counts clicks by itself

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        place = self._device_place(event.position())
        self._pointer.released(self._viewport, place, event.button())

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._pointer.turned(self._viewport, self._device_place(event.position()), event)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()  # the right button is the target's

    def keyPressEvent(self, event: QKeyEvent) -> None:
        hot_key = self._keyboard.hot_key(event)
        if hot_key is None:
            self._keyboard.pressed(event)
        else:
            self.hot_key_pressed.emit(hot_key)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._keyboard.released(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._keyboard.typed(event.commitString())
        event.accept()

    def inputMethodQuery(self, query: Qt.InputMethodQuery) -> object:
        if query == Qt.InputMethodQuery.ImEnabled:
            return self._may_control
        return super().inputMethodQuery(query)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._take_keyboard()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.releaseKeyboard()
        self._keyboard.let_go()
        self._view_model.keyboard_given_back()

    def focusNextPrevChild(self, forward: bool) -> bool:
        return not self._may_control and super().focusNextPrevChild(forward)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and self._may_control:
            event.accept()  # no shortcut of this program's takes a key from the target
            return True
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._place_picture()
        return super().event(event)

    def _take_keyboard(self) -> None:
        if self._may_control and self.hasFocus():
            self.grabKeyboard()
            self._view_model.keyboard_taken()

    def _device_place(self, position: QPointF) -> QPointF:
        return position * self.viewport().devicePixelRatioF()

    @Slot(object)
    def _show_state(self, state: SessionState) -> None:
        if state.may_control == self._may_control:
            return
        self._may_control = state.may_control
        self._show_cursor()
        if self._may_control:
            self._take_keyboard()
        else:
            self.releaseKeyboard()


def _nothing() -> None:
    """Stands for the window that is gone."""
