"""Paints a display's background, so that a demo's desktop looks like somebody's."""

import numpy as np
from PIL import Image
from Xlib.display import Display

ROWS_AT_ONCE = 64
"""A request to the X server holds 256 KiB."""


def hang_wallpaper(display_name: str) -> None:
    """Give the display a soft background of two colours. The pixels are the same every time."""
    display = Display(display_name)
    try:
        screen = display.screen()
        width, height = screen.width_in_pixels, screen.height_in_pixels
        picture = _soft_colours(width, height)
        pixmap = screen.root.create_pixmap(width, height, screen.root_depth)
        context = pixmap.create_gc()
        for top in range(0, height, ROWS_AT_ONCE):
            rows = picture.crop((0, top, width, min(height, top + ROWS_AT_ONCE)))
            pixmap.put_pil_image(context, 0, top, rows)
        screen.root.change_attributes(background_pixmap=pixmap)
        screen.root.clear_area()
        display.sync()
    finally:
        display.close()


def _soft_colours(width: int, height: int) -> Image.Image:
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    blend = (0.55 * across + 0.45 * down)[:, :, np.newaxis]
    glow = np.exp(-((across - 0.75) ** 2 + (down - 0.2) ** 2) / 0.08)[:, :, np.newaxis]
    first, second, light = (np.array(c) for c in ((24, 58, 94), (64, 120, 128), (70, 60, 20)))
    colours = first * (1 - blend) + second * blend + light * glow
    return Image.fromarray(colours.clip(0, 255).astype(np.uint8))
