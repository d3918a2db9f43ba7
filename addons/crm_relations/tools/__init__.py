from . import interaction, planned, timeline
