from lxml import etree

from odoo.tests import tagged

from .common import BridgeCommon


@tagged("post_install", "-at_install")
class TestChain(BridgeCommon):
    def _chain(self, user, lead=None):
        self.env.invalidate_all()
        return (lead or self.lead).with_user(user).order_flow_chain

    def _stages(self, chain):
        return {stage["key"]: stage for stage in chain["stages"]}

    def test_chain_from_quotation_to_credit_note(self):
        order = self._create_order(confirm=False)
        [chain] = self._chain(self.seller)
        self.assertEqual((chain["id"], chain["name"], chain["state"]), (order.id, order.name, "draft"))
        self.assertEqual([stage["key"] for stage in chain["stages"]], ["order", "invoice", "payment"])
        self.assertEqual(self._stages(chain)["order"]["progress"], "partial")
        order.action_confirm()
        invoice = self._invoice(order)
        payment = self._pay(invoice)
        refund = self._credit(invoice)
        [chain] = self._chain(self.boss)
        stages = self._stages(chain)
        self.assertEqual(list(stages), ["order", "delivery", "invoice", "payment", "credit"])
        self.assertEqual([document["id"] for document in stages["order"]["documents"]], order.ids)
        self.assertEqual([document["id"] for document in stages["invoice"]["documents"]], invoice.ids)
        self.assertEqual([document["id"] for document in stages["credit"]["documents"]], refund.ids)
        self.assertEqual(stages["invoice"]["documents"][0]["name"], invoice.name)
        self.assertEqual(stages["invoice"]["documents"][0]["amount"], 115)
        # the payment belongs to the accountants: who sells sees its amount, and the invoice that lists it
        [document] = stages["payment"]["documents"]
        self.assertEqual((stages["payment"]["amount"], document["amount"]), (115, 115))
        self.assertEqual((document["model"], document["id"]), ("account.move", invoice.id))
        partner = self.customer.with_user(self.accountant)
        [chain] = partner.order_flow_chain
        [document] = self._stages(chain)["payment"]["documents"]
        self.assertEqual((document["model"], document["id"], document["amount"]), ("account.payment", payment.id, 115))

    def test_the_day_of_an_order_is_that_of_the_reader(self):
        """Confirmed on the evening of 1 May in New York, when it is the second in Greenwich."""
        order = self._create_order()
        order.date_order = "2026-05-02 01:00:00"
        self.seller.tz = "America/New_York"
        [chain] = self._chain(self.seller)
        self.assertEqual(self._stages(chain)["order"]["documents"][0]["date"], "2026-05-01")

    def test_document_of_another_order_shows_its_share(self):
        first, second = self._create_order((100, 1, 0)), self._create_order((50, 1, 0))
        self._invoice(first | second)
        amounts = {
            chain["id"]: self._stages(chain)["invoice"]["documents"][0]["amount"] for chain in self._chain(self.seller)
        }
        self.assertEqual(amounts, {first.id: 115, second.id: 57.5})

    def test_documents_that_the_user_may_not_read_are_not_named(self):
        order = self._create_order()
        invoice = self._invoice(order)
        invoice.invoice_user_id = self.colleague
        [chain] = self._chain(self.seller)
        stage = self._stages(chain)["invoice"]
        self.assertEqual((stage["amount"], stage["documents"]), (115, []))

    def test_orders_that_the_user_may_not_read_are_not_there(self):
        self._create_order(user_id=self.colleague.id)
        self.assertEqual(self._chain(self.seller), False)
        self.assertEqual(len(self._chain(self.boss)), 1)

    def test_customer_sees_the_latest_orders_of_all_contacts(self):
        person = self.env["res.partner"].create({"name": "Ana Kovač", "parent_id": self.customer.id})
        orders = [self._create_order(partner_id=person.id) for _number in range(6)]
        self._invoice(orders[0])
        self.env.invalidate_all()
        company = self.customer.with_user(self.accountant)
        self.assertEqual(len(company.order_flow_chain), 5)
        self.assertEqual((company.order_flow_count, company.order_flow_due), (6, 115))
        self.assertEqual(len(person.with_user(self.accountant).order_flow_chain), 5)
        action = company.action_open_order_flow()
        self.assertEqual(self.env["crm.order.flow"].search_count(action["domain"]), 6)

    def test_contact_shows_only_its_own_orders(self):
        person = self.env["res.partner"].create({"name": "Ana Kovač", "parent_id": self.customer.id})
        self._create_order()
        self.assertEqual((person.order_flow_count, self.customer.order_flow_count), (0, 1))
        self.assertFalse(person.order_flow_chain)

    def test_number_of_queries_does_not_depend_on_the_number_of_orders(self):
        def queries(number):
            lead = self._create_lead()
            for _number in range(number):
                self._pay(self._invoice(self._create_order(opportunity_id=lead.id)))
            self.env.flush_all()
            self.env.invalidate_all()
            flows = self.env["crm.order.flow"].with_user(self.boss).search([("lead_id", "=", lead.id)])
            before = self.env.cr.sql_log_count
            flows._get_chains()
            return self.env.cr.sql_log_count - before

        queries(1)
        self.assertEqual(queries(2), queries(12))

    def test_salesperson_opens_every_document_of_the_chain(self):
        """Without our view Odoo refuses the form of an invoice to who may not read payments."""
        order = self._create_order()
        invoice = self._invoice(order)
        self._pay(invoice)
        self._credit(invoice)
        [chain] = self._chain(self.seller)
        documents = [document for stage in chain["stages"] for document in stage["documents"]]
        self.assertEqual(len(documents), 4)
        for document in documents:
            record = self.env[document["model"]].with_user(self.seller).browse(document["id"])
            view = record.get_views([(False, "form")])
            names = view["models"][document["model"]]["fields"]
            arch = etree.fromstring(view["views"]["form"]["arch"])
            shown = {node.get("name") for node in arch.iter("field")} & set(names)
            self.assertEqual(len(record.web_read({name: {} for name in shown})), 1)
