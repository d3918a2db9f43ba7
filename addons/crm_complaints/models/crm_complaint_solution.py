from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import html2plaintext

SHOWN = 3


class CrmComplaintSolution(models.Model):
    """An experience: what was done about such a complaint, and how often that worked or did not."""

    _name = "crm.complaint.solution"
    _description = "Experience with Complaints"
    _inherit = ["crm.complaint.similar.mixin", "mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(string="What Happened", required=True, translate=False)
    symptom = fields.Text(string="How It Shows", help="In the words in which customers complain.")
    steps = fields.Html(string="What to Do", help="For the handler. Not sent to the customer.")
    answer = fields.Html(string="Answer to the Customer", help="Taken over into the answer of a complaint.")
    category_id = fields.Many2one("crm.complaint.category", index="btree_not_null", ondelete="set null")
    cause_id = fields.Many2one("crm.complaint.cause", index="btree_not_null", ondelete="set null")
    product_id = fields.Many2one("product.product", index="btree_not_null", ondelete="set null", check_company=True)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    active = fields.Boolean(default=True)
    use_ids = fields.One2many("crm.complaint.solution.use", "solution_id", string="Taken Over in")
    worked_count = fields.Integer(string="Worked", compute="_compute_counts")
    failed_count = fields.Integer(string="Did not Work", compute="_compute_counts")
    use_count = fields.Integer(string="Times Used", compute="_compute_counts")

    # === COMPUTE METHODS === #

    @api.depends("use_ids.verdict")
    def _compute_counts(self):
        counts = {}
        # sudo: how often it worked counts all complaints, not only those that the user may open
        for solution, verdict, count in (
            self.env["crm.complaint.solution.use"]
            .sudo()
            ._read_group([("solution_id", "in", self.ids)], ["solution_id", "verdict"], ["__count"])
        ):
            counts[solution.id, verdict or None] = count
        for solution in self:
            solution_id = solution._origin.id
            solution.worked_count = counts.get((solution_id, "worked"), 0)
            solution.failed_count = counts.get((solution_id, "failed"), 0)
            solution.use_count = solution.worked_count + solution.failed_count + counts.get((solution_id, None), 0)

    @api.depends("name", "symptom")
    def _compute_similar_text(self):
        return super()._compute_similar_text()

    def _similar_parts(self):
        return self.name, self.symptom

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        solutions = super().create(vals_list)
        # kept from a complaint: a use like any other, so only those see it who see the complaint
        origin = self.env["crm.complaint"].browse(self.env.context.get("crm_origin_complaint_id")).exists()
        for solution in solutions if origin else ():
            solution._note_use(
                origin, "failed" if origin.reopen_count else "worked" if origin.outcome == "settled" else False
            )
        return solutions

    # === BUSINESS METHODS === #

    def _note_use(self, complaint, verdict=False):
        """Remember that the experience was taken over in a complaint; once per complaint."""
        self.ensure_one()
        uses = self.env["crm.complaint.solution.use"]
        if not uses.search_count([("solution_id", "=", self.id), ("complaint_id", "=", complaint.id)], limit=1):
            uses.create({"solution_id": self.id, "complaint_id": complaint.id, "verdict": verdict})

    @api.model
    def _similar_solutions(self, text):
        """Cards of the experiences that fit a text, what worked before what did not."""
        if not self.has_access("read"):
            return []
        found = self._similar(text, Domain("company_id", "in", (*self.env.companies.ids, False)), SHOWN)
        scores = dict(found)
        cards = [
            {
                "id": solution.id,
                "name": solution.name,
                "score": round(scores[solution.id] * 100),
                "steps": html2plaintext(solution.steps or "").strip()[:300],
                "answer": html2plaintext(solution.answer or "").strip()[:300],
                "worked": solution.worked_count,
                "failed": solution.failed_count,
            }
            for solution in self.browse(scores)
        ]
        return sorted(cards, key=lambda card: card["failed"] > card["worked"])
