from . import clock, completeness, file_names, transitions
