from datetime import date, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..tools import grid, scoring

#: before it no run is made: windows, horizons and histories look back from here without leaving the calendar
FIRST_AS_OF = date(1900, 1, 1)

METHODS = [("quantile", "Bands of equal size (quantiles)"), ("fixed", "Fixed limits")]


class CrmRfmModel(models.Model):
    """What is scored and how: company, documents, window, bands and the grid of segments.

    The scores of a model are the state of its last run, ``scored_as_of``. A run
    (``crm_rfm_model_run``) is one SQL statement (``crm_rfm_model_query``) over the documents
    given by the port ``_get_transaction_query`` (``crm_rfm_model_sources``).
    """

    _name = "crm.rfm.model"
    _description = "Customer Scoring Model"
    _inherit = ["mail.thread"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        tracking=True,
        help="Documents of this company and of its branches count; amounts are in its currency.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    source = fields.Selection(
        [
            ("invoice", "Posted customer invoices, net of credit notes"),
            ("order", "Confirmed sales orders"),
        ],
        required=True,
        default="invoice",
        tracking=True,
        help="The documents from which recency, frequency and monetary value are taken.",
    )
    window_value = fields.Integer("Window", required=True, default=12, tracking=True)
    window_unit = fields.Selection(
        [("day", "Days"), ("month", "Months")], required=True, default="month", tracking=True
    )
    as_of_date = fields.Date(
        "Fixed As-of Date",
        tracking=True,
        help="Score as if it were this day. Leave empty to use the day of each run.",
    )
    band_count = fields.Integer("Bands", required=True, default=5, tracking=True)
    r_method = fields.Selection(METHODS, "Recency Bands", required=True, default="quantile", tracking=True)
    f_method = fields.Selection(METHODS, "Frequency Bands", required=True, default="quantile", tracking=True)
    m_method = fields.Selection(METHODS, "Monetary Bands", required=True, default="quantile", tracking=True)
    shown_on_partner = fields.Boolean(
        "Shown on Customers",
        help="The scores of this model appear on the customer's form, instead of those of another model.",
        default=lambda self: self._default_shown_on_partner(),
        copy=False,
        tracking=True,
    )
    include_archived = fields.Boolean(
        "Score Archived Customers", tracking=True, help="Otherwise archived customers are excluded."
    )
    excluded_partner_ids = fields.Many2many(
        "res.partner", string="Excluded Customers", help="These customers and their contacts get no score."
    )
    cell_ids = fields.One2many("crm.rfm.cell", "model_id", string="Grid", copy=False)
    band_ids = fields.One2many("crm.rfm.band", "model_id", string="Bands of the Scores", copy=False)
    r_band_ids = fields.One2many("crm.rfm.band", "model_id", domain=[("dimension", "=", "r")], copy=False)
    f_band_ids = fields.One2many("crm.rfm.band", "model_id", domain=[("dimension", "=", "f")], copy=False)
    m_band_ids = fields.One2many("crm.rfm.band", "model_id", domain=[("dimension", "=", "m")], copy=False)
    scored_as_of = fields.Date("Scored as of", readonly=True, copy=False)
    scored_from = fields.Date("First Day of the Window", readonly=True, copy=False)
    computed_at = fields.Datetime("Last Run", readonly=True, copy=False)
    compute_seconds = fields.Float("Duration (s)", readonly=True, copy=False, digits=(10, 2))
    customer_count = fields.Integer("Scored Customers", readonly=True, copy=False)
    unscored_count = fields.Integer("Customers without a Score", readonly=True, copy=False)
    changed_count = fields.Integer("Changed by the Last Run", readonly=True, copy=False)
    last_error = fields.Text("Error of the Last Nightly Run", readonly=True, copy=False)
    is_outdated = fields.Boolean("Definition Changed since the Last Run", readonly=True, copy=False)
    warning_text = fields.Text(compute="_compute_warning_text")

    _window_positive = models.Constraint(
        "CHECK(window_value BETWEEN 1 AND CASE window_unit WHEN 'day' THEN 36525 ELSE 1200 END)",
        "The window must be at least 1 day and at most 100 years.",
    )
    _band_count_range = models.Constraint(
        "CHECK(band_count BETWEEN 2 AND 10)", "The number of bands must be from 2 to 10."
    )
    _shown_uniq = models.UniqueIndex(
        "(company_id) WHERE shown_on_partner AND active",
        "Another model of this company is already shown on customers.",
    )

    @api.model
    def _get_shown(self, company):
        """The model shown on customers in a company; in a branch without one, that of the nearest parent.

        Only what the user may read: of a parent in which they do not work nothing is shown.
        """
        shown = self.search([("shown_on_partner", "=", True), ("company_id", "parent_of", company.ids)])
        return max(shown, key=lambda model: len(model.company_id.parent_path.split("/")), default=shown)

    def _default_shown_on_partner(self):
        return not self.search_count(
            [("company_id", "=", self.env.company.id), ("shown_on_partner", "=", True)], limit=1
        )

    # === COMPUTE METHODS === #

    @api.depends("computed_at", "customer_count", "band_ids.customer_count", "r_method", "f_method", "m_method")
    def _compute_warning_text(self):
        for model in self:
            model.warning_text = "\n".join(model._get_warnings()) or False

    def _get_warnings(self):
        """Sentences on what makes the present scores less telling than they look."""
        self.ensure_one()
        if not self.computed_at:
            return []
        if not self.customer_count:
            return [
                self.env._(
                    "No customer has a purchase of positive net value from %(start)s to %(end)s.",
                    start=fields.Date.to_string(self.scored_from),
                    end=fields.Date.to_string(self.scored_as_of),
                )
            ]
        warnings = []
        if self.customer_count < 10 * self.band_count:
            warnings.append(
                self.env._(
                    "Only %(count)s customers have a score: bands of so few customers say little.",
                    count=self.customer_count,
                )
            )
        labels = {"r": self.env._("recency"), "f": self.env._("frequency"), "m": self.env._("monetary value")}
        for dimension, label in labels.items():
            biggest = max(self._get_bands(dimension), key=lambda band: band.customer_count)
            if self[f"{dimension}_method"] == "quantile" and biggest.share > 1.5 / self.band_count:
                warnings.append(
                    self.env._(
                        "Many customers have the same %(label)s: the band %(dimension)s=%(score)s holds"
                        " %(share).0f%% of the customers instead of %(ideal).0f%%.",
                        label=label,
                        dimension=dimension.upper(),
                        score=biggest.score,
                        share=100 * biggest.share,
                        ideal=100 / self.band_count,
                    )
                )
        return warnings

    # === CONSTRAINT METHODS === #

    @api.constrains("r_method", "f_method", "m_method", "band_ids", "r_band_ids", "f_band_ids", "m_band_ids")
    def _check_limits(self):
        """Fixed limits rise strictly.

        Checked on the model, since the limits of one dimension are edited together; checked
        again before each run.

        :raises ValidationError: naming the dimension and its limits
        """
        labels = {"r": self.env._("Recency"), "f": self.env._("Frequency"), "m": self.env._("Monetary")}
        for model in self:
            for dimension, label in labels.items():
                if model[f"{dimension}_method"] != "fixed":
                    continue
                limits = model._get_cuts(dimension)
                if not scoring.limits_in_order(limits):
                    raise ValidationError(
                        self.env._(
                            "%(label)s: the limits must rise from band to band, but are %(limits)s.",
                            label=label,
                            limits=", ".join(f"{limit:g}" for limit in limits),
                        )
                    )

    @api.constrains("as_of_date")
    def _check_as_of_date(self):
        for model in self.filtered("as_of_date"):
            model._resolve_as_of(model.as_of_date)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Give each model its bands and its complete grid."""
        segments = self.env["crm.rfm.segment"]._get_by_code()
        for vals in vals_list:
            band_count = vals.get("band_count", 5)
            if not grid.MIN_BANDS <= band_count <= grid.MAX_BANDS:
                raise ValidationError(self.env._("The number of bands must be from 2 to 10."))
        shown = [vals for vals in vals_list if vals.get("shown_on_partner")]
        self._hide_from_partner({vals.get("company_id") or self.env.company.id for vals in shown})
        rfm_models = super().create(vals_list)
        # sudo: bands and cells are made by their model only, no group may create them
        for model in rfm_models.sudo():
            if not model.band_ids:
                model._create_bands()
            model._create_grid(segments)
        return rfm_models

    def write(self, vals):
        """Mark scores as outdated when the definition changes; rebuild the grid for new bands.

        An archived model is not shown on customers, and what happens meanwhile passes it by.

        :raises UserError: when the company of a model with scores, snapshots or actions is to be changed
        """
        if "company_id" in vals:
            self.filtered(lambda model: model.company_id.id != vals["company_id"])._check_without_results()
        if vals.get("active") is False:
            vals = vals | {"shown_on_partner": False}
        if vals.get("shown_on_partner"):
            self._hide_from_partner(set(self.company_id.ids), keep=self)
        resized = self.browse()
        if "band_count" in vals:
            resized = self.filtered(lambda model: model.band_count != vals["band_count"])
            resized._clear_scores()
        result = super().write(vals)
        for model in resized.sudo():  # sudo: as in create()
            model.band_ids.unlink()
            model.cell_ids.unlink()
            model._create_bands()
            model._create_grid(self.env["crm.rfm.segment"]._get_by_code())
        if vals.get("active") or not self._definition_fields().isdisjoint(vals):
            self._mark_outdated()
        return result

    def _mark_outdated(self):
        """The present scores are of another definition: the night, or the button, computes them anew."""
        self.filtered("computed_at").write({"is_outdated": True})

    def _check_without_results(self):
        """Keep what was computed or done for one company from becoming readable in another one."""
        domain = [("model_id", "in", self.ids)]
        # sudo: also what this user may not see, or is archived
        if self.filtered("computed_at") or any(
            self.env[name].sudo().with_context(active_test=False).search_count(domain, limit=1)
            for name in ("crm.rfm.score", "crm.rfm.snapshot", "crm.rfm.value", "crm.rfm.action", "crm.rfm.demand")
        ):
            raise UserError(
                self.env._(
                    "A model that has scores, snapshots or actions keeps its company."
                    " Make a copy for the other company."
                )
            )

    def copy(self, default=None):
        """Copy the limits and the grid too."""
        copies = super().copy(default)
        for model, copied in zip(self, copies, strict=True):
            if copied.band_count != model.band_count:
                continue
            segments = {(cell.r, cell.fm): cell.segment_id.id for cell in model.cell_ids}
            for cell in copied.cell_ids:
                cell.segment_id = segments[cell.r, cell.fm]
            limits = {(band.dimension, band.score): band.upper_limit for band in model.band_ids}
            for band in copied.band_ids:
                band.upper_limit = limits[band.dimension, band.score]
        return copies

    def copy_data(self, default=None):
        return [
            vals | {"name": self.env._("%(name)s (copy)", name=model.name)}
            for model, vals in zip(self, super().copy_data(default), strict=True)
        ]

    @api.model
    def _definition_fields(self):
        """Names of the fields whose change makes the present scores outdated."""
        return {
            "source", "window_value", "window_unit", "as_of_date", "band_count",
            "r_method", "f_method", "m_method", "include_archived", "excluded_partner_ids",
            "band_ids", "r_band_ids", "f_band_ids", "m_band_ids", "team_ids", "categ_ids",
        }  # fmt: skip

    def _hide_from_partner(self, company_ids, keep=None):
        """Make room for another model to be shown on the customers of some companies."""
        keep_ids = keep.ids if keep else []
        shown = self.search(
            [("company_id", "in", list(company_ids)), ("shown_on_partner", "=", True), ("id", "not in", keep_ids)]
        )
        shown.shown_on_partner = False
        # before the unique index sees the other model
        shown.flush_recordset(["shown_on_partner"])

    def _create_bands(self):
        self.ensure_one()
        Band = self.env["crm.rfm.band"]
        Band.create([vals | {"model_id": self.id} for vals in Band._prepare_bands(self.band_count)])

    def _create_grid(self, segments):
        self.ensure_one()
        self.env["crm.rfm.cell"].create(
            [
                {"model_id": self.id, "r": r, "fm": fm, "segment_id": segments[code].id}
                for (r, fm), code in grid.default_grid(self.band_count).items()
            ]
        )

    def _clear_scores(self):
        """Remove the scores and the figures of the last run."""
        # sudo: scores are written by the runs only, no group may delete them
        self.env["crm.rfm.score"].sudo().search([("model_id", "in", self.ids)]).unlink()
        # past write(), which would clear the scores again
        super().write(  # pylint: disable=super-method-mismatch
            dict.fromkeys(
                (
                    "scored_as_of", "scored_from", "calibrated_as_of", "computed_at", "refreshed_at", "night_at",
                    "customer_count", "unscored_count", "changed_count",
                ),
                False,
            )
        )  # fmt: skip

    # === BUSINESS METHODS === #

    def _get_bands(self, dimension):
        """Bands of one dimension (``r``, ``f`` or ``m``), by rising values."""
        self.ensure_one()
        return self.band_ids.filtered(lambda band: band.dimension == dimension).sorted(lambda band: band._position())

    def _get_cuts(self, dimension):
        """Limits between the bands of one dimension, rising: ``band_count - 1`` numbers."""
        return self._get_bands(dimension)[:-1].mapped("upper_limit")

    def _resolve_as_of(self, as_of=None):
        """Return the as-of date of a run: the given one, else the model's, else today.

        :raises ValidationError: when it is no date, lies before 1900 or in the future, where recency has no meaning
        """
        self.ensure_one()
        today = fields.Date.context_today(self)
        try:
            as_of = fields.Date.to_date(as_of) or self.as_of_date or today
        except (LookupError, TypeError, ValueError) as error:
            raise ValidationError(
                self.env._(
                    "“%(text)s” is not an as-of date. Give it as year-month-day, for instance 2026-12-31.",
                    text=str(as_of),
                )
            ) from error
        if as_of < FIRST_AS_OF:
            raise ValidationError(
                self.env._(
                    "Scores cannot be computed as of %(date)s: the as-of date lies before %(first)s.",
                    date=as_of,
                    first=FIRST_AS_OF,
                )
            )
        if as_of > today:
            raise ValidationError(
                self.env._("Scores cannot be computed as of %(date)s: the date lies in the future.", date=as_of)
            )
        return as_of

    def _window_start(self, as_of):
        """Return the day before the first day of the window.

        The context key ``rfm_date_from`` (a date) takes its place, for histories.
        """
        self.ensure_one()
        if self.env.context.get("rfm_date_from"):
            return self.env.context["rfm_date_from"]
        return scoring.window_start(as_of, self.window_value, self.window_unit)

    def _get_first_day(self, as_of):
        """Return the first day of the window."""
        return self._window_start(as_of) + timedelta(days=1)

    # === ACTION METHODS === #

    def action_open_scores(self):
        """Open the scores of the model."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("crm_rfm.crm_rfm_score_action")
        return action | {"name": self.name, "domain": [("model_id", "=", self.id)], "context": {}}
