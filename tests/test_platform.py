"""The set-up commands: pins, refusals, the clone that stands in for the archive, and what runs count as."""
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "bin"))

from suite import archive, odoo_source, paths, results, server, ui  # noqa: E402


def write_odoo(folder, version="(19, 0, 0, 'final', 0, '')"):
    """A folder that looks like Odoo from outside: enough to be found and to be asked for its version."""
    (folder / "odoo/addons/base").mkdir(parents=True)
    (folder / "odoo/release.py").write_text(f"version_info = {version}\n")
    (folder / "addons/web/static").mkdir(parents=True)
    (folder / "addons/web/static/keep").touch()
    (folder / "odoo/addons/base/keep").touch()
    return folder


def commit_all(folder):
    identity = ["-c", "user.name=tests", "-c", "user.email=tests@example.com"]
    for arguments in (["init", "-q", "-b", "19.0"], ["add", "-A"], [*identity, "commit", "-q", "-m", "Odoo"]):
        subprocess.run(["git", *arguments], cwd=folder, check=True)


def call(code, home, **environment):
    """Run `code` in a fresh process whose private folder is `home`."""
    return subprocess.run(
        [sys.executable, "-c", f"from suite import *\n{code}"], capture_output=True, text=True,
        env={name: value for name, value in os.environ.items() if name not in ("ODOO_HOME", "ODOO_GIT")}
        | {"PYTHONPATH": str(ROOT / "bin"), "CRM_SUITE_HOME": str(home), **environment},
    )


def home_with_environment(tmp_path):
    home = tmp_path / "home"
    (home / "venv/lib/python3.11/site-packages").mkdir(parents=True)
    return home


