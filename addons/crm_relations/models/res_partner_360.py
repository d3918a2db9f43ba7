from collections import defaultdict
from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import health, timeline

CONTACTS_READ = 6
PLANNED_READ = 20
PLANNED_DAYS = 180
"""An open step that is longer overdue than this is forgotten, not planned."""


class ResPartner(models.Model):
    """What whoever talks to a customer has to know at once.

    Everything is read in batches: the number of queries is the same for one
    customer and for a list of eighty. Nothing is stored.
    """

    _inherit = "res.partner"

    # === THE PORT === #

    def _crm_360_items(self):
        """Open things of each customer, as far as the reader may see them.

        Other addons add orders, invoices, complaints, tasks or value: call
        ``super()`` and append. Ask once for all of ``self``.

        :return: ``{partner id: [item]}``. An item is a dict:

            * ``key``: unique, ``sequence``: its place
            * ``label``: in words, ``icon``: Font Awesome class
            * ``count``: integer or False; ``amount`` in the current company's currency or False
            * ``text``: instead of a count, for example a segment
            * ``tone``: "danger", "warning", "success", "info" or False; danger and warning go into the health
            * ``method``: method of res.partner that returns the action to open, or False
        """
        items = {partner.id: [] for partner in self}
        self._crm_360_add_opportunities(items)
        return items

    def _crm_360_alerts(self):
        """Open alerts on each customer, shown as chips, the most urgent first.

        :return: ``{partner id: [{"text": ..., "tone": ..., "method": name or False}]}``
        """
        order = ("danger", "warning", "info")
        return {
            partner.id: [
                {"text": alert.display_name, "tone": alert.severity, "method": "action_crm_alerts"}
                for alert in partner.crm_alert_ids.sorted(lambda alert: order.index(alert.severity))
            ]
            for partner in self
        }

    @api.model
    def _crm_touch_kinds(self):
        """Kinds of timeline entries by which people talk to each other."""
        return ["interaction", "message", "meeting", "activity"]

    # === ITEMS === #

    def _crm_360_scope(self):
        """Companies with all their people, and people by themselves.

        :return: pairs (column of the timeline, partners)
        """
        whole = self.filtered(lambda partner: partner.commercial_partner_id == partner)
        return [(column, partners) for column, partners in
                (("commercial_partner_id", whole), ("partner_id", self - whole)) if partners]

    def _crm_360_add_opportunities(self, items):
        leads = self.env["crm.lead"]
        if not leads.has_access("read"):
            return
        company, today = self.env.company, fields.Date.context_today(self)
        totals = defaultdict(lambda: [0, 0.0])
        for column, partners in self._crm_360_scope():
            field = "crm_commercial_partner_id" if column == "commercial_partner_id" else "partner_id"
            for partner, owner, count, revenue in leads._read_group(
                [(field, "in", partners.ids), ("type", "=", "opportunity"), ("won_status", "=", "pending")],
                [field, "company_id"],
                ["__count", "expected_revenue:sum"],
            ):
                currency = (owner or company).currency_id
                totals[partner.id][0] += count
                totals[partner.id][1] += currency._convert(revenue, company.currency_id, company, today)
        for partner_id, (count, amount) in totals.items():
            items[partner_id].append(
                {
                    "key": "opportunities",
                    "sequence": 10,
                    "label": self.env._("Opportunities"),
                    "icon": "fa-star-o",
                    "count": count,
                    "amount": amount,
                    "tone": "info",
                    "method": "action_crm_360_opportunities",
                }
            )

    # === CONTACTS === #

    def _crm_360_entries(self, limit, *tests):
        """Latest timeline entries of each partner.

        :param tests: as in :class:`..tools.timeline.Page`
        :return: ``{partner id: [row]}``, newest first
        """
        found = {partner.id: [] for partner in self}
        entries = self.env["crm.timeline"]
        if not entries.has_access("read"):
            return found
        owners = []
        for column, partners in self._crm_360_scope():
            page = timeline.Page(column, SQL("x.id"), limit, tests=tests)
            query = entries._page_query(page, self._crm_touch_kinds())
            if query is not None:
                query = SQL(
                    "SELECT e.id, x.id FROM res_partner x CROSS JOIN LATERAL (%s) AS e WHERE x.id IN %s",
                    query,
                    tuple(partners.ids),
                )
                owners += entries._execute_pairs_in_order(query)
        rows = {row["id"]: row for row in entries._entry_rows(list({entry for entry, _owner in owners}))}
        for entry, owner in owners:
            found[owner].append(rows[entry])
        for found_rows in found.values():
            found_rows.sort(key=lambda row: (row["date"], row["id"]), reverse=True)
        return found

    def _crm_360_contacts(self):
        """Past and planned contacts of each partner.

        :return: ``{partner id: {"past": [rows], "planned": [rows, the earliest first]}}``
        """
        now = fields.Datetime.now()
        past = self._crm_360_entries(
            CONTACTS_READ,
            (("date",), SQL("entry.date <= %s", now)),
            (("state",), SQL("entry.state = 'done'")),
        )
        planned = self._crm_360_entries(
            PLANNED_READ,
            (("date",), SQL("entry.date >= %s", now - timedelta(days=PLANNED_DAYS))),
            (("state",), SQL("entry.state = 'planned'")),
        )
        return {
            partner.id: {"past": past[partner.id], "planned": planned[partner.id][::-1]} for partner in self
        }

    def _crm_360_signals(self, contacts):
        """What the contacts tell about the health.

        :return: ``{partner id: [(tone, sentence)]}``
        """
        now = fields.Datetime.now()
        today = fields.Date.context_today(self)
        signals = {}
        for partner in self:
            own = contacts[partner.id]
            signals[partner.id] = found = []
            overdue = sum(row["date"].date() < today for row in own["planned"])
            if overdue:
                found.append(("warning", self.env._("%(count)s planned steps are overdue", count=overdue)))
            silent = health.silent_days([row["date"] for row in own["past"]], now)
            if silent:
                found.append(("warning", self.env._("Unusually quiet for %(days)s days", days=silent)))
        return signals

    # === THE CARD === #

    @api.readonly
    def crm_360(self):
        """Everything the card above the fold shows, for each of these customers.

        :return: list of dicts in the order of ``self``; a customer that the reader may not see is missing
        :raises AccessError: for readers without access to customers and contacts
        """
        self.env["crm.timeline"].check_access("read")
        partners = self.exists()._filtered_access("read")
        contacts = partners._crm_360_contacts()
        signals = partners._crm_360_signals(contacts)
        items, alerts, now_lines = partners._crm_360_items(), partners._crm_360_alerts(), partners._crm_360_now()
        entries = self.env["crm.timeline"]
        currency = self.env.company.currency_id.id
        langs = dict(self.env["res.lang"].get_installed())
        can_log = self.env["crm.interaction"].has_access("create")
        can_sell = self.env["crm.lead"].has_access("create")
        cards = []
        for partner in partners:
            past, planned = contacts[partner.id]["past"], contacts[partner.id]["planned"]
            own_items = sorted(items[partner.id], key=lambda item: item.get("sequence", 100))
            own_items += partner._crm_360_planned_items(planned)
            found = signals[partner.id] + [
                (item["tone"], item["label"])
                for item in own_items
                if item["tone"] in ("danger", "warning") and item["key"] != "planned"
            ]
            tones = [tone for tone, _text in found] + [alert["tone"] for alert in alerts[partner.id]]
            last, following = entries._page_entries(past[:1]), entries._page_entries(planned[:1])
            cards.append(
                {
                    "id": partner.id,
                    "identity": partner._crm_360_identity(langs),
                    "health": {
                        "level": health.level(tones, len(past)),
                        "reasons": [text for _tone, text in found],
                    },
                    "items": own_items,
                    "alerts": alerts[partner.id],
                    "now": now_lines[partner.id],
                    "last": last[0] if last else False,
                    "next": following[0] if following else False,
                    "currency_id": currency,
                    "can_log": can_log,
                    "can_sell": can_sell,
                }
            )
        return cards

    def _crm_360_planned_items(self, planned):
        today = fields.Date.context_today(self)
        overdue = sum(row["date"].date() < today for row in planned)
        meetings = [row for row in planned if row["kind"] == "meeting"]
        items = []
        if len(planned) > len(meetings):
            items.append(
                {
                    "key": "planned",
                    "label": self.env._("Planned steps"),
                    "icon": "fa-check-square-o",
                    "count": len(planned) - len(meetings),
                    "amount": False,
                    "tone": "warning" if overdue else "info",
                    "text": self.env._("%(count)s overdue", count=overdue) if overdue else False,
                    "method": "action_crm_360_planned",
                }
            )
        if meetings:
            items.append(
                {
                    "key": "meetings",
                    "label": self.env._("Meetings ahead"),
                    "icon": "fa-calendar",
                    "count": len(meetings),
                    "amount": False,
                    "tone": "info",
                    "method": "action_crm_360_planned",
                }
            )
        return items

    def _crm_360_identity(self, langs):
        self.ensure_one()
        zone = self.tz and ZoneInfo(self.tz)
        local = fields.Datetime.now().replace(tzinfo=ZoneInfo("UTC")).astimezone(zone) if zone else False
        company = self.parent_id if self.parent_id.has_access("read") else self.browse()
        return {
            "name": self.name,
            "is_company": self.is_company,
            "function": self.function,
            "company": [company.id, company.name] if company else False,
            "place": ", ".join(filter(None, (self.city, self.country_id.name))),
            "phone": self.phone,
            "email": self.email,
            "language": langs.get(self.lang, False),
            "local_time": local.strftime("%H:%M") if local else False,
            "owner": self.user_id.name or False,
            "tags": [{"name": tag.name, "color": tag.color} for tag in self.category_id],
            "write_date": fields.Datetime.to_string(self.write_date),
        }

    def _crm_360_now(self):
        """May we call them now, and what do they prefer?

        :return: ``{partner id: {"effect": "allow"/"warn"/"refuse", "text": ..., "detail": ...,
            "prefers": ...}}``
        """
        decisions = self._crm_may_contact("phone", "sales")
        answers = {}
        for partner in self:
            decision = decisions[partner.id]
            # sudo: the wishes may stand on the company above
            channels = partner._crm_contact_owner("crm_channel_ids").sudo().crm_channel_ids.sorted()
            hours = partner._crm_contact_owner("crm_window_ids").sudo().crm_contact_hours  # sudo: as above
            answers[partner.id] = {
                "effect": decision.effect,
                "text": decision.reasons[0] if decision.reasons else self.env._("May be called now"),
                "detail": partner._crm_contact_advice(decision),
                "prefers": "; ".join(filter(None, (", ".join(channels.mapped("name")), hours))) or False,
            }
        return answers

    # === ACTIONS === #

    def action_crm_360_opportunities(self):
        """The open opportunities behind the figure on the card."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm.crm_lead_opportunities")
        whole = self.commercial_partner_id == self
        return action | {
            "domain": [
                ("crm_commercial_partner_id" if whole else "partner_id", "=", self.id),
                ("type", "=", "opportunity"),
                ("won_status", "=", "pending"),
            ],
            "context": {"default_partner_id": self.id, "default_type": "opportunity"},
        }

    def action_crm_360_planned(self):
        """What is planned with the customer."""
        self.ensure_one()
        action = self.action_crm_timeline()
        return action | {"domain": action["domain"] + [("state", "=", "planned")]}

    def action_crm_360_new_opportunity(self):
        """A blank opportunity of this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New Opportunity"),
            "res_model": "crm.lead",
            "views": [[False, "form"]],
            "context": {"default_partner_id": self.id, "default_type": "opportunity"},
        }

    def action_crm_360_write(self):
        """The full mail composer, addressed to this customer and filed on it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Write to %(customer)s", customer=self.display_name),
            "res_model": "mail.compose.message",
            "views": [[False, "form"]],
            "target": "new",
            "context": {
                "default_model": "res.partner",
                "default_res_ids": self.ids,
                "default_partner_ids": self.ids,
                "default_composition_mode": "comment",
                "default_subtype_xmlid": "mail.mt_comment",
                "default_crm_purpose": "sales",
            },
        }

    def action_crm_360_note(self):
        """An internal note, which never reaches the customer."""
        action = self.action_crm_360_write()
        context = action["context"] | {"default_subtype_xmlid": "mail.mt_note", "default_partner_ids": []}
        return action | {"name": self.env._("Note on %(customer)s", customer=self.display_name), "context": context}

    def action_crm_360_plan(self):
        """Plan an activity with this customer."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Plan with %(customer)s", customer=self.display_name),
            "res_model": "mail.activity.schedule",
            "views": [[False, "form"]],
            "target": "new",
            "context": {"active_model": "res.partner", "active_ids": self.ids, "active_id": self.id},
        }

    def action_crm_360_meeting(self):
        """A meeting with this customer, in the calendar."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Meeting with %(customer)s", customer=self.display_name),
            "res_model": "calendar.event",
            "views": [[False, "form"]],
            "context": {"default_partner_ids": [self.id, self.env.user.partner_id.id], "default_name": self.name},
        }
