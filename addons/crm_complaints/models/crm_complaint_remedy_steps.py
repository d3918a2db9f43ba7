from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..const_learning import REMEDY_KINDS
from ..tools import remedy as rules

YEAR = timedelta(days=365)
APPROVED = ("approved", "executing", "done", "failed")


class CrmComplaintRemedy(models.Model):
    """Approval by a second person, and execution once."""

    _inherit = "crm.complaint.remedy"

    # === APPROVAL === #

    def action_approve(self):
        """Approve as somebody other than the proposer, within the limits of one's role.

        :raises UserError: saying everything that speaks against it; then nothing is approved
        """
        self.check_access("write")
        for remedy in self:
            if remedy.state != "proposed":
                raise UserError(self.env._("%(remedy)s was decided on before.", remedy=remedy.display_name))
            remedy._serialise_approvals()
            if reasons := remedy._approval_refusals():
                raise UserError(
                    self.env._("%(remedy)s: %(reasons)s", remedy=remedy.display_name, reasons=" ".join(reasons))
                )
            remedy._write_step(
                {"state": "approved", "approved_by_id": self.env.uid, "date_approved": fields.Datetime.now()}
            )
            # the next one of the batch counts this one
            remedy.flush_recordset()
        return True

    def _serialise_approvals(self):
        """Approvals of one company follow each other: the second waits here for the first, is refused by the database
        and, tried again, counts it. Otherwise two approved at once could pass the limit together."""
        self.ensure_one()
        self.env.cr.execute(
            SQL(
                "UPDATE res_company SET complaint_remedy_count = COALESCE(complaint_remedy_count, 0) + 1 WHERE id = %s",
                self.company_id.id,
            )
        )
        self.company_id.invalidate_recordset(["complaint_remedy_count"])

    def _approval_refusals(self):
        """In words what speaks against an approval by the present user.

        :rtype: list(str)
        """
        self.ensure_one()
        # sudo: other remedies of the customer count whether or not the approver may see their complaints
        remedies = self.sudo()
        others = [("id", "!=", self._origin.id), ("state", "in", APPROVED)]
        case_total = sum(remedies.search([*others, ("complaint_id", "=", self.complaint_id.id)]).mapped("amount"))
        year_total = 0.0
        if customer := self._customer_domain():
            since = fields.Datetime.now() - YEAR
            [(year_total,)] = remedies._read_group(
                [
                    *others,
                    *customer,
                    ("company_id", "=", self.company_id.id),
                    ("date_approved", ">", since),
                ],
                aggregates=["amount:sum"],
            )
        request = rules.Request(
            self.amount,
            case_total,
            year_total or 0.0,
            self._known_order_amount(),
            self.proposed_by_id.id,
            self.env.uid,
        )
        # sudo: limits are for the manager to read, but hold for everybody
        limits = self.env["crm.complaint.remedy.limit"].sudo()._of_user(self.env.user, self.company_id)
        words = self._refusal_words()
        return [words[code] for code in rules.refusals(request, limits._as_rules())]

    def _customer_domain(self):
        """The remedies of the same customer; who was not made a contact is known by the address.

        :return: list, empty when nothing tells who it is
        """
        self.ensure_one()
        email = self.complaint_id.email_normalized
        if self.commercial_partner_id:
            return [("commercial_partner_id", "=", self.commercial_partner_id.id)]
        return [("commercial_partner_id", "=", False), ("complaint_id.email_normalized", "=", email)] if email else []

    def _known_order_amount(self):
        """The amount that all remedies of the complaint together may not exceed; None when unknown.

        The ERP bridge knows it from the document.
        """
        self.ensure_one()
        # sudo: what is known of the order stands on another remedy, perhaps
        return self.order_amount or self.sudo().complaint_id._remedy_order_amount()

    def _refusal_words(self):
        return {
            "self": self.env._("It was proposed by you: somebody else has to approve it."),
            "order": self.env._("All remedies of the complaint together are more than the order was."),
            "role": self.env._("Your role has no limit for approvals (Configuration > Approval Limits)."),
            "case": self.env._("All remedies of the complaint together are more than your role may approve."),
            "year": self.env._("The customer would get more in a year than your role may approve."),
        }

    def action_reject(self):
        self.check_access("write")
        if any(remedy.state not in ("proposed", "approved", "failed") for remedy in self):
            raise UserError(self.env._("Only a remedy that was not carried out can be rejected."))
        self._write_step({"state": "rejected"})
        return True

    # === EXECUTION === #

    def action_execute(self):
        """Carry approved remedies out, each once; a failed one may be tried again.

        Claim, document and result are one transaction: a crash leaves neither half, and of two users who press at
        once the second finds it done.
        """
        self.check_access("write")
        for remedy in self:
            if remedy.kind in self._manual_kinds() and not (remedy.done_note or "").strip():
                raise UserError(
                    self.env._("%(remedy)s: say how it was done, e.g. 'posted on 3 May'.", remedy=remedy.display_name)
                )
            if remedy._claim():
                remedy._run()
        return True

    def _claim(self):
        """Take a remedy for execution.

        :return: False when it is not to be carried out (any more)
        :raises psycopg2.errors.SerializationFailure: when another transaction took it meanwhile; tried again by the
            web server, which then finds it done
        """
        self.ensure_one()
        self.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                "UPDATE crm_complaint_remedy SET state = 'executing', error = NULL "
                "WHERE id = %s AND state IN ('approved', 'failed') RETURNING id",
                self.id,
            )
        )
        self.invalidate_recordset(["state", "error"])
        return bool(rows)

    def _run(self):
        """Carry a claimed remedy out and write what came of it; an error in words leaves it failed, not half done."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                document = self._execute()
                self._write_step(self._execution_values(document))
                self.flush_recordset()
        except (UserError, ValidationError, AccessError) as error:
            self.env.invalidate_all()
            self._write_step({"state": "failed", "error": str(error)})

    def _execution_values(self, document):
        """What is written on a remedy that was carried out.

        An addon whose document is not final yet (a draft) keeps the remedy in the state ``executing``.

        :param document: one record of any model, or None
        """
        values = {"state": "done", "date_done": fields.Datetime.now(), "error": False}
        if document:
            document.ensure_one()
            values |= {"res_model": document._name, "res_id": document.id}
        return values

    def _execute(self):
        """Carry it out: ``_execute_<kind>()`` where an addon has one, else by hand.

        An addon that can turn a kind into a document defines ``_execute_<kind>``, which makes the document with
        ``key`` as its reference and returns it.

        :return: the document (one record of any model), or None when there is none
        :raises UserError: in words why it cannot be carried out
        """
        self.ensure_one()
        method = getattr(self, f"_execute_{self.kind}", None)
        if method:
            return method()
        if self.kind in self._manual_kinds():
            return None
        label = dict(REMEDY_KINDS)[self.kind]
        label = dict(self._fields["kind"]._description_selection(self.env)).get(self.kind, label)
        raise UserError(
            self.env._(
                "%(kind)s: nothing here can make that document. Install 'ERP Bridge' (crm_erp_bridge) and the "
                "application it needs, then try again.",
                kind=label,
            )
        )
