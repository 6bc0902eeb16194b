#!/usr/bin/env python3
"""arrows.py [ROOT]: which part includes which, held against the arrows of docs/architecture.md.

A part may include what lies below it, never what lies above or beside:

    cli tui bindings fuzz tests bench -> check query write lua -> merge -> sst -> model schema -> types io -> base

Format plugins include sst downwards and plugins/shared. core includes no plugin, cli and tui neither. Bindings see
core/include alone. One file includes curses, and it lies in tui/; Lua's headers belong to plugins/lua.
Prints one line a wrong include, exit 1 if there is any.
"""
import os
import re
import sys

BELOW = {}          # part -> parts that it may include beside itself


def may(parts, *below):
    for part in parts.split():
        allowed = set()
        for b in " ".join(below).split():
            allowed |= {b} | BELOW.get(b, set())
        BELOW[part] = allowed


may("core/base")
may("core/io core/types", "core/base")
may("core/model core/schema", "core/io core/types")
may("core/sst", "core/model core/schema")
may("core/merge", "core/sst")
may("core/check core/query core/write", "core/merge")
may("core/inject", "core/sst")                                      # faults on purpose know no rule of check
may("core/include", "core/check core/query core/write core/inject") # the public face: one header over the layers' own
may("core/lib", "core/include core/check core/query core/write core/inject")    # puts the library together
may("plugins/shared", "core/sst")
may("plugins/*", "core/sst plugins/shared")                         # a format
may("plugins/lua", "core/lib")                                       # the Lua host stands on the whole library
may("tui", "core/lib plugins/lua")
may("cli", "core/lib plugins/lua tui")
may("fuzz tests bench", "core/lib plugins/shared plugins/lua plugins/* cli tui")
BELOW["bindings"] = {"core/include"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.M)
GENERATED = {"config.h"}                                            # made by meson, about no part


def part_of(path):
    """The part that a file belongs to; None for what has no say (a generated file, a script)."""
    words = path.split("/")
    if words[0] in ("core", "plugins"):
        if len(words) < 3:
            return None
        name = "/".join(words[:2])
        return name if words[0] == "core" or name in BELOW else "plugins/*"
    return words[0] if words[0] in BELOW else None


def sources(root):
    for top in ("core", "plugins", "cli", "tui", "bindings", "fuzz", "tests", "bench"):
        for where, folders, names in os.walk(os.path.join(root, top)):
            folders[:] = sorted(f for f in folders if f not in ("node_modules", "__pycache__") and not f.startswith("build"))
            for n in sorted(names):
                if n.endswith((".c", ".h", ".def", ".cc", ".cpp")):
                    yield os.path.relpath(os.path.join(where, n), root).replace(os.sep, "/")


def resolve(path, name, by_name, root):
    """The file that path's #include "name" means; None when nobody has one, a list when several do."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), name)).replace(os.sep, "/")
    if os.path.exists(os.path.join(root, beside)):
        return beside
    found = [p for p in by_name.get(os.path.basename(name), []) if p.endswith("/" + name.lstrip("./"))]
    return found[0] if len(found) == 1 else found or None


def wrong_includes(root):
    files, by_name, curses, wrong = list(sources(root)), {}, [], []
    for p in files:
        by_name.setdefault(os.path.basename(p), []).append(p)
    for p in files:
        part = part_of(p)
        with open(os.path.join(root, p), encoding="utf-8", errors="replace") as f:
            text = f.read()
        for m in INCLUDE.finditer(text):
            name, at = m.group(2), "%s:%d" % (p, text.count("\n", 0, m.start()) + 1)
            base = os.path.basename(name)
            if re.match(r"n?cursesw?\.h$", base):
                curses.append(at)
                if part != "tui":
                    wrong.append("%s: curses belongs to tui/" % at)
            if m.group(1) == "<" and base in ("lua.h", "lauxlib.h", "lualib.h") and part not in ("plugins/lua", "tests", "fuzz"):
                wrong.append("%s: Lua belongs to plugins/lua" % at)
            if m.group(1) == "<" and not name.startswith(("cq", "tui_", "lcq_")):
                continue
            target = resolve(p, name, by_name, root)
            if target is None:
                if base not in GENERATED and m.group(1) == '"':
                    wrong.append("%s: no file %s in any part" % (at, name))
            elif isinstance(target, list):
                wrong.append("%s: %s may be any of %s" % (at, name, ", ".join(target)))
            else:
                other = part_of(target)
                same_plugin = part != "plugins/*" or p.split("/")[1] == target.split("/")[1]
                if other == part and same_plugin:
                    continue
                if part is not None and (other is None or other not in BELOW[part] or other == part):
                    wrong.append("%s: %s must not include %s (%s)" % (at, part.replace("*", p.split("/")[1] if "*" in part else ""),
                                                                    target, other))
    if len({c.rsplit(":", 1)[0] for c in curses}) > 1:
        wrong.append("more than one file includes curses: %s" % ", ".join(curses))
    return wrong


if __name__ == "__main__":
    found = wrong_includes(sys.argv[1] if len(sys.argv) > 1 else
                           os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    print("\n".join(found) or "every include points downwards")
    sys.exit(1 if found else 0)
