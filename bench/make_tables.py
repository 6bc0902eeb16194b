#!/usr/bin/env python3
"""Makes the tables that the benches read, with real Cassandra's own SSTable writer; those that are there already stay.

    make_tables.py [--list] [NAME...]        all of them, or those named

    nb_wide oa_wide da_wide          1 M rows: int, int (clustering), text of 100 bytes, bigint; 1000 rows a partition
    nb_narrow oa_narrow da_narrow    1 M rows: uuid key, five columns; a row a partition
    nb_wide10                        10 M rows as nb_wide

All LZ4 in chunks of 16 KiB, about 60 MB a million rows. They lie in $CQLITE_BENCH_DIR, by default ~/.cache/cqlite-bench. The
same name always has the same rows. Needs what tests/interop/cassandra.py needs: Maven and Java 17. Exit 0 all there, 3 not, with the
reason.
"""
import argparse
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tests", "interop"))
sys.dont_write_bytecode = True
import cassandra  # noqa: E402

DIR = os.environ.get("CQLITE_BENCH_DIR") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "cqlite-bench")

M = 1000 * 1000
TABLES = {
    "nb_wide": ("nb", "wide", M), "nb_narrow": ("nb", "narrow", M),
    "oa_wide": ("oa", "wide", M), "oa_narrow": ("oa", "narrow", M),
    "da_wide": ("da", "wide", M), "da_narrow": ("da", "narrow", M),
    "nb_wide10": ("nb", "wide", 10 * M),
}


def data(name):
    """The Data.db of a table, None when it was not made."""
    folder = os.path.join(DIR, name)
    found = [f for f in (os.listdir(folder) if os.path.isdir(folder) else []) if f.endswith("-Data.db")]
    return os.path.join(folder, found[0]) if len(found) == 1 else None


def compiled(release):
    """The folder of MakeTables.class, compiled against this Cassandra."""
    classes, source = os.path.join(release.home, "bench-classes"), os.path.join(HERE, "java", "MakeTables.java")
    made = os.path.join(classes, "MakeTables.class")
    if not os.path.exists(made) or os.path.getmtime(made) < os.path.getmtime(source):
        os.makedirs(classes, exist_ok=True)
        done = subprocess.run([release.javac, "-nowarn", "-proc:none", "-Xlint:none", "-encoding", "UTF-8", "-d", classes, "-cp",
                               release.class_path, source], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise cassandra.Failed("javac: " + done.stdout.decode("utf-8", "replace"))
    return classes


def make(names):
    """Makes what is missing of these. cassandra.Missing or cassandra.Failed when it cannot."""
    wanted = [n for n in names if not data(n)]
    if not wanted:
        return
    with cassandra.Release() as release:
        classes = compiled(release)
        for fmt in sorted({TABLES[n][0] for n in wanted}):
            # one JVM a format: it is read from the configuration, once
            scratch = os.path.join(DIR, ".making-" + fmt)
            shutil.rmtree(scratch, ignore_errors=True)
            os.makedirs(scratch)
            conf = release.configure(scratch, cassandra.FORMATS[fmt])
            command = release.command(conf, scratch, "MakeTables", "2g")
            command[command.index("-cp") + 1] += os.pathsep + classes
            command.remove("-XX:TieredStopAtLevel=1")           # it runs long enough for the good compiler
            jvm = cassandra.Jvm(command, scratch)
            for name in (n for n in wanted if TABLES[n][0] == fmt):
                _, shape, rows = TABLES[name]
                print("bench: making %s, %d M rows, in %s" % (name, rows // M, DIR), file=sys.stderr, flush=True)
                # bench/t: Cassandra takes keyspace and table from the last folders
                folder = os.path.join(scratch, name, "bench", "t")
                os.makedirs(folder)
                jvm.say("%s %d %s" % (shape, rows, folder))
                jvm.hear(3600)
                shutil.rmtree(os.path.join(DIR, name), ignore_errors=True)
                os.rename(folder, os.path.join(DIR, name))
            jvm.close()
            shutil.rmtree(scratch)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--list", action="store_true", help="say which are there, make nothing")
    ap.add_argument("names", nargs="*", metavar="NAME")
    args = ap.parse_args()
    unknown = [n for n in args.names if n not in TABLES]
    if unknown:
        ap.error("no table %s; there are %s" % (", ".join(unknown), ", ".join(TABLES)))
    names = args.names or list(TABLES)
    if args.list:
        for n in names:
            print("%-10s %s" % (n, data(n) or "not made"))
        return 0
    try:
        make(names)
    except (cassandra.Missing, cassandra.Failed) as e:
        print("make_tables.py: %s" % e, file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
