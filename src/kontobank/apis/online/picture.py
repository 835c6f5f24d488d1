"""Challenge pictures: digits drawn as a small greyscale PNG, without a drawing library."""

import struct
import zlib

from kontobank import seeds

# five columns by seven rows a digit, one number a row, the leftmost column in the highest bit
GLYPHS = {
    "0": (14, 17, 19, 21, 25, 17, 14),
    "1": (4, 12, 4, 4, 4, 4, 14),
    "2": (14, 17, 1, 2, 4, 8, 31),
    "3": (31, 2, 4, 2, 1, 17, 14),
    "4": (2, 6, 10, 18, 31, 2, 2),
    "5": (31, 16, 30, 1, 1, 17, 14),
    "6": (6, 8, 16, 30, 17, 17, 14),
    "7": (31, 1, 2, 4, 8, 8, 8),
    "8": (14, 17, 17, 14, 17, 17, 14),
    "9": (14, 17, 17, 15, 1, 2, 12),
}
COLUMNS = 5
ROWS = 7
SCALE_PX = 6
MARGIN_PX = 12
CELL_PX = (COLUMNS + 2) * SCALE_PX
HEIGHT_PX = ROWS * SCALE_PX + 2 * MARGIN_PX
DARK, LIGHT, SPECK = 20, 245, 200
SPECKS_PER_DIGIT = 60
PNG_TYPE = "image/png"


def draw(digits: str) -> bytes:
    """A PNG that shows these digits on a speckled ground; the same digits, the same bytes."""
    width = len(digits) * CELL_PX + 2 * MARGIN_PX
    pixels = [bytearray([LIGHT]) * width for _ in range(HEIGHT_PX)]
    noise = seeds.rng("specks", digits)
    for _ in range(SPECKS_PER_DIGIT * len(digits)):
        pixels[noise.randrange(HEIGHT_PX)][noise.randrange(width)] = SPECK
    for place, digit in enumerate(digits):
        _draw_digit(pixels, MARGIN_PX + place * CELL_PX, digit)
    return _png(pixels, width)


def _draw_digit(pixels: list[bytearray], left: int, digit: str) -> None:
    for row, bits in enumerate(GLYPHS[digit]):
        for column in range(COLUMNS):
            if bits >> (COLUMNS - 1 - column) & 1:
                start = left + column * SCALE_PX
                for line in range(SCALE_PX):
                    target = pixels[MARGIN_PX + row * SCALE_PX + line]
                    target[start : start + SCALE_PX] = bytes([DARK]) * SCALE_PX


def _png(pixels: list[bytearray], width: int) -> bytes:
    """Eight-bit greyscale, no filter (PNG, ISO/IEC 15948)."""
    header = struct.pack(">IIBBBBB", width, len(pixels), 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\x00" + bytes(line) for line in pixels), 9)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
