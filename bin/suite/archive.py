"""Odoo 19 from the system's own package archive, without touching the system.

The machine's apt source is copied with its suite replaced into a private folder; apt checks the
archive's signature, and the pinned SHA-256 is checked on top of it. Works without root.
"""
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from . import paths, ui


class NotCarried(Exception):
    """The archive of this system does not carry Odoo 19 at all."""


def debian_source(suite, etc=Path("/etc/apt")):
    """Text of one .sources file for `suite`, made from the machine's own main archive entry.

    :raise NotCarried: when this is not Debian or no usable entry exists.
    """
    release = Path("/etc/os-release").read_text() if Path("/etc/os-release").exists() else ""
    if not re.search(r"^ID=debian$", release, re.M) or not shutil.which("apt-get"):
        raise NotCarried("this system is not Debian")
    for path in sorted((etc / "sources.list.d").glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            fields = "\n".join(line for line in stanza.splitlines() if not line.startswith("#"))
            if _is_main(fields) and re.search(r"^Types:.*\bdeb\b", fields, re.M):
                fields = re.sub(r"^Suites:.*$", f"Suites: {suite}", fields, flags=re.M)
                return re.sub(r"^Components:.*$", "Components: main", fields, flags=re.M) + "\n"
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.list"))]:
        for line in path.read_text().splitlines() if path.exists() else []:
            match = re.match(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+\S+\s+.*\bmain\b", line)
            if match and _is_main(line):
                signed = re.search(r"signed-by=(\S+)", match[1] or "")
                text = f"Types: deb\nURIs: {match[2]}\nSuites: {suite}\nComponents: main\n"
                return text + (f"Signed-By: {signed[1]}\n" if signed else "")
    raise NotCarried("no Debian archive is configured in /etc/apt")


def _is_main(text):
    return "debian" in text and "security" not in text and "backports" not in text and "main" in text


class PrivateApt:
    """apt-get with lists, cache and sources of its own below `folder`."""

    def __init__(self, folder, source):
        self.folder = folder
        for name in ("lists/partial", "cache/archives/partial", "download"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        sources = folder / "archive.sources"
        sources.write_text(source)
        self.options = [
            f"Dir::Etc::sourcelist={sources}", "Dir::Etc::sourceparts=/dev/null",
            f"Dir::State::lists={folder}/lists", f"Dir::Cache={folder}/cache",
            "Acquire::Check-Valid-Until=false", "Acquire::Languages=none", "APT::Sandbox::User=",
        ]

    def command(self, program, *arguments):
        options = [part for option in self.options for part in ("-o", option)]
        return [program, *options, *arguments]

    def update(self):
        try:
            ui.run_logged(self.command("apt-get", "update"), "apt-odoo.log", what="Reading the archive")
        except ui.Failure as failure:
            raise NotCarried(str(failure)) from failure

    def version(self, package):
        out = subprocess.run(self.command("apt-cache", "policy", package), capture_output=True, text=True).stdout
        match = re.search(r"Candidate: (\S+)", out)
        return match[1] if match and match[1] != "(none)" else None

    def download(self, package, version):
        """Path of the downloaded package file."""
        target = self.folder / "download"
        ui.run_logged(self.command("apt-get", "download", f"{package}={version}"), f"apt-{package}.log",
                      cwd=target, what=f"Downloading {package}")
        return next(target.glob(f"{package}_*.deb"))


def fetch(folder):
    """Paths of all pinned packages, from the cache of this user or else from the archive.

    :raise NotCarried: the archive has no Odoo 19.
    :raise ui.Failure: it has another build than the pinned one, or a file's hash differs.
    """
    pins = paths.lock_data()["debian"]
    accept = os.environ.get("ODOO_ACCEPT_BUILD") == "1"
    files, missing = {}, []
    for package, pin in pins.items():
        cached = paths.CACHE / f"{package}_{pin['sha256'][:16]}.deb"
        if cached.exists() and sha256(cached) == pin["sha256"]:
            files[package] = cached
        else:
            missing.append(package)
    if not missing:
        return files
    apt = PrivateApt(folder, debian_source(paths.lock_data()["odoo"]["debian_suite"]))
    apt.update()
    for package in missing:
        files[package] = _fetch_one(apt, package, pins[package], accept)
    return files


def _fetch_one(apt, package, pin, accept):
    offered = apt.version(package)
    if offered is None:
        raise NotCarried(f"the archive has no package {package}")
    if offered != pin["version"] and not accept:
        raise ui.Failure(
            f"The archive now offers {package} {offered}, but {pin['version']} is pinned in bin/platform.lock "
            "and nothing else is taken unasked.\nTo accept the newer build: ODOO_ACCEPT_BUILD=1 ./run"
        )
    path = apt.download(package, offered)
    digest = sha256(path)
    if digest != pin["sha256"] and not (accept and offered != pin["version"]):
        path.unlink()
        raise ui.Failure(
            f"{package} {offered} was refused: its SHA-256 is {digest}, but bin/platform.lock says {pin['sha256']}."
        )
    paths.CACHE.mkdir(parents=True, exist_ok=True)
    partial = paths.CACHE / f".{package}.{os.getpid()}"
    shutil.copy(path, partial)
    return partial.replace(paths.CACHE / f"{package}_{digest[:16]}.deb")


def sha256(path):
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
