"""The commands behind ./run, ./test and bin/odoo.

`bootstrap` runs on the machine's own Python with the standard library only and builds the
virtual environment; everything else runs inside that environment.
"""
