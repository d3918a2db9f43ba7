from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestMailingGroups(TransactionCase):
    """
    ============ =========================================== ==================================
    user         groups                                      may
    ============ =========================================== ==================================
    mailer       crm group_user, mailing user                send to groups
    agent        crm group_user                              see groups
    sender       mailing user                                send mailings, know nothing of groups
    ============ =========================================== ==================================
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["crm.contact.rule"].search([]).active = False
        cls.env["crm.contact.rule"].create(
            {"name": "No", "condition": "no_contact", "effect": "refuse", "for_service": True}
        )
        mailing = "mass_mailing.group_mass_mailing_user"
        cls.mailer = new_test_user(cls.env, "crm_group_mailer", f"crm_relations.group_user,{mailing}")
        cls.agent = new_test_user(cls.env, "crm_group_agent", "crm_relations.group_user")
        cls.sender = new_test_user(cls.env, "crm_group_sender", mailing)
        cls.ana, cls.ion, cls.no, cls.other = cls.env["res.partner"].create(
            [
                {"name": "Ana", "email": "ana@customer.example.com", "ref": "crm-mailed"},
                {"name": "Ion", "email": "ion@customer.example.com"},
                {
                    "name": "No",
                    "email": "no@customer.example.com",
                    "ref": "crm-mailed",
                    "crm_no_contact": "marketing",
                    "crm_no_contact_reason": "Asked",
                },
                {"name": "Other", "email": "other@customer.example.com"},
            ]
        )
        cls.group = (
            cls.env["crm.customer.group"]
            .with_user(cls.mailer)
            .create({"name": "Mailed", "kind": "dynamic", "domain": "[('ref', '=', 'crm-mailed')]"})
        )

    def setUp(self):
        super().setUp()
        self.enterContext(mute_logger("odoo.addons.mass_mailing.models.mailing", "odoo.addons.mail.models.mail_mail"))

    def _mailing(self, groups=None, user=None):
        """A mailing made by the button of the group."""
        groups = self.group if groups is None else groups
        user = user or self.mailer
        action = groups.with_user(user).action_new_mailing()
        form = Form(self.env[action["res_model"]].with_user(user).with_context(**action["context"]))
        form.subject = "Spring"
        mailing = form.save()
        mailing.body_html = "<p>Offer</p>"
        return mailing

    def _names(self, mailing):
        return sorted(self.env["res.partner"].browse(mailing._get_remaining_recipients()).mapped("name"))

    def test_from_a_group_to_its_members(self):
        mailing = self._mailing()
        self.assertEqual((mailing.mailing_model_real, mailing.crm_customer_group_ids), ("res.partner", self.group))
        self.assertEqual((mailing.crm_group_recipient_count, mailing.total), (2, 2))
        self.assertEqual(self._names(mailing), ["Ana", "No"])

    def test_whoever_is_a_member_when_it_goes_out(self):
        mailing = self._mailing()
        self.ion.ref = "crm-mailed"
        self.ana.ref = False
        self.assertEqual(self._names(mailing), ["Ion", "No"])
        self.assertEqual(self.group.member_ids.partner_id, self.ion | self.no)

    def test_the_rules_of_contact_hold(self):
        mailing = self._mailing()
        mailing.action_send_mail()
        traces = self.env["mailing.trace"].search([("mass_mailing_id", "=", mailing.id)])
        found = {trace.email: (trace.trace_status == "cancel", trace.failure_type) for trace in traces}
        self.assertEqual(
            found, {"ana@customer.example.com": (False, False), "no@customer.example.com": (True, "mail_optout")}
        )
        self.assertEqual(mailing.crm_refused_count, 1)

    def test_a_restricted_member_is_left_out(self):
        """A member of before stays one, and gets nothing."""
        self.ana.sudo().crm_restricted = True
        self.group._refresh_members()
        self.assertEqual(self.group.member_ids.partner_id, self.ana | self.no)
        mailing = self._mailing()
        mailing.action_put_in_queue()
        with self.enter_registry_test_mode():
            self.env.ref("mass_mailing.ir_cron_mass_mailing_queue").method_direct_trigger()
        traces = self.env["mailing.trace"].search([("mass_mailing_id", "=", mailing.id), ("res_id", "=", self.ana.id)])
        self.assertEqual([(one.trace_status, one.failure_type) for one in traces], [("cancel", "mail_optout")])

    def test_the_scheduled_job_sends_to_the_members(self):
        mailing = self._mailing()
        mailing.action_put_in_queue()
        self.ion.ref = "crm-mailed"
        with self.enter_registry_test_mode():
            self.env.ref("mass_mailing.ir_cron_mass_mailing_queue").method_direct_trigger()
        traces = self.env["mailing.trace"].search([("mass_mailing_id", "=", mailing.id)])
        self.assertEqual(sorted(traces.mapped("res_id")), sorted((self.ana | self.ion | self.no).ids))

    def test_chosen_from_a_mailing(self):
        form = Form(self.env["mailing.mailing"].with_user(self.mailer).with_context(default_mailing_type="mail"))
        form.subject = "Spring"
        form.mailing_model_id = self.env["ir.model"]._get("res.partner")
        form.mailing_domain = repr([("name", "=", "Ana")])
        form.crm_customer_group_ids.add(self.group)
        self.assertEqual(form.crm_group_recipient_count, 1)
        self.assertEqual(self._names(form.save()), ["Ana"])

    def test_other_recipients_have_no_groups(self):
        form = Form(self._mailing())
        form.mailing_model_id = self.env["ir.model"]._get("mailing.list")
        self.assertFalse(form.save().crm_customer_group_ids)

    def test_several_groups_each_member_once(self):
        chosen = self.env["crm.customer.group"].create({"name": "Chosen", "kind": "static"})
        chosen.member_ids = [(0, 0, {"partner_id": partner.id}) for partner in (self.ana | self.other)]
        self.assertEqual(self._names(self._mailing(self.group | chosen)), ["Ana", "No", "Other"])

    def test_nobody_whom_the_responsible_person_may_not_read(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        chosen = self.env["crm.customer.group"].create({"name": "Chosen", "kind": "static"})
        chosen.member_ids = [(0, 0, {"partner_id": partner.id}) for partner in (self.ana | self.other)]
        self.other.company_id = elsewhere
        mailing = self._mailing(chosen)
        self.assertEqual(mailing.user_id, self.mailer)
        self.assertEqual(self._names(mailing.sudo()), ["Ana"])

    def test_an_empty_group_is_nobody(self):
        empty = self.env["crm.customer.group"].create({"name": "Empty", "kind": "static"})
        mailing = self._mailing(empty)
        self.assertEqual(mailing.total, 0)
        with self.assertRaisesRegex(UserError, "no recipients"):
            mailing.action_send_mail()

    def test_who_knows_nothing_of_groups_sends_to_the_members(self):
        mailing = self._mailing().with_user(self.sender)
        self.assertEqual(mailing.total, 2)
        with self.assertRaises(AccessError):
            mailing.read(["crm_customer_group_ids"])
        self.assertEqual(self._names(mailing), ["Ana", "No"])

    def test_without_email_marketing_no_mailing(self):
        with self.assertRaises(AccessError):
            self.group.with_user(self.agent).action_new_mailing()
        arch = self.env["crm.customer.group"].with_user(self.agent).get_view(view_type="form")["arch"]
        self.assertNotIn("action_new_mailing", arch)
        self.assertIn("action_refresh", arch)

    def test_a_group_that_is_mailed_cannot_be_deleted(self):
        """Without it the mailing would go to all customers."""
        mailing = self._mailing()
        with self.assertRaisesRegex(UserError, "“Spring” goes to the group “Mailed”: archive the group instead"):
            self.group.unlink()
        self.assertEqual(mailing.crm_customer_group_ids, self.group)

    def test_mailings_of_a_group(self):
        mailing = self._mailing()
        group = self.group.with_user(self.mailer)
        self.assertEqual(group.mailing_count, 1)
        action = group.action_mailings()
        self.assertEqual(self.env["mailing.mailing"].with_user(self.mailer).search(action["domain"]), mailing)

    def test_as_many_queries_for_a_hundred_members_as_for_ten(self):
        partners = self.env["res.partner"].create([{"name": f"C{i}", "ref": f"crm-many-{i // 10}"} for i in range(110)])
        counts = []
        for domain in ("crm-many-0", "crm-many-0", "crm-many-%"):  # the first warms up
            group = self.env["crm.customer.group"].with_user(self.mailer).create(
                {"name": domain, "kind": "dynamic", "domain": repr([("ref", "=like", domain)])}
            )
            mailing = self._mailing(group)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            found = mailing._get_remaining_recipients()
            counts.append((len(found), self.cr.sql_log_count - before))
        self.assertEqual([count[0] for count in counts], [10, 10, len(partners)])
        self.assertEqual(counts[1][1], counts[2][1])

    def test_a_mailing_to_an_archived_group_does_not_go_to_everybody(self):
        """As said when somebody wants to delete the group; its members stay as they were."""
        mailing = self._mailing()
        self.group.active = False
        self.ion.ref = "crm-mailed"
        self.env.invalidate_all()
        self.assertEqual(self._names(mailing), ["Ana", "No"])
        self.assertEqual((mailing.crm_group_recipient_count, mailing.crm_customer_group_ids), (2, self.group))
