from odoo import Command
from odoo.addons.crm_rfm.tests.test_action import ActionCommon
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged


@tagged("post_install", "-at_install")
class TestActionMailing(ActionCommon):
    """A manager of scoring who may send mailings."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager.write({"group_ids": [Command.link(cls.env.ref("mass_mailing.group_mass_mailing_user").id)]})
        for number, customer in enumerate(cls.customers):
            customer.email = f"customer{number}@example.com"
        cls.action = cls._create_action(control_percent=50, plan_activities=False)

    def _treated(self):
        return self.action.sudo().line_ids.filtered(lambda line: line.arm == "treated").partner_id

    def _mailing(self):
        opened = self.action.action_new_mailing()
        with Form(self.env["mailing.mailing"].with_user(self.manager).with_context(**opened["context"])) as form:
            form.body_arch = "<p>Come back</p>"
        return form.record

    def _recipients(self, mailing):
        return self.env["res.partner"].browse(mailing._get_remaining_recipients())

    def test_mailing_goes_to_the_treated_who_have_not_bought(self):
        self.action.action_start()
        mailing = self._mailing()
        self.assertEqual(self._recipients(mailing), self._treated())
        buyer = self._treated()[0]
        self._create_rfm_invoice(buyer, self.today, 10)
        self.action.action_run()
        self.assertEqual(self._recipients(mailing), self._treated() - buyer)
        self.assertEqual((mailing.rfm_action_id, self.action.mailing_count), (self.action, 1))

    def test_mailing_belongs_to_the_campaign_of_the_action(self):
        self.action.action_start()
        self.assertFalse(self._mailing().campaign_id)
        self.action.action_open_campaign()
        self.assertEqual(self._mailing().campaign_id, self.action.campaign_id)

    def test_who_got_the_mailing_was_contacted(self):
        self.action.action_start()
        mailing = self._mailing()
        sent, bounced = self._treated()[:2]
        self.env["mailing.trace"].sudo().create(
            [
                {
                    "mass_mailing_id": mailing.id, "model": "res.partner", "res_id": partner.id,
                    "trace_type": "mail", "trace_status": status,
                }
                for partner, status in ((sent, "sent"), (bounced, "bounce"))
            ]
        )  # fmt: skip
        self.action.action_run()
        self.assertEqual(self._line(self.action, sent).state, "done")
        self.assertEqual(self._line(self.action, bounced).state, "waiting")

    def test_a_restricted_customer_is_in_no_mailing_and_on_no_list(self):
        self.action.action_start()
        mailing = self._mailing()
        restricted = self._treated()[0]
        restricted.sudo().crm_restricted = True
        self.assertEqual(self._recipients(mailing), self._treated() - restricted)
        self.action.action_fill_mailing_list()
        self.assertEqual(
            set(self.action.mailing_list_id.contact_ids.mapped("email_normalized")),
            set((self._treated() - restricted).mapped("email_normalized")),
        )

    def test_mailing_list_is_filled_once(self):
        self.action.action_start()
        without = self._treated()[0]
        without.email = False
        told = self.action.action_fill_mailing_list()["params"]
        mailing_list = self.action.mailing_list_id
        self.assertEqual(told["message"], "Customers who are not on the list, having no e-mail address: 1")
        self.assertEqual(told["next"]["res_id"], mailing_list.id)
        emails = set((self._treated() - without).mapped("email_normalized"))
        self.assertEqual(set(mailing_list.contact_ids.mapped("email_normalized")), emails)
        mailing_list.subscription_ids[0].opt_out = True
        without.email = "late@example.com"
        self.assertEqual(self.action.action_fill_mailing_list()["res_id"], mailing_list.id)
        self.assertEqual(self.action.mailing_list_id, mailing_list)
        self.assertEqual(len(mailing_list.contact_ids), len(emails) + 1)
        self.assertEqual(mailing_list.subscription_ids.mapped("opt_out").count(True), 1)

    def test_nobody_has_an_address(self):
        self.action.action_start()
        count = len(self._treated())
        self._treated().email = False
        with self.assertRaisesRegex(UserError, f"None of the {count} customers to be contacted has an e-mail address"):
            self.action.action_fill_mailing_list()
        self.assertFalse(self.action.mailing_list_id)

    def test_nobody_entered(self):
        for method in (self.action.action_new_mailing, self.action.action_fill_mailing_list):
            with self.assertRaisesRegex(UserError, "start it first"):
                method()

    def test_without_email_marketing(self):
        self.action.action_start()
        with self.assertRaises(AccessError):
            self.action.with_user(self.reader).action_fill_mailing_list()
        with self.assertRaises(AccessError):
            self.action.with_user(self.reader).mailing_ids  # noqa: B018 - the access is what is tested
