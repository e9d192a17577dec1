"""The bytes of a pointer's picture: from what a system gives to what is sent.

Pure. X11 gives 32-bit words of alpha, red, green and blue, the colours multiplied with the
alpha (fixesproto 5, section 7); a CursorShape has bytes red, green, blue, alpha, not
multiplied.
"""

import numpy as np

from common.protocol.session_messages import (
    MAXIMUM_CURSOR_SIDE_PIXELS,
    CursorHidden,
    CursorShape,
)


def shape_from_premultiplied(
    argb: bytes, size: tuple[int, int], hotspot: tuple[int, int]
) -> CursorShape | CursorHidden:
    """Make a shape of words in this machine's order. What has no visible pixel is hidden;
    what is larger than a shape may be is cut off at its right and bottom."""
    width, height = size
    words = np.frombuffer(argb, np.uint32, count=width * height).reshape(height, width)
    words = words[:MAXIMUM_CURSOR_SIDE_PIXELS, :MAXIMUM_CURSOR_SIDE_PIXELS]
    alpha = (words >> 24).astype(np.uint16)
    if not alpha.any():
        return CursorHidden()
    rgba = np.empty((*words.shape, 4), np.uint8)
    divisor = np.maximum(alpha, 1)
    for index, shift in enumerate((16, 8, 0)):
        colour = (words >> shift).astype(np.uint8).astype(np.uint16)
        rgba[..., index] = np.minimum((colour * 255 + divisor // 2) // divisor, 255)
    rgba[..., 3] = alpha
    last = MAXIMUM_CURSOR_SIDE_PIXELS - 1
    return CursorShape(
        width_pixels=words.shape[1],
        height_pixels=words.shape[0],
        hotspot_x=min(hotspot[0], last),
        hotspot_y=min(hotspot[1], last),
        rgba=rgba.tobytes(),
    )
