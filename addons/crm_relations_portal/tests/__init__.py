from . import test_callback, test_confirmation, test_confirmation_concurrency, test_preferences, test_privacy
