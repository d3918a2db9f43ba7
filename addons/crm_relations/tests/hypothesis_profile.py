"""Property tests draw the same examples each time, so that a run tells about the change; `./test --explore` draws anew.

They take the time that the machine needs: how long one example takes says nothing about the code.
"""
import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "suite",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not os.environ.get("TEST_EXPLORE"),
)
settings.load_profile("suite")
