#!/usr/bin/env python3
"""A format plugin built outside the tree, loaded and used.

    test_plugin.py CQLITE SOURCE_ROOT CC

Compiles toy.c against the headers, renames a table of version nb to the version that only the plugin knows, and reads it with
--plugin and with CQLITE_PLUGIN_PATH. Without the plugin, with a wrong ABI and with a file that is no plugin, the command
must say so. TAP on standard output.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

cqlite, root, cc = sys.argv[1], sys.argv[2], sys.argv[3:]
layers = ["base", "io", "types", "schema", "model", "sst"]
tests = 0
bad = 0


def check(name, ok, said=""):
    global tests, bad
    tests += 1
    bad += not ok
    print("%s %d - %s" % ("ok" if ok else "not ok", tests, name))
    if not ok:
        print("\n".join("# " + line for line in said.splitlines()[:20]))


def run(*args, **env):
    p = subprocess.run([cqlite, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, **env},
                       universal_newlines=True)
    return p.returncode, p.stdout, p.stderr


with tempfile.TemporaryDirectory() as tmp:
    def build(name, *flags):
        out = os.path.join(tmp, name)
        subprocess.run([*cc, "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", *flags, *("-I" + os.path.join(root, "core", l) for l in layers),
                        os.path.join(root, "tests/plugin/toy.c"), "-o", out], check=True)
        return out

    folder = os.path.join(tmp, "plugins")
    os.mkdir(folder)
    toy = build("plugins/toy.so")
    old = build("old.so", "-DTOY_ABI=999")
    table = os.path.join(tmp, "table")
    os.mkdir(table)
    source = os.path.join(root, "corpus/4.1-nb/main/collections")
    if not os.path.isdir(source):
        source = os.path.dirname(sorted(glob.glob(os.path.join(root, "corpus/*nb*/main/*/nb-*-big-Data.db")))[0])
    for f in os.listdir(source):
        if f.startswith("nb-1-big-"):
            shutil.copy(os.path.join(source, f), os.path.join(table, "zz" + f[2:]))
    data = os.path.join(table, "zz-1-big-Data.db")
    want = run("dump", os.path.join(source, "nb-1-big-Data.db"))

    code, out, err = run("dump", data)
    check("without the plugin the version is refused", code == 3 and "zz" in err and not out.strip(), err + out)
    code, out, err = run("--plugin", toy, "dump", data)
    check("with --plugin the rows are those of the original", code == 0 and out == want[1] and "\"rows\"" in out, err)
    code, out, err = run("dump", data, CQLITE_PLUGIN_PATH=folder)
    check("with CQLITE_PLUGIN_PATH too", code == 0 and out == want[1], err)
    code, out, err = run("--plugin", toy, "plugins")
    check("plugins lists it and where it came from", code == 0 and "toy" in out and toy in out, out + err)
    code, out, err = run("--plugin", old, "plugins")
    check("another ABI is refused by number", code == 3 and "999" in err, out + err)
    code, out, err = run("--plugin", os.path.join(root, "README.md"), "plugins")
    check("a file that is no plugin is refused", code == 3 and err, out + err)
    code, out, err = run("--plugin", os.path.join(tmp, "nothing.so"), "plugins")
    check("a missing file is refused", code == 3 and "nothing.so" in err, out + err)
print("1..%d" % tests)
sys.exit(bad != 0)
