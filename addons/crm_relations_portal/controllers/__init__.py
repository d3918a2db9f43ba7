from . import policy, portal, privacy
