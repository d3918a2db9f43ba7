from . import completeness, transitions
