from . import (
    test_duplicates,
    test_duplicates_tools,
    test_exchange,
    test_icalendar,
    test_interaction,
    test_merge,
    test_tabular,
    test_timeline,
    test_timeline_page,
    test_timeline_tools,
    test_ui,
    test_vcard,
)
