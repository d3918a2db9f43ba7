"""./run: set up, create the database with demo data, serve it on loopback, and say where to go."""
import argparse
import contextlib
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil

from . import config, databases, paths, postgres, ui
from .platform import Platform

# Who can log in after a start with demo data: login, password, what this person does.
DEMO_LOGINS = (
    ("admin", "admin", "administrator"),
    ("sales", "sales", "salesperson: customers, opportunities, quotations"),
    ("accountant", "accountant", "accountant: invoices and payments"),
    ("worker", "worker", "project worker: own tasks"),
    ("service", "service", "service agent: complaints"),
)


def parse(argv):
    parser = argparse.ArgumentParser(prog="./run", description="Set up the CRM suite on Odoo 19 and serve it.")
    parser.add_argument("--port", type=int, default=8069, help="port on 127.0.0.1 (default 8069)")
    parser.add_argument("--database", default="crm", metavar="NAME", help="database (default crm)")
    parser.add_argument("--no-demo", action="store_true", help="a new database gets no demo data")
    parser.add_argument("--reset", action="store_true", help="delete the database and make it anew")
    parser.add_argument("--stop", action="store_true", help="stop the server and the embedded database")
    parser.add_argument("--status", action="store_true", help="say what is running")
    options = parser.parse_args(argv)
    if not options.database.replace("_", "").replace("-", "").isalnum():
        parser.error("a database name has letters, digits, - and _ only")
    if options.database.startswith(("template", "postgres")):
        parser.error(f"{options.database} is a name that PostgreSQL keeps for itself")
    if not 1 <= options.port <= 65535:
        parser.error("a port is a number from 1 to 65535")
    return options


def main():
    options = parse(sys.argv[1:])
    try:
        if options.status:
            return status()
        if options.stop:
            return stop()
        return start(options)
    except ui.Failure as failure:
        sys.exit(f"\n{failure}")
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. The next ./run goes on from here.")


# --- servers that run ---------------------------------------------------------------------------

class Server:
    """One Odoo server that ./run started, known by its port; its facts are kept in a file."""

    def __init__(self, port):
        self.port = port
        self.file = paths.HOME / "run" / f"{port}.json"

    @classmethod
    def all(cls):
        return [cls(int(path.stem)) for path in sorted((paths.HOME / "run").glob("*.json"))]

    def process(self):
        """The live process, or None. The start time tells it from another process with a reused number."""
        try:
            facts = json.loads(self.file.read_text())
            process = psutil.Process(facts["pid"])
            same = abs(process.create_time() - facts["started"]) < 2 and process.status() != psutil.STATUS_ZOMBIE
            return process if same else None
        except (FileNotFoundError, ValueError, KeyError, psutil.NoSuchProcess):
            return None

    def database(self):
        return json.loads(self.file.read_text())["database"]

    def remember(self, pid, database):
        self.file.parent.mkdir(parents=True, exist_ok=True)
        facts = {"pid": pid, "started": psutil.Process(pid).create_time(), "database": database}
        partial = self.file.with_suffix(".new")
        partial.write_text(json.dumps(facts))
        partial.replace(self.file)

    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.address()}/web/health", timeout=5) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def stop(self):
        process = self.process()
        if process:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except psutil.TimeoutExpired:
                process.kill()
        self.file.unlink(missing_ok=True)
        return bool(process)


def status():
    live = [server for server in Server.all() if server.process()]
    for server in live:
        state = "answers" if server.answers() else "is starting"
        ui.say(f"{server.address()} serves the database {server.database()} and {state}")
    if not live:
        ui.say("No server is running. Start it: ./run")
    if config.own_server():
        ui.say("Database server: the one named in config/")
    else:
        ui.say(f"Embedded PostgreSQL: {'running' if postgres.Cluster().running() else 'stopped'}")
    return 0


def stop():
    with ui.locked("start", "Another ./run is at work; waiting for it …"):
        stopped = [server.port for server in Server.all() if server.stop()]
        ui.say(f"Stopped: port {', '.join(map(str, stopped))}" if stopped else "No server was running.")
        postgres.Cluster().stop()
    return 0


# --- start --------------------------------------------------------------------------------------

def start(options):
    began = time.monotonic()
    with ui.locked("start", "Another ./run is at work; waiting for it …"):
        server = Server(options.port)
        if server.process() and not options.reset:
            if server.database() != options.database:
                raise ui.Failure(f"Port {options.port} already serves the database {server.database()}. "
                                 f"Stop it (./run --stop) or choose another: ./run --port {options.port + 1}")
            if server.answers() and addons_digest() == installed_digest(options.database):
                ui.say("Already running.")
                welcome(server, options.database, [])
                return 0
            server.stop()
        if not server.process() and port_taken(options.port):
            raise ui.Failure(f"Port {options.port} is used by another program. "
                             f"Choose another: ./run --port {options.port + 1}")
        ui.say("CRM suite on Odoo 19")
        platform = Platform(system_tools=("wkhtmltopdf", "chromium"))
        database = Database(platform, options)
        if options.reset:
            database.reset()
        database.ensure()
        launch(platform, server, options)
        welcome(server, options.database, platform.notes)
        ui.say(f"Ready after {time.monotonic() - began:.0f} s.")
    return 0


