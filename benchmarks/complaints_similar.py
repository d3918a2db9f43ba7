"""Similar cases among 100,000 complaints, as the form asks for them, against the bare query.

    bin/odoo shell -d NAME < benchmarks/complaints_similar.py
    SIMILAR_ROWS=20000 bin/odoo shell -d NAME < benchmarks/complaints_similar.py

Needs a database with crm_complaints. Rows are generated in one transaction that is rolled back at the end. The texts
have 25 to 80 words out of a vocabulary in which a few words are common and most are rare, as in real texts. What is
searched is a complaint with 35 % of its words replaced and typing errors in others. All figures come from one run:

* bare: the same words and text in one hand-written statement, without rights and without the ORM;
* `_similar` for the leader (sees all) and for a clerk (own, unassigned and followed complaints);
* `crm_similar`, the whole answer to the form with cards and summary;
* how often the complaint searched for is among the five shown.

Goals: `_similar` <= 2x bare for the leader; recall at 5 of 0.95 or more.
"""
# ruff: noqa: E501
import os
import random
import statistics
import time

from odoo.addons.crm_complaints.tools import similar
from odoo.fields import Domain

ROWS = int(os.environ.get("SIMILAR_ROWS", "100000"))
RUNS = int(os.environ.get("SIMILAR_RUNS", "60"))
cr = env.cr
cr.execute("SET LOCAL synchronous_commit = off")
rng = random.Random(7)
LETTERS = "abcdefghijklmnoprstuvz"
words = sorted({"".join(rng.choice(LETTERS) for _i in range(rng.randint(3, 10))) for _j in range(30_000)})
rng.shuffle(words)
weights = [1 / (rank + 3) for rank in range(len(words))]
totals = []
running = 0.0
for weight in weights:
    running += weight
    totals.append(running)


def text():
    return " ".join(rng.choices(words, cum_weights=totals, k=rng.randint(25, 80)))


def misspelt(word):
    at = rng.randrange(len(word))
    return word[:at] + rng.choice(LETTERS) + word[at + 1:]


def blurred(body):
    found = []
    for word in body.split():
        chance = rng.random()
        found.append(rng.choice(words) if chance < 0.35 else misspelt(word) if chance < 0.45 else word)
    return " ".join(found)


started = time.time()
stage = env["crm.complaint.stage"].search([("phase", "=", "closed"), ("outcome", "=", "settled")], limit=1)
Users = env["res.users"].with_context(no_reset_password=True)
people = {}
for login, group in (("bench_clerk", "group_user"), ("bench_lead", "group_user_all")):
    people[login] = Users.search([("login", "=", login)]) or Users.create(
        {"name": login, "login": login, "group_ids": [(6, 0, [env.ref(f"crm_complaints.{group}").id])]})
env.flush_all()
cr.execute("SELECT COALESCE(max(id), 0) FROM crm_complaint")
base = cr.fetchone()[0]
bodies = [text() for _index in range(ROWS)]
for first in range(0, ROWS, 5000):
    part = bodies[first:first + 5000]
    cr.execute(
        "INSERT INTO crm_complaint (id, name, code, active, company_id, channel, stage_id, phase, outcome, decision, date_received, "
        "date_logged, user_id, similar_text) SELECT %s + row.n, 'Case ' || row.n, 'B/' || (%s + row.n), true, %s, 'email', %s, 'closed', "
        "'settled', 'upheld', now(), now(), CASE WHEN row.n %% 10 = 0 THEN %s ELSE %s END, row.body "
        "FROM unnest(%s::text[]) WITH ORDINALITY AS row(body, n)",
        [base + first, base + first, env.company.id, stage.id, people["bench_clerk"].id, env.uid, part])
cr.execute("SELECT setval('crm_complaint_id_seq', (SELECT max(id) FROM crm_complaint))")
cr.execute("SELECT gin_clean_pending_list('crm_complaint_similar_vector_idx')")
cr.execute("ANALYZE crm_complaint")
print(f"{ROWS} complaints made in {time.time() - started:.0f} s")

queries = [(base + 1 + index, blurred(bodies[index])) for index in rng.sample(range(ROWS), RUNS)]
clerk = env["crm.complaint"].with_user(people["bench_clerk"])
lead = env["crm.complaint"].with_user(people["bench_lead"])
BARE = (
    "SELECT id, score FROM (SELECT id, similarity(body, %s) AS score FROM (SELECT id, left(similar_text, 2000) AS body FROM crm_complaint "
    "WHERE similar_vector @@ %s::tsquery ORDER BY ts_rank(similar_vector, %s::tsquery) DESC, id DESC LIMIT 200) near) found "
    "WHERE score >= 0.1 ORDER BY score DESC, id DESC LIMIT 5")


def median_of(function):
    for _id, body in queries[:5]:
        function(body)
    times = []
    for _id, body in queries:
        env.invalidate_all()
        began = time.perf_counter()
        function(body)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


frequencies = lead._word_frequencies()
prepared = {body: similar.any_of(similar.search_words(similar.normal_text(body), frequencies)) for _id, body in queries}


def bare(body):
    cr.execute(BARE, [body[:2000], prepared[body], prepared[body]])
    return cr.fetchall()


bare_ms = median_of(bare)
print(f"bare query:                          {bare_ms:7.1f} ms   1.0x")
for label, function in (
    ("_similar, leader", lambda body: lead._similar(body, Domain.TRUE, 5)),
    ("_similar, clerk with a tenth of them", lambda body: clerk._similar(body, Domain.TRUE, 5)),
    ("crm_similar, whole answer, leader", lambda body: lead.crm_similar({"name": body[:60], "description": body[60:]})),
):
    ms = median_of(function)
    print(f"{label:36} {ms:7.1f} ms   {ms / bare_ms:.1f}x")
hits = sum(wanted in [found for found, _score in lead._similar(body, Domain.TRUE, 5)] for wanted, body in queries)
print(f"recall at 5: {hits / len(queries):.3f}")
cr.rollback()
