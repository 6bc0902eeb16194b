"""The live rows of a table, as SELECT JSON gives them and as a dump of its only SSTable has them, in one form.

    rows_of_select(table, json_texts) == rows_of_dump(table, text_of_dump_l)        both a Counter of rows

A row is its clusterings and its regular columns that have one cell and a type of which both spell values in one way: collections,
tuples, user types, vectors and durations are left out, and dates before 1583 in 3.11, whose calendar was another. For tables
without TTLs (a dump does not tell a cell without a TTL from one with its row's) that are `comparable`. Floats are compared as numbers, since Javas
differ in their digits, and NaN and infinities as nothing, since a dump has null there.
"""
import collections
import decimal
import json
import math

SAME = {"ascii", "text", "blob", "boolean", "tinyint", "smallint", "int", "bigint", "varint", "decimal", "float", "double", "date", "time",
        "timestamp", "uuid", "timeuuid", "inet", "counter"}


class Number(str):
    """A number as it stood."""


def loads(text):
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number, strict=False)


def plain(type_name, value):
    if value is None:
        return None
    if type_name in ("float", "double"):
        value = float(value)
        return value if math.isfinite(value) else None
    if isinstance(value, Number):
        return str(decimal.Decimal(value).normalize()) if type_name == "decimal" else str(value)
    return value


def unquoted(name):
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def compared(table, columns):
    return [(unquoted(name), t.name) for name, t in columns if t.kind in ("scalar", "counter") and t.name in SAME
            and not (table.fmt == "me" and t.name == "date")]


def comparable(table):
    return not table.ttls and (not table.static or tells_rows(table))


def tells_rows(table):
    """A clustering that no row has as null, the name of it."""
    return next((unquoted(name) for name, t in table.clustering if t.name not in ("float", "double")), None)


def rows_of_select(table, texts):
    found = collections.Counter()
    clustering, regular = compared(table, table.clustering), compared(table, table.regular)
    for text in texts:
        # names that are not all of small letters stand in quotes of their own
        row = {unquoted(name): value for name, value in loads(text).items()}
        if table.static and row[tells_rows(table)] is None:
            continue                    # a partition of static columns alone
        found[tuple(plain(t, row[name]) for name, t in clustering + regular)] += 1
    return found


def rows_of_dump(table, text):
    found = collections.Counter()
    regular = compared(table, table.regular)
    places = [i for i, c in enumerate(table.clustering) if compared(table, [c])]
    for line in text.decode("utf-8", "surrogatepass").splitlines():
        for row in loads(line)["rows"]:
            # COMPACT STORAGE without clusterings: the only row is the static one
            if row["type"] != ("static_block" if table.compact and not table.clustering else "row"):
                continue
            cells = [c for c in row.get("cells", ()) if "deletion_info" not in c]
            if not cells and "liveness_info" not in row:
                continue
            values = {unquoted(c["name"]): c["value"] for c in cells if "path" not in c}
            clustering = row.get("clustering", [])
            found[tuple([plain(table.clustering[i][1].name, clustering[i]) for i in places] + [plain(t, values.get(name)) for name, t in regular])] += 1
    return found
