"""Queries whose plan the database connection keeps.

Some statements cost more to plan than to run: a page of the timeline asks a
dozen tables, each by its index, which takes many times as long to decide as
to do. PostgreSQL plans a prepared statement once.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from weakref import WeakKeyDictionary

from psycopg2.errors import InvalidSqlStatementName

from odoo.sql_db import BaseCursor
from odoo.tools import SQL

PREFIX = "crm_planned_"

KEPT_MAX = 32
"""Plans kept by one connection; a big one takes some hundred kilobytes of memory."""

_SAVEPOINT = SQL.identifier("crm_planned")

_prepared = WeakKeyDictionary()
"""``{connection: names of what was prepared on it}``"""


def statement_name(query: SQL) -> str:
    """The name under which a query is prepared: the same query, the same name.

    Everything but the ``$1`` of the query is part of the name, so a statement
    is never used for readers with other rights, companies or languages.

    >>> statement_name(SQL("SELECT $1::int4")) == statement_name(SQL("SELECT $1::int4"))
    True
    >>> statement_name(SQL("SELECT %s", 1)) == statement_name(SQL("SELECT %s", 2))
    False
    """
    return PREFIX + sha256(repr((query.code, query.params)).encode()).hexdigest()[:32]


def with_parameters(query: SQL, parameters: dict[int, SQL]) -> SQL:
    """A query in which some numbers are parameters, so that it is the same for whoever has other ones.

    >>> with_parameters(SQL("a = %s AND b IN %s AND c = %s", 7, (7, 8), True), {7: SQL("$2"), 1: SQL("$3")}).code
    'a = $2 AND b IN ($2, %s) AND c = %s'
    """

    def exchange(value):
        if type(value) is int and value in parameters:  # True is no number
            return parameters[value]
        if isinstance(value, tuple) and any(isinstance(exchange(item), SQL) for item in value):
            return SQL("(%s)", SQL(", ").join(SQL("%s", exchange(item)) for item in value))
        return value

    return SQL(query.code, *map(exchange, query.params))


def execute_planned(cr: BaseCursor, query: SQL, values: Sequence, settings: Sequence[str] = ()) -> list[tuple]:
    """Rows of a query, planned once per database connection.

    :param query: with ``$1``, ``$2`` ... for the values, each with its type (``$1::int4``)
    :param values: at least one
    :param settings: switches that are off while the statement is planned ("enable_bitmapscan")
    """
    return execute_named(cr, statement_name(query), lambda: query, values, settings)


def execute_named(
    cr: BaseCursor,
    name: str,
    render: Callable[[], SQL],
    values: Sequence,
    settings: Sequence[str] = (),
    types: Sequence[str] = (),
) -> list[tuple]:
    """Rows of a query whose name is known already: it is written only where the connection does not have it.

    A connection remembers what was prepared on it. Whoever shares connections
    between processes may hand out another one in each transaction; then the
    statement is missing, which takes one more attempt.

    :param render: gives the query of that name
    :param types: SQL types of the values; needed when the query does not use each of them
    """
    known = _prepared.setdefault(cr.connection, set())
    if name in known:
        try:
            return _execute(cr, name, values, settings, log_exceptions=False)
        except InvalidSqlStatementName:
            cr.execute(_TAKE_BACK)
            known.clear()
    _prepare(cr, name, render, types)
    known.add(name)
    return _execute(cr, name, values, settings)


_TAKE_BACK = SQL("ROLLBACK TO SAVEPOINT %s; RELEASE SAVEPOINT %s", _SAVEPOINT, _SAVEPOINT)


def _execute(cr, name, values, settings, log_exceptions=True):
    """Two round trips: taking the savepoint back sets the switches as they were."""
    cr.execute(
        SQL(
            "SAVEPOINT %s; SET LOCAL plan_cache_mode = force_generic_plan; %s EXECUTE %s(%s)",
            _SAVEPOINT,
            SQL(" ").join(SQL("SET LOCAL %s = off;", SQL.identifier(switch)) for switch in settings),
            SQL.identifier(name),
            SQL(", ").join(SQL("%s", value) for value in values),
        ),
        log_exceptions=log_exceptions,
    )
    rows = cr.fetchall()
    cr.execute(_TAKE_BACK)
    return rows


def _prepare(cr, name, render, types):
    cr.execute(
        SQL("SELECT name FROM pg_prepared_statements WHERE starts_with(name, %s) ORDER BY prepare_time", PREFIX)
    )
    kept = [kept_name for (kept_name,) in cr.fetchall()]
    if name in kept:
        return
    for oldest in kept[: max(len(kept) - KEPT_MAX + 1, 0)]:
        cr.execute(SQL("DEALLOCATE %s", SQL.identifier(oldest)))
        _prepared[cr.connection].discard(oldest)
    declared = SQL("(%s)", SQL(", ").join(map(SQL, types))) if types else SQL()
    cr.execute(SQL("PREPARE %s%s AS %s", SQL.identifier(name), declared, render()))
