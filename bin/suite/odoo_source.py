"""Odoo 19 itself: a folder that the user names, the system's archive, or a shallow clone."""
import os
import shutil
import subprocess
from pathlib import Path

from . import archive, paths, ui

GIT_REPOSITORY = "https://github.com/odoo/odoo.git"


def ensure():
    """Folder that has to be on Python's path so that `import odoo` finds Odoo 19.

    :raise ui.Failure: with the ways out, when no Odoo 19 can be had.
    """
    given = os.environ.get("ODOO_HOME")
    folder = _check(_package_parent(Path(given)), given) if given else _own_copy()
    _make_importable(folder)
    return folder


def addons_path(folder):
    """Folders of Odoo's own addons. Debian's sibling folder `addons` holds no views and must never be used."""
    candidates = [folder / "odoo" / "addons", folder / "addons"]
    return [path for path in candidates if (path / "web" / "static").is_dir() or (path / "base").is_dir()]


def _package_parent(path):
    """A checkout, an unpacked package or a `dist-packages` folder: find the parent of the package `odoo`."""
    for folder in (path, path / "usr/lib/python3/dist-packages", path / "lib/python3/dist-packages", path.parent):
        if (folder / "odoo" / "release.py").exists():
            return folder
    raise ui.Failure(f"ODOO_HOME={path} holds no Odoo: expected a checkout or the folder with the package 'odoo'.")


def _check(folder, named):
    scope = {}
    exec((folder / "odoo" / "release.py").read_text(), scope)
    series = paths.lock_data()["odoo"]["series"]
    found = ".".join(str(part) for part in scope["version_info"][:2])
    if found != series:
        raise ui.Failure(f"{named} holds Odoo {found}, but this suite is written for Odoo {series}.")
    return folder


def _own_copy():
    folder = paths.ODOO
    if (folder / ".complete").exists():
        return _package_parent(folder)
    partial = paths.HOME / "odoo.partial"
    for leftover in (partial, folder):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        if os.environ.get("ODOO_GIT"):
            raise archive.NotCarried("ODOO_GIT names a repository")
        with ui.step("Odoo 19 from the system's archive (123 MB)"):
            _unpack(archive.fetch(paths.HOME / "apt"), partial)
    except archive.NotCarried as reason:
        ui.say(f"  The system's archive has no Odoo 19 ({str(reason).splitlines()[0]}).")
        with ui.step("Odoo 19 by a shallow clone of its public 19.0 branch"):
            _clone(partial)
    _check(_package_parent(partial), partial)
    (partial / ".complete").touch()
    partial.rename(folder)
    shutil.rmtree(paths.HOME / "apt", ignore_errors=True)
    return _package_parent(folder)


def _clone(target):
    repository = os.environ.get("ODOO_GIT") or GIT_REPOSITORY
    branch = paths.lock_data()["odoo"]["git_branch"]
    if not shutil.which("git"):
        raise ui.Failure("git is needed to fetch Odoo 19 here. Install git, or set ODOO_HOME to an Odoo 19 you have.")
    try:
        ui.run_logged(["git", "clone", "--depth", "1", "--single-branch", "--branch", branch, repository, target],
                      "git-odoo.log", what="The clone")
    except ui.Failure as failure:
        raise ui.Failure(
            f"{failure}\n\nOdoo 19 could not be fetched. Set ODOO_HOME to an Odoo 19 that you already have, "
            "or ODOO_GIT to a repository with its 19.0 branch."
        ) from failure


def _unpack(files, target):
    target.mkdir(parents=True)
    for deb in files.values():
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE) as reader:
            subprocess.run(
                # The sibling `addons` has Python files only: on the path it would hide the real addons.
                ["tar", "-x", "-C", target, "--no-same-owner", "--exclude=./usr/lib/python3/dist-packages/addons"],
                stdin=reader.stdout, check=True,
            )
        if reader.returncode:
            raise ui.Failure(f"{deb} could not be unpacked.")
    _repair(target)


def _repair(target):
    """Debian replaces fonts and scripts by links into other packages; put the files Odoo expects in place."""
    web = target / "usr/lib/python3/dist-packages/odoo/addons/web/static"
    awesome = paths.NODE / "node_modules" / "font-awesome" / "fonts"
    for folder in (web / "lib/fontawesome/fonts", web / "src/libs/fontawesome/fonts"):
        for link in folder.iterdir() if folder.exists() else []:
            # sid's Font Awesome is 7.x with other names: Odoo needs 4.7.0. The links also swap woff and woff2.
            if link.is_symlink():
                link.unlink()
                shutil.copy(awesome / link.name, link)
    inconsolata = target / "usr/lib/python3/dist-packages/odoo/addons/point_of_sale/static/src/fonts/Inconsolata.otf"
    if inconsolata.is_symlink():
        inconsolata.unlink()
        shutil.copy(target / "usr/share/fonts/opentype/inconsolata/Inconsolata-Regular.otf", inconsolata)
    # Left out of the package for licence reasons; without it every page logs a console error.
    segmentation = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"
    restored = target / "usr/lib/python3/dist-packages/odoo/addons" / segmentation
    if not restored.exists():
        restored.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(paths.NODE / "node_modules/@mediapipe/selfie_segmentation/selfie_segmentation.js", restored)
    dangling = dangling_links(target)
    if dangling:
        raise ui.Failure("Odoo's package has links that lead nowhere:\n" + "\n".join(map(str, dangling[:20])))


def dangling_links(folder):
    """Symbolic links below `folder` whose target does not exist."""
    return [path for path in folder.rglob("*") if path.is_symlink() and not path.exists()]


def _make_importable(folder):
    """A .pth file makes `import odoo` work in the environment and lets pip see Odoo as installed."""
    site = next((paths.VENV / "lib").glob("python3*/site-packages"))
    pth = site / "odoo.pth"
    if not pth.exists() or pth.read_text() != f"{folder}\n":
        partial = site / f".odoo.{os.getpid()}"
        partial.write_text(f"{folder}\n")
        partial.replace(pth)
