#!/usr/bin/env python3
"""Reads TensorBoard's event files as their specification says, independently of the program that wrote them.

read_events.py FILE...: prints a line a record: step, tag, value. Fails on a frame, a checksum or a field that is wrong. Of
what several files say of a step, what a later session declared void is left out. A file but the last may end within a record: its writer was killed.
"""
import struct
import sys
import zlib


def crc32c(data):
    """Bit by bit, from the definition (RFC 3720): the reflected polynomial of Castagnoli."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def unmask(masked):
    rotated = masked - 0xA282EAD8 & 0xFFFFFFFF
    return (rotated >> 17 | rotated << 15) & 0xFFFFFFFF


def records(data, may_be_cut):
    while data:
        if may_be_cut and len(data) < 16 + struct.unpack_from("<Q", data.ljust(8, b"\0"))[0]:
            return
        length, check = struct.unpack_from("<QI", data)
        assert unmask(check) == crc32c(data[:8]), "the checksum of a length is wrong"
        record = data[12 : 12 + length]
        assert len(record) == length, "a record ends too early"
        (check,) = struct.unpack_from("<I", data, 12 + length)
        assert unmask(check) == crc32c(record), "the checksum of a record is wrong"
        yield record
        data = data[16 + length :]


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(message):
    """Field numbers and values of a protobuf message; values of length-delimited fields are bytes."""
    at = 0
    while at < len(message):
        key, at = varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(message, at)
        elif kind == 2:
            length, at = varint(message, at)
            value, at = message[at : at + length], at + length
            assert len(value) == length, "a field ends too early"
        else:
            code = {1: "<d", 5: "<f"}[kind]
            (value,) = struct.unpack_from(code, message, at)
            at += struct.calcsize(code)
        yield number, value


def doubles(packed):
    return struct.unpack(f"<{len(packed) // 8}d", packed)


def image(message):
    of = dict(fields(message))
    png = of[4]
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and png[12:16] == b"IHDR", "not a PNG"
    assert zlib.crc32(png[12:29]) == struct.unpack_from(">I", png, 29)[0], "a damaged PNG"
    width, height, _, colour = struct.unpack_from(">IIBB", png, 16)
    assert (height, width, {0: 1, 2: 3}[colour]) == (of[1], of[2], of[3]), "not the PNG's size"
    return f"PNG of {height} x {width}, {of[3]} channels"


def histogram(message):
    of = dict(fields(message))
    low, high, count, total, squares = (of.get(i, 0.0) for i in range(1, 6))
    edges, counts = doubles(of[6]), doubles(of[7])
    assert len(edges) == len(counts) and list(edges) == sorted(edges), "edges that do not ascend"
    assert low <= high == edges[-1] and sum(counts) == count, "buckets that do not fit"
    assert count * low <= total <= count * high and squares >= 0, "a sum that cannot be"
    return f"{count:.0f} values in {len(counts)} buckets"


def text(message):
    of = dict(fields(message))
    assert of[1] == 7 and dict(fields(dict(fields(of[2]))[2])) == {1: 1}, "not one text"
    return repr(of[8].decode())


def values(summary):
    for number, value in fields(summary):
        assert number == 1, "not a summary"
        of = dict(fields(value))
        readers = {2: lambda scalar: f"{scalar:.6g}", 4: image, 5: histogram, 8: text}
        (kind,) = set(of) & set(readers)
        assert (kind == 8) == (9 in of), "only a text says how it is shown"
        assert 9 not in of or dict(fields(dict(fields(of[9]))[1])) == {1: b"text"}, "not a text"
        yield of[1].decode(), readers[kind](of[kind])


def read(path, may_be_cut):
    with open(path, "rb") as file:
        events = [dict(fields(record)) for record in records(file.read(), may_be_cut)]
    if may_be_cut and not events:
        return []
    assert events[0][3] == b"brain.Event:2", "not an event file"
    assert all(1.5e9 < event[1] < 5e9 for event in events), "a time that is none"
    return events[1:]


lines = []  # (step, text)
for name in sys.argv[1:]:
    for event in read(name, may_be_cut=name != sys.argv[-1]):
        step = event.get(2, 0)
        if 7 in event:
            assert dict(fields(event[7])) == {1: 1}, "not the start of a session"
            lines = [line for line in lines if line[0] < step]
        else:
            lines += [(step, f"{step} {tag}: {value}") for tag, value in values(event[5])]
print("\n".join(text for _, text in lines))
