"""screen: the real workbench in a tmux of its own: keys go in by send-keys, screens come out by capture-pane."""
import os
import shutil
import subprocess
import time

LONG = 90                                 # seconds: a sanitizer build on a busy machine


def tmux_is_there():
    return shutil.which("tmux") is not None


class Screen:
    def __init__(self, exe, path, folder, cols=160, rows=50):
        self.socket = os.path.join(folder, "tmux-%dx%d" % (cols, rows))
        self.folder = folder
        env = dict(os.environ, LANG="C.UTF-8", LC_ALL="C.UTF-8", XDG_DATA_HOME=folder, XDG_CONFIG_HOME=folder, HOME=folder)
        for name in ("TMUX", "NO_COLOR"):
            env.pop(name, None)
        self.env = env
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(cols), "-y", str(rows), "-c", folder, "-s", "t",
                  "%s tui %s; echo ended with $?; exec cat" % (exe, path))

    def tmux(self, *args):
        done = subprocess.run(["tmux", "-S", self.socket, *args], env=self.env, capture_output=True, check=True, timeout=LONG)
        return done.stdout.decode()

    def text(self, *args):
        return self.tmux("capture-pane", "-p", "-t", "t", *args)

    def wait(self, *wanted):
        """Until all of the texts (or what a function wants) are on the screen; the screen. None: never."""
        end = time.monotonic() + LONG
        while True:
            text = self.text()
            if all(w(text) if callable(w) else w in text for w in wanted):
                return text
            if time.monotonic() > end:
                print("# waited for %r in vain:" % (wanted,))
                print("".join("# %s\n" % line for line in text.splitlines()), flush=True)
                return None
            time.sleep(0.05)

    def keys(self, *names):
        self.tmux("send-keys", "-t", "t", *names)

    def type(self, text):
        self.tmux("send-keys", "-t", "t", "-l", text)

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], env=self.env, capture_output=True, timeout=LONG)
