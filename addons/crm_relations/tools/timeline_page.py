"""One page of a customer's timeline: the latest entries of each source, merged, and no more than that is read."""

from collections.abc import Iterable
from typing import NamedTuple

from odoo.tools import SQL

from .timeline import (
    COLUMN_TYPES,
    NAMES,
    SLOTS,
    Page,
    Readable,
    TimelineSource,
    entry_columns,
    from_clause,
    render_branch,
)

_PLACE = SQL("id, date")


class Parameters(NamedTuple):
    """What differs between pages of readers with the same rights, who share one statement."""

    customer: SQL
    user: SQL
    partner: SQL
    before_date: SQL
    before_id: SQL


PARAMETERS = Parameters(*map(SQL, ("$1::int4", "$2::int4", "$3::int4", "$4::timestamp", "$5::int8")))
PARAMETER_TYPES = ("int4", "int4", "int4", "timestamp", "int8")


def render_page_branch(
    source: TimelineSource,
    table: SQL,
    page: Page,
    conditions: Iterable[SQL] = (),
    not_before: SQL | None = None,
    whole: bool = False,
) -> SQL:
    """What one source gives to a page: (id, date) of at most ``page.limit`` rows, in order, and only those are read.

    Each branch is bounded by itself, so the cost does not grow with the
    customer's history nor with the number of rows in the table, whether or not
    the branch is one that PostgreSQL could merge in order. Where the entries
    hang on documents, each document gives its latest ones.

    :param not_before: the moment before which no entry can be on this page
    :param whole: every column instead of (id, date), for a source without
        ``documents``: its rows are merged in order, so the columns are computed
        for those that are on the page only. Rows that are sorted first would
        compute them all: for these, :func:`render_entries`.
    """
    tests, names = _page_tests(source, page, not_before)
    if source.documents is None:
        rows = render_branch(source, table, conditions, COLUMN_TYPES if whole else names)
        tests.insert(0, SQL("entry.%s = %s", SQL.identifier(page.column), page.partner))
    else:
        own = SQL("%s AS %s", table, SQL.identifier(source.alias))
        rows = SQL("SELECT %s FROM %s WHERE %s", entry_columns(source, conditions, names), own, source.link)
    # by the id of the source, not by the entry's: the same order, and that of the index
    latest = SQL(
        "SELECT %s FROM (%s) AS entry WHERE %s ORDER BY entry.date DESC, entry.source_id DESC LIMIT %s",
        NAMES if whole else _PLACE,
        rows,
        SQL(" AND ").join(tests),
        page.limit,
    )
    if source.documents is None:
        return latest
    mine = SQL("%s = %s", source.columns[page.column], page.partner)
    return SQL(
        "SELECT entry.id, entry.date FROM %s CROSS JOIN LATERAL (%s) AS entry WHERE %s", source.documents, latest, mine
    )


def _page_tests(source: TimelineSource, page: Page, not_before: SQL | None) -> tuple[list[SQL], set[str]]:
    """Conditions on the entries of a source that are on a page, and the columns that they need."""
    tests = [SQL("entry.allowed"), *(test for _names, test in page.tests)]
    names = {"date", page.column}.union(*(tested for tested, _test in page.tests))
    if "active" in source.columns:
        tests.append(SQL("entry.active IS NOT FALSE"))
        names.add("active")
    if page.before:
        # the first condition bounds the index scan, the second one decides ties
        tests.append(SQL("entry.date <= %s", page.before[0]))
        tests.append(SQL("(entry.date < %s OR entry.id < %s)", *page.before))
    if not_before is not None:
        tests.append(SQL("entry.date >= %s", not_before))
    return tests, names


def render_page(readable: Iterable[Readable], page: Page) -> SQL | None:
    """(id, date) of one page; ``None`` without sources.

    First the sources that name the customer give theirs. Those whose entries
    hang on documents then read only what is not older than the last of a full
    page: one look into the index for each document instead of a page of rows.
    """
    direct, hanging = _split(readable)
    if not direct and not hanging:
        return None
    if not direct or not hanging:
        return _latest(_PLACE, _branches(direct or hanging, page), page.limit)
    return SQL("WITH %s %s", _direct(direct, page), _latest(_PLACE, _with_hanging(hanging, page), page.limit))


