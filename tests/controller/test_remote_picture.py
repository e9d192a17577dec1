"""The session window's copy of the picture: patches in, pixels out."""

import numpy as np
from PySide6.QtGui import QColor, QImage, QPainter

from common.screen.rectangle import Rectangle
from controller_app.picture_patches import Patch, PictureChange
from controller_app.remote_picture import RemotePicture
from controller_app.viewport import Size, exact, fitted

RED, BLUE = (0, 0, 255, 255), (255, 0, 0, 255)  # blue, green, red, 255


def patch(left: int, top: int, width: int, height: int, colour: tuple[int, ...]) -> Patch:
    return Patch(left, top, np.full((height, width, 4), colour, np.uint8))


def painted(picture: RemotePicture, widget: Size, is_exact: bool) -> QImage:
    size = picture.size
    assert size is not None
    viewport = exact(size, widget) if is_exact else fitted(size, widget)
    picture.use_scale(viewport.scale)
    image = QImage(widget.width, widget.height, QImage.Format.Format_RGB32)
    image.fill(QColor("#000000"))
    painter = QPainter(image)
    picture.paint(painter, viewport)
    painter.end()
    return image


def test_a_new_layout_is_black_and_patches_are_where_they_belong() -> None:
    picture = RemotePicture()
    places = picture.apply(PictureChange(8, 6, True, (patch(2, 1, 3, 2, RED),)))

    assert places == [Rectangle(2, 1, 3, 2)]
    image = painted(picture, Size(8, 6), is_exact=True)
    assert image.pixelColor(2, 1).name() == "#ff0000"
    assert image.pixelColor(4, 2).name() == "#ff0000"
    assert image.pixelColor(5, 2).name() == "#000000"
    assert image.pixelColor(0, 0).name() == "#000000"


def test_an_exact_picture_is_painted_pixel_by_pixel() -> None:
    picture = RemotePicture()
    pixels = np.random.default_rng(1).integers(0, 256, (20, 30, 4), np.uint8)
    pixels[:, :, 3] = 255
    picture.apply(PictureChange(30, 20, True, (Patch(0, 0, pixels),)))
    image = painted(picture, Size(30, 20), is_exact=True)
    shown = np.frombuffer(image.constBits(), np.uint8).reshape(20, 30, 4)
    assert np.array_equal(shown[:, :, :3], pixels[:, :, :3])


def test_far_below_half_size_every_pixel_counts() -> None:
    picture = RemotePicture()
    stripes = np.zeros((64, 64, 4), np.uint8)
    stripes[:, ::2] = (255, 255, 255, 255)
    picture.apply(PictureChange(64, 64, True, (Patch(0, 0, stripes),)))
    image = painted(picture, Size(20, 20), is_exact=False)
    greys = [image.pixelColor(x, 10).red() for x in range(2, 18)]
    assert all(100 <= grey <= 156 for grey in greys), greys


def test_a_change_reaches_the_halved_copy_too() -> None:
    picture = RemotePicture()
    picture.apply(PictureChange(64, 64, True, (patch(0, 0, 64, 64, RED),)))
    assert painted(picture, Size(16, 16), is_exact=False).pixelColor(12, 12).name() == "#ff0000"
    picture.apply(PictureChange(64, 64, False, (patch(33, 33, 31, 31, BLUE),)))
    image = painted(picture, Size(16, 16), is_exact=False)
    assert image.pixelColor(12, 12).name() == "#0000ff"
    assert image.pixelColor(2, 2).name() == "#ff0000"


def test_the_smallest_pictures_can_be_painted_small() -> None:
    for width, height in ((1, 1), (1, 9), (9, 1), (3, 3)):
        picture = RemotePicture()
        picture.apply(PictureChange(width, height, True, (patch(0, 0, width, height, RED),)))
        painted(picture, Size(1, 1), is_exact=False)


def test_a_cleared_picture_is_gone() -> None:
    picture = RemotePicture()
    picture.apply(PictureChange(8, 6, True, (patch(0, 0, 8, 6, RED),)))
    picture.clear()
    assert picture.size is None
