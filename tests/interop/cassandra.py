#!/usr/bin/env python3
"""Real Apache Cassandra out of Maven, on the loopback, for comparisons.

    cassandra.py [--version V] tool NAME ARGS...     sstabledump, sstablemetadata, sstableverify (needs --node DIR), ...
    cassandra.py cql --node DIR [--format oa|da|nb|me] < statements
                                                     starts a node in DIR, runs them, flushes every table, stops

As a module: Release(version) fetches (once), .tools() runs SSTable tools in one JVM, .node(dir, format) starts a node:

    with cassandra.Release(cassandra.WRITERS["da"]) as release:
        with release.node(folder, "da") as node:
            node.cql("CREATE KEYSPACE k ..."); node.flush("k", "t"); node.sstables("k", "t")
        status, said = release.tools().run(out_file, "sstabledump", ["da-1-bti-Data.db"])

Needs mvn, and a java and javac of release 17: 3.11, made for Java 8, runs on that too when it is let into the JVM's packages,
reads files without mapping them, and is spoken to without JMX. `Missing` is raised, with the reason, where they are not there or
Maven cannot fetch: whoever skips says so. What is fetched and compiled lies in $CQLITE_INTEROP_HOME, by default
~/.cache/cqlite-interop (and in Maven's own ~/.m2). Nodes listen on a free port of 127.0.0.1 only, and only for themselves.
"""
import argparse
import glob
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
HOME = os.environ.get("CQLITE_INTEROP_HOME") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "cqlite-interop")
DEFAULT = "5.0.6"

# format -> the release that writes it; the tools of DEFAULT read them all
WRITERS = {"oa": DEFAULT, "da": DEFAULT, "nb": DEFAULT, "me": "3.11.19"}

# format -> what makes a node of DEFAULT write it
FORMATS = {
    "oa": {"storage_compatibility_mode": "NONE", "sstable": {"selected_format": "big"}},
    "da": {"storage_compatibility_mode": "NONE", "sstable": {"selected_format": "bti"}},
    "nb": {"storage_compatibility_mode": "CASSANDRA_4", "sstable": {"selected_format": "big"}},
}

TOOLS = {
    "sstabledump": "SSTableExport", "sstablemetadata": "SSTableMetadataViewer", "sstableverify": "StandaloneVerifier",
    "sstablescrub": "StandaloneScrubber", "sstableupgrade": "StandaloneUpgrader", "sstablesplit": "StandaloneSplitter",
    "sstablepartitions": "SSTablePartitions", "sstableutil": "StandaloneSSTableUtil",
}

# Cassandra reaches into these packages of Java 17
EXPORTS = ("java.base/jdk.internal.misc java.management/com.sun.jmx.remote.security java.rmi/sun.rmi.registry "
           "java.rmi/sun.rmi.server java.sql/java.sql java.management.rmi/com.sun.jmx.remote.internal.rmi "
           "jdk.unsupported/sun.misc").split()
OPENS = ("java.base/java.io java.base/java.lang java.base/java.lang.module java.base/java.lang.ref java.base/java.lang.reflect "
         "java.base/java.net java.base/java.nio java.base/java.util java.base/java.util.concurrent "
         "java.base/java.util.concurrent.atomic java.base/jdk.internal.loader java.base/jdk.internal.math "
         "java.base/jdk.internal.module java.base/jdk.internal.ref java.base/jdk.internal.reflect "
         "java.base/jdk.internal.util.jar java.base/sun.nio.ch jdk.management/com.sun.management.internal").split()

# for a node that is thrown away: no flush of the schema's own tables after each change (0.2 s a CREATE TABLE), and a rough estimate
# of a row's overhead in memory instead of one that takes seconds at the start
HASTY = ["-Dcassandra.unsafesystem=true", "-Dcassandra.test.flush_local_schema_changes=false",
         "-Dcassandra.memtable_row_overhead_computation_step=1000"]


class Missing(Exception):
    """Something that real Cassandra needs is not here; str() says what."""


class Failed(Exception):
    """Cassandra refused or died; str() says what it said."""


class Refused(Failed):
    """A node that goes on did not do what it was told."""


