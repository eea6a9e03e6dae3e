#!/usr/bin/env python3
"""Writes types-sizes.btf and types-integers.btf: Tests/Fixtures/make-types.py DIRECTORY."""

import struct
import sys
from pathlib import Path


class Types:
    """BTF (linux/btf.h), type by type."""

    def __init__(self):
        self.types, self.strings, self.count = b"", b"\0", 0

    def string(self, text):
        """Where it begins among the strings."""
        if not text:
            return 0
        place = len(self.strings)
        self.strings += text.encode() + b"\0"
        return place

    def add(self, kind, value=0, name="", parts=0, has_sizes=False, trailer=()):
        """Returns the number of the new type."""
        info = kind << 24 | parts | (1 << 31 if has_sizes else 0)
        self.types += struct.pack(f"<{3 + len(trailer)}I", self.string(name), info, value, *trailer)
        self.count += 1
        return self.count

    def structure(self, name, members, size=64, kind=4, has_sizes=True):
        """A structure of (name, type, bits from its beginning, bits of a bitfield)."""
        trailer = []
        for member, number, offset, bits in members:
            trailer += [self.string(member), number, offset | bits << 24 if has_sizes else offset]
        return self.add(kind, size, name, len(members), has_sizes, trailer)

    def file(self):
        """The whole."""
        lengths = (24, 0, len(self.types), len(self.types), len(self.strings))
        return struct.pack("<HBB5I", 0xEB9F, 1, 0, *lengths) + self.types + self.strings


def iterator(has_sizes):
    """What the iterator needs."""
    types = Types()

    def integer(name, size, bits):
        return types.add(1, size, name, trailer=[bits])

    byte, short, long = integer("u8", 1, 8), integer("u16", 2, 16), integer("s64", 8, 64)
    state = types.add(9, byte)
    counter = types.structure("", [("counter", long, 0, 0)], 8)
    atomic = types.add(8, counter, "atomic64_t")
    sequence = types.add(2, types.add(7, 0, "seq_file"))
    meta = types.structure("bpf_iter_meta", [("seq", sequence, 0, 0)])
    pair = types.structure("", [("skc_dport", short, 0, 0), ("skc_num", short, 16, 0)], 4)
    ports = types.structure("", [("", pair, 0, 0)], 4, kind=5)

    def bits(name, offset, size):
        return (name, byte, offset, size) if has_sizes else (name, integer("", 1, size), offset, 0)

    common = types.structure(
        "sock_common",
        [("", ports, 96, 0), ("skc_state", state, 144, 0), bits("skc_reuse", 152, 4), bits("skc_reuseport", 156, 1),
         bits("skc_ipv6only", 157, 1), ("skc_cookie", atomic, 704, 0)],
        has_sizes=has_sizes)
    parameters = []
    for name, number in (("meta", meta), ("sk_common", common)):
        parameters += [types.string(name), types.add(2, number)]
    prototype = types.add(13, 0, "", 2, trailer=parameters)
    types.add(12, prototype, "bpf_iter_tcp")
    return types.file()


for variant in ("sizes", "integers"):
    Path(sys.argv[1], f"types-{variant}.btf").write_bytes(iterator(variant == "sizes"))
