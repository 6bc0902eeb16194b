#!/usr/bin/env python3
"""lint.py [--cqlite EXE]: what every file of the project must keep to. Exits 1 when something does not.

Each check prints one line, `ok` or `FAILED` with the places below. Long files are information only.
"""
import argparse
import ast
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import arrows  # noqa: E402

C = (".c", ".h", ".def")
TEXT = C + (".py", ".sh", ".md", ".build", ".txt", ".java", ".xml", ".cmd", ".lua", ".cql", ".yml", ".js", ".ts")
# written apart, so that this file does not find itself
PLACES = re.compile(r"(?<![\w.$}/-])(?:/wo" r"rk/|/ro" r"ot/|/ho" r"me/\w+/|/Us" r"ers/\w+/|/tmp/c" r"q/)")
HOSTS = re.compile(r"repo1?\.ma" r"ven\b|deb\.deb" r"ian\.org|py" r"pi\.org|python" r"hosted\.org|registry\.np" r"mjs|crates\.i" r"o\b|"
                   r"proxy\.gol" r"ang|artif" r"actory|nexus\.\w+\.\w+")
LONG = 500


def tracked():
    """Files of the project that exist, tracked or about to be."""
    out = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    return sorted({p for p in out.decode("utf-8", "surrogateescape").split("\0") if p and os.path.isfile(os.path.join(ROOT, p))})


def text_of(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def is_text(path):
    return path.endswith(TEXT) or os.path.basename(path) in ("dev", "run", "LICENSE", ".gitignore", ".gitattributes")


def ours(path):
    return is_text(path) and not re.match(r"corpus/[^/]+/[^/]+/", path)


def include_arrows(files):
    return arrows.wrong_includes(ROOT)


def no_machine_paths(files):
    """no path of a machine, no host of a registry"""
    for p in files:
        if not ours(p):
            continue
        for n, line in enumerate(text_of(p).split("\n"), 1):
            for what in (PLACES, HOSTS):
                m = what.search(line)
                if m:
                    yield "%s:%d: %s" % (p, n, m.group(0))


def without_comments(text):
    """C text with comments and strings blanked, line numbers kept."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def no_t_types(files):
    """no type of ours ends in _t"""
    for p in files:
        if p.endswith(C):
            text = without_comments(text_of(p))
            for m in re.finditer(r"\btypedef\b[^;{}]*?(?:\{[^{}]*\}[^;]*?)?\(?\*?\b(\w+_t)\b\)?(?:\s*\([^;]*\))?\s*;|\b(?:struct|union|enum)\s+(\w+_t)\s*\{", text):
                yield "%s:%d: %s" % (p, text.count("\n", 0, m.start()) + 1, m.group(1) or m.group(2))


def no_trailing_space(files):
    """no white space at a line's end, one newline at the file's"""
    for p in files:
        if not ours(p) or re.match(r"tests/(golden|tui)/", p):
            continue
        text = text_of(p)
        for n, line in enumerate(text.split("\n"), 1):
            if line != line.rstrip():
                yield "%s:%d: white space at the end" % (p, n)
        if text and (not text.endswith("\n") or text.endswith("\n\n")):
            yield "%s: must end with one newline" % p


def tabs_in_c(files):
    """C is indented with tabs (spaces may align after them)"""
    for p in files:
        if p.endswith(C):
            for n, line in enumerate(without_comments(text_of(p)).split("\n"), 1):
                if re.match(r" +\S", line):
                    yield "%s:%d: indented with spaces" % (p, n)


def scripts_parse(files):
    """Python and shell files parse"""
    for p in files:
        if p.endswith(".py"):
            try:
                ast.parse(text_of(p), p)
            except SyntaxError as e:
                yield "%s:%s: %s" % (p, e.lineno, e.msg)
        elif p in ("dev", ".ci/run") or p.endswith((".sh", ".cmd")):
            sh = "bash" if text_of(p).startswith("#!/bin/bash") or text_of(p).startswith("#!/usr/bin/env bash") else "sh"
            r = subprocess.run([sh, "-n", os.path.join(ROOT, p)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if r.returncode:
                yield "%s: %s" % (p, r.stdout.decode().strip())


def tests_registered(files):
    """every unit test and fuzz target is in its meson.build"""
    for folder, pattern in (("tests/unit", r"test_(\w+)\.c"), ("fuzz", r"fuzz_(\w+)\.c")):
        build = text_of(folder + "/meson.build") if folder + "/meson.build" in files else ""
        for p in files:
            m = re.fullmatch(folder + "/" + pattern, p)
            if m and not re.search(r"'(?:test_|fuzz_)?%s(?:\.c)?'" % m.group(1), build):
                yield "%s: not in %s/meson.build" % (p, folder)


def no_conflict_markers(files):
    """no leftover conflict marker"""
    for p in files:
        if ours(p) and re.search(r"^(<{7}|>{7}) ", text_of(p), re.M):
            yield "%s: a conflict marker" % p


def run(cqlite, *args):
    r = subprocess.run([cqlite, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)
    return r.returncode, r.stdout.decode("utf-8", "replace"), r.stderr.decode("utf-8", "replace")


def help_in_step(cqlite):
    """--help, man pages and completions name the same commands and options"""
    rc, top, _ = run(cqlite, "--help")
    commands = re.findall(r"^  ([a-z][a-z-]*)\s{2,}\S", top, re.M)
    if rc or not commands:
        yield "cqlite --help: status %d, %d commands" % (rc, len(commands))
        return
    page = run(cqlite, "help", "--man")[1]
    shells = {s: run(cqlite, "help", "--complete", s)[1] for s in ("bash", "zsh")}
    for c in commands:
        if not re.search(r"\b%s\b" % c, page):
            yield "the man page cqlite(1) does not name %s" % c
        for s, text in shells.items():
            if not re.search(r"\b%s\b" % c, text):
                yield "the %s completion does not name %s" % (s, c)
        if c == "help":
            continue
        rc, text, err = run(cqlite, c, "--help")
        if rc or err:
            yield "cqlite %s --help: status %d, %s" % (c, rc, err.strip() or "nothing on standard error")
        rc, man, _ = run(cqlite, "help", "--man", c)
        if rc or ".TH" not in man:
            yield "cqlite help --man %s: status %d" % (c, rc)
        man = man.replace("\\-", "-")
        for option in sorted(set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))):
            if option not in man:
                yield "the man page of %s does not name %s" % (c, option)
            for s, said in shells.items():
                if option not in said and option[2:] not in said:
                    yield "the %s completion does not name %s of %s" % (s, option, c)


CHECKS = (include_arrows, no_machine_paths, no_t_types, no_trailing_space, tabs_in_c, scripts_parse, tests_registered,
          no_conflict_markers)


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--cqlite")
    args = ap.parse_args()
    files, bad = tracked(), 0

    def tell(name, found):
        nonlocal bad
        found = list(found)
        bad += bool(found)
        print("%s - %s" % ("FAILED" if found else "ok", name))
        for line in found[:40]:
            print("    " + line)
        if len(found) > 40:
            print("    ... and %d more" % (len(found) - 40))

    for check in CHECKS:
        tell((check.__doc__ or "every include points downwards").strip(), check(files))
    if args.cqlite:
        tell(help_in_step.__doc__, help_in_step(os.path.abspath(args.cqlite)))
    long = [(text_of(p).count("\n"), p) for p in files if p.endswith(C)]
    for n, p in sorted((x for x in long if x[0] > LONG), reverse=True):
        print("info - %s has %d lines" % (p, n))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
