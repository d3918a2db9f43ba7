"""Tables that are only added to: the database itself refuses to change, delete or truncate their rows."""
from odoo.tools import SQL


def keep(cr, table, sentence, *, update="FALSE", delete="FALSE"):
    """Let the database keep the rows of a table, by triggers; called again, it replaces them.

    :param cr: cursor
    :param str table: name of a table that exists
    :param str sentence: what the database answers to whoever tries (``restrict_violation``)
    :param str update: SQL condition on ``OLD`` and ``NEW`` under which a row may change all the same
    :param str delete: SQL condition on ``OLD`` under which a row may go all the same
    """
    name = f"{table}_keep"
    body = f"""
        BEGIN
            IF TG_OP = 'UPDATE' AND ({update}) THEN
                RETURN NEW;
            END IF;
            IF TG_OP = 'DELETE' AND ({delete}) THEN
                RETURN OLD;
            END IF;
            RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation';
        END
    """
    cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", SQL.identifier(name)))  # with the triggers of before
    cr.execute(SQL(
        "CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS %s", SQL.identifier(name), body
    ))  # fmt: skip
    for suffix, event, level in (("", "UPDATE OR DELETE", "ROW"), ("_all", "TRUNCATE", "STATEMENT")):
        cr.execute(SQL(
            "CREATE TRIGGER %s BEFORE %s ON %s FOR EACH %s EXECUTE FUNCTION %s(%s)",
            SQL.identifier(name + suffix), SQL(event), SQL.identifier(table), SQL(level), SQL.identifier(name),
            sentence,
        ))  # fmt: skip
