#!/usr/bin/env python3
"""check_install.py --build DIR --cc CC: installs into a temporary place and uses what lies there. Speaks TAP.

The command runs, the libraries, headers, pkg-config file, man pages and completions are there, the shared library exports
names that begin with cq_ and no others, and programs built with pkg-config alone, shared and static, read a table.
"""
import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TABLE = os.path.join(ROOT, "corpus", "5.0-oa", "main", "single", "oa-1-big-Data.db")
PARTITIONS = 1


class Bad(Exception):
    pass


def out(*cmd, env=None):
    done = subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env, timeout=250)
    if done.returncode:
        raise Bad("%s: status %d\n%s" % (" ".join(cmd), done.returncode, done.stderr.decode("utf-8", "replace")[-2000:]))
    return done.stdout.decode("utf-8", "replace")


class Install:
    def __init__(self, build, cc, place):
        self.place, self.cc = place, shlex.split(cc)
        out("meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", place)
        self.files = sorted(os.path.join(w, f) for w, _, fs in os.walk(place) for f in fs)
        self.flags = []
        # a library with sanitizers inside wants a program that brings them
        options = out("meson", "introspect", "--buildoptions", build)
        m = re.search(r'"name": "b_sanitize", "value": "([^"]*)"', options)
        self.sanitized = bool(m and m.group(1) != "none")
        if self.sanitized:
            self.flags = ["-fsanitize=" + m.group(1)]

    def find(self, pattern, least=1):
        found = [f for f in self.files if re.search(pattern + "$", f)]
        if len(found) < least:
            raise Bad("nothing like %s among:\n%s" % (pattern, "\n".join(f[len(self.place):] for f in self.files)))
        return found

    def pkg_config(self, *words):
        pc = self.find(r"/pkgconfig/cqlite\.pc")[0]
        path = os.path.dirname(pc) + os.pathsep + os.environ.get("PKG_CONFIG_PATH", "")
        return out("pkg-config", *words, "cqlite", env=dict(os.environ, PKG_CONFIG_SYSROOT_DIR=self.place, PKG_CONFIG_PATH=path))

    def program(self, static):
        """Builds and runs dump.c as a stranger would."""
        words = shlex.split(self.pkg_config("--cflags", "--libs", *(["--static"] if static else [])))
        # the sysroot is put before the system's own libraries' paths as well, which are not in it
        words = [w for w in words if not (w[:2] in ("-I", "-L") and w[2:].startswith(self.place) and not os.path.isdir(w[2:]))]
        if static:
            words = [self.find(r"/libcqlite\.a")[0] if w == "-lcqlite" else w for w in words]
        exe = os.path.join(self.place, "dump-static" if static else "dump-shared")
        out(*self.cc, "-Wall", "-Werror", "-o", exe, os.path.join(HERE, "dump.c"), *self.flags, *words)
        said = out(exe, TABLE, env=dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(self.find(r"/libcqlite\.so\.[\d.]+")[0])))
        lines = said.strip().split("\n")
        if sum(line.split()[1] == "1" for line in lines) != PARTITIONS or len(lines) < 3 * PARTITIONS:
            raise Bad("it printed:\n" + said)

    # ---- the tests

    def the_command_runs(self):
        exe = self.find(r"/bin/cqlite")[0]
        env = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(self.find(r"/libcqlite\.so\.[\d.]+")[0]))
        said = out(exe, "dump", TABLE, env=env)
        if '"partition"' not in said:
            raise Bad("dump printed:\n" + said)

    def both_libraries_and_a_link_to_the_shared_one_are_there(self):
        self.find(r"/libcqlite\.a")
        if not os.path.islink(self.find(r"/libcqlite\.so")[0]):
            raise Bad("libcqlite.so is no link to a version")

    def every_public_header_stands_alone(self):
        headers = self.find(r"/include/.*cq_\w+\.h", 5)
        cflags = shlex.split(self.pkg_config("--cflags"))
        for h in headers:
            out(*self.cc, "-std=c11", "-Wall", "-Werror", "-fsyntax-only", "-x", "c", *cflags, h)

    def the_shared_library_exports_cq_names_only(self):
        names = out("nm", "-D", "--defined-only", self.find(r"/libcqlite\.so\.[\d.]+")[0]).split("\n")
        names = [n.split()[-1] for n in names if n.strip()]
        other = [n for n in names if not n.startswith("cq_")]
        if self.sanitized:
            other = [n for n in other if not re.match(r"_?_(asan|ubsan|odr_asan|start_|stop_)", n)]
        if other or len(names) < 20:
            raise Bad("%d names, not ours: %s" % (len(names), " ".join(other)))

    def a_program_on_the_shared_library_reads_a_table(self):
        self.program(False)

    def a_program_on_the_static_library_reads_a_table(self):
        self.program(True)

    def every_command_has_a_manual_page(self):
        pages = self.find(r"/man/man1/cqlite[\w-]*\.1")
        exe = self.find(r"/bin/cqlite")[0]
        env = dict(os.environ, LD_LIBRARY_PATH=os.path.dirname(self.find(r"/libcqlite\.so\.[\d.]+")[0]))
        commands = re.findall(r"^  ([a-z][a-z-]*)\s{2,}\S", out(exe, "--help", env=env), re.M)
        if not commands:
            raise Bad("cqlite --help lists no command")
        lacking = [c for c in commands if not any(p.endswith("/cqlite-%s.1" % c) for p in pages)]
        if lacking or not any(p.endswith("/cqlite.1") for p in pages):
            raise Bad("no page of: %s" % " ".join(lacking or ["cqlite itself"]))
        for p in pages:
            with open(p, encoding="utf-8") as f:
                if not f.read().lstrip().startswith((".TH", ".\\\"", "'\\\"")):
                    raise Bad("%s is no manual page" % p)

    def completions_of_both_shells_are_there_and_parse(self):
        bash = self.find(r"/bash-completion/completions/cqlite")[0]
        zsh = self.find(r"/zsh/site-functions/_cqlite")[0]
        out("bash", "-n", bash)
        if shutil.which("zsh"):
            out("zsh", "-n", zsh)
        with open(zsh, encoding="utf-8") as f:
            if not f.readline().startswith("#compdef cqlite"):
                raise Bad("_cqlite does not begin with #compdef cqlite")


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--build", required=True)
    ap.add_argument("--cc", required=True)
    args = ap.parse_args()
    tests = [n for n in vars(Install) if n not in ("find", "pkg_config", "program") and not n.startswith("_")]
    print("1..%d" % len(tests), flush=True)
    failed = 0
    with tempfile.TemporaryDirectory(prefix="cqlite-install-") as place:
        try:
            install, why = Install(os.path.abspath(args.build), args.cc, place), None
        except Bad as e:
            install, why = None, e
        for i, name in enumerate(tests, 1):
            try:
                if why:
                    raise why
                getattr(install, name)()
                print("ok %d - %s" % (i, name.replace("_", " ")))
            except (Bad, subprocess.TimeoutExpired) as e:
                failed += 1
                print("not ok %d - %s" % (i, name.replace("_", " ")))
                print("".join("# %s\n" % line for line in str(e).split("\n")), end="")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
