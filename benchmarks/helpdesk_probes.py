"""The probes of crm_complaints, run against what a database has: our complaints or OCA's `helpdesk_mgmt`.

    bin/odoo shell -d NAME < benchmarks/helpdesk_probes.py

`helpdesk_mgmt` is AGPL-3: it is never a dependency, nothing of it is copied, it runs as a black box in a database of its own.

    pip download --no-deps --dest DIR 'odoo-addon-helpdesk_mgmt==19.0.1.3.2' && unzip -q DIR/*.whl -d DIR
    bin/odoo --addons-path=PATHS,DIR/odoo/addons -d oca -i helpdesk_mgmt --without-demo --stop-after-init
    bin/odoo shell --addons-path=PATHS,DIR/odoo/addons -d oca < benchmarks/helpdesk_probes.py

The probes commit: use a copy that you throw away. Every mail goes through `mail.thread.message_process` as bytes, every request
through Odoo's own HTTP application; `PROBE=XSS` runs those whose title has the word. Mails that a mail server hands over come from a real IMAP server. Prints a table.
"""
# ruff: noqa: E501
import contextlib
import importlib.util
import logging
import os
import re
import threading
import time
import uuid
from email.message import EmailMessage
from pathlib import Path

from werkzeug.test import Client

import odoo
from odoo import SUPERUSER_ID, api

OURS = "crm.complaint" in env
MODEL = "crm.complaint" if OURS else "helpdesk.ticket"
run = uuid.uuid4().hex[:6]
cr = env.cr
for name in ("odoo.addons.mail.models.mail_thread", "odoo.sql_db", "odoo.addons.mail.models.fetchmail", "odoo.http", "mail.log",
             "odoo.addons.crm_complaints.models.crm_complaint_intake", "odoo.addons.crm_complaints.models.fetchmail_server"):
    logging.getLogger(name).setLevel(logging.CRITICAL)

# --- both get the same set-up: an address, an automatic acknowledgement, two customers on the portal ------------------
domain = env["mail.alias.domain"].search([], limit=1) or env["mail.alias.domain"].create({"name": "our.example.com"})
env.company.alias_domain_id = domain
env.company.email = f"office@{domain.name}"
if OURS:
    team = env["crm.team"].search([("use_complaints", "=", True), ("company_id", "in", (env.company.id, False))], limit=1)
    team.write({"complaint_alias_name": f"probe-{run}", "complaint_acknowledge": "auto"})
    address = team.complaint_alias_id.alias_full_name
else:
    env["helpdesk.ticket.stage"].search([], limit=1).mail_template_id = env["mail.template"].create(
        {"name": "Received", "model_id": env["ir.model"]._get_id(MODEL), "subject": "Received {{ object.number }}",
         "partner_to": "{{ object.partner_id.id }}", "email_to": "{{ object.partner_email }}", "body_html": "<p>Thank you.</p>"})
    team = env["helpdesk.ticket.team"].create({"name": "Care", "alias_name": f"probe-{run}"})
    address = team.alias_id.alias_full_name
portal = env.ref("base.group_portal").ids
users = {}
for login in ("ana", "boris"):
    partner = env["res.partner"].create({"name": login.title(), "email": f"{login}-{run}@example.com"})
    users[login] = env["res.users"].with_context(no_reset_password=True).create(
        {"login": f"{login}-{run}", "password": f"{login}-{run}-pass", "partner_id": partner.id, "group_ids": [(6, 0, portal)]})
cr.commit()
DESCRIPTION, PARTNER = "description", "partner_id"
numbers = iter(range(1, 10_000))


