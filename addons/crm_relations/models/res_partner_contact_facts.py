from datetime import datetime, time, timedelta

from odoo import models
from odoo.tools import SQL

from ..tools import contact_rules

PHONE_CHANNELS = ("phone", "sms", "fax")


class ResPartner(models.Model):
    """What the rules of contact have to know, read for any number of customers at once."""

    _inherit = "res.partner"

    def _crm_contact_facts(self, rules, channel, purpose, at):
        """One query for all of ``self``; it asks only what these rules need.

        Customers of whom the same is known share one object: what is decided about one of them is decided about all.

        :return: ``{partner id: (contact_rules.Customer, ids of the groups that rules are about)}``
        """
        if not self.ids:
            return {}
        columns = self._crm_contact_columns(rules, channel, purpose, at)
        joins = self._crm_contact_joins(rules, channel, purpose, at)
        columns |= {name: SQL("%s.value", SQL.identifier(name)) for name in joins}
        self.env.flush_all()
        names = list(columns)
        rows = self.env.execute_query(
            SQL(
                "SELECT p.id, COALESCE(NULLIF(p.tz, ''), NULLIF(c.tz, ''), %(zone)s), %(columns)s FROM res_partner p "
                "LEFT JOIN res_partner c ON c.id = p.commercial_partner_id AND c.id <> p.id %(joins)s "
                "WHERE p.id = ANY(%(ids)s)",
                zone=self.env.company.partner_id.tz or "UTC",
                columns=SQL(", ").join(SQL("%s AS %s", columns[name], SQL.identifier(name)) for name in names),
                joins=SQL(" ").join(
                    SQL(
                        "LEFT JOIN (%s) AS %s(partner_id, value) ON %s.partner_id = p.id",
                        query,
                        SQL.identifier(name),
                        SQL.identifier(name),
                    )
                    for name, query in joins.items()
                ),
                ids=self.ids,
            )
        )
        known, facts = {}, {}
        for partner_id, *values in rows:
            key = tuple(map(_hashable, values))
            if key not in known:
                row = dict(zip(("zone", *names), values, strict=True))
                known[key] = (self._crm_contact_customer(row), tuple(row.get("groups") or ()))
            facts[partner_id] = known[key]
        return facts

    def _crm_contact_columns(self, rules, channel, purpose, at):
        """``{name: SQL}`` over ``p`` (the customer) and ``c`` (the company they belong to, if any)."""
        conditions = set(rules.mapped("condition"))
        columns = {"barred": self._crm_contact_barred(channel, purpose)}
        if "no_contact" in conditions:
            own = SQL("p.crm_no_contact IS NOT NULL")
            for name in ("crm_no_contact", "crm_no_contact_until"):
                field = SQL.identifier(name)
                columns[name] = SQL("CASE WHEN %s THEN p.%s ELSE c.%s END", own, field, field)
        if "channel" in conditions:
            columns["channels"] = self._crm_contact_own_or_company(
                "SELECT array_agg(h.code ORDER BY x.sequence, x.id) FROM crm_partner_channel x "
                "JOIN crm_contact_channel h ON h.id = x.channel_id WHERE x.partner_id = %s"
            )
        if "hours" in conditions:
            columns["windows"] = self._crm_contact_own_or_company(
                "SELECT json_agg(json_build_array(x.days, round(x.hour_from * 60)::int, round(x.hour_to * 60)::int) "
                "ORDER BY x.id) FROM crm_contact_window x WHERE x.partner_id = %s"
            )
        if "wish" in conditions:
            own = SQL("COALESCE(p.crm_contact_limit, 0) > 0")
            for name in ("crm_contact_limit", "crm_contact_days"):
                field = SQL.identifier(name)
                columns[name] = SQL("CASE WHEN %s THEN p.%s ELSE COALESCE(c.%s, 0) END", own, field, field)
        if "excluded" in conditions:
            columns["excluded"] = self._crm_contact_excluded(channel)
        groups = rules.group_id
        if groups:
            columns["groups"] = SQL(
                "ARRAY(SELECT m.group_id FROM crm_customer_group_member m "
                "WHERE m.group_id = ANY(%s) AND m.partner_id IN (p.id, c.id))",
                groups.ids,
            )
        for rule in rules.filtered(lambda rule: rule.condition == "wish"):
            columns[f"touches_{rule.id}"] = self._crm_contact_wish_touches(rule, at)
        return columns

    def _crm_contact_joins(self, rules, channel, purpose, at):
        """``{name: SELECT of partner and value}``: read of all customers at once, not one by one."""
        joins = {}
        if any(rule.condition == "consent" for rule in rules):
            aim = self.env["crm.consent.purpose"]._by_code(purpose)
            latest = max(
                moment if isinstance(moment, datetime) else datetime.combine(moment, time.max)
                for moment in _moments(at)
            )
            joins["consent"] = self.env["crm.consent"]._states_query(self.ids, aim.id or None, channel, latest)
        for rule in rules:
            if rule.condition == "cap":
                joins[f"touches_{rule.id}"] = SQL(
                    "SELECT t.partner_id, array_agg(t.date ORDER BY t.date) FROM (%s) AS t(partner_id, date) "
                    "WHERE t.partner_id = ANY(%s) GROUP BY 1 HAVING count(*) >= %s",
                    self._crm_contact_touches(rule, at, SQL("%s", rule.days)),
                    self.ids,
                    rule.max_count,
                )
        return joins

    def _crm_contact_own_or_company(self, query):
        company = SQL("CASE WHEN c.id IS NOT NULL THEN (%s) END", SQL(query, SQL("c.id")))
        return SQL("COALESCE((%s), %s)", SQL(query, SQL("p.id")), company)

    def _crm_contact_barred(self, channel, purpose):
        """Why nobody contacts them whatever the rules say: a restriction, or the address of somebody who was erased."""
        suppression = self.env["crm.privacy.suppression"]
        value = {"email": SQL("p.email_normalized")}.get(channel)
        if channel in PHONE_CHANNELS:
            value = SQL("p.phone_sanitized")
        suppressed = SQL("FALSE")
        if value and suppression._any() and self._crm_contact_kind(purpose) != contact_rules.SERVICE:
            suppressed = SQL(
                "EXISTS (SELECT FROM crm_privacy_suppression s WHERE s.digest = %s)",
                suppression._digest_sql("email" if channel == "email" else "phone", value),
            )
        return SQL(
            "CASE WHEN p.crm_restricted OR c.crm_restricted THEN 'restricted' WHEN %s THEN 'suppressed' END", suppressed
        )

    def _crm_contact_excluded(self, channel):
        """Odoo's own exclusion lists stay the only ones."""
        if channel == "email":
            return SQL("EXISTS (SELECT FROM mail_blacklist b WHERE b.email = p.email_normalized AND b.active)")
        if channel in PHONE_CHANNELS:
            return SQL("EXISTS (SELECT FROM phone_blacklist b WHERE b.number = p.phone_sanitized AND b.active)")
        return SQL("FALSE")

    def _crm_contact_touches(self, rule, at, days):
        """SELECT of customers and moments of the contacts that count for a rule, from the longest period before on."""
        start = min(
            moment if isinstance(moment, datetime) else datetime.combine(moment, time()) - timedelta(days=1)
            for moment in _moments(at)
        )
        codes = rule.channel_ids.mapped("code")
        return SQL(
            "SELECT t.partner_id, t.date FROM (%s) AS t(partner_id, channel, purpose, date) "
            "WHERE t.date > %s::timestamp - make_interval(days => %s) AND t.purpose = ANY(%s) AND %s",
            SQL(" UNION ALL ").join(self.env["crm.contact.touch"]._sources()),
            start,
            days,
            list(rule._counted_purposes()),
            SQL("t.channel = ANY(%s)", codes) if codes else SQL("TRUE"),
        )

    def _crm_contact_wish_touches(self, rule, at):
        """Contacts with those who want a limit of their own; few say so, hence one after the other."""
        said = SQL("COALESCE(p.crm_contact_limit, 0) > 0")
        days = SQL("CASE WHEN %s THEN p.crm_contact_days ELSE COALESCE(c.crm_contact_days, 0) END", said)
        return SQL(
            "CASE WHEN %s OR c.crm_contact_limit > 0 THEN "
            "NULLIF(ARRAY(SELECT w.date FROM (%s) AS w WHERE w.partner_id = p.id ORDER BY 1), '{}') END",
            said,
            self._crm_contact_touches(rule, at, days),
        )

    def _crm_contact_customer(self, row):
        """A row as the pure functions know it."""
        windows = row.get("windows") or ()
        return contact_rules.Customer(
            zone=row["zone"],
            channels=tuple(row.get("channels") or ()),
            windows=tuple(window for line in windows for window in contact_rules.expand(*line)),
            no_contact=row.get("crm_no_contact"),
            until=row.get("crm_no_contact_until"),
            limit=row.get("crm_contact_limit") or 0,
            days=row.get("crm_contact_days") or 0,
            excluded=bool(row.get("excluded")),
            consent=row.get("consent"),
            barred=row["barred"],
            touches={
                int(name.removeprefix("touches_")): tuple(moments or ())
                for name, moments in row.items()
                if name.startswith("touches_")
            },
        )


def _moments(at):
    return at.values() if isinstance(at, dict) else [at]


def _hashable(value):
    return tuple(map(_hashable, value)) if isinstance(value, list) else value