class TestOdooSource:
    def test_clone_of_the_branch_stands_in_for_the_archive(self, tmp_path):
        repository = write_odoo(tmp_path / "repository")
        commit_all(repository)
        home = home_with_environment(tmp_path)
        done = call("from suite import odoo_source; print(odoo_source.ensure())", home, ODOO_GIT=f"file://{repository}")
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines()[-1] == str(home / "odoo")
        assert (home / "venv/lib/python3.11/site-packages/odoo.pth").read_text() == f"{home / 'odoo'}\n"

    def test_interrupted_clone_is_made_again(self, tmp_path):
        repository = write_odoo(tmp_path / "repository")
        commit_all(repository)
        home = home_with_environment(tmp_path)
        (home / "odoo.partial/odoo").mkdir(parents=True)
        (home / "odoo").mkdir()
        done = call("from suite import odoo_source; odoo_source.ensure()", home, ODOO_GIT=f"file://{repository}")
        assert done.returncode == 0, done.stderr
        assert (home / "odoo/odoo/release.py").exists()

    def test_missing_repository_names_the_ways_out(self, tmp_path):
        done = call("from suite import odoo_source; odoo_source.ensure()", home_with_environment(tmp_path),
                    ODOO_GIT=f"file://{tmp_path}/nowhere")
        assert done.returncode == 1
        assert "Set ODOO_HOME to an Odoo 19 that you already have" in done.stderr

    def test_own_odoo_is_used(self, tmp_path):
        own = write_odoo(tmp_path / "own")
        home = home_with_environment(tmp_path)
        done = call("from suite import odoo_source; print(odoo_source.ensure())", home, ODOO_HOME=str(own))
        assert done.stdout.splitlines()[-1] == str(own)
        assert not (home / "odoo").exists()

    def test_another_series_is_refused(self, tmp_path):
        own = write_odoo(tmp_path / "own", "(18, 0, 0, 'final', 0, '')")
        done = call("from suite import odoo_source; odoo_source.ensure()", home_with_environment(tmp_path),
                    ODOO_HOME=str(own))
        assert done.returncode == 1
        assert f"{own} holds Odoo 18.0, but this suite is written for Odoo 19.0." in done.stderr

    def test_sibling_addons_without_web_files_are_left_out(self, tmp_path):
        folder = write_odoo(tmp_path)
        assert odoo_source.addons_path(folder) == [folder / "odoo/addons", folder / "addons"]
        for path in sorted((folder / "addons/web").rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        assert odoo_source.addons_path(folder) == [folder / "odoo/addons"]


class TestArchive:
    class Offer:
        """An archive that offers one file in one version."""

        def __init__(self, path, version):
            self.path, self.offered = path, version

        def version(self, package):
            return self.offered

        def download(self, package, version):
            return self.path

    def offer(self, tmp_path, monkeypatch, version="1.0"):
        monkeypatch.setattr(archive.paths, "CACHE", tmp_path / "cache")
        path = tmp_path / "odoo.deb"
        path.write_bytes(b"content")
        return self.Offer(path, version), archive.sha256(path)

    def test_pinned_file_is_taken_and_kept(self, tmp_path, monkeypatch):
        apt, digest = self.offer(tmp_path, monkeypatch)
        kept = archive._fetch_one(apt, "odoo-19", {"version": "1.0", "sha256": digest}, accept=False)
        assert kept.read_bytes() == b"content"
        assert kept.parent == tmp_path / "cache"

    def test_other_hash_is_refused(self, tmp_path, monkeypatch):
        apt, digest = self.offer(tmp_path, monkeypatch)
        with pytest.raises(ui.Failure, match=f"was refused: its SHA-256 is {digest}, but bin/platform.lock says 00"):
            archive._fetch_one(apt, "odoo-19", {"version": "1.0", "sha256": "00"}, accept=True)
        assert not (tmp_path / "cache").exists()

    def test_other_version_is_refused_unless_asked_for(self, tmp_path, monkeypatch):
        apt, digest = self.offer(tmp_path, monkeypatch, version="1.1")
        pin = {"version": "1.0", "sha256": "00"}
        with pytest.raises(ui.Failure, match="now offers odoo-19 1.1, but 1.0 is pinned"):
            archive._fetch_one(apt, "odoo-19", pin, accept=False)
        assert archive._fetch_one(apt, "odoo-19", pin, accept=True).read_bytes() == b"content"

    def test_source_is_the_machines_own_with_another_suite(self, tmp_path):
        (tmp_path / "sources.list.d").mkdir()
        (tmp_path / "sources.list.d/debian.sources").write_text(
            "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n"
            "Signed-By: /keys/debian.gpg\n\nTypes: deb\nURIs: http://mirror.example/debian-security\n"
            "Suites: bookworm-security\nComponents: main\n")
        if "ID=debian" not in Path("/etc/os-release").read_text().splitlines():
            with pytest.raises(archive.NotCarried):
                archive.debian_source("sid", tmp_path)
            return
        assert archive.debian_source("sid", tmp_path) == (
            "Types: deb\nURIs: http://mirror.example/debian\nSuites: sid\nComponents: main\n"
            "Signed-By: /keys/debian.gpg\n")

    def test_every_pin_has_version_and_hash(self):
        pins = json.loads((ROOT / "bin/platform.lock").read_text())["debian"]
        assert "odoo-19" in pins
        for package, pin in pins.items():
            assert pin["version"], package
            assert len(pin["sha256"]) == 64, package


class TestOptions:
    @pytest.mark.parametrize("arguments", [
        ["--port", "0"], ["--port", "70000"], ["--port", "x"], ["--database", "a b"], ["--database", "template1"],
        ["--database", "../x"], ["--unknown"],
    ])
    def test_bad_options_are_refused_before_anything_is_done(self, arguments, capsys):
        with pytest.raises(SystemExit) as stopped:
            server.parse(arguments)
        assert stopped.value.code == 2

    def test_defaults(self):
        options = server.parse([])
        assert (options.port, options.database, options.no_demo) == (8069, "crm", False)


class TestLinks:
    """Which linking addons an update adds to a database."""

    @pytest.fixture
    def addons(self, tmp_path, monkeypatch):
        for name, manifest in {
            "crm_relations": {"depends": ["crm"]},
            "crm_relations_event": {"depends": ["crm_relations", "event"], "auto_install": True},
            "crm_relations_extra": {"depends": ["crm_relations"]},
        }.items():
            (tmp_path / name).mkdir()
            (tmp_path / name / "__manifest__.py").write_text(repr(manifest))
        monkeypatch.setattr(paths, "ADDONS_DIR", tmp_path)

    @pytest.mark.parametrize(("installed", "added"), [
        ({"crm", "event"}, ["crm_relations_event"]),
        ({"crm"}, []),
        ({"crm", "event", "crm_relations_event"}, []),
    ])
    def test_added_when_both_sides_are_there(self, addons, installed, added):
        assert server.links_to_install(installed | {"crm_relations"}) == added


class TestResults:
    LOG = """\
2026-01-01 10:00:00,000 7 INFO db odoo.addons.crm_rfm.tests.test_a: Starting TestA.test_one ...{space}
2026-01-01 10:00:00,000 7 INFO db odoo.addons.crm_rfm.tests.test_a: Starting TestA.test_two ...
2026-01-01 10:00:00,000 7 ERROR db odoo.addons.crm_rfm.tests.test_a: FAIL: TestA.test_two
2026-01-01 10:00:00,000 7 INFO db odoo.addons.crm_rfm.tests.test_b: Starting TestB.test_tour ...
2026-01-01 10:00:00,000 7 INFO db odoo.addons.crm_rfm.tests.test_b: skipped TestB.test_tour : Chrome not found
2026-01-01 10:00:00,000 7 ERROR db odoo.sql_db: bad query
"""

    def test_counts_failures_and_skips(self, tmp_path):
        (tmp_path / "x.log").write_text(self.LOG.format(space=" "))  # Odoo ends that line with a space
        found = results.from_odoo_log(tmp_path / "x.log", "alone")
        assert found.run == {"crm_rfm": 3}
        assert found.failed == ["alone: crm_rfm TestA.test_two"]
        assert found.passed == 1
        assert len(found.complaints) == 1
        assert results.hidden_browser_tests(found) == found.skipped

    def test_lost_pytest_result_is_a_failure(self, tmp_path):
        assert results.from_junit(tmp_path / "none.xml", "flows").complaints


class TestSystemTools:
    def test_missing_programs_are_named_with_their_consequence(self, tmp_path):
        done = call("from suite import tools; print('\\n'.join(tools.ensure_system_tools()))", tmp_path, PATH="")
        assert done.stdout.splitlines() == [
            "wkhtmltopdf is missing, so no PDF: quotations, invoices and letters cannot be printed; "
            "an administrator can add it: apt-get install wkhtmltopdf.",
            "chromium is missing, so no browser tests and no screenshots (./test says so); "
            "an administrator can add it: apt-get install chromium.",
        ]


class TestPort:
    def test_port_of_another_program_is_seen(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            assert server.port_taken(other.getsockname()[1])
        assert not server.port_taken(other_free_port())


def other_free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