def mail(sender=None, subject="Kettle leaks", body="It leaks.", message_id=True, to=None, **headers):
    number = next(numbers)
    lines = [] if message_id is None else [f"Message-ID: {f'<{run}-{number}@example.com>' if message_id is True else message_id}"]
    lines += [f"From: {sender or f'sender-{run}-{number}@example.com'}", f"To: {to or address}", f"Subject: {subject}",
              "Date: Mon, 2 Mar 2026 10:00:00 +0000"]
    headers = {"Content-Type": "text/plain; charset=utf-8", **{key.replace("_", "-"): value for key, value in headers.items()}}
    lines += [f"{key}: {value}" for key, value in headers.items()]
    return ("\r\n".join(lines) + f"\r\n\r\n{body}\r\n").encode()


def process(raw, fallback=None):
    """As the gateway does: in a transaction, committed when nothing went wrong. Returns the name of the error, if any."""
    try:
        env["mail.thread"].message_process(fallback, raw)
        cr.commit()
    except Exception as error:  # noqa: BLE001 whatever it is, it is the result
        cr.rollback()
        return type(error).__name__
    return ""


def last():
    cr.rollback()
    env.invalidate_all()
    return env[MODEL].with_context(active_test=False).search([], order="id desc", limit=1).id or 0


def after(mark):
    cr.rollback()
    env.invalidate_all()
    return env[MODEL].with_context(active_test=False).search([("id", ">", mark)], order="id")


def acknowledgements(records):
    """Mails to the customer about these records."""
    return env["mail.mail"].search([("model", "=", MODEL), ("res_id", "in", records.ids)])


def made(*raws):
    mark = last()
    errors = [process(raw) for raw in raws]
    return after(mark), [error for error in errors if error]


# --- the probes -------------------------------------------------------------------------------------------------------

def thirty_mails():
    sender = f"thirty-{run}@example.com"
    records, _errors = made(*[mail(sender, f"Kettle {number}") for number in range(30)])
    return f"{len(records)} cases, {len(acknowledgements(records))} acknowledgements"


def same_in_turn():
    raw = mail()
    return f"{len(made(raw, raw)[0])} case"


def same_at_once():
    raw, mark, barrier = mail(), last(), threading.Barrier(2)

    def worker():
        try:
            with env.registry.cursor() as other:
                threads = api.Environment(other, SUPERUSER_ID, {})["mail.thread"]
                other.execute("SELECT 1")
                barrier.wait(20)
                threads.message_process(None, raw)
                with contextlib.suppress(threading.BrokenBarrierError):
                    barrier.wait(20)  # neither commits before the other has processed it, too
        except Exception:  # noqa: BLE001 one of the two may be refused by the database
            barrier.abort()

    workers = [threading.Thread(target=worker) for _index in range(2)]
    [thread.start() for thread in workers]
    [thread.join() for thread in workers]
    return f"{len(after(mark))} case(s)"


def without_message_id():
    raw = mail(message_id=None)
    return f"{len(made(raw, raw)[0])} case(s)"


def reused_message_id():
    message_id = f"<reused-{run}@example.com>"
    records, _errors = made(mail(message_id=message_id), mail(subject="Toaster burns", body="It burns.", message_id=message_id))
    return f"{len(records)} of 2 kept"


def robots():
    raws = [mail(Auto_Submitted="auto-replied"), mail(Precedence="list"), mail(X_Auto_Response_Suppress="All")]
    records, _errors = made(*raws)
    return f"{len(acknowledgements(records))} acknowledgements for 3 robots"


def header_of_acknowledgement():
    records, _errors = made(mail())
    sent = acknowledgements(records)
    return ("Auto-Submitted" if any("Auto-Submitted" in (one.headers or "") for one in sent) else "no Auto-Submitted") if sent else "no acknowledgement"


def copied_partner():
    records, _errors = made(mail())
    record = records[:1]
    third = users["boris"].partner_id
    reference = env["mail.message"].search([("model", "=", MODEL), ("res_id", "=", record.id)], limit=1, order="id").message_id
    process(mail(f"stranger-{run}@example.com", "Re: Kettle leaks", In_Reply_To=reference, Cc=third.email))
    cr.rollback()
    return "follower" if third in record.message_partner_ids else "no follower"


