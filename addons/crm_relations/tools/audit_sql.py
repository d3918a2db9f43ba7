"""The functions of the audit log that live in the database.

``changes`` is jsonb, whose text form is canonical, so its salted digest can be made again from what is stored.
"""

import re

SECRET_COLUMNS = "(^|_)(token|secret|password|passwd|pass|pin|api_?key|private_key)(_(digest|hash|key|pem))?$"
"""Columns whose values open something: that they changed is written down, what they hold is not. For PostgreSQL and
Python alike."""
SECRET_VALUES = {"ir.config_parameter": {"value"}}
"""Columns that may hold a secret whatever they are called."""
HIDDEN = "***"
LINKS = "access_token"
"""The key of the secret link of a document is made by looking at it: not even that is written down."""


def is_secret(model, column):
    """Whether the values of a column are nobody's to read, in entries of before this was asked, too.

    >>> is_secret("crm.call.system", "secret"), is_secret("res.users", "signup_token"), is_secret("x", "token_digest")
    (True, True, True)
    >>> is_secret("crm.call.system", "secret_date"), is_secret("x", "shipping_date")
    (False, False)
    """
    return bool(re.search(SECRET_COLUMNS, column)) or column in SECRET_VALUES.get(model, ())


FUNCTIONS = """
CREATE OR REPLACE FUNCTION crm_audit_capture() RETURNS trigger AS $$
-- arguments: model, column with the id of the document, columns that are left out
DECLARE
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) ELSE '{}' END;
    after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) ELSE '{}' END;
    whole jsonb := before || after;
    left_out text[] := TG_ARGV[2]::text[] || ARRAY['LINKS'];
    actor integer := NULLIF(current_setting('crm.audit_uid', true), '')::integer;
    changed jsonb;
    secret text := gen_random_uuid()::text;
    entry integer;
BEGIN
    IF TG_OP <> 'DELETE' AND whole ? 'write_uid' THEN
        actor := COALESCE((after ->> 'write_uid')::integer, actor);
    END IF;
    before := before - left_out;
    after := after - left_out;
    SELECT jsonb_object_agg(key, CASE
               WHEN key ~ 'SECRET_COLUMNS' OR key = 'value' AND TG_TABLE_NAME = 'ir_config_parameter'
               THEN jsonb_build_array(
                   CASE WHEN NULLIF(before -> key, 'null'::jsonb) IS NOT NULL THEN 'HIDDEN' END,
                   CASE WHEN NULLIF(after -> key, 'null'::jsonb) IS NOT NULL THEN 'HIDDEN' END)
               ELSE jsonb_build_array(
                   NULLIF(before -> key, 'null'::jsonb), NULLIF(after -> key, 'null'::jsonb)) END)
      INTO changed
      FROM jsonb_object_keys(before || after) AS key
     WHERE NULLIF(before -> key, 'null'::jsonb) IS DISTINCT FROM NULLIF(after -> key, 'null'::jsonb);
    IF changed IS NULL THEN
        RETURN NULL;
    END IF;
    IF current_setting('crm.audit_quiet', true) = 'on' THEN
        -- an erasure: that it happened is written down, what was there is not
        SELECT jsonb_object_agg(key, '[null, null]'::jsonb) INTO changed FROM jsonb_object_keys(changed) AS key;
    END IF;
    INSERT INTO crm_audit_entry (date, res_model, res_id, company_id, operation, actor_id, digest)
    VALUES (clock_timestamp() AT TIME ZONE 'UTC', TG_ARGV[0], (whole ->> TG_ARGV[1])::integer,
            (SELECT id FROM res_company WHERE id = (whole ->> 'company_id')::integer), TG_OP, actor,
            encode(sha256(convert_to(secret || changed::text, 'UTF8')), 'hex'))
    RETURNING id INTO entry;
    INSERT INTO crm_audit_payload (entry_id, salt, changes) VALUES (entry, secret, changed);
    RETURN NULL;
END $$ LANGUAGE plpgsql;

CREATE OR REPLACE FUNCTION crm_audit_hash(previous text, place integer, e crm_audit_entry) RETURNS text AS $$
    SELECT encode(sha256(convert_to(concat_ws('|', previous, place::text,
        to_char(e.date, 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.id::text, e.res_model, COALESCE(e.res_id::text, '-'),
        e.operation, COALESCE(e.actor_id::text, '-'), e.digest), 'UTF8')), 'hex')
$$ LANGUAGE sql STABLE;

CREATE OR REPLACE FUNCTION crm_audit_seal(most integer) RETURNS integer AS $$
DECLARE
    e crm_audit_entry;
    place integer;
    head text;
    sealed integer := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtext('crm_audit_seal')) THEN
        RETURN 0;
    END IF;
    SELECT x.seq, x.hash INTO place, head FROM crm_audit_entry x WHERE x.seq IS NOT NULL ORDER BY x.seq DESC LIMIT 1;
    place := COALESCE(place, 0);
    head := COALESCE(head, '');
    FOR e IN SELECT * FROM crm_audit_entry x WHERE x.seq IS NULL ORDER BY x.id LIMIT most LOOP
        place := place + 1;
        head := crm_audit_hash(head, place, e);
        UPDATE crm_audit_entry SET seq = place, hash = head WHERE id = e.id;
        sealed := sealed + 1;
    END LOOP;
    RETURN sealed;
END $$ LANGUAGE plpgsql;

CREATE OR REPLACE FUNCTION crm_audit_verify(
    OUT entries integer, OUT head text, OUT erased integer, OUT unsealed integer, OUT broken integer
) AS $$
    WITH chain AS (
        SELECT e.seq, e.hash, p.changes IS NULL AND p.id IS NOT NULL AS emptied,
               row_number() OVER by_place = e.seq
               AND e.hash = crm_audit_hash(COALESCE(lag(e.hash) OVER by_place, ''), e.seq, e)
               AND p.id IS NOT NULL
               AND (p.changes IS NULL
                    OR encode(sha256(convert_to(p.salt || p.changes::text, 'UTF8')), 'hex') = e.digest) AS good
          FROM crm_audit_entry e LEFT JOIN crm_audit_payload p ON p.entry_id = e.id
         WHERE e.seq IS NOT NULL
        WINDOW by_place AS (ORDER BY e.seq))
    SELECT count(*)::integer, (array_agg(hash ORDER BY seq DESC))[1], count(*) FILTER (WHERE emptied)::integer,
           (SELECT count(*)::integer FROM crm_audit_entry WHERE seq IS NULL),
           COALESCE(min(seq) FILTER (WHERE good IS NOT TRUE), 0)
      FROM chain
$$ LANGUAGE sql STABLE;
""".replace("SECRET_COLUMNS", SECRET_COLUMNS).replace("HIDDEN", HIDDEN).replace("LINKS", LINKS)

KEPT = "The audit log is only added to"
# an entry is sealed once; a payload can be emptied by an erasure
ENTRY_MAY_CHANGE = """
    OLD.seq IS NULL AND NEW.seq IS NOT NULL
    AND to_jsonb(NEW) - ARRAY['seq', 'hash'] = to_jsonb(OLD) - ARRAY['seq', 'hash']
"""
PAYLOAD_MAY_CHANGE = "NEW.changes IS NULL AND to_jsonb(NEW) - 'changes' = to_jsonb(OLD) - 'changes'"
