"""The colours of both programs, for light and for dark: names for what they are for.

Plain values, no Qt. Text on its background keeps the contrast of WCAG 2.2, 1.4.3 (4.5 to 1),
the borders of fields and the focus ring that of 1.4.11 (3 to 1); a test measures it.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Colours:
    """Each value is #rrggbb. A `_fill` is a background that `on_fill` is written on; a
    `_soft` is a quiet background for text in the colour itself or in `text`."""

    window: str
    surface: str
    raised: str
    pressed: str
    border: str
    control_border: str
    field_border: str
    text: str
    muted: str
    faint: str
    on_fill: str
    accent: str
    accent_fill: str
    accent_hover: str
    accent_pressed: str
    accent_soft: str
    ok: str
    ok_soft: str
    warning: str
    warning_soft: str
    danger: str
    danger_fill: str
    danger_hover: str
    danger_pressed: str
    danger_soft: str
    disabled_fill: str
    tooltip: str
    on_tooltip: str
    is_dark: bool


LIGHT: Final = Colours(
    window="#f5f6f8",
    surface="#ffffff",
    raised="#eceff3",
    pressed="#e0e4ea",
    border="#dde1e7",
    control_border="#c2c9d2",
    field_border="#88929e",
    text="#1b2027",
    muted="#566170",
    faint="#98a1ac",
    on_fill="#ffffff",
    accent="#2860cf",
    accent_fill="#2860cf",
    accent_hover="#2154ba",
    accent_pressed="#1a479f",
    accent_soft="#e9f0fd",
    ok="#177745",
    ok_soft="#e5f5ec",
    warning="#8f5300",
    warning_soft="#fff2d9",
    danger="#bf3028",
    danger_fill="#c4352b",
    danger_hover="#ad2c23",
    danger_pressed="#96251d",
    danger_soft="#fcebea",
    disabled_fill="#e6e9ed",
    tooltip="#272c34",
    on_tooltip="#f3f5f7",
    is_dark=False,
)

DARK: Final = Colours(
    window="#16181c",
    surface="#1f2227",
    raised="#2a2e35",
    pressed="#343941",
    border="#343941",
    control_border="#484f5a",
    field_border="#737d8a",
    text="#e8eaed",
    muted="#a6afba",
    faint="#6b7480",
    on_fill="#ffffff",
    accent="#82acff",
    accent_fill="#356ad6",
    accent_hover="#4478e2",
    accent_pressed="#2c5cbf",
    accent_soft="#1d2a44",
    ok="#62cd91",
    ok_soft="#17301f",
    warning="#f0b550",
    warning_soft="#362a13",
    danger="#ff8b83",
    danger_fill="#c5423a",
    danger_hover="#cd4f47",
    danger_pressed="#ab372f",
    danger_soft="#3b1f1e",
    disabled_fill="#2a2e35",
    tooltip="#e8eaed",
    on_tooltip="#1b2027",
    is_dark=True,
)


def contrast(first: str, second: str) -> float:
    """Tell the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    brighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