class Browser(Client):
    """Asks Odoo's HTTP application in this process."""

    def open(self, *args, **kwargs):
        return super().open(*args, environ_base={"REMOTE_ADDR": "127.0.0.1"}, **kwargs)


def http(login):
    """A browser in which a customer is logged in."""
    client = Browser(odoo.http.root)
    page = client.get(f"/web/login?db={cr.dbname}", follow_redirects=True).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    name = users[login].login
    answer = client.post("/web/login", data={"csrf_token": token, "login": name, "password": f"{name}-pass"})
    # an error would show the form again
    assert answer.status_code == 303, "no login"
    return client


def case_of(login):
    values = {"name": "Kettle leaks", DESCRIPTION: "<p>It leaks.</p>", PARTNER: users[login].partner_id.id, "team_id": team.id}
    record = env[MODEL].create(values)
    cr.commit()
    return record


def close_by_get():
    record, client = case_of("ana"), http("boris")
    before = record.stage_id
    if OURS:
        for action in ("accept", "unhappy", "rate"):
            client.get(f"/my/complaints/{record.id}/{action}?process=5&outcome=5")
    else:
        done = env["helpdesk.ticket.stage"].search([("closed", "=", True)], limit=1)
        client.get(f"/ticket/close?ticket_id={record.id}&stage_id={done.id}")
    cr.rollback()
    env.invalidate_all()
    return "changed" if record.stage_id != before else "nothing changed"


def form_without_token():
    client, mark = http("boris"), last()
    data = {"subject": "x", "description": "y", "name": "x", "category": ""}
    if OURS:
        answers = [client.post("/my/complaints/new", data=data).status_code for _index in range(60)]
    else:
        answers = [client.get("/submitted/ticket", query_string=data).status_code for _index in range(60)]
    return f"{len(after(mark))} of 60 cases made (HTTP {', '.join(sorted(map(str, set(answers))))})"


def strange_identifiers():
    client = http("boris")
    paths = ("/my/complaints/abc", "/my/complaints/999999999", "/my/complaints/new?category=abc", "/my/complaints?sortby=abc&filterby=abc") if OURS else (
        "/ticket/close?ticket_id=abc&stage_id=abc", "/ticket/close", "/submitted/ticket?category=abc", "/my/ticket/999999999")
    worst = max(client.get(path).status_code for path in paths)
    return f"HTTP {worst}" if worst >= 500 else "below 500"


def unreadable():
    raws = [mail(Content_Type="text/plain; charset=foo-8", body="Grüße"), mail(subject="Kettle\0leaks")]
    mark = last()
    found = [process(raw) for raw in raws]
    kept = len(after(mark))
    if OURS:
        kept += env["crm.complaint.intake"].search_count([("state", "=", "quarantine"), ("date", ">=", STARTED)])
    return f"{kept} of 2 kept" + (f" ({', '.join(sorted(set(filter(None, found))))})" if any(found) else "")


