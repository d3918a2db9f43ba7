"""./test: lint, layers, every addon alone, all together, update, flows. Ends with `N passed, N failed`."""
import argparse
import concurrent.futures
import functools
import hashlib
import os
import socket
import subprocess
import sys
import time

from . import databases, paths, results, ui
from .platform import Platform

# Classes of Odoo's own test_lint that look at every installed addon and are quick; tests/test_sources.py has the rest.
LINT_CLASSES = (
    "TestIndex", "ManifestLinter", "TestConflictMarkers", "TestNaming", "TestOnchangeDomains",
    "TestLintOverrideSignatures", "RoutesLinter", "TestDunderinit", "TestJsTranslations", "TestI18n", "PotLinter",
)

# Left out: READMEs are Markdown, a large model is spread over files on purpose, a compute returns nothing,
# and an extended wizard of Odoo's is a file of its own like every inherited model.
PYLINT_MESSAGES = (
    "--disable=all", "--enable=odoolint",
    "--disable=missing-readme,consider-merging-classes-inherited,missing-return,no-wizard-in-models",
)


# Tests that need neither Odoo nor a database.
PLAIN = ("test_layers.py", "test_sources.py", "test_platform.py")

# The database with all addons.
TOGETHER = "together"

# In a run of everything each test runs where it can find something. Tours walk through the product with all addons,
# whose views meet there; rules without a database are the same whatever is installed.
NOT_ALONE = "-is_tour"
NOT_TOGETHER = "-pure"


def parse(argv):
    parser = argparse.ArgumentParser(prog="./test", description="Lint and test the suite.")
    parser.add_argument("addons", nargs="*", help="only these addons (default: everything)")
    parser.add_argument("-k", metavar="NAME", help="only tests whose name contains NAME, in a kept database")
    parser.add_argument("--lint", action="store_true", help="only lint and layers")
    parser.add_argument("--explore", action="store_true", help="property tests draw new examples instead of the same")
    parser.add_argument("--jobs", type=int, default=2, help="databases tested at the same time (default 2)")
    options = parser.parse_args(argv)
    unknown = set(options.addons) - set(paths.addons()) - {"tests"}
    if unknown:
        parser.error(f"no such addon: {', '.join(sorted(unknown))}; there are {', '.join(paths.addons())}, tests")
    if options.explore:
        os.environ["TEST_EXPLORE"] = "1"  # read by addons/crm_relations/tests/hypothesis_profile.py
    return options


def main():
    options = parse(sys.argv[1:])
    started = time.monotonic()
    result = results.Result()
    try:
        Suite(options, result).run()
    except ui.Failure as failure:
        result.complain(str(failure))
    except KeyboardInterrupt:
        sys.exit("\nInterrupted.")
    sys.exit(report(result, options, time.monotonic() - started))


def report(result, options, seconds):
    """Print the counts and everything that is not as it should be; return the exit code."""
    ui.say()
    for name, count in sorted(result.run.items()):
        ui.say(f"  {name}: {count} tests run")
    if not options.addons and not options.k and not options.lint:
        for addon in paths.addons():
            if not result.run[addon]:
                result.complain(f"{addon} ran no test")
    for skip in result.skipped:
        ui.say(f"  skipped - {skip}")
    for skip in results.hidden_browser_tests(result):
        result.complain(f"a browser test was skipped: {skip}")
    for failure in result.failed:
        ui.say(f"  FAILED - {failure}")
    for sentence in result.complaints:
        ui.say(f"  FAILED - {sentence}")
    ui.say(f"  {seconds:.0f} s; logs are in {paths.LOGS}")
    failed = len(result.failed) + len(result.complaints)
    skipped = f", {len(result.skipped)} skipped" if result.skipped else ""
    ui.say(f"{result.passed} passed, {failed} failed{skipped}")
    return 1 if failed or not result.passed else 0


