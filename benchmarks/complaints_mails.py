"""1,000 mails through the real gateway into `crm.complaint` against the same mails into `crm.lead`.

    bin/odoo shell -d NAME < benchmarks/complaints_mails.py
    MAILS=200 MAIL_PROFILE=1 bin/odoo shell -d NAME < benchmarks/complaints_mails.py

Needs a database with crm_complaints and crm, and commits as the gateway does: use a copy that you throw away. Every mail is
raw bytes with text and HTML, every fifth has a file; each is of a new sender, every fourth of a known contact. The arms take
turns mail by mail, both are committed one by one, as fetchmail does. In one run:

* lead: `mail.thread.message_process("crm.lead", raw)`;
* complaint: the same for `crm.complaint`: ledger, number, clocks, no acknowledgement (the company does not want any);
* acknowledged: the same, and the acknowledgement is asked for; the job that it wakes writes it, like the queue that sends it.

Apart from the rounds: what the job takes for one acknowledgement (rendered, noted with its date and stage, queued), which a
lead has no match for. Goal: complaint and acknowledged <= 1.3x lead.
"""
# ruff: noqa: E501
import cProfile
import logging
import os
import pstats
import statistics
import time
import uuid
from email.message import EmailMessage

MAILS = int(os.environ.get("MAILS", "1000"))
PROFILE = os.environ.get("MAIL_PROFILE")
run = uuid.uuid4().hex[:8]
cr = env.cr
logging.getLogger("odoo.addons.mail.models.mail_thread").setLevel(logging.WARNING)
# two of the arms differ in one setting of the company
company = env.company
env["crm.team"].search([("use_complaints", "=", True)]).complaint_acknowledge = "company"
env["res.partner"].create(
    [{"name": f"Known {number}", "email": f"known@{number}.{run}.example.com"} for number in range(0, MAILS, 4)])
cr.commit()

WORDS = ("The kettle that you delivered last week leaks at the seal, and nobody answers the telephone. "
         "I ask for another one, or for my money back. ") * 8


def mail(number, arm):
    message = EmailMessage()
    # a domain of its own: of one domain only a hundred an hour are acknowledged
    sender = "known" if number % 4 == 0 else f"new-{arm}"
    message["Message-ID"] = f"<{run}-{number}-{arm}@example.com>"
    message["From"] = f"Dora {number} <{sender}@{number}.{run}.example.com>"
    message["To"] = "somebody@our.example.com"
    message["Subject"] = f"Kettle {number} leaks"
    message["Date"] = "Mon, 2 Mar 2026 10:00:00 +0000"
    message.set_content(f"{number} {WORDS}")
    message.add_alternative(f"<html><body><p>{number} <b>{WORDS}</b></p></body></html>", subtype="html")
    if number % 5 == 0:
        message.add_attachment(os.urandom(20_000), maintype="image", subtype="jpeg", filename=f"kettle{number}.jpg")
    return message.as_bytes()


def take(model, raw):
    """:return: (milliseconds, milliseconds of the processor in this process; the database's are not among them)"""
    began, used = time.perf_counter(), time.process_time()
    env["mail.thread"].message_process(model, raw)
    cr.commit()
    return (time.perf_counter() - began) * 1000, (time.process_time() - used) * 1000


def acknowledge(wanted):
    if company.complaint_auto_acknowledge != wanted:
        company.complaint_auto_acknowledge = wanted
        cr.commit()


ARMS = {"lead": ("crm.lead", False), "complaint": ("crm.complaint", False), "acknowledged": ("crm.complaint", True)}
times = {arm: [] for arm in ARMS}
profiles = {arm: cProfile.Profile() for arm in ARMS}
for warm_up in (True, False):
    for number in range(-8, 0) if warm_up else range(MAILS):
        if number % 400 == 0:  # nor are more than a thousand in all
            cr.execute("DELETE FROM crm_complaint_rate")
            cr.commit()
        # whoever comes first pays for nothing that the others do not
        order = [*ARMS][number % 3:] + [*ARMS][:number % 3]
        for arm in order:
            model, wanted = ARMS[arm]
            raw = mail(number, arm)
            acknowledge(wanted)
            if PROFILE and not warm_up:
                profiles[arm].enable()
            spent = take(model, raw)
            profiles[arm].disable()
            if not warm_up:
                times[arm].append(spent)

# the job does not commit here: as many as it may take at once, in its batches
acknowledge(True)
began, used = time.perf_counter(), time.process_time()
written = 0
profiles["job"] = cProfile.Profile()
if PROFILE:
    profiles["job"].enable()
while waiting := env["crm.complaint"].search([("acknowledge_pending", "=", True)], order="id", limit=100):
    cr.execute("DELETE FROM crm_complaint_rate")  # as above
    cr.commit()
    waiting._acknowledge_pending()
    cr.commit()
    written += len(waiting)
profiles["job"].disable()
job = ((time.perf_counter() - began) * 1000 / written, (time.process_time() - used) * 1000 / written)
# a mail that was not taken would be cheap
for arm, (model, _wanted) in ARMS.items():
    env.cr.execute(
        "SELECT count(*) FROM mail_message WHERE model = %s AND message_id LIKE %s AND message_type = 'email'",
        [model, f"<{run}-%-{arm}@example.com>"])
    found = env.cr.fetchone()[0]
    assert found == MAILS + 8, (arm, found)
env.cr.execute(
    "SELECT count(*) FROM mail_mail m JOIN mail_message s ON s.id = m.mail_message_id WHERE m.email_to LIKE %s",
    [f"%.{run}.example.com%"])
acknowledged = env.cr.fetchone()[0]
assert acknowledged == MAILS + 8, acknowledged
for label, index in (("time", 0), ("processor", 1)):
    lead = [spent[index] for spent in times["lead"]]
    for arm, both in times.items():
        spent = [one[index] for one in both]
        print(f"{label:9} {arm:13} {MAILS} mails: mean {statistics.mean(spent):6.1f} ms, median {statistics.median(spent):6.1f} ms, "
              f"{statistics.mean(spent) / statistics.mean(lead):.2f}x lead; of medians "
              f"{statistics.median(spent) / statistics.median(lead):.2f}x; of rounds "
              f"{statistics.median(one / other for one, other in zip(spent, lead, strict=True)):.2f}x")
print(f"job: {job[0]:.1f} ms, of the processor {job[1]:.1f} ms for each of {written} acknowledgements")
if PROFILE:
    for arm, profile in profiles.items():
        print(f"=== {arm}")
        pstats.Stats(profile).sort_stats("cumulative").print_stats(int(PROFILE) if int(PROFILE) > 1 else 60)
