"""All that has to be there before Odoo can start, in one call."""
from . import config, odoo_source, paths, postgres, tools, ui


class Platform:
    """A ready platform: Odoo's folder, a running database server and a configuration file."""

    def __init__(self, *, test=False, system_tools=()):
        with ui.locked("setup", "Another set-up is under way in this folder; waiting for it …"):
            tools.ensure_node_packages()
            self.odoo = odoo_source.ensure()
            self.notes = tools.ensure_system_tools(system_tools)
        self.test = test
        self.cluster = None
        if test or not config.own_server():
            self.cluster = postgres.Cluster("pg-test" if test else "pg").ensure()
        self.folder = paths.HOME / "test" if test else paths.HOME
        self.data_dir = self.folder / "data"
        self.conf = config.write(
            self.folder, self.odoo, host=self.cluster and self.cluster.host, data_dir=self.data_dir,
            overrides={"log_level": "info"} if test else None,
        )

    def environment(self):
        environment = tools.environment()
        environment.update(ODOO_RC=str(self.conf), PYTHONUNBUFFERED="1")
        # Python's own bytecode cache is fine for Odoo; the commands' setting is not passed on.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment.pop("PYTHONPATH", None)
        return environment

    def odoo_command(self, *arguments):
        return [str(paths.PYTHON), "-m", "odoo", *map(str, arguments)]

    def filestore(self, database):
        return self.data_dir / "filestore" / database
