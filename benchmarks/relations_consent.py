"""Price of consent and rules of contact: the decision for all recipients, and a mailing with against without them.

    bin/odoo shell -d NAME < benchmarks/relations_consent.py
    CONSENT_CUSTOMERS=100000 CONSENT_MAILS=2000 bin/odoo shell -d NAME < benchmarks/relations_consent.py

Default: 100,000 customers with two entries each in the ledger and one counted contact, made by SQL and rolled back at
the end. Needs crm_relations.

  decision   res.partner._crm_may_contact for all customers at once: number of queries, seconds, answers
  mailing    a batch of mails made by the mail composer (nothing is sent) with the rules against without, in turn
"""

import os
import statistics
import time
from unittest.mock import patch

CUSTOMERS = int(os.environ.get("CONSENT_CUSTOMERS", 100_000))
MAILS = int(os.environ.get("CONSENT_MAILS", 2_000))
ROUNDS = int(os.environ.get("CONSENT_ROUNDS", 3))

cr = env.cr
news = env.ref("crm_relations.consent_purpose_newsletter")
env["crm.contact.rule"].search([("condition", "=", "consent")]).unlink()
env["crm.contact.rule"].create({"name": "Consent", "condition": "consent", "effect": "refuse"})
env["crm.contact.rule"].create(
    {"name": "Cap", "condition": "cap", "effect": "refuse", "max_count": 4, "days": 30, "for_sales": False}
)

print(f"{CUSTOMERS:,} customers ...")
cr.execute(
    """
    INSERT INTO res_partner (name, complete_name, email, email_normalized, active, type, company_id, partner_share,
                             commercial_partner_id, tz)
    SELECT 'Bench ' || n, 'Bench ' || n, 'bench' || n || '@example.com', 'bench' || n || '@example.com', TRUE,
           'contact', NULL, TRUE, NULL, 'Europe/Belgrade'
      FROM generate_series(1, %s) n RETURNING id
    """,
    [CUSTOMERS],
)
ids = [row[0] for row in cr.fetchall()]
cr.execute("UPDATE res_partner SET commercial_partner_id = id WHERE id = ANY(%s)", [ids])
cr.execute(
    """
    INSERT INTO crm_consent (name, partner_id, commercial_partner_id, purpose_id, state, date, date_recorded, source)
    SELECT 'x', p.id, p.id, %s, CASE WHEN (p.id + turn) %% 4 = 0 THEN 'withdrawn' ELSE 'given' END,
           now() - make_interval(days => 100 - turn * 50), now(), 'import'
      FROM unnest(%s) AS p(id), generate_series(0, 1) AS turn
    """,
    [news.id, ids],
)
cr.execute(
    "INSERT INTO crm_contact_touch (partner_id, channel, purpose, date) "
    "SELECT id, 'email', 'marketing', now() - interval '3 days' FROM unnest(%s) AS p(id)",
    [ids],
)
for table in ("res_partner", "crm_consent", "crm_contact_touch"):
    cr.execute(f"ANALYZE {table}")
env.invalidate_all()

partners = env["res.partner"].browse(ids)
times, queries = [], []
for _round in range(ROUNDS):
    before, start = cr.sql_log_count, time.perf_counter()
    decisions = partners._crm_contact_decide("email", "newsletter", words=False)
    times.append(time.perf_counter() - start)
    queries.append(cr.sql_log_count - before)
refused = sum(decision.effect == "refuse" for decision in decisions.values())
facts = partners._crm_contact_facts
rules = env["crm.contact.rule"]._applicable("email", "marketing")
start = time.perf_counter()
facts(rules, "email", "newsletter", env.cr.now())
one_query = time.perf_counter() - start
print(
    f"decision   {min(times):.2f} s for {len(decisions):,} customers ({min(queries)} queries in all, the one for the "
    f"customers {one_query:.2f} s), {refused:,} refused"
)

composer_class = type(env["mail.compose.message"])
sample = partners[:MAILS]


def mailing():
    """Seconds for making the mails of one mailing; they are taken back."""
    with cr.savepoint() as savepoint:
        composer = env["mail.compose.message"].create(
            {
                "model": "res.partner",
                "res_ids": repr(sample.ids),
                "composition_mode": "mass_mail",
                "email_from": "us@example.com",
                "subject": "Newsletter",
                "body": "<p>Dear <t t-out='object.name'/>, here are our news.</p>",
                "force_send": False,
                "crm_purpose": "marketing",
                "crm_consent_purpose_id": news.id,
            }
        )
        env.flush_all()
        begin = time.perf_counter()
        composer._action_send_mail()
        env.flush_all()
        seconds = time.perf_counter() - begin
        savepoint.rollback()
    env.invalidate_all()
    return seconds


def without():
    """The same mails, all of them, by a composer that asks nobody."""
    with (
        patch.object(composer_class, "_get_optout_emails", lambda self, values: []),
        patch.object(composer_class, "_manage_mail_values", lambda self, values: values),
    ):
        return mailing()


mailing(), without()
asked, plain = [], []
for _round in range(ROUNDS):
    asked.append(mailing())
    plain.append(without())
ratio = statistics.median(asked) / statistics.median(plain)
print(
    f"mailing    {MAILS:,} mails: {statistics.median(asked):.2f} s with the rules, {statistics.median(plain):.2f} s "
    f"without: {ratio:.2f} x"
)
cr.rollback()
