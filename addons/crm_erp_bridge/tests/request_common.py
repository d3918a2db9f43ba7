from odoo.fields import Command

from .common import BridgeCommon


class RequestCommon(BridgeCommon):
    """Request types with short plans; the seller of BridgeCommon is responsible for the requests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # as the demo users of the roles: timeline, needs and contacts come with crm_relations
        relations = cls.quick_ref("crm_relations.group_user")
        for user in (cls.env.user, cls.seller, cls.boss):
            user.group_ids |= relations
        cls.env.user.group_ids |= cls.quick_ref("crm_relations.group_user_all")
        cls.env.user.group_ids |= cls.quick_ref("crm_complaints.group_user")
        cls.project = cls.env["project.project"].create({"name": "Field work", "privacy_visibility": "employees"})
        cls.order_type = cls._type(
            "Order",
            "order",
            ("quotation", "quotation", ""),
            ("confirm", "confirm", "quotation"),
            ("invoice", "invoice", "confirm"),
        )
        cls.quotation_type = cls.order_type.copy({"name": "Quotation", "code": "test_quotation"})
        cls.quotation_type.plan_ids[1].automatic = False
        cls.work_type = cls._type("Work", "service", ("work", "task", ""), ("tell", "manual", "work"))

    @classmethod
    def _type(cls, name, kind, *plan, **values):
        """A request type.

        :param plan: tuples (code, kind, codes of the steps before)
        """
        return cls.env["crm.request.type"].create(
            {
                "name": name,
                "code": f"test_{name.lower()}",
                "kind": kind,
                "plan_ids": [
                    Command.create(
                        {
                            "sequence": number,
                            "name": code.capitalize(),
                            "code": code,
                            "kind": step_kind,
                            "after": after,
                            "project_id": cls.project.id if step_kind == "task" else False,
                            "customer_label": f"Customer reads {code}",
                        }
                    )
                    for number, (code, step_kind, after) in enumerate(plan)
                ],
            }
            | values
        )

    @classmethod
    def _request(cls, request_type, *lines, **values):
        """A request of the customer for which the seller is responsible.

        :param lines: tuples (product, quantity)
        """
        return cls.env["crm.request"].create(
            {
                "name": "Pruning for spring",
                "type_id": request_type.id,
                "partner_id": cls.customer.id,
                "user_id": cls.seller.id,
                "line_ids": [
                    Command.create({"product_id": product.id, "quantity": quantity}) for product, quantity in lines
                ],
            }
            | values
        )

    def _states(self, request):
        return {step.key: step.state for step in request.sudo().step_ids}
