"""Random tables and random writes to them, as CQL. Everything follows from the random generator that is passed in.

    g = Table(random.Random(7), "ks", "t1", "da")
    g.ddl()                 statements that make its types and itself
    g.write()               one random INSERT, UPDATE or DELETE
    g.alter()               adds a column
    g.unprintable           the reasons why some of sstabledump's forms cannot be had of it

The format decides what CQL is spoken: 3.11 ("me") has no vectors and fewer codecs, but COMPACT STORAGE.
"""
import datetime
import string
import uuid

WORDS = ["", "a", "b", "ab", "the quick brown fox", "it''s", 'say "hi"', "tab\there", "two\nlines", "Grüße", "日本語", "🙂 smile", "~", "a:b", "\\"]
NAMES = ["Mixed", "with space", "select", "Ünïcode", "dot.ted", "key", "9lives", "semi;colon", "quo\"\"te"]
EPOCH = 1_700_000_000_000_000


def quoted(text):
    return "'%s'" % text


def an_int(bits):
    low, high = -(1 << bits - 1), (1 << bits - 1) - 1

    def make(r):
        return str(r.choice([0, 1, -1, low, high, r.randint(low, high), r.randint(-100, 100)]))
    return make


def text(r):
    if r.random() < 0.02:
        return quoted("".join(r.choice(string.ascii_lowercase) for _ in range(r.choice([300, 5000, 20_000]))))
    return quoted("".join(r.choice(WORDS + ["%d" % r.randrange(1000)]) for _ in range(r.choice([1, 1, 1, 2, 3]))))


def ascii_text(r):
    return quoted("".join(r.choice("abcXYZ019 _-") for _ in range(r.choice([0, 1, 5, 12]))))


def real(r):
    return r.choice(["0.0", "-0.0", "1.5", "-1e10", "3.4e38", "1e-40", "NaN", "Infinity", "-Infinity", "%r" % r.uniform(-1e6, 1e6)])


def decimal(r):
    return r.choice(["0", "0.00", "-1.20", "1e30", "12345678901234567890.123456789", "1E-12", "%d.%d" % (r.randint(-999, 999), r.randrange(999))])


def varint(r):
    return str(r.choice([0, -1, 127, 128, -128, -129, r.randint(-10 ** 40, 10 ** 40), r.randint(-1000, 1000)]))


def date(r):
    return quoted((datetime.date(1970, 1, 1) + datetime.timedelta(days=r.randint(-700_000, 100_000))).isoformat())


def time(r):
    return quoted("%02d:%02d:%02d%s" % (r.randrange(24), r.randrange(60), r.randrange(60), r.choice(["", ".5", ".123456789", ".000001"])))


def timestamp(r):
    return str(r.choice([0, -1, 1, 253402300799999, r.randint(-10 ** 12, 2 * 10 ** 12)]))


def duration(r):
    return r.choice(["1mo", "-3d", "2h30m", "1y2mo3d4h5m6s7ms8us9ns", "0s", "%dns" % r.randrange(10 ** 12)])


def random_uuid(r):
    return str(uuid.UUID(int=r.getrandbits(128), version=4))


def timeuuid(r):
    bits = r.getrandbits(128)
    return str(uuid.UUID(fields=(bits & 0xffffffff, bits >> 32 & 0xffff, 0x1000 | bits >> 48 & 0x0fff, 0x80 | bits >> 64 & 0x3f,
                                 bits >> 72 & 0xff, bits >> 80)))


def inet(r):
    return quoted(r.choice(["127.0.0.1", "255.255.255.255", "0.0.0.0", "::1", "2001:db8::ff00:42:8329", "fe80::1:2:3:4"]))


def blob(r):
    return "0x" + r.getrandbits(8 * 40).to_bytes(40, "big")[:r.choice([0, 1, 2, 8, 40])].hex()


SCALARS = {
    "ascii": ascii_text, "text": text, "blob": blob, "boolean": lambda r: r.choice(["true", "false"]), "tinyint": an_int(8),
    "smallint": an_int(16), "int": an_int(32), "bigint": an_int(64), "varint": varint, "float": real, "double": real,
    "decimal": decimal, "date": date, "time": time, "timestamp": timestamp, "uuid": random_uuid, "timeuuid": timeuuid,
    "inet": inet, "duration": duration,
}


