"""That memory goes back to the system, and that a program runs on as before.

Each test is a program of its own: what it frees and lets go of is the whole process's.
"""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks the allocator of glibc")

MEBIBYTE = 2**20
RESIDENT = """
from pathlib import Path
def resident(what):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(what))
"""
COPY_SCREENS = """
import threading
from common import memory
def copy_screens():
    larger = bytearray(9_000_000)
    del larger
    screens = [bytearray(1920 * 1080 * 4) for _ in range(2)]
if bounded:
    memory.bound_spare_memory()
before = resident("RssAnon")
turn = threading.Event()
def work():
    copy_screens()
    turn.set()
    done.wait()
done = threading.Event()
threading.Thread(target=work).start()
turn.wait()
print(resident("RssAnon") - before)
done.set()
"""
LET_GO = """
import numpy, zstandard, cryptography.x509
from common import memory
before = resident("RssFile")
memory.give_memory_back()
after = resident("RssFile")
words = numpy.arange(1_000_000, dtype=numpy.uint32)
expanded = zstandard.decompress(zstandard.compress(words.tobytes()))
assert numpy.array_equal(numpy.frombuffer(expanded, numpy.uint32), words)
assert numpy.allclose(numpy.linalg.inv(numpy.eye(9)), numpy.eye(9))
print(after / before)
"""


def number_printed_by(program: str) -> float:
    """Run a program in an interpreter of its own; it prints one number."""
    command = [sys.executable, "-c", RESIDENT + program]
    return float(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout)


def test_a_thread_that_copied_screens_keeps_one_at_most() -> None:
    assert number_printed_by("bounded = True" + COPY_SCREENS) < 9 * MEBIBYTE


def test_left_alone_the_allocator_would_keep_some() -> None:
    assert number_printed_by("bounded = False" + COPY_SCREENS) > 12 * MEBIBYTE


def test_most_pages_of_libraries_are_let_go_and_the_libraries_still_work() -> None:
    assert number_printed_by(LET_GO) < 0.5
