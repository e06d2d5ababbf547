"""Pictures whose pixels are known because they are written here: nothing that reads pictures has a hand in them.

PNG (ISO/IEC 15948) holds the pixels themselves; JPEG (ITU-T T.81) holds the coefficients of a cosine transform of each block.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

import numpy as np

COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""Channels → PNG's name for gray, gray with alpha, RGB, RGB with alpha."""


def png(pixels: np.ndarray) -> bytes:
    """The file of an image uint8 [H, W, C], C from 1 to 4: one byte a sample, rows from the top, no filter."""
    height, width, channels = pixels.shape
    header = struct.pack(">2I5B", width, height, 8, COLOUR_TYPES[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.tobytes() for row in pixels.astype(np.uint8))
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


# --- JPEG: sequential, Huffman-coded, eight bits a sample (T.81's baseline), no subsampling ------------------------------

ZIGZAG = sorted(((v, u) for v in range(8) for u in range(8)), key=lambda at: (sum(at), at[1 - sum(at) % 2]))
"""The order in which the coefficients (v, u) of a block are stored: along the diagonals, back and forth."""
COSINES = np.array(
    [[(1 if u else 0.5**0.5) / 2 * np.cos((2 * x + 1) * u * np.pi / 16) for u in range(8)] for x in range(8)]
)
"""[x, u]: C(u)/2 · cos((2x + 1)uπ/16)."""


def inverse_transform(coefficients: np.ndarray) -> np.ndarray:
    """¼ Σ_u Σ_v C(u) C(v) F(v, u) cos((2x + 1)uπ/16) cos((2y + 1)vπ/16) + 128 (T.81, A.3.3), not rounded: […, y, x]."""
    return COSINES @ coefficients @ COSINES.T + 128


def rgb(planes: np.ndarray) -> np.ndarray:
    """Y, Cb, Cr [3, H, W] → R, G, B [H, W, 3], in real numbers (T.871, 7), cut to 0 … 255 before and after."""
    y, cb, cr = np.clip(planes, 0, 255) - np.array([0, 128, 128]).reshape(3, 1, 1)
    red, blue = 1.402 * cr, 1.772 * cb
    return np.clip(np.stack([y + red, y - (0.299 * red + 0.114 * blue) / 0.587, y + blue], axis=-1), 0, 255)


DC_SYMBOLS = tuple(range(12))
AC_SYMBOLS = (0x00, 0xF0, *(run << 4 | size for run in range(16) for size in range(1, 11)))
"""All that can be coded, each in a code of the same length: 4 and 8 bits."""


def jpeg(coefficients: np.ndarray) -> bytes:
    """The file of one block of 8 × 8 pixels from its coefficients, integers [1 or 3, v, u] within ±1023; quantised by 1."""
    count = len(coefficients)
    frame = struct.pack(">B2HB", 8, 8, 8, count) + b"".join(bytes([i + 1, 0x11, 0]) for i in range(count))
    scan = bytes([count]) + b"".join(bytes([i + 1, 0]) for i in range(count)) + bytes([0, 63, 0])
    bits = "".join(_coded(block) for block in coefficients)
    bits += "1" * (-len(bits) % 8)
    coded = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    segments = [
        (0xE0, b"JFIF\0" + bytes([1, 2, 0, 0, 1, 0, 1, 0, 0])),
        (0xDB, bytes([0] + [1] * 64)),
        (0xC0, frame),
        (0xC4, bytes([0x00] + [len(DC_SYMBOLS) * (length == 4) for length in range(1, 17)]) + bytes(DC_SYMBOLS)),
        (0xC4, bytes([0x10] + [len(AC_SYMBOLS) * (length == 8) for length in range(1, 17)]) + bytes(AC_SYMBOLS)),
        (0xDA, scan),
    ]
    head = b"".join(bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body for marker, body in segments)
    return b"\xff\xd8" + head + coded + b"\xff\xd9"


def _coded(block: np.ndarray) -> str:
    """The bits of one block; the first of its component, so that its DC difference is the coefficient itself."""
    first, *others = (int(block[at]) for at in ZIGZAG)
    bits = f"{DC_SYMBOLS.index(first.bit_length()):04b}" + _magnitude(first)
    run = 0
    for value in others[: max((i + 1 for i, f in enumerate(others) if f), default=0)]:
        if not value:
            run += 1
            continue
        bits += f"{AC_SYMBOLS.index(0xF0):08b}" * (run // 16)
        bits += f"{AC_SYMBOLS.index(run % 16 << 4 | value.bit_length()):08b}" + _magnitude(value)
        run = 0
    return bits if others[-1] else bits + f"{AC_SYMBOLS.index(0):08b}"


def _magnitude(value: int) -> str:
    """As many bits as |value| has; of a negative number the complement."""
    size = value.bit_length()
    return f"{value if value > 0 else value + 2**size - 1:0{size}b}" if size else ""


class _File(NamedTuple):
    """What stands before the coded blocks of a JPEG: sizes, tables by their numbers, and of each component its quantiser and its codes."""

    height: int
    width: int
    quantisers: dict[int, np.ndarray]
    tables: dict[int, dict[tuple[int, int], int]]
    components: list[tuple[int, int]]
    coded: bytes


def jpeg_planes(data: bytes, *, rows: int) -> np.ndarray:
    """The components of the first ``rows`` rows of pixels (or a few more, whole blocks), not rounded: float64 [component, H, W].

    Raises ValueError for what is not baseline, or has subsampled components or restart markers.
    """
    file = _opened(data)
    bits = _Bits(file.coded)
    across, down = -(-file.width // 8), -(-min(rows, file.height) // 8)
    blocks = np.zeros((len(file.components), down, across, 8, 8))
    before = [0] * len(file.components)
    for y in range(down):
        for x in range(across):
            for i, (quantiser, codes) in enumerate(file.components):
                stored = _block(bits, file.tables[codes >> 4], file.tables[0x10 | codes & 15])
                stored[0] = before[i] = before[i] + stored[0]
                blocks[i, y, x][tuple(zip(*ZIGZAG, strict=True))] = stored * file.quantisers[quantiser]
    planes = inverse_transform(blocks).swapaxes(2, 3).reshape(-1, 8 * down, 8 * across)
    return planes[:, : file.height, : file.width]


def _opened(data: bytes) -> _File:
    quantisers, tables, frame, at = {}, {}, b"", 2
    while True:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        body, at = data[at + 4 : at + 2 + length], at + 2 + length
        while marker == 0xDB and body:
            if body[0] >> 4:
                raise ValueError("quantisers of 16 bits: not baseline")
            quantisers[body[0]], body = np.frombuffer(body[1:65], np.uint8).astype(int), body[65:]
        while marker == 0xC4 and body:
            (name, *counts), body = body[:17], body[17:]
            tables[name], body = _huffman(counts, body), body[sum(counts) :]
        if marker == 0xC0:
            frame = body
        elif marker in (0xC1, 0xC2, 0xC3, *range(0xC5, 0xD0), 0xDD):
            raise ValueError(f"marker {marker:#x}: not baseline, or with restarts")
        elif marker == 0xDA:
            break
    height, width, count = struct.unpack(">2HB", frame[1:6])
    if any(sampling != 0x11 for sampling in frame[7::3]):
        raise ValueError("subsampled components: how to enlarge them is left open by the standard")
    codes = {body[1 + 2 * i]: body[2 + 2 * i] for i in range(body[0])}
    components = [(frame[8 + 3 * i], codes[frame[6 + 3 * i]]) for i in range(count)]
    return _File(height, width, quantisers, tables, components, data[at:])


def _block(bits: _Bits, dc: dict[tuple[int, int], int], ac: dict[tuple[int, int], int]) -> np.ndarray:
    """The 64 numbers of a block as they are stored, the first as the difference from the block before."""
    stored = np.zeros(64, int)
    stored[0] = bits.value(bits.symbol(dc))
    k = 1
    while k < 64:
        run, size = divmod(bits.symbol(ac), 16)
        if not size and run != 15:
            break
        k += run
        stored[k] = bits.value(size)
        k += 1
    return stored


def _huffman(counts: list[int], symbols: bytes) -> dict[tuple[int, int], int]:
    """(length, code) → symbol: codes of one length follow each other, a longer one begins after them (T.81, annex C)."""
    code, table, remaining = 0, {}, iter(symbols)
    for length, count in enumerate(counts, 1):
        for _ in range(count):
            table[length, code] = next(remaining)
            code += 1
        code <<= 1
    return table


class _Bits:
    """The entropy-coded bits, without the zeros stuffed after 0xFF."""

    def __init__(self, data: bytes) -> None:
        self.data = data.replace(b"\xff\0", b"\xff")
        self.at = 0

    def take(self, count: int) -> int:
        begin, end = self.at, self.at + count
        self.at = end
        window = int.from_bytes(self.data[begin // 8 : end // 8 + 1], "big")
        return window >> (8 - end % 8) & ((1 << count) - 1)

    def symbol(self, table: dict[tuple[int, int], int]) -> int:
        code = 0
        for length in range(1, 17):
            code = code << 1 | self.take(1)
            if (length, code) in table:
                return table[length, code]
        raise ValueError("no such code")

    def value(self, size: int) -> int:
        stored = self.take(size)
        return stored if not size or stored >> (size - 1) else stored - (1 << size) + 1
