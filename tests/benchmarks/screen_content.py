"""What screens show: a long page of text, and something like a photograph. Always the same.

Pictures are (height, width, 4) bytes of blue, green, red, 255.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]

_TEXT = (
    "settings window printer network update account folder backup driver battery display "
    "keyboard cable restart server address password message archive report invoice meeting "
    "the of and to in is for on with that this from"
)
_WORDS = _TEXT.split()


def page(width: int, height: int, seed: int) -> Pixels:
    """Headlines, paragraphs, tables and coloured boxes under each other."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    headline, body = ImageFont.load_default(24), ImageFont.load_default(14)
    y = 20
    while y < height:
        draw.text((40, y), " ".join(random.choice(_WORDS, 4)).title(), "#1a237e", headline)
        y += 40
        for _ in range(int(random.integers(4, 12))):
            draw.text((40, y), " ".join(random.choice(_WORDS, 26)), "#222222", body)
            y += 20
        y += 16
        if random.random() < 0.4:
            y = _draw_table(draw, random, y, body)
        elif random.random() < 0.4:
            y = _draw_box(draw, random, y)
    return _as_pixels(image)


def _draw_table(
    draw: ImageDraw.ImageDraw,
    random: np.random.Generator,
    y: int,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
) -> int:
    for row in range(8):
        for column in range(9):
            x = 40 + column * 130
            fill = "#eeeeff" if row == 0 else "white"
            draw.rectangle((x, y, x + 130, y + 26), fill, "#bbbbbb")
            draw.text((x + 6, y + 5), str(random.integers(100000)), "#222222", font)
        y += 26
    return y + 16


def _draw_box(draw: ImageDraw.ImageDraw, random: np.random.Generator, y: int) -> int:
    for row in range(200):
        shade = tuple(int(value) for value in random.integers(0, 40, 3) + row // 2)
        draw.line((40, y + row, 740, y + row), shade)
    return y + 216


def photograph(width: int, height: int, seed: int) -> Pixels:
    """Smooth fields of colour with grain."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    result = np.full((height, width, 4), 255, np.uint8)
    for index in range(3):
        waves = random.uniform(0.002, 0.008, 4)
        field = np.sin(columns * waves[0] + rows * waves[1])
        field += np.sin(columns * waves[2] - rows * waves[3])
        grain = random.normal(0, 3, (height, width))
        result[..., index] = np.clip(field * 50 + 120 + grain, 0, 255)
    return result


def _as_pixels(image: Image.Image) -> Pixels:
    rgb = np.asarray(image)
    result = np.full((*rgb.shape[:2], 4), 255, np.uint8)
    result[..., :3] = rgb[..., ::-1]
    return result
