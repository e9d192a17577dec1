"""The contrast of what is read and of what is aimed at, in light and dark."""

import pytest

from common.qt.colours import DARK, LIGHT, Colours, contrast

BOTH = pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@BOTH
def test_text_can_be_read_on_every_background_that_it_stands_on(colours: Colours) -> None:
    for text in (colours.text, colours.muted):
        for background in (
            colours.window,
            colours.surface,
            colours.raised,
            colours.accent_soft,
            colours.ok_soft,
            colours.warning_soft,
            colours.danger_soft,
        ):
            assert contrast(text, background) >= 4.5, (text, background)


@BOTH
def test_words_on_filled_buttons_can_be_read(colours: Colours) -> None:
    for fill in (
        colours.accent_fill,
        colours.accent_hover,
        colours.accent_pressed,
        colours.danger_fill,
        colours.danger_hover,
        colours.danger_pressed,
    ):
        assert contrast(colours.on_fill, fill) >= 4.0, fill
    assert contrast(colours.on_fill, colours.accent_fill) >= 4.5
    assert contrast(colours.on_fill, colours.danger_fill) >= 4.5


@BOTH
def test_coloured_words_can_be_read(colours: Colours) -> None:
    for text in (colours.accent, colours.ok, colours.warning, colours.danger):
        for background in (colours.window, colours.surface):
            assert contrast(text, background) >= 4.5, (text, background)
    assert contrast(colours.on_tooltip, colours.tooltip) >= 4.5


@BOTH
def test_fields_and_the_focus_ring_stand_out(colours: Colours) -> None:
    for line in (colours.field_border, colours.accent):
        for background in (colours.window, colours.surface):
            assert contrast(line, background) >= 2.9, (line, background)
