"""What a program asks of the system's memory: to keep no more than it uses.

Three calls, for each program to make: `bound_spare_memory` before anything else,
`freeze_start` when everything is built, `give_memory_back` when things have come to rest,
after the start say. Nothing here changes what a program does; on systems other than Linux
with glibc it does less, or nothing.
"""

import contextlib
import ctypes
import gc
import mmap
import sys
from typing import Final

SPARE_BYTES: Final = 8 * 1024 * 1024
"""One copy of a screen of 1920 x 1080: the next one is made in the memory of the last, in 0.5
ms; in memory fresh from the system it takes 2 ms."""
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_MADV_DONTNEED: Final = 4
_PT_LOAD: Final = 1
_PF_W: Final = 2
_KERNELS_OWN: Final = b"linux-vdso.so.1"


def bound_spare_memory() -> None:
    """Have the allocator keep at most SPARE_BYTES of freed memory at hand in each of its arenas.

    Left alone, glibc raises its bounds with the largest piece that was ever freed (mallopt(3),
    M_MMAP_THRESHOLD), so that each thread which copies a screen keeps two of them for ever.
    """
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # a C library other than glibc
            libc = ctypes.CDLL(None)
            libc.mallopt(_M_MMAP_THRESHOLD, SPARE_BYTES)
            libc.mallopt(_M_TRIM_THRESHOLD, SPARE_BYTES)


def freeze_start() -> None:
    """Take what lives now for lasting: collections of garbage pass it over from now on, and
    are quicker by tens of milliseconds. Once, when the program is built and before its work."""
    gc.freeze()


def give_memory_back() -> None:
    """Return to the system what was needed once and is not in use; takes some milliseconds.

    What is freed goes (malloc_trim(3)), and so do the pages of program files: most of what the
    imports touch is never touched again. Such pages stay in the kernel's cache, so that
    bringing one back is a page fault and no read (madvise(2), MADV_DONTNEED).
    """
    if sys.platform == "linux" and sys.maxsize > 2**32:
        with contextlib.suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
            _let_go_of_program_pages()


class _Segment(ctypes.Structure):
    """Elf64_Phdr in elf(5)."""

    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("offset", ctypes.c_uint64),
        ("address", ctypes.c_uint64),
        ("physical_address", ctypes.c_uint64),
        ("file_bytes", ctypes.c_uint64),
        ("memory_bytes", ctypes.c_uint64),
        ("alignment", ctypes.c_uint64),
    )
    kind: int
    flags: int
    address: int
    memory_bytes: int


class _LoadedObject(ctypes.Structure):
    """The first fields of struct dl_phdr_info in dl_iterate_phdr(3)."""

    _fields_ = (
        ("base", ctypes.c_uint64),
        ("name", ctypes.c_char_p),
        ("segments", ctypes.POINTER(_Segment)),
        ("segment_count", ctypes.c_uint16),
    )
    base: int
    name: bytes
    segments: "ctypes._Pointer[_Segment]"
    segment_count: int


def _let_go_of_program_pages() -> None:
    """Let go of the loaded pages of every segment that can't be written.

    Segments that were relocated can be, as the file has it, so nothing that was changed is
    among these. The dynamic linker's lock is held meanwhile: nothing else comes to lie at a
    segment's address before it is let go. PyDLL keeps the interpreter's lock, in the order in
    which an import takes the two.
    """
    libc = ctypes.PyDLL(None)
    madvise = libc.madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]

    def visit(found: "ctypes._Pointer[_LoadedObject]", _size: int, _data: int) -> int:
        for start, size in _unwritable_segments(found.contents):
            madvise(start, size, _MADV_DONTNEED)
        return 0

    callback = ctypes.PYFUNCTYPE(
        ctypes.c_int, ctypes.POINTER(_LoadedObject), ctypes.c_size_t, ctypes.c_void_p
    )
    libc.dl_iterate_phdr(callback(visit), None)


def _unwritable_segments(loaded: _LoadedObject) -> list[tuple[int, int]]:
    """Give start and size of the whole pages that are mapped of one library or program.

    A last page that is used in part is left out: the next segment may begin on it.
    """
    if loaded.name == _KERNELS_OWN:
        return []
    found = []
    for segment in loaded.segments[: loaded.segment_count]:
        if segment.kind == _PT_LOAD and not segment.flags & _PF_W:
            start = loaded.base + segment.address
            end = start + segment.memory_bytes
            start -= start % mmap.PAGESIZE
            end -= end % mmap.PAGESIZE
            if end > start:
                found.append((start, end - start))
    return found
