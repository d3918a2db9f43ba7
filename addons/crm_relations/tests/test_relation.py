from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, HttpCase, tagged
from odoo.tools import mute_logger

from .common import RelationsCommon


class RelationCommon(RelationsCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.spouse, cls.parent, cls.employee, cls.guardian, cls.competitor = (
            cls.env.ref(f"crm_relations.relation_type_{code}")
            for code in ("spouse", "parent", "employee", "guardian", "competitor")
        )
        cls.confidant = cls._create_user("confidant", "crm_relations.group_user,crm_relations.group_sensitive")
        cls.others = cls.env["res.partner"].create([{"name": f"Person {number}"} for number in range(4)])

    @classmethod
    def _relate(cls, left, kind, right, date_from=False, date_to=False, user=None, **values):
        return (
            cls.env["crm.partner.relation"]
            .with_user(user or cls.env.user)
            .create(
                {
                    "left_partner_id": left.id,
                    "type_id": kind.id,
                    "right_partner_id": right.id,
                    "date_from": date_from,
                    "date_to": date_to,
                    **values,
                }
            )
        )

    @classmethod
    def _sides(cls, user, partner):
        cls.env.flush_all()
        cls.env.invalidate_all()
        sides = cls.env["crm.partner.relation.side"].with_user(user).search([("partner_id", "=", partner.id)])
        return [(side.label_id.display_name, side.other_partner_id) for side in sides]


@tagged("post_install", "-at_install")
@freeze_time("2026-03-15 10:00:00")
class TestRelation(RelationCommon):
    def test_one_row_read_from_both_ends(self):
        self._relate(self.person, self.parent, self.single, user=self.agent)
        self.assertEqual(self._sides(self.agent, self.person), [("is parent of", self.single)])
        self.assertEqual(self._sides(self.agent, self.single), [("is child of", self.person)])

    def test_symmetric_is_stored_in_one_order(self):
        low, high = (self.person | self.single).sorted("id")
        relation = self._relate(high, self.spouse, low, user=self.agent)
        self.assertEqual((relation.left_partner_id, relation.right_partner_id), (low, high))
        self.assertEqual(self._sides(self.agent, high), [("is spouse of", low)])
        self.assertEqual(self._sides(self.agent, low), [("is spouse of", high)])
        with self.assertRaisesRegex(ValidationError, "exists already"), self.cr.savepoint():
            self._relate(low, self.spouse, high, user=self.agent)
        relation.right_partner_id = self.others[0]
        self.assertLess(relation.left_partner_id.id, relation.right_partner_id.id)

    def test_added_from_either_end(self):
        action = self.single.with_user(self.agent).action_crm_add_relation()
        dialog = Form(self.env[action["res_model"]].with_user(self.agent).with_context(**action["context"]))
        labels = self.env["crm.partner.relation.label"].with_user(self.agent)
        dialog.label_id = labels.search([("display_name", "=", "is child of")])
        dialog.other_partner_id = self.person
        dialog.date_from = "1990-05-01"
        self.assertEqual(dialog.sentence, "Ion Popescu is child of Ana Kovač")
        dialog.save().action_add()
        relation = self.env["crm.partner.relation"].search([("right_partner_id", "=", self.single.id)])
        self.assertEqual((relation.left_partner_id, relation.type_id), (self.person, self.parent))
        self.assertEqual(relation.display_name, "Vinograd d.o.o., Ana Kovač is parent of Ion Popescu")

    def test_bad_relations_are_refused_in_words(self):
        self._relate(self.person, self.employee, self.company_partner, "2020-01-01", "2022-12-31")
        bad = [
            (self.person, self.parent, self.person, False, False, "relation to oneself"),
            (self.person, self.parent, self.single, "2025-01-02", "2025-01-01", "cannot end before it starts"),
            (self.person, self.employee, self.company_partner, "2022-12-31", False, "exists already at that time"),
            (self.person, self.employee, self.company_partner, False, False, "exists already at that time"),
            (self.person, self.employee, self.single, False, False, "Ion Popescu is a person, and a company is needed"),
            (self.company_partner, self.parent, self.single, False, False, "is a company, and a person is needed"),
        ]
        before = self.env["crm.partner.relation"].search_count([])
        for left, kind, right, start, end, message in bad:
            with self.assertRaisesRegex(ValidationError, message), self.cr.savepoint():
                self._relate(left, kind, right, start, end, user=self.agent)
        self.assertEqual(self.env["crm.partner.relation"].search_count([]), before)
        again = self._relate(self.person, self.employee, self.company_partner, "2023-01-01", user=self.agent)
        with self.assertRaisesRegex(ValidationError, "exists already"), self.cr.savepoint():
            again.date_from = "2022-06-01"
        with self.assertRaisesRegex(ValidationError, "cannot end before"), self.cr.savepoint():
            again.date_to = "2022-06-01"
        with self.assertRaisesRegex(ValidationError, "oneself"), self.cr.savepoint():
            again.right_partner_id = again.left_partner_id

    def test_two_equal_ones_in_one_call_are_refused(self):
        values = {"left_partner_id": self.person.id, "type_id": self.parent.id, "right_partner_id": self.single.id}
        with self.assertRaisesRegex(ValidationError, "exists already"), self.cr.savepoint():
            self.env["crm.partner.relation"].create([values, values])

    def test_the_database_refuses_as_well(self):
        relation = self._relate(self.person, self.employee, self.company_partner, "2020-01-01")
        self.env.flush_all()
        columns = "left_partner_id, right_partner_id, type_id, date_from, date_to"
        rows = [
            (self.person.id, self.person.id, self.parent.id, None, None),
            (self.person.id, self.single.id, self.parent.id, "2021-01-01", "2020-01-01"),
            (self.person.id, self.company_partner.id, self.employee.id, "2025-01-01", "2025-02-01"),
        ]
        for row in rows:
            with self.assertRaises(IntegrityError) as caught, mute_logger("odoo.sql_db"), self.cr.savepoint():
                self.env.cr.execute(f"INSERT INTO crm_partner_relation ({columns}) VALUES %s", [row])  # noqa: S608
        # the last one is worded for a client whose transaction came second
        self.assertEqual(relation._sql_error_to_message(caught.exception), "This relation exists already at that time.")

    def test_type_with_relations_cannot_be_turned(self):
        self._relate(self.person, self.parent, self.single)
        with self.assertRaisesRegex(ValidationError, "Relations of this type exist"), self.cr.savepoint():
            self.parent.with_user(self.manager).symmetric = True
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.parent.with_user(self.agent).name = "is mother of"

    def test_current(self):
        past = self._relate(self.person, self.parent, self.others[0], "2020-01-01", "2026-03-14")
        today = self._relate(self.person, self.parent, self.others[1], "2026-03-15", "2026-03-15")
        future = self._relate(self.person, self.parent, self.others[2], "2026-03-16")
        ever = self._relate(self.person, self.parent, self.others[3])
        sides = self.env["crm.partner.relation.side"].with_user(self.agent)
        mine = [("partner_id", "=", self.person.id)]
        self.assertEqual(sides.search([*mine, ("current", "=", True)]).relation_id, today | ever)
        self.assertEqual(sides.search([*mine, ("current", "=", False)]).relation_id, past | future)
        self.assertEqual(
            sides.search(mine).filtered("current"), sides.search([*mine, ("current", "!=", False)])
        )
        self.assertEqual(self.person.with_user(self.agent).crm_relation_count, 2)

    def test_search_and_group(self):
        self._relate(self.person, self.parent, self.single)
        self._relate(self.person, self.employee, self.company_partner)
        partners = self.env["res.partner"].with_user(self.agent)
        self.assertEqual(
            partners.search([("crm_relation_side_ids.other_partner_id", "=", self.person.id)]).sorted("id"),
            (self.single | self.company_partner).sorted("id"),
        )
        sides = self.env["crm.partner.relation.side"].with_user(self.agent)
        employs = sides.search([("label_id", "ilike", "employs"), ("other_partner_id", "=", self.person.id)])
        self.assertEqual(employs.partner_id, self.company_partner)
        mine = [("partner_id", "in", (self.person | self.single | self.company_partner).ids)]
        groups = {label.display_name: count for label, count in sides._read_group(mine, ["label_id"], ["__count"])}
        self.assertEqual(groups, {"is parent of": 1, "is child of": 1, "is employee of": 1, "employs": 1})

    def test_sides_read_again_by_number(self):
        self._relate(self.person, self.parent, self.single)
        self.env.flush_all()
        sides = self.env["crm.partner.relation.side"].search([("partner_id", "in", (self.person | self.single).ids)])
        self.assertEqual(len(sides), 2)
        self.env.invalidate_all()
        self.assertEqual(sides.exists(), sides)
        self.assertEqual(set(sides.mapped("partner_id")), {self.person, self.single})

    def test_count_in_one_query_for_many(self):
        def count(size):
            partners = self.env["res.partner"].create([{"name": f"Party {number}"} for number in range(size)])
            self.env["crm.partner.relation"].create(
                [
                    {"left_partner_id": self.single.id, "type_id": self.parent.id, "right_partner_id": partner.id}
                    for partner in partners
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            partners = partners.with_user(self.agent)
            partners.mapped("name")
            # the user with time zone and rules
            partners.env["crm.partner.relation.side"].search_count([("current", "=", True)])
            before = self.cr.sql_log_count
            self.assertEqual(partners.mapped("crm_relation_count"), [1] * size)
            return self.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(10), count(200))

    def test_unlink_of_a_party_takes_its_relations_along(self):
        relation = self._relate(self.others[0], self.parent, self.single)
        self.others[0].unlink()
        self.assertFalse(relation.exists())
        self.assertTrue(self.single.exists())


@tagged("post_install", "-at_install")
class TestRelationRights(RelationCommon):
    def test_own_all_and_auditor(self):
        own = self._relate(self.person, self.parent, self.single, user=self.agent)
        foreign = self._relate(self.person, self.employee, self.company_partner, user=self.colleague)
        own.note = "mine"
        self.assertEqual(foreign.with_user(self.agent).type_id, self.employee)
        for user in (self.agent, self.auditor, self.clerk):
            with self.assertRaises(AccessError), self.cr.savepoint():
                foreign.with_user(user).note = "changed"
            with self.assertRaises(AccessError), self.cr.savepoint():
                foreign.with_user(user).unlink()
        self.env.invalidate_all()
        self.assertFalse(foreign.note)
        foreign.with_user(self.supervisor).note = "seen"
        self.assertEqual(foreign.with_user(self.auditor).note, "seen")
        self.assertEqual(len(self._sides(self.auditor, self.person)), 2)
        with self.assertRaises(AccessError):
            self._sides(self.clerk, self.person)
        with self.assertRaises(AccessError), self.cr.savepoint():
            self._relate(self.person, self.parent, self.others[0], user=self.auditor)
        foreign.with_user(self.supervisor).unlink()
        self.assertFalse(foreign.exists())

    def test_sensitive_types(self):
        secret = self._relate(self.person, self.guardian, self.single, user=self.confidant)
        self.assertEqual(self._sides(self.confidant, self.single), [("is ward of", self.person)])
        for user in (self.agent, self.manager, self.auditor):
            self.assertEqual(self._sides(user, self.single), [])
            self.assertEqual(self.single.with_user(user).crm_relation_count, 0)
            self.assertEqual(len(self.single.with_user(user).crm_relation_graph()["edges"]), 0)
            with self.assertRaises(AccessError):
                secret.with_user(user).read(["note"])
            labels = self.env["crm.partner.relation.label"].with_user(user)
            self.assertFalse(labels.search([("display_name", "=", "is ward of")]))
        with self.assertRaises(AccessError), self.cr.savepoint():
            self._relate(self.person, self.guardian, self.others[0], user=self.agent)

    def test_company(self):
        other = self.env["res.company"].create({"name": "Another company"})
        theirs = self._create_partner("Theirs", company_id=other.id)
        relation = self._relate(self.person, self.parent, theirs)
        self.assertEqual(self._sides(self.agent, self.person), [])
        graph = self.person.with_user(self.agent).crm_relation_graph(depth=2)
        self.assertEqual([node["id"] for node in graph["nodes"]], [self.person.id])
        with self.assertRaises(AccessError):
            relation.with_user(self.agent).read(["type_id"])
        with self.assertRaises(AccessError), self.cr.savepoint():
            self._relate(self.person, self.spouse, theirs, user=self.agent)


@tagged("post_install", "-at_install")
class TestRelationGraph(RelationCommon):
    def test_distance(self):
        first, second, third = self.others[:3]
        self._relate(self.single, self.parent, first)
        self._relate(first, self.parent, second)
        self._relate(second, self.parent, third)
        self._relate(second, self.spouse, self.single)  # a circle
        graph = self.single.with_user(self.agent).crm_relation_graph(depth=1)
        hops = {node["id"]: node["hop"] for node in graph["nodes"]}
        self.assertEqual(hops, {self.single.id: 0, first.id: 1, second.id: 1})
        self.assertEqual(
            {edge["label"] for edge in graph["edges"]}, {"is parent of", "is spouse of"}
        )
        graph = self.single.with_user(self.agent).crm_relation_graph(depth=2)
        self.assertEqual({node["id"]: node["hop"] for node in graph["nodes"]}[third.id], 2)
        self.assertEqual(len(graph["edges"]), 4)
        self.assertEqual(graph["hidden"], 0)
        far = self.single.with_user(self.agent).crm_relation_graph(depth=99)
        self.assertEqual(len(far["nodes"]), 4)

    def test_ended_relations_are_not_drawn(self):
        self._relate(self.single, self.parent, self.others[0], date_to="2000-01-01")
        self.assertEqual(len(self.single.with_user(self.agent).crm_relation_graph()["nodes"]), 1)

    def test_hub(self):
        crowd = self.env["res.partner"].create([{"name": f"Guest {number}"} for number in range(100)])
        self.env["crm.partner.relation"].create(
            [
                {"left_partner_id": self.single.id, "type_id": self.parent.id, "right_partner_id": guest.id}
                for guest in crowd
            ]
        )
        graph = self.single.with_user(self.agent).crm_relation_graph()
        self.assertEqual((len(graph["nodes"]), len(graph["edges"]), graph["hidden"]), (25, 24, 76))

    def test_queries_do_not_grow(self):
        def count(size):
            center = self._create_partner(f"Center {size}")
            guests = self.env["res.partner"].create([{"name": f"Guest {number}"} for number in range(size)])
            self.env["crm.partner.relation"].create(
                [
                    {"left_partner_id": center.id, "type_id": self.parent.id, "right_partner_id": guest.id}
                    for guest in guests
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            center.with_user(self.agent).crm_relation_graph(depth=2)
            return self.cr.sql_log_count - before

        count(1)
        self.assertEqual(count(3), count(20))


@tagged("post_install", "-at_install")
class TestRelationMerge(RelationCommon):
    def _merge(self, source, target):
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._merge((source | target).ids, target)
        self.env.invalidate_all()

    def test_conflicts_are_resolved_and_the_rest_is_kept(self):
        source, target, third, fourth = self.others
        self._relate(source, self.spouse, target)  # would be to oneself
        self._relate(source, self.parent, third, "2020-01-01", "2021-12-31", note="from the register")
        twice = self._relate(target, self.parent, third, "2021-06-01", note="as told")  # would overlap
        apart = self._relate(source, self.employee, self.company_partner, "2010-01-01", "2012-12-31")
        later = self._relate(target, self.employee, self.company_partner, "2013-01-01")
        turned = self._relate(self.single, self.spouse, source)  # other end, other order
        untouched = self._relate(third, self.parent, fourth)
        secret = self._relate(source, self.guardian, fourth)
        self._merge(source, target)
        self.assertFalse(source.exists())
        self.assertEqual(self.env["crm.partner.relation"].search_count([("type_id", "=", self.spouse.id)]), 1)
        self.assertEqual({turned.left_partner_id, turned.right_partner_id}, {self.single, target})
        self.assertLess(turned.left_partner_id.id, turned.right_partner_id.id)
        joined = self.env["crm.partner.relation"].search(
            [("type_id", "=", self.parent.id), ("left_partner_id", "=", target.id)]
        )
        self.assertEqual(len(joined), 1)
        self.assertNotEqual(joined, twice)
        self.assertEqual((str(joined.date_from), joined.date_to), ("2020-01-01", False))
        self.assertEqual(joined.note, "from the register\nas told")
        self.assertEqual((apart | later).left_partner_id, target)
        self.assertEqual(str(apart.date_to), "2012-12-31")
        self.assertEqual(secret.left_partner_id, target)
        self.assertTrue(untouched.exists())

    def test_by_somebody_who_may_not_see_all(self):
        merger = self._create_user("merger", "crm_relations.group_manager,base.group_partner_manager")
        source, target, third = self.others[:3]
        (source | target).email = "same@example.com"
        first = self._relate(source, self.guardian, third)
        self._relate(target, self.guardian, third)
        wizard = self.env["base.partner.merge.automatic.wizard"].with_user(merger)
        wizard._merge((source | target).ids, target.with_user(merger))
        self.env.invalidate_all()
        found = self.env["crm.partner.relation"].search([("type_id", "=", self.guardian.id)])
        self.assertEqual((found, found.left_partner_id), (first, target))


@tagged("post_install", "-at_install")
class TestRelationUi(RelationCommon, HttpCase):
    tour = "crm_relations_add_relation"
    browser_size = "1400x900"

    def test_add_relation(self):
        self._relate(self.person, self.employee, self.company_partner)
        self.start_tour(f"/odoo/contacts/{self.person.id}", self.tour, login=self.agent.login)
        relation = self.env["crm.partner.relation"].search(
            [("type_id", "=", self.parent.id), ("right_partner_id", "=", self.person.id)]
        )
        self.assertEqual(relation.left_partner_id, self.single)


@tagged("post_install", "-at_install")
class TestRelationUiPhone(TestRelationUi):
    tour = "crm_relations_add_relation_phone"
    allow_inherited_tests_method = True
    browser_size = "390x844"
    touch_enabled = True
