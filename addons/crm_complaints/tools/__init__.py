from . import completeness, file_names, transitions
