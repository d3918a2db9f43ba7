"""What the commands say: numbered steps with the time they took, and one clear sentence on failure."""
import contextlib
import fcntl
import os
import subprocess
import sys
import threading
import time

from . import paths


class Failure(Exception):
    """A sentence for the user; the command ends with it and exit code 1."""


def say(text=""):
    print(text, flush=True)


@contextlib.contextmanager
def step(title):
    """Announce a long step; on a terminal a running clock shows that it is alive."""
    started = time.monotonic()
    done = threading.Event()
    live = sys.stdout.isatty()

    def tick():
        while not done.wait(1):
            print(f"\r  {title} … {int(time.monotonic() - started)} s", end="", flush=True)

    ticker = threading.Thread(target=tick, daemon=True)
    if live:
        ticker.start()
    else:
        print(f"  {title} …", flush=True)
    try:
        yield
    finally:
        done.set()
        if live:
            ticker.join()
            print("\r\033[K", end="")
    print(f"  {title}: done in {time.monotonic() - started:.0f} s", flush=True)


def run_logged(command, log_name, *, env=None, cwd=None, stdin=None, what=None):
    """Run `command`, its output into a log file; on failure show the end of the log and say what failed."""
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    log = paths.LOGS / log_name
    with log.open("wb") as stream:
        result = subprocess.run(
            [str(part) for part in command], stdout=stream, stderr=subprocess.STDOUT,
            env=env, cwd=cwd, stdin=stdin or subprocess.DEVNULL,
        )
    if result.returncode:
        raise Failure(f"{what or command[0]} failed; the end of {log}:\n{tail(log)}")
    return log


def tail(path, lines=25):
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return "(no log)"


@contextlib.contextmanager
def locked(name, waiting):
    """Hold the lock `name`; say `waiting` once when another command holds it. The system frees it on a crash."""
    try:
        paths.HOME.mkdir(parents=True, exist_ok=True)
        stream = (paths.HOME / f"{name}.lock").open("a+")
    except PermissionError as error:
        raise Failure(
            f"{paths.HOME} belongs to another user of this machine. Run as that user, remove the folder, "
            "or choose another one with CRM_SUITE_HOME=/some/folder."
        ) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"  {waiting}")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def stamp_matches(name, value):
    path = paths.STAMPS / name
    return path.exists() and path.read_text() == value


def stamp(name, value):
    """Note that a step is finished; written last and in one piece, so an interrupted step runs again."""
    paths.STAMPS.mkdir(parents=True, exist_ok=True)
    partial = paths.STAMPS / f".{name}.{os.getpid()}"
    partial.write_text(value)
    partial.replace(paths.STAMPS / name)
