#!/usr/bin/env python3
"""completion.py --cqlite EXE: the completions, loaded into real shells. Speaks TAP; a shell that is not here is a skip.

bash gets words and the place of the cursor, as its completion gives them to the function; zsh runs on a terminal, where keys
are typed and what the line has become is read back. Both must know every command, every long option of each, the choices of
options that have some, and files.
"""
import argparse
import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time

ZSHRC = r"""
unsetopt beep zle_bracketed_paste prompt_sp
PS1='ready> ' LISTMAX=100000 KEYTIMEOUT=1
bindkey -e
bindkey '^I' complete-word
fpath=($PLACE $fpath)
autoload -Uz compinit
compinit -u -d $PLACE/dump
zstyle ':completion:*' completer _complete
line_done() { print -r -- "$BUFFER|" >> $PLACE/lines; BUFFER= }
zle -N line_done
bindkey '^X^E' line_done
"""


class Bad(Exception):
    pass


def out(*cmd, **kw):
    done = subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **kw)
    if done.returncode:
        raise Bad("%s: status %d\n%s" % (" ".join(cmd), done.returncode, done.stderr.decode("utf-8", "replace")[-2000:]))
    return done.stdout.decode("utf-8", "replace")


class Bash:
    name = "bash"

    def __init__(self, exe, place):
        self.script = os.path.join(place, "cqlite.bash")
        with open(self.script, "w", encoding="utf-8") as f:
            f.write(out(exe, "help", "--complete", "bash"))

    def complete(self, cwd, *words):
        """What may stand where the last word stands."""
        code = ('set -u; . "$1"; complete -p cqlite >/dev/null || exit 9; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); '
                '_cqlite cqlite "${!#}" "" 2>"$ERR"; printf "%s\\n" ${COMPREPLY[@]+"${COMPREPLY[@]}"}')
        err = self.script + ".err"
        # bash splits at = where it is among the word breaks
        split = [w for word in words for w in re.split(r"(?<=^)(--[a-z-]+)(=)", word) if w]
        got = out("bash", "--norc", "-c", code, "bash", self.script, "cqlite", *(split or [""]),
                  *([""] if words and words[-1] == "" else []), cwd=cwd, env=dict(os.environ, ERR=err, LC_ALL="C"))
        with open(err, encoding="utf-8") as f:
            said = "".join(line for line in f if "compopt" not in line)
        if said:
            raise Bad("bash says: " + said)
        return set(got.split("\n")) - {""}

    def close(self):
        pass


class Zsh:
    name = "zsh"

    def __init__(self, exe, place):
        self.place = place
        with open(os.path.join(place, "_cqlite"), "w", encoding="utf-8") as f:
            f.write(out(exe, "help", "--complete", "zsh"))
        with open(os.path.join(place, ".zshrc"), "w", encoding="utf-8") as f:
            f.write(ZSHRC)
        self.lines = os.path.join(place, "lines")
        self.seen = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="dumb", ZDOTDIR=place, PLACE=place, LC_ALL="C.UTF-8", HOME=place)
            os.execvp("zsh", ["zsh", "-d", "-i"])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 1000, 250, 0, 0))
        self.read_until(lambda text: "ready> " in text, "a prompt")

    def read_until(self, done, what):
        text, end = "", time.monotonic() + 30
        while not done(text):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise Bad("zsh did not come to %s within 30 s; it printed:\n%s" % (what, text[-2000:]))
            try:
                text += os.read(self.fd, 65536).decode("utf-8", "replace")
            except OSError:
                raise Bad("zsh ended; it printed:\n%s" % text[-2000:]) from None
        return text

    def line_written(self, _text):
        try:
            with open(self.lines, encoding="utf-8") as f:
                return f.read().count("|\n") > self.seen
        except FileNotFoundError:
            return False

    def type(self, keys):
        """What the line is after the keys, and what was printed meanwhile."""
        # small steps: the pty's input buffer is one
        os.write(self.fd, (keys + "\x18\x05").encode())
        printed, end = "", time.monotonic() + 30
        while not self.line_written(printed):
            if time.monotonic() > end:
                raise Bad("zsh did not take %r within 30 s; it printed:\n%s" % (keys, printed[-2000:]))
            if select.select([self.fd], [], [], 0.05)[0]:
                printed += os.read(self.fd, 65536).decode("utf-8", "replace")
        while select.select([self.fd], [], [], 0.05)[0]:
            printed += os.read(self.fd, 65536).decode("utf-8", "replace")
        self.seen += 1
        with open(self.lines, encoding="utf-8") as f:
            return f.read().split("|\n")[self.seen - 1], printed

    def complete(self, cwd, *words):
        """As Bash.complete: the word itself when there was one way to go on, otherwise those that are listed."""
        begun = "cd %s\n" % cwd
        os.write(self.fd, begun.encode())
        line, printed = self.type("cqlite " + " ".join(words) + "\t\t")
        for wrong in ("command not found", "parse error", "bad option", "_arguments:", "comparguments"):
            if wrong in printed:
                raise Bad("zsh printed:\n%s" % printed[-2000:])
        before, last = "cqlite " + "".join(w + " " for w in words[:-1]), words[-1]
        if not line.startswith(before):
            raise Bad("the line has become %r" % line)
        word = line[len(before):].rstrip(" ")
        if line.endswith(" ") and word != last:
            return {word.split("=")[-1]} if "=" in last else {word}
        # names at the beginning of a line or of a column of names
        listed = set()
        for row in printed.replace("\r", "\n").split("\n"):
            if "ready>" not in row:
                listed |= set(re.split(r"\s+", row.split(" -- ")[0].strip()))
        return listed - {""}

    def close(self):
        try:
            os.write(self.fd, b"\x15exit\n")
            os.close(self.fd)
        except OSError:
            pass
        os.waitpid(self.pid, 0)


