"""Queries whose plan the database connection keeps.

Some statements cost more to plan than to run: a page of the timeline asks a
dozen tables, each by its index, which takes three times as long to decide as
to do. PostgreSQL plans a prepared statement once.
"""

from collections.abc import Sequence
from hashlib import sha256

from odoo.sql_db import BaseCursor
from odoo.tools import SQL

PREFIX = "crm_planned_"

KEPT_MAX = 32
"""Plans kept by one connection; a big one takes some hundred kilobytes of memory."""


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


def execute_planned(cr: BaseCursor, query: SQL, values: Sequence, settings: Sequence[str] = ()) -> list[tuple]:
    """Rows of a query, planned once per database connection.

    Which statements a connection has is asked, not remembered: whoever shares
    connections between processes may hand out another one in each transaction.

    :param query: with ``$1``, ``$2`` ... for the values, each with its type (``$1::int4``)
    :param values: at least one
    :param settings: switches that are off while the statement is planned ("enable_bitmapscan")
    """
    cr.execute(
        SQL("SELECT name FROM pg_prepared_statements WHERE starts_with(name, %s) ORDER BY prepare_time", PREFIX)
    )
    kept = [name for (name,) in cr.fetchall()]
    name = statement_name(query)
    if name not in kept:
        for oldest in kept[: max(len(kept) - KEPT_MAX + 1, 0)]:
            cr.execute(SQL("DEALLOCATE %s", SQL.identifier(oldest)))
        cr.execute(SQL("PREPARE %s AS %s", SQL.identifier(name), query))
    switches = [SQL.identifier(switch) for switch in settings]
    cr.execute(
        SQL(
            "SET LOCAL plan_cache_mode = force_generic_plan; %s EXECUTE %s(%s)",
            SQL(" ").join(SQL("SET LOCAL %s = off;", switch) for switch in switches),
            SQL.identifier(name),
            SQL(", ").join(SQL("%s", value) for value in values),
        )
    )
    rows = cr.fetchall()
    defaults = (SQL("SET LOCAL %s TO DEFAULT", switch) for switch in [SQL("plan_cache_mode"), *switches])
    cr.execute(SQL("; ").join(defaults))
    return rows
