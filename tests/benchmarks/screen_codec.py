"""Times the comparison and each encoding, without a display, on one core.

    python -m tests.benchmarks.screen_codec

Prints, for what a screen shows at 1920 x 1080, the best of several runs: milliseconds to
compare, to encode, to expand, and KiB. The tables in the docstrings of `common.screen` are
from here.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import numpy as np
import zstandard

from common.screen.changes import ChangeFinder
from common.screen.decoder import ScreenDecoder
from common.screen.encoder import Grab, ScreenEncoder, Words, differences, planes
from common.screen.rectangle import Rectangle
from common.screen.sections import MAXIMUM_SECTION_PIXELS, Encoding, Section, join
from tests.benchmarks.screen_content import Pixels, page, photograph

WIDTH, HEIGHT = 1920, 1080
RUNS = 7
Result = TypeVar("Result")


def best_milliseconds(work: Callable[[], Result]) -> tuple[float, Result]:
    """Run some work several times; its shortest time, and its result."""
    shortest = float("inf")
    for _ in range(RUNS):
        started_at = time.perf_counter()
        result = work()
        shortest = min(shortest, time.perf_counter() - started_at)
    return shortest * 1000, result


def main() -> None:
    """Measure and print."""
    text = page(WIDTH, HEIGHT + 24, seed=7)
    before, after = text[:-24].copy(), text[24:].copy()
    photo = photograph(WIDTH, HEIGHT, seed=7)
    print_comparison(before, after)
    print_encodings({"text": after, "photograph": photo})
    print_whole_path({"text, scrolled": (before, after), "photograph": (before, photo)})


def print_comparison(before: Pixels, after: Pixels) -> None:
    """Print what finding the changes costs."""
    finder = ChangeFinder(WIDTH, HEIGHT)
    old, same, new = as_words(before), as_words(before.copy()), as_words(after)
    small = same.copy()
    small[500:564, 300:364] ^= np.uint32(0xFF)
    for name, other in (("nothing changed", same), ("64 x 64", small), ("scrolled", new)):
        milliseconds, found = best_milliseconds(partial(finder.find, other, old))
        print(f"compare, {name:16} {milliseconds:6.2f} ms  {len(found)} rectangles")


def print_encodings(contents: dict[str, Pixels]) -> None:
    """Print each encoding at several levels of Zstandard."""
    for name, picture in contents.items():
        for encoding in (Encoding.PIXELS, Encoding.PLANES):
            for level in (-1, 1, 3):
                print_encoding(name, as_words(picture), encoding, level)


def print_encoding(name: str, words: Words, encoding: Encoding, level: int) -> None:
    compressor = zstandard.ZstdCompressor(level=level)

    def encode() -> list[Section]:
        return [
            Section(encoding, place, compressor.compress(prepared(encoding, piece)))
            for place, piece in bands(words)
        ]

    encode_ms, sections = best_milliseconds(encode)
    decoder = ScreenDecoder(WIDTH, HEIGHT)
    payloads = [join([section]) for section in sections]
    expand_ms, _ = best_milliseconds(lambda: [decoder.apply(payload) for payload in payloads])
    kibibytes = sum(map(len, payloads)) / 1024
    print(
        f"{name:12} {encoding.name:8} level {level:2}  encode {encode_ms:6.2f} ms  "
        f"expand {expand_ms:6.2f} ms  {kibibytes:6.0f} KiB"
    )


def print_whole_path(changes: dict[str, tuple[Pixels, Pixels]]) -> None:
    """Print what the encoder and the decoder make of a change, as they are."""
    for name, (before, after) in changes.items():
        encoder, decoder = ScreenEncoder(WIDTH, HEIGHT), ScreenDecoder(WIDTH, HEIGHT)
        times, sizes = [], []
        for picture in [before, after] * RUNS:
            started_at = time.perf_counter()
            payloads = [part.payload for part in encoder.encode([Grab(0, 0, picture)])]
            encoded_at = time.perf_counter()
            for payload in payloads:
                decoder.apply(payload)
            times.append((encoded_at - started_at, time.perf_counter() - encoded_at))
            sizes.append(sum(map(len, payloads)))
        encode_ms, decode_ms = (float(value) * 1000 for value in np.median(times[1::2], axis=0))
        print(
            f"frame, {name:16} encode {encode_ms:6.2f} ms  decode {decode_ms:6.2f} ms  "
            f"{sizes[-1] / 1024:6.0f} KiB"
        )


def prepared(encoding: Encoding, piece: Words) -> memoryview:
    if encoding is Encoding.PLANES:
        return differences(planes(piece)).data
    return np.ascontiguousarray(piece).data


def bands(words: Words) -> Iterator[tuple[Rectangle, Words]]:
    rows = MAXIMUM_SECTION_PIXELS // WIDTH
    for top in range(0, HEIGHT, rows):
        piece = words[top : top + rows]
        yield Rectangle(0, top, WIDTH, piece.shape[0]), piece


def as_words(picture: Pixels) -> Words:
    return picture.view(np.uint32)[..., 0]


if __name__ == "__main__":
    main()
