"""Seeds for the fuzz targets, made of the corpora; run.py says which a target wants. Small ones come first.

An archive is what fuzz.h unpacks: a count, then for each component its number (enum cq_component), three bytes of length, bytes.
"""
import os
import re
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(os.path.dirname(HERE), "corpus")
SEED_MAX = 64 << 10         # larger files slow the fuzzer down more than they tell it

KINDS = ["Data.db", "Index.db", "Summary.db", "Filter.db", "Statistics.db", "CompressionInfo.db", "Digest.crc32", "CRC.db",
         "TOC.txt", "Partitions.db", "Rows.db"]


def versions():
    with open(os.path.join(HERE, "fuzz.h"), encoding="utf-8") as f:
        return re.findall(r'"(\w\w)"', re.search(r"fuzz_versions\[\] = \{([^}]*)\}", f.read()).group(1))


def headers(target):
    """The paths in a target's table of headers, in its order."""
    with open(os.path.join(HERE, "fuzz_%s.c" % target), encoding="utf-8") as f:
        return re.findall(r'\.path = "([^"]+)"', f.read())


def read(path):
    with open(path, "rb") as f:
        return f.read()


def tables():
    """Path of every table without its component ("corpus/.../nb-1-big"), by size of what it has."""
    found = {}
    for where, folders, files in os.walk(CORPUS):
        folders[:] = sorted(d for d in folders if d != "expected")
        for n in files:
            m = re.fullmatch(r"(\w\w-[^-]+-(?:big|bti))-(.*)", n)
            if m and m.group(2) in KINDS:
                base = os.path.join(where, m.group(1))
                found[base] = found.get(base, 0) + os.path.getsize(os.path.join(where, n))
    return sorted(found, key=lambda b: (found[b], b))


def archive(base, kinds):
    parts = []
    for k in kinds:
        if os.path.exists(base + "-" + k):
            bytes_ = read(base + "-" + k)
            parts.append(bytes([KINDS.index(k)]) + len(bytes_).to_bytes(3, "big") + bytes_)
    return bytes([len(parts)]) + b"".join(parts)


def lz4_block(src):
    out, i = bytearray(), 0
    while i < len(src):
        token = src[i]
        i += 1
        n = token >> 4
        while n >= 15:
            n += src[i]
            i += 1
            if src[i - 1] != 255:
                break
        out += src[i:i + n]
        i += n
        if i >= len(src):
            break
        back = src[i] | src[i + 1] << 8
        i += 2
        n = (token & 15) + 4
        while n >= 19:
            n += src[i]
            i += 1
            if src[i - 1] != 255:
                break
        for _ in range(n):
            out.append(out[-back])
    return bytes(out)


def stream(base):
    """Data.db decompressed, None when that takes a codec which is not here."""
    data = read(base + "-Data.db")
    if not os.path.exists(base + "-CompressionInfo.db"):
        return data
    info = read(base + "-CompressionInfo.db")
    n = int.from_bytes(info[:2], "big")
    name = info[2:2 + n].decode()
    at = 2 + n
    options = int.from_bytes(info[at:at + 4], "big")
    at += 4
    for _ in range(2 * options):
        at += 2 + int.from_bytes(info[at:at + 2], "big")
    chunk = int.from_bytes(info[at:at + 4], "big")
    at += 4
    limit = 0x7fffffff
    if os.path.basename(base)[:2] >= "na" or os.path.basename(base)[:2] == "da":
        limit = int.from_bytes(info[at:at + 4], "big")
        at += 4
    length = int.from_bytes(info[at:at + 8], "big")
    count = int.from_bytes(info[at + 8:at + 12], "big")
    at += 12
    offsets = [int.from_bytes(info[at + 8 * i:at + 8 * i + 8], "big") for i in range(count)] + [len(data)]
    out = b""
    for i in range(count):
        piece = data[offsets[i]:offsets[i + 1] - 4]
        want = min(chunk, length - len(out))
        if len(piece) >= limit:
            out += piece[:want]
        elif name.endswith("LZ4Compressor"):
            out += lz4_block(piece[4:])
        elif name.endswith("DeflateCompressor"):
            out += zlib.decompress(piece)
        else:
            return None
    return out if len(out) == length else None


