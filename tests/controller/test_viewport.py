"""The geometry of the picture in the window, for any two sizes."""

from hypothesis import assume, given
from hypothesis import strategies as st

from common.screen.rectangle import Rectangle
from controller_app.viewport import (
    Size,
    Viewport,
    beside,
    exact,
    fitted,
    scroll_range,
    scrolled_to,
)

SIDES = st.integers(1, 8000)
SIZES = st.builds(Size, SIDES, SIDES)
FRACTIONS = st.floats(0, 1)


@st.composite
def viewports(draw: st.DrawFn) -> tuple[Viewport, Size]:
    picture, widget = draw(SIZES), draw(SIZES)
    if draw(st.booleans()):
        return fitted(picture, widget), widget
    scrolled = (draw(st.integers(-10, 9000)), draw(st.integers(-10, 9000)))
    return exact(picture, widget, scrolled), widget


def pixel_of(picture: Size, x: float, y: float) -> tuple[int, int]:
    return round(x * (picture.width - 1)), round(y * (picture.height - 1))


@given(viewports(), FRACTIONS, FRACTIONS)
def test_there_and_back_is_the_same_pixel(
    placed: tuple[Viewport, Size], across: float, down: float
) -> None:
    viewport, _ = placed
    x, y = pixel_of(viewport.picture, across, down)

    back = viewport.to_picture(*viewport.to_widget(x, y))

    assert abs(back[0] - x) <= 1
    assert abs(back[1] - y) <= 1


@given(viewports(), st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_every_place_leads_to_a_pixel_of_the_picture(
    placed: tuple[Viewport, Size], x: float, y: float
) -> None:
    viewport, _ = placed
    column, row = viewport.to_picture(x, y)
    assert 0 <= column < viewport.picture.width
    assert 0 <= row < viewport.picture.height


@given(SIZES, SIZES)
def test_a_fitted_picture_is_inside_touches_two_edges_and_keeps_its_aspect(
    picture: Size, widget: Size
) -> None:
    viewport = fitted(picture, widget)
    shown = viewport.shown
    assert shown.left >= 0
    assert shown.top >= 0
    assert shown.right <= widget.width + 1
    assert shown.bottom <= widget.height + 1
    assert abs(shown.width - widget.width) <= 1 or abs(shown.height - widget.height) <= 1
    assert abs(shown.width - picture.width * viewport.scale) <= 1
    assert abs(shown.height - picture.height * viewport.scale) <= 1


@given(SIZES)
def test_a_picture_as_large_as_the_widget_is_exact_and_at_its_top_left(size: Size) -> None:
    viewport = fitted(size, size)
    assert viewport.is_exact
    assert viewport.shown == Rectangle(0, 0, size.width, size.height)


@given(SIZES, SIZES, st.integers(-10, 9000), st.integers(-10, 9000))
def test_an_exact_picture_never_leaves_a_gap_that_it_could_fill(
    picture: Size, widget: Size, across: int, down: int
) -> None:
    shown = exact(picture, widget, (across, down)).shown
    assert (shown.width, shown.height) == (picture.width, picture.height)
    if picture.width >= widget.width:
        assert shown.left <= 0
        assert shown.right >= widget.width
    else:
        assert abs(shown.left - (widget.width - shown.right)) <= 1


@given(viewports(), FRACTIONS, FRACTIONS, st.integers(1, 300), st.integers(1, 300))
def test_what_is_painted_covers_what_has_changed(
    placed: tuple[Viewport, Size], across: float, down: float, width: int, height: int
) -> None:
    viewport, _ = placed
    x, y = pixel_of(viewport.picture, across, down)
    part = Rectangle(x, y, width, height).clipped(viewport.picture.width, viewport.picture.height)
    painted = viewport.on_widget(part)
    for corner in ((part.left, part.top), (part.right - 1, part.bottom - 1)):
        place = viewport.to_widget(*corner)
        assert painted.left <= place[0] <= painted.right
        assert painted.top <= place[1] <= painted.bottom


@given(viewports())
def test_picture_and_the_parts_beside_it_make_up_the_widget(
    placed: tuple[Viewport, Size],
) -> None:
    viewport, widget = placed
    assume(viewport.shown.area > 0)
    inside = viewport.shown.clipped(widget.width, widget.height)
    parts = beside(viewport.shown, widget)
    assert sum(part.area for part in parts) + inside.area == widget.width * widget.height
    assert all(part.is_within(widget.width, widget.height) for part in parts)


@given(SIZES, SIZES)
def test_the_pointer_reaches_every_edge_of_an_exact_picture(picture: Size, widget: Size) -> None:
    assume(widget.width > 1)
    assume(widget.height > 1)
    assert scrolled_to((0, 0), picture, widget) == (0, 0)
    far = scrolled_to((widget.width - 1, widget.height - 1), picture, widget)
    assert far == scroll_range(picture, widget)


def test_a_place_beside_the_picture_is_not_on_it() -> None:
    viewport = fitted(Size(100, 100), Size(300, 100))
    assert viewport.shown == Rectangle(100, 0, 100, 100)
    assert viewport.contains(100, 0)
    assert not viewport.contains(99.9, 50)
    assert not viewport.contains(200, 50)
    assert viewport.to_picture(0, 50) == (0, 50)
