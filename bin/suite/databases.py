"""Template databases for tests: what an addon depends on is installed once and copied in half a second."""
import ast
import hashlib
import shutil
import subprocess

from . import paths, ui


def manifest(folder):
    return ast.literal_eval((folder / "__manifest__.py").read_text())


def stock_dependencies(addons):
    """Names of the stock addons that `addons` need, directly or through others of ours."""
    ours, stock, queue = set(paths.addons()), set(), list(addons)
    seen = set()
    while queue:
        addon = queue.pop()
        if addon in seen:
            continue
        seen.add(addon)
        for name in manifest(paths.ADDONS_DIR / addon).get("depends", ["base"]):
            (queue.append if name in ours else stock.add)(name)
    return sorted(stock)


def own_dependencies(addon):
    """Names of our own addons that `addon` needs, directly or through others of ours."""
    ours, found, queue = set(paths.addons()), set(), [addon]
    while queue:
        for name in manifest(paths.ADDONS_DIR / queue.pop()).get("depends", ["base"]):
            if name in ours - found:
                found.add(name)
                queue.append(name)
    return found


class Databases:
    """Templates and copies on the test server of `platform`."""

    def __init__(self, platform):
        self.platform = platform
        self.cluster = platform.cluster

    def template(self, addons, *, auto_install):
        """Name of a database in which everything that `addons` depend on is installed."""
        stock = stock_dependencies(addons)
        fingerprint = hashlib.sha256(repr((
            stock, auto_install, str(self.platform.odoo), (paths.ROOT / "bin/platform.lock").read_text(),
        )).encode()).hexdigest()[:10]
        name = f"template_{fingerprint}"
        with ui.locked(name, f"Another run prepares {name}; waiting for it …"):
            if not self.cluster.exists(name):
                building = f"{name}_building"
                self.drop(building)
                with ui.step(f"Template database for {', '.join(addons)}"):
                    self.odoo(building, "-i", ",".join(stock), *([] if auto_install else ["--skip-auto-install"]),
                              log=f"{name}.log")
                shutil.rmtree(self.platform.filestore(name), ignore_errors=True)
                if self.platform.filestore(building).exists():
                    self.platform.filestore(building).rename(self.platform.filestore(name))
                self.cluster.rename(building, name)
        return name

    def copy(self, template, name):
        self.drop(name)
        self.cluster.copy(template, name)
        source = self.platform.filestore(template)
        if source.exists():
            # Files of the filestore are never changed in place: links are as good as copies.
            subprocess.run(["cp", "-al", source, self.platform.filestore(name)], check=True)
        return name

    def drop(self, name):
        self.cluster.drop(name)
        shutil.rmtree(self.platform.filestore(name), ignore_errors=True)

    def odoo(self, database, *arguments, log, check=True):
        """Run Odoo on `database` until it has done `arguments`; return (log path, exit code)."""
        path = paths.LOGS / log
        paths.LOGS.mkdir(parents=True, exist_ok=True)
        command = self.platform.odoo_command("-d", database, "--stop-after-init", "--max-cron-threads=0", *arguments)
        with path.open("wb") as stream:
            code = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                  env=self.platform.environment()).returncode
        if check and code:
            raise ui.Failure(f"Odoo failed; the end of {path}:\n{ui.tail(path)}")
        return path, code