def render_page_entries(readable: Iterable[Readable], page: Page) -> SQL | None:
    """Every column of one page, newest first; ``None`` without sources.

    As :func:`render_page` and :func:`render_entries` together, but what names
    the customer gives its columns where it is found, without being looked up
    again: half the branches, which is what a plan costs each time it starts.
    """
    direct, hanging = _split(readable)
    if not direct and not hanging:
        return None
    if not hanging:
        return _latest(NAMES, _branches(direct, page, whole=True), page.limit)
    looked_up = _looked_up([part[:2] for part in hanging])
    if not direct:
        pages = SQL("page AS MATERIALIZED (%s)", _latest(_PLACE, _branches(hanging, page), page.limit))
        return SQL("WITH %s %s", pages, _latest(NAMES, looked_up))
    found = SQL("SELECT %s FROM direct WHERE id IN (SELECT id FROM page)", NAMES)
    return SQL(
        "WITH %s, page AS MATERIALIZED (%s) %s",
        _direct(direct, page, whole=True),
        _latest(_PLACE, _with_hanging(hanging, page), page.limit),
        _latest(NAMES, [found, *looked_up]),
    )


def _split(readable: Iterable[Readable]) -> tuple[list[Readable], list[Readable]]:
    """Sources that name the customer themselves, and those whose entries hang on documents."""
    readable = list(readable)
    return (
        [part for part in readable if part[0].documents is None],
        [part for part in readable if part[0].documents is not None],
    )


def _branches(readable: Iterable[Readable], page: Page, not_before: SQL | None = None, whole=False) -> list[SQL]:
    return [
        SQL("(%s)", render_page_branch(source, table, page, conditions, not_before, whole))
        for source, table, conditions in readable
    ]


def _direct(direct: list[Readable], page: Page, whole: bool = False) -> SQL:
    """What names the customer, and the moment before which nothing can be on the page any more."""
    return SQL(
        "direct AS MATERIALIZED (%s), bound AS MATERIALIZED "
        "(SELECT COALESCE((SELECT min(date) FROM direct HAVING count(*) = %s), '-infinity'::timestamp) AS date)",
        _latest(NAMES if whole else _PLACE, _branches(direct, page, whole=whole), page.limit),
        page.limit,
    )


def _with_hanging(hanging: list[Readable], page: Page) -> list[SQL]:
    return [SQL("SELECT id, date FROM direct"), *_branches(hanging, page, SQL("(SELECT date FROM bound)"))]


def _latest(names: SQL, branches: Iterable[SQL], limit: int | None = None) -> SQL:
    ordered = SQL(
        "SELECT %s FROM (%s) AS entry ORDER BY date DESC, id DESC", names, SQL(" UNION ALL ").join(branches)
    )
    return ordered if limit is None else SQL("%s LIMIT %s", ordered, limit)


def render_entries(readable: Iterable[tuple[TimelineSource, SQL]], page: SQL) -> SQL:
    """Every column of entries known to be readable, newest first.

    The rows that won are looked up by their primary keys.

    :param readable: (source, table) of the sources from which the entries may come
    :param page: the query that gives their identifiers in a column ``id``
    """
    return SQL("WITH page AS MATERIALIZED (%s) %s", page, _latest(NAMES, _looked_up(readable)))


def _looked_up(readable: Iterable[tuple[TimelineSource, SQL]]) -> list[SQL]:
    slots = SQL(str(SLOTS))
    branches = []
    for source, table in readable:
        own_id = source.columns.get("source_id", SQL.identifier(source.alias, "id"))
        rows = SQL(
            "SELECT %s FROM page, %s WHERE mod(page.id, %s) = %s AND %s = page.id / %s",
            entry_columns(source, ()), from_clause(source, table), slots, SQL(str(source.slot)), own_id, slots,
        )
        branches.append(SQL("SELECT %s FROM (%s) AS entry", NAMES, rows))
    return branches
