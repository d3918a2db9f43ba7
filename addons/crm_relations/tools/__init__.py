from . import interaction, timeline