class Suite:
    """One run of ./test; adds what it sees to `result`."""

    def __init__(self, options, result):
        self.options = options
        self.result = result

    def run(self):
        if self.options.k:
            self._prepare()
            return self._kept()
        if not self.options.addons:
            self._lint()
            self.result += self._pytest_plain(*(f"tests/{name}" for name in PLAIN))
            if self.options.lint:
                return None
        self._prepare()
        alone = [addon for addon in self.options.addons or paths.addons() if addon != "tests"]
        together = not self.options.addons or "tests" in self.options.addons
        self._install_and_test(alone, together=together, with_addons=not self.options.addons)
        return None

    def _prepare(self):
        self.platform = Platform(test=True, system_tools=("chromium", "wkhtmltopdf"))
        for note in self.platform.notes:
            ui.say(f"  {note}")
        self.databases = databases.Databases(self.platform)

    # --- without Odoo ---------------------------------------------------------------------------

    def _lint(self):
        checks = {
            "ruff": [paths.PYTHON, "-m", "ruff", "check", "."],
            "pylint-odoo": [paths.PYTHON, "-m", "pylint", "--rcfile=pyproject.toml", *PYLINT_MESSAGES, *sorted(
                str(path.parent.relative_to(paths.ROOT)) for path in paths.ADDONS_DIR.glob("*/__manifest__.py"))],
        }
        for name, command in checks.items():
            with ui.step(name):
                done = subprocess.run([str(part) for part in command], cwd=paths.ROOT, capture_output=True, text=True)
            self.result.run["lint"] += 1
            if done.returncode:
                ui.say(done.stdout + done.stderr)
                self.result.failed.append(f"lint: {name}")

    def _pytest_plain(self, *files):
        existing = [name for name in files if (paths.ROOT / name).exists()]
        with ui.step(f"pytest {' '.join(existing)}"):
            # Without pytest-odoo: these tests need neither Odoo nor a database.
            environment = dict(os.environ, PYTHONPATH=str(paths.ROOT / "bin"))
            return self._pytest("plain", ["-p", "no:odoo", *existing], environment)

    def _pytest(self, label, arguments, environment):
        junit = paths.LOGS / f"pytest-{label}.xml"
        junit.unlink(missing_ok=True)
        paths.LOGS.mkdir(parents=True, exist_ok=True)
        log = paths.LOGS / f"pytest-{label}.log"
        with log.open("wb") as stream:
            code = subprocess.run(
                [str(paths.PYTHON), "-m", "pytest", "-q", f"--junitxml={junit}", *map(str, arguments)],
                cwd=paths.ROOT, env=environment, stdout=stream, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            ).returncode
        found = results.from_junit(junit, label)
        if code and not found.failed:
            found.complain(f"{label}: pytest ended with code {code}; the end of {log}:\n{ui.tail(log)}")
        elif found.failed:
            ui.say(ui.tail(log, 60))
        return found

    # --- with Odoo ------------------------------------------------------------------------------

    def _install_and_test(self, alone, *, together, with_addons):
        """Each addon alone on a copy of what it depends on, and all in one database: as many at a time as --jobs says.

        An addon that links another app is installed on a copy of the addon that it extends, after that one's tests:
        nothing is installed twice. What takes longest starts first.
        """
        chains = self._chains(alone)
        with concurrent.futures.ThreadPoolExecutor(max(1, self.options.jobs)) as pool:
            # all together takes longest to prepare as well
            installed = pool.submit(self._install_together, with_lint=with_addons) if together else None
            templates = list(pool.map(lambda chain: self.databases.template([chain[0]], auto_install=False), chains))
            tasks = [functools.partial(self._chain, chain, template, tours=not together)
                     for chain, template in reversed(list(zip(chains, templates, strict=True)))]
            if together:
                self.result += installed.result()
                if with_addons:
                    tasks = self._shares_together(chains) + tasks
                tasks.append(self._update_and_flows)
            for found in pool.map(lambda task: task(), tasks):
                self.result += found

    def _chains(self, alone):
        """[[addon, addons that link it to other apps], ...]: the first is installed alone, the others on it."""
        chains = {addon: [addon] for addon in alone if addon in paths.CORE_ADDONS}
        for addon in alone:
            if addon in chains:
                continue
            extended = [core for core in paths.CORE_ADDONS if core in databases.own_dependencies(addon)][-1:]
            chains.setdefault(extended[0] if extended and extended[0] in chains else addon, []).append(addon)
        return list(chains.values())

    def _chain(self, chain, template, *, tours):
        first, *links = chain
        found = self._one(first, template, f"alone_{first}", tours)
        for link in links:
            found += self._one(link, f"alone_{first}", f"alone_{link}", tours)
            self.databases.drop(f"alone_{link}")
        self.databases.drop(f"alone_{first}")
        return found

    def _one(self, addon, base, name, tours):
        database = self.databases.copy(base, name)
        with ui.step(f"{addon} alone"):
            log, code = self.databases.odoo(
                database, "-i", addon, "--skip-auto-install",
                f"--test-tags=/{addon}" + ("" if tours else f",{NOT_ALONE}"),
                f"--http-port={free_port()}", log=f"alone-{addon}.log", check=False)
        found = self._found(log, "alone", code, addon)
        if not found.run[addon]:
            found.complain(f"{addon} ran no test when installed alone; the end of {log}:\n{ui.tail(log)}")
        return found

    def _install_together(self, *, with_lint):
        """All addons in one database, and Odoo's lint on them."""
        ours = paths.addons()
        database = self.databases.copy(self.databases.template(ours, auto_install=True), TOGETHER)
        tags = ",".join(f"/test_lint:{name}" for name in LINT_CLASSES)
        arguments = [f"--test-tags={tags}", f"--http-port={free_port()}"] if with_lint else []
        with ui.step("all addons together"):
            log, code = self.databases.odoo(
                database, "-i", ",".join([*ours, "test_lint"]), *arguments, log="together.log", check=False)
        return self._found(log, "together", code, "Installing all together")

    def _shares_together(self, chains):
        """The addons, with those that link them, in as many shares as there are jobs: each a task on its own copy."""
        tasks = []
        for number in range(min(max(1, self.options.jobs), len(chains))):
            database = self.databases.copy(TOGETHER, f"{TOGETHER}_{number}")
            addons = [addon for chain in chains[number::max(1, self.options.jobs)] for addon in chain]
            tasks.append(functools.partial(self._together, database, addons))
        return tasks

    def _together(self, database, addons):
        """Tests of some addons where all are installed."""
        tags = ",".join([*(f"/{addon}" for addon in addons), NOT_TOGETHER])
        with ui.step(f"together with all others: {', '.join(addons)}"):
            log, code = self.databases.odoo(
                database, f"--test-tags={tags}", f"--http-port={free_port()}", log=f"{database}.log", check=False)
        found = self._found(log, "together", code, "Odoo")
        for addon in addons:
            if not found.run[addon]:
                found.complain(f"{addon} ran no test together with all others; the end of {log}:\n{ui.tail(log)}")
        self.databases.drop(database)
        return found

    def _update_and_flows(self):
        """An update of the database with all addons, then the flows across them."""
        with ui.step("update of all addons"):
            log, code = self.databases.odoo(TOGETHER, "-u", ",".join(paths.addons()), log="update.log", check=False)
        found = self._found(log, "update", code, "The update")
        flows = [path for path in sorted((paths.ROOT / "tests").glob("test_*.py")) if path.name not in PLAIN]
        with ui.step("flows across the addons (tests/)"):
            found += self._odoo_pytest("flows", TOGETHER, flows)
        return found

    def _odoo_pytest(self, label, database, arguments):
        return self._pytest(label, [f"--odoo-database={database}", "--odoo-http",
                                    f"--odoo-extra=http-port={free_port()}", *arguments], self.platform.environment())

    def _kept(self):
        """Tests by name in a database that is kept between runs and updated when the code has changed."""
        addons = [addon for addon in self.options.addons if addon != "tests"]
        ours = addons or paths.addons()
        database = "kept_" + ("_".join(addons) or "all")
        digest = hashlib.sha256()
        for path in sorted(paths.ADDONS_DIR.rglob("*")):
            if path.suffix in (".py", ".xml", ".csv", ".js", ".scss") and "tests" not in path.parts:
                digest.update(path.read_bytes())
        if not self.databases.cluster.exists(database):
            self.databases.copy(self.databases.template(ours, auto_install=not addons), database)
            arguments = ["-i", ",".join(ours), *(["--skip-auto-install"] if addons else [])]
        elif not ui.stamp_matches(database, digest.hexdigest()):
            # -i too: an addon that is new since the database was made. What lies below may have changed as well.
            below = set().union(*map(databases.own_dependencies, ours)) - set(ours)
            updated = ",".join([*sorted(below), *ours])
            arguments = ["-i", ",".join(ours), "-u", updated, *(["--skip-auto-install"] if addons else [])]
        else:
            arguments = None
        if arguments:
            with ui.step(f"database {database}"):
                self.databases.odoo(database, *arguments, log=f"{database}.log")
            ui.stamp(database, digest.hexdigest())
        folders = [f"addons/{addon}" for addon in ours] + (["tests"] if len(addons) < len(self.options.addons)
                                                          or not addons else [])
        with ui.step(f"tests named {self.options.k}"):
            self.result += self._odoo_pytest(database, database, ["-k", self.options.k, *folders])

    def _found(self, log, where, code, what):
        """What a run of Odoo reported in its log, which has an end of its own where it reported nothing."""
        found = results.from_odoo_log(log, where)
        if code and not found.failed:
            found.complain(f"{what} ended with code {code}; the end of {log}:\n{ui.tail(log)}")
        self._show(log, found)
        return found

    def _show(self, log, found):
        """The log lines around each failure, so that nobody has to open the log first."""
        if not found.failed:
            return
        lines = log.read_text(errors="replace").splitlines()
        for number, line in enumerate(lines):
            if " ERROR " in line and ("FAIL: " in line or "ERROR: " in line):
                ui.say("\n".join(lines[number:number + 40]))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
