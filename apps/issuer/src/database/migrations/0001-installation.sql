-- What this database is, and the trail of what was done to it.

-- One row. `keys` says which kind of key has ever been loaded against this database: a database that has held
-- live keys never takes demonstration keys, and the other way round. The change is one way (see the trigger).
CREATE TABLE installation (
  only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  installation_id uuid NOT NULL DEFAULT gen_random_uuid(),
  keys            text NOT NULL DEFAULT 'none' CHECK (keys IN ('none', 'demonstration', 'live')),
  keystore_id     text,          -- which keystore: another one could verify nothing that this database holds
  keys_since      timestamptz,
  CHECK ((keys = 'none') = (keystore_id IS NULL)),
  CHECK ((keys = 'none') = (keys_since IS NULL))
);
INSERT INTO installation DEFAULT VALUES;

CREATE FUNCTION installation_keeps_its_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'the installation row stays';
  END IF;
  IF OLD.keys <> 'none' AND (NEW.keys, NEW.keystore_id) IS DISTINCT FROM (OLD.keys, OLD.keystore_id) THEN
    RAISE EXCEPTION 'this database has held % keys', OLD.keys;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keeps_its_keys BEFORE UPDATE OR DELETE ON installation
  FOR EACH ROW EXECUTE FUNCTION installation_keeps_its_keys();

-- Append-only and hash-chained: each entry's hash covers the entry and the hash before it. Writers queue for one
-- another until they commit, so a transaction writes its audit entry last.
CREATE TABLE audit (
  seq           bigint PRIMARY KEY,
  at            timestamptz NOT NULL,
  actor         text NOT NULL,
  action        text NOT NULL,
  subject       text NOT NULL,
  detail        jsonb NOT NULL DEFAULT '{}',
  previous_hash bytea NOT NULL CHECK (octet_length(previous_hash) = 32),
  hash          bytea NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE FUNCTION audit_hash(previous bytea, seq bigint, at timestamptz, actor text, action text, subject text, detail jsonb)
RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(previous || convert_to(
    jsonb_build_array(seq, extract(epoch FROM at), actor, action, subject, detail)::text, 'UTF8'))
$$;

CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last record;
BEGIN
  IF TG_OP <> 'INSERT' THEN
    RAISE EXCEPTION 'the audit trail is append-only';
  END IF;
  PERFORM pg_advisory_xact_lock(7300, 1);
  SELECT a.seq, a.hash INTO last FROM audit a ORDER BY a.seq DESC LIMIT 1;
  NEW.seq := coalesce(last.seq, 0) + 1;
  NEW.previous_hash := coalesce(last.hash, sha256('tapseal audit v1'));
  NEW.hash := audit_hash(NEW.previous_hash, NEW.seq, NEW.at, NEW.actor, NEW.action, NEW.subject, NEW.detail);
  RETURN NEW;
END $$;
CREATE TRIGGER chain BEFORE INSERT OR UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_chain();
CREATE TRIGGER append_only BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_chain();

-- HTTP idempotency (docs/api.md): the same key and body get the same answer, another body is a conflict.
CREATE TABLE idempotency_keys (
  scope           text NOT NULL,     -- who called: a device, an operator
  idempotency_key text NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  request_hash    bytea NOT NULL CHECK (octet_length(request_hash) = 32),
  status          integer,           -- null while the first call is under way
  body            jsonb,
  created_at      timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scope, idempotency_key)
);
