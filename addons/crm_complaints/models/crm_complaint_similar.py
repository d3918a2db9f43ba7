from statistics import median

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_amount, format_date, html2plaintext, is_html_empty

SHOWN = 5
COUNTED = 20
"""Similar cases that the summary ("6 of 7 upheld") counts."""


class CrmComplaint(models.Model):
    """Similar complaints and what settled them, proposed while a complaint is typed."""

    _inherit = "crm.complaint"

    @api.depends("name", "description", "remedy_sought", "findings", "product_reference")
    def _compute_similar_text(self):
        return super()._compute_similar_text()

    def _similar_parts(self):
        self.ensure_one()
        return (
            self.name,
            html2plaintext(self.description or ""),
            self.remedy_sought,
            html2plaintext(self.findings or ""),
            self.product_reference,
        )

    # === CALLED FROM THE FORM === #

    @api.model
    def crm_similar(self, values, complaint_id=0):
        """Experiences and past complaints like the one being typed, as far as the user may read them.

        :param dict values: ``name``, ``description`` (HTML), ``remedy_sought`` as typed
        :param int complaint_id: the complaint itself, which is left out
        :return: dict of ``solutions``, ``cases`` (the likest first) and ``summary``
        """
        # customers read complaints too, but not what was learned from them
        self.env["crm.complaint.solution"].check_access("read")
        text = " ".join(
            part
            for part in (
                values.get("name"),
                html2plaintext(values.get("description") or ""),
                values.get("remedy_sought"),
            )
            if part
        )
        found = self._similar(text, Domain("id", "!=", complaint_id or 0), COUNTED)
        complaints = self.browse(record_id for record_id, _score in found)
        scores = dict(found)
        solutions = self.env["crm.complaint.solution"]._similar_solutions(text)
        return {
            "solutions": solutions,
            "cases": [complaint._similar_card(scores[complaint.id]) for complaint in complaints[:SHOWN]],
            "summary": complaints._similar_summary(),
        }

    def _similar_card(self, score):
        """One similar complaint in a few words."""
        self.ensure_one()
        decision = dict(self._fields["decision"]._description_selection(self.env)).get(self.decision, "")
        settled = self.closing_note or self.decision_reason or html2plaintext(self.response or "")
        return {
            "id": self.id,
            "code": self.code or "",
            "name": self.name,
            "date": format_date(self.env, self.date_received),
            "score": round(score * 100),
            "stage": self.stage_id.name,
            "decision": decision,
            "settled": (settled or "").strip()[:300],
            "remedies": ", ".join(
                remedy._short_label() for remedy in self.remedy_ids if remedy.state in ("approved", "done")
            ),
            "verdict": "failed" if self.reopen_count else "worked" if self.outcome == "settled" else "",
            "answer": not is_html_empty(self.response),
        }

    def _similar_summary(self):
        """In words how such complaints were decided, so that like cases are treated alike."""
        decided = self.filtered("decision")
        if not decided:
            return ""
        upheld = decided.filtered(lambda complaint: complaint.decision in ("upheld", "partly"))
        amounts = {}
        for complaint in decided.filtered("remedy_amount"):
            amounts.setdefault(complaint.currency_id, []).append(complaint.remedy_amount)
        text = self.env._(
            "%(count)s decided like this, %(upheld)s of them upheld.", count=len(decided), upheld=len(upheld)
        )
        for currency, values in amounts.items():
            text += " " + self.env._(
                "Half of those paid got %(amount)s or less.", amount=format_amount(self.env, median(values), currency)
            )
        return text

    # === TAKING OVER === #

    def crm_take_over(self, source, source_id):
        """Take the solution of an experience or of a past complaint over into the answer of this one.

        The decision stays with the handler. What is already written is kept, the text comes below it.

        :param str source: ``"solution"`` or ``"case"``
        :raises UserError: for a closed complaint or when there is nothing to take over
        """
        self.ensure_one()
        self.check_access("write")
        if self.phase == "closed":
            raise UserError(
                self.env._("%(complaint)s is closed: reopen it to change the answer.", complaint=self.display_name)
            )
        model = "crm.complaint.solution" if source == "solution" else "crm.complaint"
        other = self.env[model].browse(source_id).exists()
        other.check_access("read")
        answer = other.answer if source == "solution" else other.response
        values = {}
        if not is_html_empty(answer):
            values["response"] = answer if is_html_empty(self.response) else self.response + answer
        if other.cause_id and not self.cause_id:
            values["cause_id"] = other.cause_id.id
        if source == "solution":
            other._note_use(self)
        if not values and source != "solution":
            raise UserError(
                self.env._("%(complaint)s has no answer to take over.", complaint=other.display_name or source_id)
            )
        self.write(values)
        return True

    def action_keep_experience(self):
        """A blank experience filled from this complaint, to be looked at and saved."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Keep as Experience"),
            "res_model": "crm.complaint.solution",
            "view_mode": "form",
            "views": [(False, "form")],
            "context": {
                "default_name": self.name,
                "default_symptom": html2plaintext(self.description or ""),
                "default_answer": self.response,
                "default_cause_id": self.cause_id.id,
                "default_category_id": self.category_id.id,
                "default_product_id": self.product_id.id,
                "crm_origin_complaint_id": self.id,
            },
        }

    def _write_move(self, vals):
        """How it ended tells whether the experience taken over was a good one."""
        result = super()._write_move(vals)
        # sudo: the verdict follows from the case, whoever closes or reopens it
        uses = self.sudo().solution_use_ids
        if vals.get("date_reopened"):
            uses.filtered(lambda use: use.verdict != "failed").write({"verdict": "failed"})
        elif vals.get("date_closed"):
            settled = uses.filtered(lambda use: not use.verdict and use.complaint_id.outcome == "settled")
            settled.write({"verdict": "worked"})
        return result