def class_strings():
    for where, folders, files in os.walk(CORPUS):
        folders.sort()
        for n in sorted(files):
            if n.endswith(".metadata.txt"):
                with open(os.path.join(where, n), encoding="utf-8", errors="replace") as f:
                    for name in re.findall(r"org\.apache\.cassandra\.db\.marshal\.[\w.]+(?:\([^\n]*\))?", f.read()):
                        for value in (b"", b"\0\0\0\1" * 2, b"ab", bytes(16)):
                            yield name.encode() + b"\n" + value


def data_seeds():
    """Every table under the header of its own (or of another part of the same table)."""
    for number, path in enumerate(headers("data")):
        folder = os.path.join(CORPUS, os.path.dirname(path))
        for n in sorted(os.listdir(folder)):
            if n.endswith("-Data.db"):
                s = stream(os.path.join(folder, n[:-len("-Data.db")]))
                if s is not None:
                    yield bytes([number]) + s[:SEED_MAX - 1]


def header_archives(target, kinds):
    for number, path in enumerate(headers(target)):
        base = os.path.join(CORPUS, path[:-len("-Statistics.db")])
        yield bytes([number]) + archive(base, kinds)


def compression_seeds():
    """Under whichever header has the version's features."""
    which = {"md": 0, "me": 0, "na": 1, "nb": 1, "oa": 3, "da": 2}
    for base in tables():
        a = archive(base, ["Data.db", "CompressionInfo.db", "CRC.db"])
        number = which.get(os.path.basename(base)[:2])
        if number is not None and len(a) < SEED_MAX:
            yield bytes([number, 0]) + a


def table_seeds():
    for base in tables():
        a = archive(base, KINDS)
        if len(a) < SEED_MAX - 2:
            yield bytes([versions().index(os.path.basename(base)[:2]), 0]) + a


def statistics_seeds():
    for base in tables():
        if os.path.exists(base + "-Statistics.db"):
            yield bytes([versions().index(os.path.basename(base)[:2])]) + read(base + "-Statistics.db")


def schema_seeds():
    for where, folders, files in os.walk(CORPUS):
        folders.sort()
        for n in sorted(files):
            if n.endswith(".cql"):
                text = read(os.path.join(where, n))
                yield text[:SEED_MAX]
                for statement in text.split(b";"):
                    if b"CREATE" in statement:
                        yield statement.strip()[:4096] + b";"


def desc_seeds():
    yield b"\0data/ks/t-5a1c395eb41f11e59f22ba0be0483c18/snapshots/x/.idx/nb-17-big-Data.db"
    yield b"\0ks-t-tmp-jb-3-Data.db"
    yield b"\0ks/t-5a1c395eb41f11e59f22ba0be0483c18/backups/da-3h5r_04oy_1cfu21yox4uk0m4zga-bti-SAI+aa+i+Terms.db"
    yield b"\0nb_txn_compaction_921744d0-e6df-11f1-9f26-3ba06936b4d7.log"
    for where, folders, files in os.walk(CORPUS):
        folders.sort()
        for n in sorted(files):
            kind = 1 if n.endswith(".log") else 2 if n == "manifest.json" else 3 if n.endswith("TOC.txt") else None
            if kind is not None:
                yield bytes([kind]) + read(os.path.join(where, n))
            if kind in (1, 3):
                yield b"\0" + os.path.join(os.path.relpath(where, CORPUS), n).encode()


def corpus_files(names):
    for where, folders, files in os.walk(CORPUS):
        folders[:] = sorted(d for d in folders if d != "expected")
        for n in sorted(files):
            if any(n.endswith("-" + w) or n == w for w in names):
                yield read(os.path.join(where, n))[:SEED_MAX]


MAKERS = {
    "types": class_strings,
    "data": data_seeds,
    "index": lambda: header_archives("index", ["Index.db", "Summary.db", "Filter.db"]),
    "compression": compression_seeds,
    "statistics": statistics_seeds,
    "schema": schema_seeds,
    "desc": desc_seeds,
    "table": table_seeds,
    "none": lambda: iter(()),
}


def make(names):
    """Seeds for what a target's first comment says: one of MAKERS, or component names."""
    return MAKERS[names[0]]() if len(names) == 1 and names[0] in MAKERS else corpus_files(names)
