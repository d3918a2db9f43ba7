from . import export, telephony
