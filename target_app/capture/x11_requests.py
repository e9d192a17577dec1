"""Requests of X11 extensions that python-xlib does not have: MIT-SHM, XFixes regions.

Layouts are those of the X.Org protocol descriptions (xextproto, MIT-SHM 1.2; fixesproto 5,
sections 9 and 10). Owns the bytes alone; `x11_capture` and `x11_pixels` send them.
"""

from Xlib.protocol import rq

SHARED_MEMORY = "MIT-SHM"
XFIXES = "XFIXES"
Z_PIXMAP = 2


class ShmAttach(rq.Request):  # type: ignore[misc]  # python-xlib has no types
    """Have the server attach a System V segment."""

    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(1),
        rq.RequestLength(),
        rq.Card32("segment"),
        rq.Card32("shmid"),
        rq.Bool("is_read_only"),
        rq.Pad(3),
    )


class ShmDetach(rq.Request):  # type: ignore[misc]  # python-xlib has no types
    """Have the server detach a segment."""

    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(2), rq.RequestLength(), rq.Card32("segment"))


class ShmGetImage(rq.ReplyRequest):  # type: ignore[misc]  # python-xlib has no types
    """Have the server write pixels of a drawable into a segment."""

    _request = rq.Struct(
        rq.Card8("opcode"),
        rq.Opcode(4),
        rq.RequestLength(),
        rq.Drawable("drawable"),
        rq.Int16("x"),
        rq.Int16("y"),
        rq.Card16("width"),
        rq.Card16("height"),
        rq.Card32("plane_mask"),
        rq.Card8("format"),
        rq.Pad(3),
        rq.Card32("segment"),
        rq.Card32("offset"),
    )
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Card8("depth"),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        rq.Card32("visual"),
        rq.Card32("size"),
        rq.Pad(16),
    )


class CreateRegion(rq.Request):  # type: ignore[misc]  # python-xlib has no types
    """Make an empty region in the server."""

    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(5), rq.RequestLength(), rq.Card32("region"))


class FetchRegion(rq.ReplyRequest):  # type: ignore[misc]  # python-xlib has no types
    """Read a region: the box round it and its rectangles, 8 bytes each."""

    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(19), rq.RequestLength(), rq.Card32("region"))
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Pad(1),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        rq.Int16("left"),
        rq.Int16("top"),
        rq.Card16("width"),
        rq.Card16("height"),
        rq.Pad(16),
        rq.Binary("rectangles"),
    )


class GetCursorImage(rq.ReplyRequest):  # type: ignore[misc]  # python-xlib has no types
    """Read the pointer as it is shown; python-xlib's own takes a millisecond to parse it."""

    _request = rq.Struct(rq.Card8("opcode"), rq.Opcode(4), rq.RequestLength())
    _reply = rq.Struct(
        rq.ReplyCode(),
        rq.Pad(1),
        rq.Card16("sequence_number"),
        rq.ReplyLength(),
        rq.Int16("x"),
        rq.Int16("y"),
        rq.Card16("width"),
        rq.Card16("height"),
        rq.Card16("hotspot_x"),
        rq.Card16("hotspot_y"),
        rq.Card32("serial"),
        rq.Pad(8),
        rq.Binary("argb"),
    )