def java_17():
    """(java, javac): of JAVA_HOME, of PATH, or where Linux distributions put them."""
    for home in [os.environ.get("JAVA_HOME"), ""] + sorted(glob.glob("/usr/lib/jvm/*17*")):
        java = os.path.join(home, "bin", "java") if home else shutil.which("java")
        if not java or not os.path.exists(java):
            continue
        said = subprocess.run([java, "-version"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL).stderr.decode()
        release = re.search(r'version "(\d+)', said)
        if release and int(release.group(1)) == 17:
            javac = os.path.join(os.path.dirname(os.path.realpath(java)), "javac")
            javac = javac if os.path.exists(javac) else shutil.which("javac")
            if not javac:
                raise Missing("no javac beside Java 17")
            return java, javac
    raise Missing("no Java 17")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def escape(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def unescape(text):
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r", "t": "\t"}.get(m.group(1), m.group(1)), text)


class Release:
    """One exact version of Cassandra, fetched and ready."""

    def __init__(self, version=DEFAULT):
        self.version, self.home, self._tools = version, os.path.join(HOME, version), None
        self.old = version.startswith("3.")
        if not shutil.which("mvn"):
            raise Missing("no Maven (mvn)")
        self.java, self.javac = java_17()
        os.makedirs(os.path.join(self.home, "conf"), exist_ok=True)
        self.class_path = self._fetch()
        self.classes = self._compile()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._tools:
            self._tools.close()

    def _fetch(self):
        listed = os.path.join(self.home, "class-path")
        if os.path.exists(listed):
            with open(listed) as f:
                jars = f.read().strip()
            if all(os.path.exists(j) for j in jars.split(os.pathsep)):
                return jars
        print("interop: fetching Cassandra %s with Maven" % self.version, file=sys.stderr, flush=True)
        done = subprocess.run(["mvn", "-q", "-B", "-f", os.path.join(HERE, "pom.xml"), "dependency:build-classpath",
                               "-Dcassandra.version=" + self.version, "-Dmdep.outputFile=" + listed + ".new"] + (["-Pthrift"] if self.old else []),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            said = [line for line in done.stdout.decode("utf-8", "replace").split("\n") if line.startswith("[ERROR]")]
            raise Missing("Maven cannot fetch Cassandra %s: %s" % (self.version, (said or ["it did not say why"])[0][:300]))
        os.replace(listed + ".new", listed)
        with open(listed) as f:
            return f.read().strip()

    def _compile(self):
        """Node.java and Tools.java against this version's classes."""
        classes, sources = os.path.join(self.home, "classes"), [os.path.join(HERE, "java", n) for n in ("Node.java", "Tools.java")]
        made = os.path.join(classes, "Tools.class")
        if not os.path.exists(made) or os.path.getmtime(made) < max(os.path.getmtime(s) for s in sources):
            os.makedirs(classes, exist_ok=True)
            done = subprocess.run([self.javac, "--release", "17", "-nowarn", "-proc:none", "-Xlint:none", "-d", classes, "-cp", self.class_path] + sources,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode:
                raise Failed("javac: " + done.stdout.decode("utf-8", "replace"))
        return classes

    def configure(self, folder, settings):
        """Writes DIR/conf and returns it."""
        conf = os.path.join(folder, "conf")
        os.makedirs(conf, exist_ok=True)
        port = free_port()
        yaml = {
            "cluster_name": "interop", "num_tokens": 1, "initial_token": "0", "listen_address": "127.0.0.1",
            "rpc_address": "127.0.0.1", "storage_port": port, "start_native_transport": False, "endpoint_snitch": "SimpleSnitch",
            "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner", "commitlog_sync": "periodic", "auto_snapshot": False,
            "seed_provider": [{"class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
                               "parameters": [{"seeds": "127.0.0.1" if self.old else "127.0.0.1:%d" % port}]}],
            "data_file_directories": [os.path.join(folder, "data")],
        }
        if self.old:
            # what it mapped it could not unmap on a Java after 8
            yaml.update({"start_rpc": False, "disk_access_mode": "standard", "commitlog_sync_period_in_ms": 10000,
                         "batch_size_fail_threshold_in_kb": 65536})
            yaml.update({w + "_request_timeout_in_ms": 60000 for w in ("write", "read", "range", "counter_write")})
        else:
            yaml.update({"commitlog_sync_period": "10000ms", "flush_compression": "table", "user_defined_functions_enabled": False,
                         "materialized_views_enabled": True, "memtable_allocation_type": "heap_buffers",
                         "batch_size_fail_threshold": "64MiB"})
            yaml.update({w + "_request_timeout": "60s" for w in ("write", "read", "range", "counter_write")})
        for d in ("commitlog", "hints", "saved_caches", "cdc_raw"):
            yaml[d + "_directory"] = os.path.join(folder, d)
        yaml.update(settings)
        with open(os.path.join(conf, "cassandra.yaml"), "w") as f:
            json.dump(yaml, f, indent=1)            # which is YAML too
        with open(os.path.join(conf, "logback.xml"), "w") as f:
            f.write("<configuration><appender name='err' class='ch.qos.logback.core.ConsoleAppender'><target>System.err</target>"
                    "<encoder><pattern>%level %logger{20} %msg%n</pattern></encoder></appender>"
                    "<logger name='org.apache.cassandra.utils.concurrent.Ref' level='OFF'/>"
                    "<root level='ERROR'><appender-ref ref='err'/></root></configuration>\n")
        return conf

    def command(self, conf, folder, main, heap, more=()):
        cmd = [self.java, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-Xmx" + heap, "-Dfile.encoding=UTF-8",
               "-Duser.timezone=UTC", "-Djava.security.manager=allow", "-Djdk.attach.allowAttachSelf=true",
               "-Dio.netty.tryReflectionSetAccessible=true", "-Dcassandra.config=file://" + os.path.join(conf, "cassandra.yaml"),
               "-Dcassandra.storagedir=" + folder, "-Dcassandra.logdir=" + folder, "-Dcassandra.ring_delay_ms=1",
               "-Dcassandra.skip_wait_for_gossip_to_settle=0", "-Dcassandra.start_native_transport=false",
               # 3.11 closes its standard error otherwise
               "-Dcassandra-foreground=yes",
               "-Dlogback.configurationFile=" + os.path.join(conf, "logback.xml")]
        for flag, packages in (("--add-exports", EXPORTS), ("--add-opens", OPENS)):
            for p in packages:
                cmd += [flag, p + "=ALL-UNNAMED"]
        return cmd + list(more) + ["-cp", os.pathsep.join([self.classes, conf, self.class_path]), main]

    def tools(self, node=None):
        """The SSTable tools, in a JVM that stays. node: the folder of a stopped node, for tools that want a schema."""
        if node:
            return Tools(self, node)
        if not self._tools:
            self._tools = Tools(self, None)
        return self._tools

    def node(self, folder, fmt="oa", **settings):
        """A running node; settings are keys of cassandra.yaml, more=[...] options of its JVM (HASTY)."""
        if WRITERS[fmt] != self.version and (self.old or fmt not in FORMATS):
            raise ValueError("Cassandra %s does not write %s" % (self.version, fmt))
        return Node(self, folder, fmt, settings)


class Jvm:
    """A Java program that answers orders line by line."""

    def __init__(self, cmd, folder):
        self.log = os.path.join(folder, "java.log")
        with open(self.log, "ab") as log:
            self.p = subprocess.Popen(cmd, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    def say(self, line):
        try:
            self.p.stdin.write((line + "\n").encode("utf-8", "surrogateescape"))
            self.p.stdin.flush()
        except BrokenPipeError:
            raise self.ended() from None

    def hear(self, seconds=180):
        guard = threading.Timer(seconds, self.p.kill)
        guard.start()
        try:
            line = self.p.stdout.readline()
        finally:
            guard.cancel()
        if not line:
            raise self.ended()
        return line.decode("utf-8", "replace").rstrip("\n")

    def ended(self):
        with open(self.log, errors="replace") as f:
            return Failed("Java ended with status %s:\n%s" % (self.p.wait(), f.read()[-3000:]))

    def close(self):
        self.p.stdin.close()
        try:
            self.p.wait(20)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()
        self.p.stdout.close()


class Tools:
    def __init__(self, release, node):
        folder = node or os.path.join(release.home, "tools")
        os.makedirs(folder, exist_ok=True)
        # NONE: with CASSANDRA_4 the tools of 5.0 refuse oa and da
        conf = os.path.join(node, "conf") if node else release.configure(folder, FORMATS["oa"])
        self.jvm = Jvm(release.command(conf, folder, "Tools", "1g", ["-Dorg.apache.cassandra.disable_mbean_registration=true"]), folder)

    def run(self, out, name, args):
        """(exit status, first line of standard error); standard output goes to the file `out`."""
        self.jvm.say("\t".join(escape(w) for w in [out, TOOLS[name]] + list(args)))
        status, _, said = self.jvm.hear().partition("\t")
        return int(status), said

    def close(self):
        self.jvm.close()


class Node:
    def __init__(self, release, folder, fmt, settings):
        self.folder = os.path.abspath(folder)
        os.makedirs(self.folder, exist_ok=True)
        more = settings.pop("more", [])
        conf = release.configure(self.folder, dict(FORMATS.get(fmt, {}), **settings))
        self.jvm = Jvm(release.command(conf, self.folder, "Node", "1500m", more), self.folder)
        if self.jvm.hear() != "ok":
            raise Failed("the node did not start")

    def order(self, *words):
        self.jvm.say("\t".join(escape(w) for w in words))
        rows = []
        while True:
            kind, _, rest = self.jvm.hear().partition("\t")
            if kind == "row":
                rows.append(unescape(rest))
            elif kind == "ok":
                return rows
            else:
                raise Refused("%s: %s" % (unescape(rest), " ".join(words)[:500]))

    def cql(self, statement):
        """The rows of a SELECT JSON, as JSON texts."""
        return self.order("cql", statement)

    def flush(self, keyspace, table):
        self.order("flush", keyspace, table)

    def compact(self, keyspace, table):
        self.order("compact", keyspace, table)

    def table_folder(self, keyspace, table):
        base = os.path.join(self.folder, "data", keyspace)
        return next(os.path.join(base, d) for d in sorted(os.listdir(base)) if d.rsplit("-", 1)[0] == table)

    def sstables(self, keyspace, table):
        """The Data.db files of a table, oldest first."""
        folder = self.table_folder(keyspace, table)
        found = [f for f in os.listdir(folder) if f.endswith("-Data.db")]
        return [os.path.join(folder, f) for f in sorted(found, key=lambda f: (len(f), f))]

    def end(self):
        """Ends it at once: what was flushed is on the disk, the rest is lost."""
        self.jvm.p.kill()
        self.jvm.close()

    def stop(self):
        if self.jvm.p.poll() is None:
            try:
                self.order("stop")
            finally:
                self.jvm.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def statements(text):
    """The statements of a CQL text, and its comments of the form `-- word`, each as one item."""
    for m in re.finditer(r"""\s*(?:(--[^\n]*)|((?:'(?:[^']|'')*'|"(?:[^"]|"")*"|[^;'"])+);)""", text):
        if m.group(1):
            yield m.group(1)
        elif m.group(2).strip():
            yield m.group(2).strip()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--version", default=DEFAULT, help="for tool")
    sub = ap.add_subparsers(dest="what", required=True)
    tool = sub.add_parser("tool")
    tool.add_argument("--node")
    tool.add_argument("name", choices=sorted(TOOLS))
    tool.add_argument("args", nargs=argparse.REMAINDER)
    cql = sub.add_parser("cql")
    cql.add_argument("--node", required=True)
    cql.add_argument("--format", default="oa", choices=sorted(WRITERS))
    args = ap.parse_args()
    with Release(args.version if args.what == "tool" else WRITERS[args.format]) as release:
        if args.what == "tool":
            tools = release.tools(os.path.abspath(args.node) if args.node else None)
            words = [os.path.abspath(a) if os.path.exists(a) else a for a in args.args]
            with tempfile.NamedTemporaryFile() as out:
                status, said = tools.run(out.name, args.name, words)
                shutil.copyfileobj(out, sys.stdout.buffer)
                sys.stdout.flush()
            if args.node:
                tools.close()
            if said:
                print(said, file=sys.stderr)
            return status
        with release.node(args.node, args.format) as node:
            for s in statements(sys.stdin.read()):
                if not s.startswith("--"):
                    for row in node.cql(s):
                        print(row)
            for ks in sorted(os.listdir(os.path.join(node.folder, "data"))):
                if not ks.startswith("system"):
                    for t in sorted(os.listdir(os.path.join(node.folder, "data", ks))):
                        node.flush(ks, t.rsplit("-", 1)[0])
                        print("\n".join(node.sstables(ks, t.rsplit("-", 1)[0])))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Missing, Failed) as e:
        print("cassandra.py: %s" % e, file=sys.stderr)
        sys.exit(3)
