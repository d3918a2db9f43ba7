"""The configuration that Odoo is started with, put together from the files in config/."""
import configparser
import os
import secrets

from . import odoo_source, paths

SECTION = "options"


def read(*names):
    """Options of the named files of config/ in order, later ones win; `odoo.local.conf` is the user's own."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read([paths.ROOT / "config" / name for name in names])
    return dict(parser[SECTION]) if parser.has_section(SECTION) else {}


def own_server():
    """True when config names a PostgreSQL that the user already runs."""
    return bool(read("odoo.conf", "odoo.local.conf").get("db_host", "").strip())


def write(folder, odoo, *, host=None, data_dir, overrides=None):
    """Write the complete configuration of one instance and return its path.

    :param folder: where to put it (readable by its owner only: it holds the master password)
    :param odoo: folder of the package `odoo`
    :param host: socket folder of the embedded PostgreSQL; None uses the server named in config/
    """
    options = read("odoo.conf", "development.conf", "odoo.local.conf")
    target = folder / "odoo.conf"
    options.update(
        addons_path=",".join(map(str, [*odoo_source.addons_path(odoo), paths.ADDONS_DIR])),
        data_dir=str(data_dir),
        admin_passwd=_master_password(target),
    )
    if host:
        # template1 of the embedded server carries the extensions, see Cluster._prepare_template.
        options.update(db_host=host, db_user="odoo", db_port="", db_password="", db_template="template1")
    options.update(overrides or {})
    parser = configparser.ConfigParser(interpolation=None)
    parser[SECTION] = {key: value for key, value in options.items() if value != ""}
    folder.mkdir(parents=True, exist_ok=True)
    data_dir.mkdir(parents=True, exist_ok=True)
    partial = folder / f".odoo.conf.{os.getpid()}"
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        parser.write(stream)
    return partial.replace(target)


def _master_password(target):
    """Kept between starts, made at random at the first: no password stands in the repository."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(target)
    known = parser.get(SECTION, "admin_passwd", fallback="")
    return known or secrets.token_urlsafe(24)
