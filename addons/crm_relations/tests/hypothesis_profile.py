"""Property tests take the time that the machine needs: how long one example takes says nothing about the code."""
from hypothesis import HealthCheck, settings

settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
