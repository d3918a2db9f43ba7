from . import clock, completeness, file_names, intake, transitions