def post_office():
    spec = importlib.util.spec_from_file_location("mail_servers", Path.cwd() / "addons/crm_complaints/tests/mail_servers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.PostOffice()


def marked_as_read():
    office, mark = post_office(), last()
    office.start()
    office.put(address, mail(Content_Type="text/plain; charset=foo-8", body="Grüße"))
    server = env["fetchmail.server"].create(
        {"name": f"probe {run}", "server_type": "imap", "server": "127.0.0.1", "port": office.imap_port, "user": address,
         "password": "x", "state": "done", "object_id": env["ir.model"]._get_id(MODEL)})
    cr.commit()
    ledger = env["crm.complaint.intake"].search_count([]) if OURS else 0
    server.fetch_mail()
    cr.commit()
    read = "\\Seen" in office.box(address)[0]["flags"]
    kept = bool(after(mark)) or (OURS and env["crm.complaint.intake"].search_count([]) > ledger)
    server.active = False
    cr.commit()
    office.stop()
    return f"{'marked as read' if read else 'unread'}, {'kept' if kept else 'lost'}"


def much_of_everything():
    links = "".join(f'<a href="https://example.com/{number}">x</a>' for number in range(5001))
    found = []
    for raw in (mail(Content_Type="text/html; charset=utf-8", body=links),
                mail(Content_Type="text/html; charset=utf-8", body="<div>" * 3000 + "deep" + "</div>" * 3000),
                mail(Cc=", ".join(f"cc{number}@example.com" for number in range(500)))):
        began = time.perf_counter()
        records, errors = made(raw)
        found.append(f"{len(records)} in {time.perf_counter() - began:.1f} s" if not errors else errors[0])
    return ", ".join(found)


def machines():
    bounced, _errors = made(mail("MAILER-DAEMON@example.com", Content_Type="multipart/report; boundary=x"))
    own, _errors = made(mail(address))
    return f"bounce: {len(bounced)} case(s), own address: {len(acknowledgements(own))} acknowledgement(s)"


EVIL = ('<script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a><svg onload=alert(1)></svg>'
        '<iframe src="https://example.com"></iframe><form action="https://example.com"><input></form><base href="https://example.com">'
        '<meta http-equiv="refresh" content="0">')


def scripts():
    records, _errors = made(mail(Content_Type="text/html; charset=utf-8", body=EVIL))
    body = str(records[:1][DESCRIPTION]).lower()
    left = [word for word in ("<script", "onerror", "javascript:", "onload", "<iframe", "<form", "<base", "http-equiv") if word in body]
    return ", ".join(left) or "nothing left"


def file_names():
    message = EmailMessage()
    message["Message-ID"], message["From"], message["To"] = f"<files-{run}@example.com>", f"files-{run}@example.com", address
    message["Subject"] = "Files"
    message.set_content("See the files.")
    for name in ("../../etc/passwd", "invoice\u202Efdp.exe", "a" * 300 + ".pdf"):
        message.add_attachment(b"x", maintype="application", subtype="octet-stream", filename=name)
    records, _errors = made(message.as_bytes())
    names = env["ir.attachment"].search([("res_model", "=", MODEL), ("res_id", "in", records.ids), ("res_field", "=", False)]).mapped("name")
    bad = [name for name in names if "/" in name or "\u202e" in name or len(name) > 255]
    return f"{len(names)} files, {len(bad)} names as given"


def warnings_before_the_deadline():
    jobs = env["ir.cron"].search([("model_id.model", "like", MODEL + "%")])
    return ", ".join(jobs.mapped("name")) or "no scheduled job"


STARTED = odoo.fields.Datetime.now()
PROBES = {
    "30 mails of one sender": thirty_mails,
    "same mail twice, in turn": same_in_turn,
    "same mail, two workers at once": same_at_once,
    "same bytes without Message-ID": without_message_id,
    "other mail, same Message-ID": reused_message_id,
    "robots of RFC 3834": robots,
    "the acknowledgement's own header": header_of_acknowledgement,
    "stranger's answer, Cc of a known partner": copied_partner,
    "another customer's case by GET": close_by_get,
    "60 forms without CSRF token": form_without_token,
    "identifiers that are none": strange_identifiers,
    "unknown charset, NUL": unreadable,
    "mail that cannot be processed, on IMAP": marked_as_read,
    "5,001 links; 3,000 nested; 500 Cc": much_of_everything,
    "bounce; our own address": machines,
    "XSS set": scripts,
    "file names": file_names,
    "warnings before a deadline": warnings_before_the_deadline,
}
print(f"| probe | {MODEL} |\n|---|---|")
only = os.environ.get("PROBE", "")
for title, probe in PROBES.items():
    if only not in title:
        continue
    try:
        result = probe()
    except Exception as error:  # noqa: BLE001 a probe that breaks says so, and the others run
        cr.rollback()
        result = f"BROKEN {type(error).__name__}: {error}"
    print(f"| {title} | {re.sub(chr(10), ' ', str(result))} |", flush=True)
