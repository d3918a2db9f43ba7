from odoo import api, fields, models
from odoo.fields import Domain

from .crm_complaint_report import AGE_BANDS

AT_RISK = ("2_three_quarters", "3_nine_tenths")
NEXT = 10
SEVERE = ("3_major", "4_critical")


class CrmComplaint(models.Model):
    """What the team leader looks at in the morning. Counts what the reader may see."""

    _inherit = "crm.complaint"

    @api.model
    def crm_dashboard(self, team_id=False):
        """Figures of the dashboard, each with the domain behind it.

        :param int team_id: one team, or all
        :return: dict of ``teams``, ``tiles``, ``ages``, ``clocks`` and ``people``
        """
        # customers read complaints too, but not how the company works
        self.env["crm.complaint.report"].check_access("read")
        still_open = Domain("phase", "!=", "closed")
        if team_id:
            still_open &= Domain("team_id", "=", team_id)
        teams = self.env["crm.team"].search([("use_complaints", "=", True)])
        return {
            "teams": [{"id": team.id, "name": team.name} for team in teams],
            "tiles": self._dashboard_tiles(still_open, team_id),
            "ages": self._dashboard_ages(still_open),
            "clocks": self._dashboard_clocks(still_open),
            "people": self._dashboard_people(still_open),
        }

    @api.model
    def _dashboard_tiles(self, still_open, team_id):
        now = fields.Datetime.now()
        of_team = Domain("complaint_id.team_id", "=", team_id) if team_id else Domain.TRUE
        tiles = (
            ("open", self.env._("Open"), "crm.complaint", still_open, ""),
            ("unassigned", self.env._("Unassigned"), "crm.complaint",
             still_open & Domain("user_id", "=", False), "warning"),
            ("to_answer", self.env._("Customer Wrote"), "crm.complaint",
             Domain("date_customer_wrote", "!=", False) & (Domain("team_id", "=", team_id) if team_id else Domain.TRUE),
             "warning"),
            ("not_acknowledged", self.env._("Not Acknowledged"), "crm.complaint",
             still_open & Domain("date_acknowledged", "=", False), "warning"),
            ("overdue", self.env._("Overdue"), "crm.complaint",
             still_open & Domain("date_deadline", "<", now), "danger"),
            ("at_risk", self.env._("Deadline at Risk"), "crm.complaint",
             still_open & Domain("date_deadline", ">=", now) & Domain("deadline_clock_id.level", "in", AT_RISK),
             "warning"),
            ("waiting", self.env._("Waiting for the Customer"), "crm.complaint",
             still_open & Domain("date_waiting_since", "!=", False), ""),
            ("remedies", self.env._("Remedies to Approve"), "crm.complaint.remedy",
             Domain("state", "=", "proposed") & of_team, "warning"),
            ("failed", self.env._("Remedies that Failed"), "crm.complaint.remedy",
             Domain("state", "=", "failed") & of_team, "danger"),
            ("promises", self.env._("Promises Open"), "crm.complaint.promise",
             Domain("state", "=", "open") & (Domain("team_id", "=", team_id) if team_id else Domain.TRUE), ""),
            ("actions", self.env._("Actions Overdue"), "crm.complaint.action",
             Domain("is_overdue", "=", True), "danger"),
        )  # fmt: skip
        return [
            {
                "key": key,
                "label": label,
                "model": model,
                "domain": self._client_domain(domain),
                "count": self.env[model].search_count(domain),
                "tone": tone,
            }
            for key, label, model, domain, tone in tiles
        ]

    @api.model
    def _client_domain(self, domain):
        """A domain with dates as text, as the web client takes it."""
        return [
            (*leaf[:2], fields.Datetime.to_string(leaf[2])) if isinstance(leaf, tuple) and hasattr(leaf[2], "hour")
            else leaf
            for leaf in domain
        ]  # fmt: skip

    @api.model
    def _dashboard_ages(self, still_open):
        report = self.env["crm.complaint.report"]
        counts = dict(report._read_group(still_open, ["age_band"], ["__count"]))
        labels = dict(report._fields["age_band"]._description_selection(self.env))
        most = max(counts.values(), default=0)
        return [
            {
                "label": labels[band],
                "count": counts.get(band, 0),
                "width": round(100 * counts.get(band, 0) / most) if most else 0,
                "domain": [*self._client_domain(still_open), ("age_band", "=", band)],
            }
            for band, _label in AGE_BANDS
        ]

    @api.model
    def _dashboard_clocks(self, still_open):
        """The deadlines that come next, or have passed."""
        now = fields.Datetime.now()
        complaints = self.search(
            still_open & Domain("date_deadline", "!=", False), order="date_deadline, id", limit=NEXT
        )
        return [
            {
                "id": complaint.id,
                "code": complaint.code,
                "name": complaint.name,
                "clock": complaint.deadline_clock_id.sudo().rule_id.name or "",  # sudo: the name of the rule
                "left": complaint.deadline_label or "",
                "tone": "danger" if complaint.date_deadline < now
                else "warning" if complaint.deadline_state == "soon" else "",
                "user": complaint.user_id.name or "",
            }
            for complaint in complaints
        ]  # fmt: skip

    @api.model
    def _dashboard_people(self, still_open):
        """Load of each person: open, overdue, severe, oldest."""
        now = fields.Datetime.now()
        rows = {}
        for user, number, oldest in self._read_group(still_open, ["user_id"], ["__count", "date_received:min"]):
            rows[user] = {"open": number, "oldest": (now - oldest).days if oldest else 0, "overdue": 0, "severe": 0}
        for key, domain in (
            ("overdue", Domain("date_deadline", "<", now)),
            ("severe", Domain("severity", "in", SEVERE)),
        ):
            for user, number in self._read_group(still_open & domain, ["user_id"], ["__count"]):
                rows[user][key] = number
        most = max((row["open"] for row in rows.values()), default=0)
        return [
            {
                **row,
                "id": user.id,
                "name": user.name or self.env._("Nobody"),
                "width": round(100 * row["open"] / most),
                "domain": [*self._client_domain(still_open), ("user_id", "=", user.id)],
            }
            for user, row in sorted(rows.items(), key=lambda item: -item[1]["open"])
        ]
