"""The target's pointer: as the widget's own cursor, and drawn where the target's user has it.

Turns a CursorShape into a QCursor and an image, once for each shape and scale. A shape is
never shown smaller than its own pixels: a pointer that can't be seen helps nobody.
"""

from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QCursor, QImage, QPainter, QPen, QPixmap, QPolygonF

from common.protocol.session_messages import CursorShape

_DOT_SIDE = 8


class RemoteCursor:
    """The shape of the target's pointer. Without one yet it is the usual arrow."""

    def __init__(self) -> None:
        self._shape: CursorShape | None = None
        self._image = QImage()
        self._is_hidden = False

    def use_shape(self, shape: CursorShape) -> None:
        """The pointer looks like this from now on."""
        self._shape = shape
        self._is_hidden = not any(shape.rgba[3::4])
        self._image = QImage(
            shape.rgba,
            shape.width_pixels,
            shape.height_pixels,
            shape.width_pixels * 4,
            QImage.Format.Format_RGBA8888,
        ).copy()

    def hide(self) -> None:
        """The target shows no pointer; the technician still needs to know where his is."""
        self._is_hidden = True

    def cursor(self, scale: float, device_pixel_ratio: float) -> QCursor:
        """Make the widget's cursor for a picture shown at `scale` device pixels a pixel."""
        if self._is_hidden:
            return _dot(device_pixel_ratio)
        if self._shape is None:
            return QCursor(Qt.CursorShape.ArrowCursor)
        factor = max(1.0, scale)
        pixmap = QPixmap.fromImage(self._scaled(factor))
        pixmap.setDevicePixelRatio(device_pixel_ratio)
        to_logical = factor / device_pixel_ratio
        return QCursor(
            pixmap,
            round(self._shape.hotspot_x * to_logical),
            round(self._shape.hotspot_y * to_logical),
        )

    def paint(self, painter: QPainter, place: QPointF, scale: float) -> None:
        """Draw the pointer with its hot spot at a place, in device pixels."""
        if self._is_hidden:
            return
        if self._shape is None:
            _paint_arrow(painter, place)
            return
        factor = max(1.0, scale)
        spot = QPointF(self._shape.hotspot_x * factor, self._shape.hotspot_y * factor)
        painter.drawImage((place - spot).toPoint(), self._scaled(factor))

    def extent(self, scale: float) -> int:
        """How far from its hot spot the drawn pointer reaches, in device pixels."""
        if self._shape is None:
            return 32
        return round(max(self._shape.width_pixels, self._shape.height_pixels) * max(1.0, scale)) + 1

    def _scaled(self, factor: float) -> QImage:
        if factor == 1.0:
            return self._image
        size = QSize(
            max(1, round(self._image.width() * factor)),
            max(1, round(self._image.height() * factor)),
        )
        return self._image.scaled(
            size,
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )


def _dot(device_pixel_ratio: float) -> QCursor:
    side = round(_DOT_SIDE * device_pixel_ratio)
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor("#ffffff"), device_pixel_ratio))
    painter.setBrush(QColor("#1b2027"))
    inset = round(device_pixel_ratio)
    painter.drawEllipse(pixmap.rect().adjusted(inset, inset, -inset - 1, -inset - 1))
    painter.end()
    pixmap.setDevicePixelRatio(device_pixel_ratio)
    centre = QPoint(_DOT_SIDE // 2, _DOT_SIDE // 2)
    return QCursor(pixmap, centre.x(), centre.y())


def _paint_arrow(painter: QPainter, place: QPointF) -> None:
    corners = [(0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (12, 12)]
    arrow = QPolygonF([place + QPointF(x, y) for x, y in corners])
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor("#ffffff"), 1))
    painter.setBrush(QColor("#1b2027"))
    painter.drawPolygon(arrow)