def addons_digest():
    """Changes when any file of an addon changes that an update has to read."""
    digest = hashlib.sha256()
    for path in sorted(paths.ADDONS_DIR.rglob("*")):
        if path.suffix in (".py", ".xml", ".csv", ".po", ".js", ".scss") and "tests" not in path.parts:
            digest.update(str(path.relative_to(paths.ADDONS_DIR)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def links_to_install(installed):
    """Our linking addons whose both sides are installed already: Odoo adds those only together with a new app.

    :param installed: names of the addons that the database has
    """
    present, found = set(installed) | set(paths.CORE_ADDONS), []
    manifests = {addon: databases.manifest(paths.ADDONS_DIR / addon) for addon in paths.addons()}
    for addon, manifest in manifests.items():
        if addon not in present and manifest.get("auto_install") and present.issuperset(manifest["depends"]):
            found.append(addon)
    return found


def installed_digest(database):
    path = paths.STAMPS / f"database-{database}"
    return path.read_text() if path.exists() else None


class Database:
    """The database that is served: made under another name first, so that half of one is never served."""

    def __init__(self, platform, options):
        self.platform = platform
        self.name = options.database
        self.demo = not options.no_demo
        self.cluster = platform.cluster or postgres.Existing(config.read("odoo.conf", "odoo.local.conf"))

    def reset(self):
        if self.cluster.exists(self.name) and sys.stdin.isatty():
            answer = input(f"Delete the database {self.name} with everything in it? Type its name to go on: ")
            if answer.strip() != self.name:
                raise ui.Failure("Nothing was deleted.")
        for server in Server.all():
            if server.process() and server.database() == self.name:
                server.stop()
        self._drop(self.name)

    def _drop(self, name):
        self.cluster.drop(name)
        shutil.rmtree(self.platform.filestore(name), ignore_errors=True)
        (paths.STAMPS / f"database-{name}").unlink(missing_ok=True)

    def ensure(self):
        digest = addons_digest()
        if not self.cluster.exists(self.name):
            self._create()
        elif installed_digest(self.name) != digest:
            with ui.step("Updating the addons"):
                links = links_to_install(self._installed())
                self._odoo(self.name, "-u", ",".join(paths.CORE_ADDONS), *(["-i", ",".join(links)] if links else []),
                           "--stop-after-init", log="update.log")
        else:
            return
        ui.stamp(f"database-{self.name}", digest)

    def _installed(self):
        connection = self.cluster.connect(self.name)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT name FROM ir_module_module WHERE state = 'installed'")
            return {name for (name,) in cursor.fetchall()}

    def _create(self):
        building = f"{self.name}_building"
        self._drop(building)
        demo = ["--with-demo"] if self.demo else []
        title = "Database with demo data (two to four minutes)" if self.demo else "Database"
        with ui.step(title):
            self._odoo(building, "-i", ",".join(paths.CORE_ADDONS), "--stop-after-init", *demo, log="create.log")
        if not self.demo:
            self._set_admin_password(building)
        shutil.rmtree(self.platform.filestore(self.name), ignore_errors=True)
        if self.platform.filestore(building).exists():
            self.platform.filestore(building).rename(self.platform.filestore(self.name))
        self.cluster.rename(building, self.name)

    def _set_admin_password(self, name):
        """Without demo data the database is meant for real use: no well-known password."""
        password = secrets.token_urlsafe(12)
        target = paths.HOME / f"admin-password-{self.name}"
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            stream.write(password + "\n")
        script = (f"env.ref('base.user_admin').password = open({str(target)!r}).read().strip()\n"
                  "env.cr.commit()\n")
        done = subprocess.run(self.platform.odoo_command("shell", "-d", name, "--no-http"), input=script, text=True,
                              capture_output=True, env=self.platform.environment())
        if done.returncode:
            raise ui.Failure(f"The administrator's password could not be set:\n{done.stderr[-2000:]}")

    def _odoo(self, name, *arguments, log):
        ui.run_logged(self.platform.odoo_command("-d", name, "--no-http", "--max-cron-threads=0", *arguments), log,
                      env=self.platform.environment(), what="Odoo")


def port_taken(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return False
        except OSError:
            return True


def launch(platform, server, options):
    """Start Odoo in the background and wait until it answers."""
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    log = paths.LOGS / f"odoo-{options.port}.log"
    with ui.step("Starting the server"), log.open("ab") as stream:
        process = subprocess.Popen(
            platform.odoo_command("-d", options.database, f"--http-port={options.port}",
                                  f"--db-filter=^{options.database}$"),
            stdout=stream, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True,
            env=platform.environment(),
        )
        server.remember(process.pid, options.database)
        deadline = time.monotonic() + 180
        while not server.answers():
            if process.poll() is not None:
                server.file.unlink(missing_ok=True)
                raise ui.Failure(f"The server ended at once; the end of {log}:\n{ui.tail(log)}")
            if time.monotonic() > deadline:
                raise ui.Failure(f"The server does not answer after three minutes; the end of {log}:\n{ui.tail(log)}")
            time.sleep(0.3)
        _warm_up(server)


def _warm_up(server):
    """Fetch the login page once, so that the first visitor does not wait for the web files to be built."""
    try:
        urllib.request.urlopen(f"{server.address()}/web/login", timeout=120).read()
    except (urllib.error.URLError, OSError) as error:
        raise ui.Failure(f"The login page does not come: {error}") from error


def welcome(server, database, notes):
    ui.say()
    ui.say(f"  Open    {server.address()}    (database {database})")
    ui.say()
    password = paths.HOME / f"admin-password-{database}"
    if password.exists():
        ui.say(f"  Log in  admin / the password in {password}")
    else:
        for login, secret, role in DEMO_LOGINS:
            ui.say(f"  Log in  {login} / {secret:<12} {role}")
    for note in notes:
        ui.say(f"  Note: {note}")
    ui.say()
    ui.say("  Stop: ./run --stop    Status: ./run --status    Start again from nothing: ./run --reset")


if __name__ == "__main__":
    sys.exit(main())
