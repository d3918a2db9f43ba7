from . import test_confirmation, test_preferences, test_privacy
