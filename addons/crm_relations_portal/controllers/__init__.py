from . import callback, policy, portal, privacy
