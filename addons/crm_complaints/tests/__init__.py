from . import (
    test_access,
    test_acknowledge,
    test_clock,
    test_clock_engine,
    test_complaint,
    test_concurrency,
    test_customer,
    test_portal,
    test_report,
    test_tour,
    test_transitions,
    test_workflow,
)
