"""Price of consent and rules of contact: the decision for all recipients, and their mailing with against without it.

    bin/odoo shell -d NAME < benchmarks/relations_consent.py
    CONSENT_CUSTOMERS=100000 CONSENT_MAILS=10000 bin/odoo shell -d NAME < benchmarks/relations_consent.py

Default: 100,000 customers with two entries each in the ledger and one counted contact, made by SQL and rolled back at
the end. Needs crm_relations. Shown is the processor time of Odoo and its database connection together, so that a busy
machine does not blur the ratio, and the time that passed.

  decision   res.partner._crm_contact_decide for all customers at once: number of queries, time, answers
  words      the same with the reasons in words, as a mailing logs them
  mailing    the mails of a mailing to CONSENT_MAILS of them, made by the mail composer as core makes them (in its own
             batches; nothing is sent) with the rules against without. Both arms take turns, every CONSENT_PART mails,
             and what each made is taken back. With CONSENT_MAILS=100000 all are measured (about half an hour, longer
             on a busy machine: CONSENT_MINUTES ends it after the part that is being measured then); else the ratio is
             that of the part that was measured, and said to be.
"""

import os
import pathlib
import statistics
import time
from unittest.mock import patch

CUSTOMERS = int(os.environ.get("CONSENT_CUSTOMERS", 100_000))
MAILS = min(int(os.environ.get("CONSENT_MAILS", 10_000)), CUSTOMERS)
PART = int(os.environ.get("CONSENT_PART", 1_000))
ROUNDS = int(os.environ.get("CONSENT_ROUNDS", 3))
MINUTES = float(os.environ.get("CONSENT_MINUTES", "inf"))


def clock():
    """Seconds that the processors worked for this process and its database connection; else those that passed."""
    cr.execute("SELECT pg_backend_pid()")
    path = pathlib.Path(f"/proc/{cr.fetchone()[0]}/schedstat")
    try:
        path.read_text()
    except OSError:
        return time.perf_counter
    return lambda: time.process_time() + int(path.read_text().split()[0]) / 1e9


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
    SELECT 'x', p.id, p.id, %s, CASE WHEN (p.id + turn) %% 20 = 0 THEN 'withdrawn' ELSE 'given' END,
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
now = clock()


def decide(words):
    """Medians of processor time, time and queries of the decision for all."""
    taken = []
    for _round in range(ROUNDS):
        env.invalidate_all()
        before, begin, worked = cr.sql_log_count, time.perf_counter(), now()
        decisions = partners._crm_contact_decide("email", "newsletter", words=words)
        taken.append((now() - worked, time.perf_counter() - begin, cr.sql_log_count - before))
    worked, passed, queries = (statistics.median(column) for column in zip(*taken, strict=True))
    refused = sum(decision.effect == "refuse" for decision in decisions.values())
    print(
        f"{'words' if words else 'decision':10} {worked:.2f} s of processor, {passed:.2f} s passed, for "
        f"{len(decisions):,} customers; {queries:.0f} queries in all; {refused:,} refused"
    )
    return worked


decision_cpu = decide(words=False)
decide(words=True)

composer_class = type(env["mail.compose.message"])


def mailing(part):
    """Seconds (of processor, passed) for making the mails of one mailing; they are taken back."""
    with cr.savepoint() as savepoint:
        composer = env["mail.compose.message"].create(
            {
                "model": "res.partner",
                "res_ids": repr(part.ids),
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
        begin, worked = time.perf_counter(), now()
        composer._action_send_mail()
        env.flush_all()
        taken = now() - worked, time.perf_counter() - begin
        savepoint.rollback()
    env.invalidate_all()
    return taken


def without(part):
    """The same mails, all of them, by a composer that asks nobody."""
    with (
        patch.object(composer_class, "_get_optout_emails", lambda self, values: []),
        patch.object(composer_class, "_manage_mail_values", lambda self, values: values),
    ):
        return mailing(part)


mailing(partners[:100]), without(partners[:100])
taken = {mailing: [], without: []}
begun, wanted, MAILS = time.monotonic(), MAILS, 0
for number, start in enumerate(range(0, wanted, PART)):
    if time.monotonic() - begun > MINUTES * 60:
        break
    MAILS = min(start + PART, wanted)
    for arm in (mailing, without) if number % 2 else (without, mailing):
        taken[arm].append(arm(partners[start:MAILS]))
for index, title in enumerate(("processor", "passed")):
    asked, plain = (sum(one[index] for one in taken[arm]) for arm in (mailing, without))
    ratios = [a[index] / b[index] for a, b in zip(taken[mailing], taken[without], strict=True)]
    print(
        f"mailing    {MAILS:,} mails, {title}: {asked:.1f} s with the rules, {plain:.1f} s without: "
        f"{asked / plain:.3f} x (median of {len(ratios)} parts {statistics.median(ratios):.3f} x)"
    )
    if index == 0:
        print(
            f"           {'all measured' if MAILS == CUSTOMERS else f'measured for {MAILS:,} of {CUSTOMERS:,}; '}"
            + ("" if MAILS == CUSTOMERS else
               f"for all the same ratio is expected, {plain / MAILS * CUSTOMERS:.0f} s without")
            + f"; the decision alone, in one go: {decision_cpu / (plain / MAILS * CUSTOMERS):.4f} of that"
        )
cr.rollback()
