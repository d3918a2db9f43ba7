"""One branch of the customer timeline, described without the ORM.

The timeline is a UNION ALL over the documents of every installed addon. Two
facts, both measured, shape what is rendered here:

* PostgreSQL reads the union in date order straight from the indexes of its
  branches ("Merge Append") only when a branch is one relation without a WHERE
  and when all branches agree on the type of each column. So conditions are
  rendered as one more column, ``allowed``, that the enclosing query tests, and
  every column is cast.
* The identifier has to be a plain expression over the source's id, so that an
  index on it can serve ``WHERE id IN (...)``: ``source_id * 64 + slot``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from odoo.tools import SQL

SLOTS = 64
"""How many sources an identifier can tell apart."""

COLUMN_TYPES = MappingProxyType(
    {
        "partner_id": "int4",
        "commercial_partner_id": "int4",
        "date": "timestamp",
        "kind": "varchar",
        "summary": "varchar",
        "state": "varchar",
        "direction": "varchar",
        "channel": "varchar",
        "user_id": "int4",
        "company_id": "int4",
        "amount": "numeric",
        "currency_id": "int4",
        "res_model": "varchar",
        "res_id": "int4",
        "active": "bool",
    }
)
"""Columns of the timeline besides ``id``, in order, with their SQL type."""

REQUIRED_COLUMNS = frozenset({"partner_id", "commercial_partner_id", "date", "kind", "summary"})


@dataclass(frozen=True)
class TimelineSource:
    """Where one kind of timeline entry comes from.

    :ivar slot: number from 0 to 63, never reused for another source: it is part
        of the identifier of each entry
    :ivar model: technical name of the source model. The branch exists only for
        users who may read that model.
    :ivar columns: SQL expression per column name (see ``COLUMN_TYPES``), and
        optionally ``source_id``, an integer unique within the source. Columns
        left out are NULL, save ``source_id``/``res_id`` (the id of ``alias``),
        ``res_model`` (``model``), ``state`` ('done') and ``active`` (true).
    :ivar alias: table alias of ``model`` in the expressions
    :ivar from_clause: what follows FROM. Left out: the model's own table.
        A JOIN costs the ordered read of the branch: acceptable for small
        branches only.
    :ivar where: condition on the rows
    :ivar rules: pairs (model, alias) whose access rights and record rules the
        reader must satisfy. Left out: ``model`` itself. State it when the right
        to read an entry depends on another document, as for mail.message.
    :raises ValueError: for a slot out of range, an unknown or a missing column
    """

    slot: int
    model: str
    columns: Mapping[str, SQL]
    alias: str = "s"
    from_clause: SQL | None = None
    where: SQL | None = None
    rules: tuple[tuple[str, str], ...] = field(default=())

    def __post_init__(self):
        if not 0 <= self.slot < SLOTS:
            raise ValueError(f"Timeline source of {self.model}: slot {self.slot} is not between 0 and {SLOTS - 1}")
        if unknown := set(self.columns) - set(COLUMN_TYPES) - {"source_id"}:
            raise ValueError(f"Timeline source of {self.model}: unknown columns {sorted(unknown)}")
        if missing := REQUIRED_COLUMNS - set(self.columns):
            raise ValueError(f"Timeline source of {self.model}: missing columns {sorted(missing)}")
        if not self.rules:
            object.__setattr__(self, "rules", ((self.model, self.alias),))


def check_slots(sources: Mapping[str, TimelineSource]) -> None:
    """Refuse two sources with one slot: their entries would share identifiers.

    :raises ValueError: naming both sources
    """
    owner = {}
    for code, source in sources.items():
        if source.slot in owner:
            raise ValueError(f"Timeline sources {owner[source.slot]!r} and {code!r} both use slot {source.slot}")
        owner[source.slot] = code


def entry_id(source_id: int, slot: int) -> int:
    """Identifier of the timeline entry of a source row.

    >>> entry_id(3, 5)
    197
    """
    return source_id * SLOTS + slot


def split_entry_id(identifier: int) -> tuple[int, int]:
    """The (source_id, slot) of an entry: the inverse of :func:`entry_id`.

    >>> split_entry_id(197)
    (3, 5)
    """
    return divmod(identifier, SLOTS)


def index_expression(slot: int, column: str = "id") -> str:
    """The expression to index on a source table so that entries are found by id.

    It must be written exactly as :func:`render_branch` writes it, or PostgreSQL
    does not use the index.

    >>> index_expression(5)
    '((id::bigint * 64 + 5))'
    """
    return f"(({column}::bigint * {SLOTS} + {int(slot)}))"


def render_branch(source: TimelineSource, table: SQL, conditions: Iterable[SQL] = ()) -> SQL:
    """The SELECT of one source.

    :param table: the source model's table, used when there is no ``from_clause``
    :param conditions: what the reader must satisfy besides ``source.where``
    """
    own_id = SQL.identifier(source.alias, "id")
    defaults = {
        "res_id": own_id,
        "res_model": SQL("%s", source.model),
        "state": SQL("'done'"),
        "active": SQL("TRUE"),
    }
    # slot and factor as literals: a parameter would not match the expression index
    columns = [
        SQL(
            "(%s::bigint * %s + %s) AS id",
            source.columns.get("source_id", own_id),
            SQL(str(SLOTS)),
            SQL(str(int(source.slot))),
        )
    ]
    for name, sql_type in COLUMN_TYPES.items():
        expression = source.columns.get(name) or defaults.get(name) or SQL("NULL")
        columns.append(SQL("(%s)::%s AS %s", expression, SQL(sql_type), SQL.identifier(name)))
    tests = [SQL("(%s)", condition) for condition in (source.where, *conditions) if condition is not None]
    columns.append(SQL("(%s) AS allowed", SQL(" AND ").join(tests) if tests else SQL("TRUE")))
    return SQL(
        "SELECT %s FROM %s",
        SQL(", ").join(columns),
        source.from_clause or SQL("%s AS %s", table, SQL.identifier(source.alias)),
    )


def render_union(branches: Iterable[SQL]) -> SQL:
    """The whole timeline from its branches; without any, an empty one of the same shape."""
    names = SQL(", ").join(SQL.identifier(name) for name in ("id", *COLUMN_TYPES))
    branches = list(branches)
    if not branches:
        nulls = [SQL("NULL::bigint AS id")]
        nulls += [SQL("NULL::%s AS %s", SQL(kind), SQL.identifier(name)) for name, kind in COLUMN_TYPES.items()]
        return SQL("SELECT %s WHERE FALSE", SQL(", ").join(nulls))
    return SQL("SELECT %s FROM (%s) AS entry WHERE allowed", names, SQL(" UNION ALL ").join(branches))
