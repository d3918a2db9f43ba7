from datetime import date

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ..tools import proposal


class _Undo(Exception):
    """Leaves a savepoint, so that everything in it is undone."""


class CrmRfmSetup(models.TransientModel):
    """Guided first use: looks at the documents, proposes a model, shows what would come out, saves it.

    The preview is a real run in a savepoint that is undone, so what is shown is what a run gives.
    """

    _name = "crm.rfm.setup"
    _description = "Set Up Customer Scoring"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    model_id = fields.Many2one(
        "crm.rfm.model", "Change", ondelete="cascade", domain="[('company_id', '=', company_id)]",
        help="The model to change; leave empty to make a new one.",
    )  # fmt: skip
    name = fields.Char(required=True)
    source = fields.Selection(
        lambda self: self.env["crm.rfm.model"]._fields["source"]._description_selection(self.env),
        "Documents", required=True,
    )  # fmt: skip
    window_value = fields.Integer("Window (months)", required=True)
    band_count = fields.Integer("Bands", required=True)
    facts = fields.Text(readonly=True)
    reasons = fields.Text(readonly=True)
    scored_count = fields.Integer("Customers with a Score", readonly=True)
    unscored_count = fields.Integer("Without a Score", readonly=True)
    warning_text = fields.Text(readonly=True)
    limits_text = fields.Text("Limits", readonly=True)
    line_ids = fields.One2many("crm.rfm.setup.line", "setup_id", "What Would Come Out", readonly=True)

    @api.model
    def action_open(self):
        """Open the set-up for the company of the user, filled with proposals and their outcome.

        :raises AccessError: for those who may not make models
        """
        self.env["crm.rfm.model"].check_access("create")
        company = self.env.company
        shown = self.env["crm.rfm.model"].search(
            [("company_id", "=", company.id), ("shown_on_partner", "=", True)], limit=1
        )
        setup = self.create(self._prepare_proposal() | {"model_id": shown.id})
        setup.action_preview()
        return setup._reopen()

    @api.model
    def _prepare_proposal(self):
        """Values of a set-up: the proposal, what was found and why it is proposed."""
        found = {source: self._look_at(source) for source in ("invoice", "order")}
        source = proposal.source(found["invoice"]["customers"], found["order"]["customers"])
        facts = found[source]
        months = proposal.window_months(facts["gap_days"], facts["gaps"], facts["history_days"])
        bands = proposal.band_count(facts["customers"])
        return {
            "name": self._model_name(source, months),
            "source": source,
            "window_value": months,
            "band_count": bands,
            "facts": "\n".join(self._describe(name, found[name]) for name in ("invoice", "order")),
            "reasons": "\n".join(self._explain(source, facts, months, bands)),
        }

    @api.model
    def _look_at(self, source):
        """Figures of all documents of the company, by the definitions of a model.

        :return: dict ``documents, customers, first, last, history_days, gaps, gap_days``
        """
        today = fields.Date.context_today(self)
        figures = {}
        try:
            with self.env.cr.savepoint():
                scratch = self.env["crm.rfm.model"].create(
                    {"name": "/", "company_id": self.env.company.id, "source": source, "shown_on_partner": False}
                )
                scratch._flush_for_scores()
                query = scratch.with_context(rfm_date_from=date(1900, 1, 1))._get_transaction_query(as_of=today)
                figures = self.env.execute_query_dict(self._facts_query(query))[0]
                raise _Undo
        except _Undo:
            self.env.invalidate_all(flush=False)
        first, last = figures["first"], figures["last"]
        return figures | {"history_days": (last - first).days if first else 0}

    def _facts_query(self, query):
        return SQL(
            """
            WITH day AS (
                    SELECT DISTINCT p.commercial_partner_id AS partner_id, t.date
                      FROM (%s) t JOIN res_partner p ON p.id = t.partner_id WHERE t.is_purchase),
                 gap AS (
                    SELECT partner_id, date, date - lag(date) OVER (PARTITION BY partner_id ORDER BY date) AS days
                      FROM day)
            SELECT count(*) AS documents, count(DISTINCT partner_id) AS customers, min(date) AS first,
                   max(date) AS last, count(days) AS gaps,
                   percentile_cont(0.9) WITHIN GROUP (ORDER BY days) AS gap_days
              FROM gap
            """,
            query,
        )

    def _describe(self, source, facts):
        label = {"invoice": self.env._("Posted invoices"), "order": self.env._("Confirmed orders")}[source]
        if not facts["documents"]:
            return self.env._("%(label)s: none.", label=label)
        return self.env._(
            "%(label)s: %(customers)s customers bought on %(documents)s days, from %(first)s to %(last)s.",
            label=label,
            customers=facts["customers"],
            documents=facts["documents"],
            first=format_date(self.env, facts["first"]),
            last=format_date(self.env, facts["last"]),
        )

    def _explain(self, source, facts, months, bands):
        """Sentences: why these documents, this window, these bands."""
        yield (
            self.env._("Invoices are proposed: they are net of credit notes.")
            if source == "invoice"
            else self.env._("Orders are proposed: most customers have no invoice here.")
        )
        if facts["gaps"] < proposal.MIN_GAPS:
            yield self.env._("12 months are usual; too few customers bought again to say more.")
        else:
            yield self.env._(
                "%(months)s months: nine of ten customers who buy again do so within %(days)s days, and a window"
                " should show two purchases of them.",
                months=months,
                days=round(facts["gap_days"]),
            )
        yield self.env._(
            "%(bands)s bands for %(customers)s customers: a band should hold about %(size)s, and three are the least.",
            bands=bands,
            customers=facts["customers"],
            size=proposal.BAND_SIZE,
        )

    @api.model
    def _model_name(self, source, months):
        if source == "order":
            return self.env._("Orders of the last %(months)s months", months=months)
        return self.env._("Invoices of the last %(months)s months", months=months)

    @api.onchange("source", "window_value")
    def _onchange_definition(self):
        self.name = self._model_name(self.source, self.window_value)

    def _prepare_model(self):
        self.ensure_one()
        return {
            "name": self.name,
            "source": self.source,
            "window_value": self.window_value,
            "window_unit": "month",
            "band_count": self.band_count,
        }

    def _check_values(self):
        if not 1 <= self.window_value <= 1200:
            raise UserError(self.env._("Window (months): a number from 1 to 1200, please."))
        if not 2 <= self.band_count <= 10:
            raise UserError(self.env._("Bands: a number from 2 to 10, please."))

    def action_preview(self):
        """Run the model as it stands here, show the segments, undo the run.

        :raises UserError: for a window or number of bands that no model can have
        """
        self.ensure_one()
        self._check_values()
        result = {}
        try:
            with self.env.cr.savepoint():
                values = self._prepare_model() | {"shown_on_partner": False}
                # the model that is changed keeps its exclusions, teams, fixed limits and grid
                scratch = (
                    self.model_id.copy(values)
                    if self.model_id
                    else self.env["crm.rfm.model"].create(values | {"company_id": self.company_id.id})
                )
                scratch._compute_scores(scratch._resolve_as_of())
                result = {
                    "scored_count": scratch.customer_count,
                    "unscored_count": scratch.unscored_count,
                    "warning_text": scratch.warning_text,
                    "limits_text": self._describe_limits(scratch),
                    "lines": [
                        (segment.id, count, money)
                        for segment, count, money in self.env["crm.rfm.score"]._read_group(
                            [("model_id", "=", scratch.id)], ["segment_id"], ["__count", "monetary:sum"]
                        )
                    ],
                }
                raise _Undo
        except _Undo:
            self.env.invalidate_all(flush=False)
        total = sum(money for _segment, _count, money in result["lines"])
        self.line_ids.unlink()
        self.env["crm.rfm.setup.line"].create(
            [
                {
                    "setup_id": self.id,
                    "segment_id": segment_id,
                    "customer_count": count,
                    "monetary": money,
                    "share": money / total if total else 0,
                }
                for segment_id, count, money in result["lines"]
            ]
        )
        self.write({name: result[name] for name in ("scored_count", "unscored_count", "warning_text", "limits_text")})
        return self._reopen()

    def _describe_limits(self, model):
        """The bands that the run made, the best score first: one line for each dimension."""
        if not model.customer_count:
            return False
        labels = {
            "r": self.env._("Recency (days)"),
            "f": self.env._("Frequency (purchases)"),
            "m": self.env._("Monetary (net value)"),
        }
        return "\n".join(
            self.env._(
                "%(label)s: %(bands)s",
                label=label,
                bands="; ".join(
                    f"{dimension.upper()}{band.score}: {band.range_text}"
                    for band in model._get_bands(dimension).sorted("score", reverse=True)
                ),
            )
            for dimension, label in labels.items()
        )

    def action_save(self):
        """Change or make the model, compute it, and open the overview."""
        self.ensure_one()
        self._check_values()
        if self.model_id:
            self.model_id.write(self._prepare_model())
        else:
            self.model_id = self.env["crm.rfm.model"].create(
                self._prepare_model() | {"company_id": self.company_id.id, "shown_on_partner": True}
            )
        self.model_id.action_compute()
        return self.env["ir.actions.actions"]._for_xml_id("crm_rfm.crm_rfm_overview_action")

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set Up Customer Scoring"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