class Tests:
    def __init__(self, exe, shell, folder):
        self.exe, self.shell, self.folder = exe, shell, folder
        self.commands = re.findall(r"^  ([a-z][a-z-]*)\s{2,}\S", out(exe, "--help"), re.M)
        if len(self.commands) < 5:
            raise Bad("cqlite --help lists %s" % self.commands)

    def at(self, *words):
        return self.shell.complete(self.folder, *words)

    def want(self, got, wanted, where):
        lacking = sorted(set(wanted) - got)
        if lacking:
            raise Bad("%s: %s is not offered; offered: %s" % (where, " ".join(lacking), " ".join(sorted(got))[:500]))

    def every_command(self):
        self.want(self.at(""), self.commands, "cqlite")
        self.want(self.at("expl"), ["explain"], "cqlite expl")

    def every_long_option_of_every_command(self):
        for c in self.commands:
            options = re.findall(r"^\s+(?:-\w, )?(--[a-z-]+)", out(self.exe, c, "--help"), re.M)
            if len(options) < 5:
                raise Bad("cqlite %s --help lists %s" % (c, options))
            self.want(self.at(c, "--"), options, "cqlite %s --" % c)

    def the_rest_of_an_option(self):
        self.want(self.at("dump", "--raw"), ["--raw-timestamps"], "cqlite dump --raw")
        got = self.at("dump", "--raw")
        if got != {"--raw-timestamps"}:
            raise Bad("cqlite dump --raw: %s" % got)

    def the_choices_of_an_option(self):
        self.want(self.at("explain", "--space=dec"), ["decompressed"], "cqlite explain --space=dec")
        self.want(self.at("explain", "--space="), ["raw", "decompressed"], "cqlite explain --space=")
        self.want(self.at("help", "--complete", "z") if self.shell.name == "bash" else self.at("help", "--complete=z"), ["zsh"],
                  "cqlite help --complete z")

    def files(self):
        for c in ("dump", "tree", "info"):
            self.want(self.at(c, "nb-1-big-D"), ["nb-1-big-Data.db"], "cqlite %s nb-1-big-D" % c)
        self.want(self.at("tree", "nb-1-big-"), ["nb-1-big-Data.db", "nb-1-big-Index.db"], "cqlite tree nb-1-big-")


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--cqlite", required=True)
    args = ap.parse_args()
    exe = os.path.abspath(args.cqlite)
    tests = [n for n in vars(Tests) if n not in ("at", "want") and not n.startswith("_")]
    print("1..%d" % (2 * len(tests)), flush=True)
    k = failed = 0
    for kind in (Bash, Zsh):
        with tempfile.TemporaryDirectory(prefix="cqlite-completion-") as place:
            folder = os.path.join(place, "files")
            os.mkdir(folder)
            for f in ("nb-1-big-Data.db", "nb-1-big-Index.db", "other.txt"):
                open(os.path.join(folder, f), "w").close()
            shell = why = None
            if shutil.which(kind.name):
                try:
                    shell = kind(exe, place)
                    suite = Tests(exe, shell, folder)
                except (Bad, OSError, subprocess.TimeoutExpired) as e:
                    why = e
            for name in tests:
                k += 1
                title = "%s: %s" % (kind.name, name.replace("_", " "))
                if not shutil.which(kind.name):
                    print("ok %d - %s # SKIP %s is not here" % (k, title, kind.name), flush=True)
                    continue
                try:
                    if why:
                        raise why
                    getattr(suite, name)()
                    print("ok %d - %s" % (k, title), flush=True)
                except (Bad, OSError, subprocess.TimeoutExpired) as e:
                    failed += 1
                    print("not ok %d - %s" % (k, title))
                    print("".join("# %s\n" % line for line in str(e).split("\n")), end="", flush=True)
            if shell:
                shell.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
