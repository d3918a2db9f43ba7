"""bin/odoo ARGS: any Odoo command in the project's environment and configuration."""
import os
import sys

from . import ui
from .platform import Platform


def main():
    try:
        platform = Platform()
    except ui.Failure as failure:
        sys.exit(f"\n{failure}")
    command = platform.odoo_command(*sys.argv[1:])
    os.execve(command[0], command, platform.environment())


if __name__ == "__main__":
    main()