class Type:
    """name in CQL, a maker of literals; kind is scalar, list, set, map, udt (the last four not frozen: of several cells)."""

    def __init__(self, name, make, kind="scalar", parts=()):
        self.name, self.make, self.kind, self.parts = name, make, kind, parts


def scalar(r, key=False):
    name = r.choice([n for n in SCALARS if not key or n != "duration"])
    return Type(name, SCALARS[name])


def items(r, t, low=0, high=4):
    return [t.make(r) for _ in range(r.randint(low, high))]


class Table:
    def __init__(self, r, keyspace, name, fmt):
        self.r, self.keyspace, self.name, self.fmt = r, keyspace, name, fmt
        self.types, self.count_of_types, self.unprintable, self.clock = [], 0, set(), 0
        self.counter = r.random() < 0.08
        self.compact = fmt == "me" and not self.counter and r.random() < 0.2
        self.ttls = r.random() < 0.6
        self.partition = [(self.column("p%d" % i), self.type(1, key=True)) for i in range(r.choice([1, 1, 1, 2, 3]))]
        self.clustering = [(self.column("c%d" % i), self.type(1, key=True)) for i in range(r.choice([0, 1, 1, 2, 2, 3]))]
        # 3.11 refuses literals of user types for descending clusterings
        self.order = ["ASC" if fmt == "me" and t.name.startswith("frozen<u") else r.choice(["ASC", "DESC"]) for _, t in self.clustering]
        # one column that is wide enough makes the header and the column subsets take their longer forms
        count = r.choice([0, 1, 2, 3, 5, 8, 8, r.choice([63, 64, 65, 90])])
        if self.compact:
            count = min(count, 1) if self.clustering else max(count, 1)
        counter = Type("counter", None, "counter")
        self.regular = [(self.column("r%d" % i), counter if self.counter else self.type(2, frozen=self.compact))
                        for i in range(max(count, self.counter))]
        self.static = [(self.column("s%d" % i), counter if self.counter else self.type(2))
                       for i in range(r.choice([0, 0, 1, 3]) if self.clustering and not self.compact else 0)]
        self.partitions = [self.key() for _ in range(r.choice([1, 3, 10, 40]))]
        self.pool = [[t.make(r) for _, t in self.clustering] for _ in range(r.choice([3, 10, 60]))]
        if self.compact:                # which takes no empty clusterings
            self.pool = [["'e'" if v == "''" else "0x00" if v == "0x" else v for v in values] for values in self.pool]
        self.full = "%s.%s" % (keyspace, name)

    # ---- schema

    def column(self, plain):
        """A name; some want quotes. Only plain ones and those of ASCII begin multi-cell columns safely in Cassandra."""
        if self.r.random() < 0.1:
            odd = self.r.choice(NAMES)
            if not odd.isascii():
                odd = "x" + odd
            return '"%s%s"' % (odd, plain)
        return plain

    def key(self):
        """The values of a partition key; a single one must not be empty, all of them together not over 65535 bytes."""
        while True:
            values = [t.make(self.r) for _, t in self.partition]
            if values not in (["''"], ["0x"]) and sum(map(len, values)) < 60_000:
                return values

    def frozen(self, depth, key=False):
        return self.type(depth, key, frozen=True)

    def type(self, depth, key=False, frozen=False):
        r = self.r
        frozen = frozen or key
        if depth == 0 or r.random() < (0.85 if key else 0.55):
            return scalar(r, key)
        kind = r.choice(["list", "set", "map", "tuple", "udt"] + ([] if self.fmt in ("nb", "me") else ["vector"]))
        ice = ("frozen<%s>" if frozen else "%s")
        if kind == "list":
            e = self.frozen(depth - 1, key)
            return Type(ice % ("list<%s>" % e.name), lambda r: "[%s]" % ", ".join(items(r, e)), "scalar" if frozen else kind, (e,))
        if kind == "set":
            e = self.frozen(depth - 1, True)
            return Type(ice % ("set<%s>" % e.name), lambda r: "{%s}" % ", ".join(items(r, e)), "scalar" if frozen else kind, (e,))
        if kind == "map":
            # an empty frozen map literal as a descending clustering is refused by 5.0: keys hold at least one entry
            k, v = self.frozen(depth - 1, True), self.frozen(depth - 1, key)
            return Type(ice % ("map<%s, %s>" % (k.name, v.name)),
                        lambda r: "{%s}" % ", ".join("%s: %s" % (a, v.make(r)) for a in items(r, k, 1 if key else 0)),
                        "scalar" if frozen else kind, (k, v))
        if kind == "tuple":
            parts = [self.frozen(depth - 1, key) for _ in range(r.randint(1, 3))]
            return Type("frozen<tuple<%s>>" % ", ".join(p.name for p in parts),
                        lambda r: "(%s)" % ", ".join("null" if not key and r.random() < 0.15 else p.make(r) for p in parts))
        if kind == "vector":
            e, n = Type("float", lambda r: "%r" % r.uniform(-9, 9)) if r.random() < 0.7 else scalar(r, key), r.choice([1, 2, 3, 16])
            return Type("vector<%s, %d>" % (e.name, n), lambda r: "[%s]" % ", ".join(e.make(r) for _ in range(n)))
        self.count_of_types += 1
        name = "u%s_%d" % (self.name, self.count_of_types)
        fields = [("f%d" % i, self.frozen(depth - 1, key)) for i in range(r.randint(1, 4))]
        self.types.append("CREATE TYPE %s.%s (%s)" % (       # after those that it is made of
            self.keyspace, name, ", ".join("%s %s" % (n, t.name) for n, t in fields)))
        if not frozen:
            self.unprintable.add("-d")      # sstabledump -d dies of cells of such columns
        return Type(ice % name, lambda r: "{%s}" % ", ".join("%s: %s" % (n, t.make(r)) for i, (n, t) in enumerate(fields) if key or not i or r.random() < 0.8),
                    "scalar" if frozen else "udt", fields)

    def ddl(self):
        r = self.r
        columns = ["%s %s" % (n, t.name) for n, t in self.partition + self.clustering + self.regular]
        columns += ["%s %s STATIC" % (n, t.name) for n, t in self.static]
        key = "(%s)" % ", ".join(n for n, _ in self.partition)
        columns.append("PRIMARY KEY (%s)" % ", ".join([key] + [n for n, _ in self.clustering]))
        with_ = ["COMPACT STORAGE"] if self.compact else []
        if self.clustering:
            with_.append("CLUSTERING ORDER BY (%s)" % ", ".join("%s %s" % (n, o) for (n, _), o in zip(self.clustering, self.order)))
        since_4 = ["ZstdCompressor", "NoopCompressor"], [", 'min_compress_ratio': 1.3"]
        codecs, ratios = ([], []) if self.fmt == "me" else since_4
        codec = r.choice(["LZ4Compressor", "LZ4Compressor", "SnappyCompressor", "DeflateCompressor"] + codecs + [None])
        if codec:
            with_.append("compression = {'class': '%s', 'chunk_length_in_kb': %d%s}" % (
                codec, r.choice([4, 16, 64]), r.choice(["", ""] + ratios)))
        else:
            with_.append("compression = {'enabled': 'false'}")
        with_.append("bloom_filter_fp_chance = %s" % r.choice(["0.01", "0.1", "1.0", "0.0001"]))
        with_.append("compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': 'false'}")
        if not self.counter and self.ttls and r.random() < 0.1:
            with_.append("default_time_to_live = %d" % r.choice([1, 86400 * 30]))
        return list(self.types) + ["CREATE TABLE %s (%s) WITH %s" % (self.full, ", ".join(columns), " AND ".join(with_))]

    def alter(self):
        """Statements that add a column, which what was written before does not know; none where that cannot be."""
        if self.counter or self.compact:
            return []
        made, name = len(self.types), self.column("r%d" % len(self.regular))
        self.regular.append((name, self.type(2)))
        return self.types[made:] + ["ALTER TABLE %s ADD %s %s" % (self.full, name, self.regular[-1][1].name)]

    # ---- writes

    def using(self, ttl=True):
        """A timestamp mostly near the last one, sometimes equal or far; a TTL that is over at once or not for long."""
        r = self.r
        self.clock += r.choice([0, 1, 1, 1000, 1_000_000])
        words = ["TIMESTAMP %d" % r.choice([EPOCH + self.clock] * 8 + [EPOCH - self.clock, self.clock])] if r.random() < 0.9 else []
        if ttl and self.ttls and r.random() < 0.2:
            words.append("TTL %d" % r.choice([1, 86400 * 30, 86400 * 300]))
        return " USING " + " AND ".join(words) if words else ""

    def where(self, columns, values):
        return " AND ".join("%s = %s" % (n, v) for (n, _), v in zip(columns, values))

    def change(self, name, t):
        """One thing that SET may say of a column."""
        r, kind = self.r, t.kind
        if kind == "scalar" or r.random() < 0.25:
            return "%s = %s" % (name, "null" if r.random() < 0.15 else t.make(r))
        if kind == "list":
            return r.choice(["{0} = {0} + [{1}]", "{0} = [{1}] + {0}"]).format(name, ", ".join(items(r, t.parts[0], 1)))
        if kind == "set":
            return "%s = %s %s {%s}" % (name, name, r.choice("+++-"), ", ".join(items(r, t.parts[0], 1)))
        if kind == "map":
            k, v = t.parts
            if r.random() < 0.5:
                return "%s[%s] = %s" % (name, k.make(r), "null" if r.random() < 0.2 else v.make(r))
            if r.random() < 0.3:
                return "%s = %s - {%s}" % (name, name, ", ".join(items(r, k, 1)))
            return "%s = %s + {%s}" % (name, name, ", ".join("%s: %s" % (a, v.make(r)) for a in items(r, k, 1)))
        field, ft = r.choice(t.parts)
        return "%s.%s = %s" % (name, field, "null" if r.random() < 0.2 else ft.make(r))

    def count(self, where, columns):
        name, _ = self.r.choice(columns)
        return "UPDATE %s SET %s = %s %s %d WHERE %s" % (self.full, name, name, self.r.choice("+-"), self.r.randint(0, 10 ** 6), where)

    def write(self):
        r = self.r
        pk = r.choice(self.partitions)
        ck = r.choice(self.pool)
        partition = self.where(self.partition, pk)
        row = " AND ".join(filter(None, [partition, self.where(self.clustering, ck)]))
        dice = r.random()
        if dice < 0.02:
            return "DELETE FROM %s%s WHERE %s" % (self.full, "" if self.counter else " USING TIMESTAMP %d" % (EPOCH + self.clock), partition)
        if dice < 0.07:
            return "DELETE FROM %s%s WHERE %s" % (self.full, "" if self.counter else self.using(False), row)
        if dice < 0.14 and self.clustering:
            return self.delete_range(partition, ck)
        statics = self.static and r.random() < 0.15
        columns, where = (self.static, partition) if statics else (self.regular, row)
        if self.counter:
            return self.count(where, columns)
        some = [c for c in columns if r.random() < r.choice([0.1, 0.5, 0.95])]
        if dice < 0.2 and some:
            return "DELETE %s FROM %s%s WHERE %s" % (", ".join(n for n, _ in some), self.full, self.using(False), where)
        if dice < 0.5 and some:
            return "UPDATE %s%s SET %s WHERE %s" % (self.full, self.using(), ", ".join(self.change(n, t) for n, t in some), where)
        keys = self.partition + ([] if statics and some else self.clustering)
        values = pk + ([] if statics and some else ck)
        some = some if not statics or some else []
        if self.compact and not some:
            some = self.regular         # without a value there is no row
        return "INSERT INTO %s (%s) VALUES (%s)%s" % (
            self.full, ", ".join(n for n, _ in keys + some),
            ", ".join(values + ["null" if r.random() < 0.05 else t.make(r) for _, t in some]), self.using())

    def delete_range(self, partition, ck):
        """A range of rows: a prefix, or one side or both of the column after it."""
        r = self.r
        fixed = r.randrange(len(self.clustering))
        words = [partition] + ["%s = %s" % (n, v) for (n, _), v in zip(self.clustering[:fixed], ck)]
        name, _ = self.clustering[fixed]
        if fixed == 0 or r.random() < 0.7:
            sides = r.choice([(">",), (">=",), ("<",), ("<=",), (">", "<"), (">=", "<="), (">", "<="), (">=", "<")])
            for s in sides:
                words.append("%s %s %s" % (name, s, r.choice(self.pool)[fixed]))
        return "DELETE FROM %s%s WHERE %s" % (self.full, "" if self.counter else self.using(False), " AND ".join(words))
