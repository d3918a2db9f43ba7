"""First stage: the virtual environment, made with the machine's Python and its standard library only."""
import hashlib
import os
import shutil
import subprocess
import sys

from . import paths, ui


def enter(module, argv):
    """Make sure of the environment, then replace this process by `python -m suite.<module>` inside it."""
    try:
        ensure_environment()
    except ui.Failure as failure:
        sys.exit(f"\n{failure}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. The next start goes on from here.")
    environment = dict(os.environ, PYTHONPATH=str(paths.ROOT / "bin"), PYTHONDONTWRITEBYTECODE="1")
    os.execve(paths.PYTHON, [str(paths.PYTHON), "-m", f"suite.{module}", *argv], environment)


def ensure_environment():
    if sys.version_info < (3, 10):  # noqa: UP036 - the machine's Python can be older than we ask for
        raise ui.Failure(f"Python 3.10 or newer is needed; {sys.executable} is {sys.version.split()[0]}.")
    fingerprint = hashlib.sha256(
        paths.REQUIREMENTS.read_bytes() + f"{sys.version_info[:2]} {paths.VENV}".encode()
    ).hexdigest()
    if ui.stamp_matches("venv", fingerprint) and paths.PYTHON.exists():
        return
    with ui.locked("setup", "Another set-up is under way in this folder; waiting for it …"):
        if ui.stamp_matches("venv", fingerprint) and paths.PYTHON.exists():
            return
        with ui.step("Python environment (requirements.txt)"):
            _build(fingerprint)


def _build(fingerprint):
    usable = paths.PYTHON.exists() and not subprocess.run(
        [paths.PYTHON, "-c", f"import pip, sys; assert sys.version_info[:2] == {sys.version_info[:2]}"],
        stderr=subprocess.DEVNULL,
    ).returncode
    if not usable:
        shutil.rmtree(paths.VENV, ignore_errors=True)
        _create_venv()
    ui.run_logged(
        [paths.PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-r", paths.REQUIREMENTS],
        "pip.log", what="Installing the Python requirements",
    )
    ui.stamp("venv", fingerprint)


def _create_venv():
    command = [sys.executable, "-m", "venv", paths.VENV]
    try:
        ui.run_logged(command, "venv.log", what="Creating the virtual environment")
    except ui.Failure as failure:
        # Debian and Ubuntu keep `ensurepip` in a package of its own.
        version = f"python3.{sys.version_info[1]}-venv"
        if os.geteuid() or not shutil.which("apt-get"):
            raise ui.Failure(
                f"{failure}\n\nPython cannot make virtual environments here. "
                f"Ask an administrator for: apt-get install {version}"
            ) from failure
        ui.run_logged(["apt-get", "update"], "apt-update.log", what="apt-get update")
        ui.run_logged(["apt-get", "install", "-y", version], "apt-venv.log", what=f"Installing {version}")
        shutil.rmtree(paths.VENV, ignore_errors=True)
        ui.run_logged(command, "venv.log", what="Creating the virtual environment")
