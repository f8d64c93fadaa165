-- One row per (token, ATC): no cryptogram is accepted twice, and it is the primary key that says so.
CREATE TABLE authorisations (
  token_id          uuid NOT NULL REFERENCES tokens,
  atc               integer NOT NULL CHECK (atc BETWEEN 1 AND 65535),
  presentment_hash  bytea NOT NULL CHECK (octet_length(presentment_hash) = 32),  -- DE 32, 41, 42, 4, 55
  message_key       bytea NOT NULL CHECK (octet_length(message_key) = 32),
  mti               text NOT NULL CHECK (mti ~ '^[0-9]{4}$'),
  amount_minor      bigint NOT NULL CHECK (amount_minor >= 0),
  currency          text NOT NULL CHECK (currency ~ '^[0-9]{3}$'),
  refusal           text,                     -- null: approved
  de39              text NOT NULL CHECK (length(de39) = 2),
  approval_code     text CHECK (length(approval_code) = 6),
  issuer_authentication bytea,                -- tag 91
  umd               text NOT NULL CHECK (umd IN ('absent', 'valid', 'mismatch')),
  cryptogram        bytea NOT NULL CHECK (octet_length(cryptogram) = 8),
  transaction_date  date NOT NULL,            -- 9A
  acquirer_id       text NOT NULL,
  terminal_id       text NOT NULL,
  merchant_id       text NOT NULL,
  merchant_name     text,
  threat_response   smallint NOT NULL,
  policy_version    integer NOT NULL,
  account_id        uuid NOT NULL,
  held_minor        bigint NOT NULL CHECK (held_minor >= 0),    -- still on hold at the account
  posted_minor      bigint NOT NULL CHECK (posted_minor >= 0),  -- taken from the balance (0200)
  reversed_at       timestamptz,
  decided_at        timestamptz NOT NULL,
  PRIMARY KEY (token_id, atc),
  CHECK ((refusal IS NULL) = (de39 = '00')),
  CHECK ((refusal IS NULL) = (approval_code IS NOT NULL)),
  CHECK (refusal IS NULL OR held_minor + posted_minor = 0)
);

-- Every message that was answered from what is stored: the same message gets the same answer.
CREATE TABLE messages (
  token_id      uuid NOT NULL REFERENCES tokens,
  message_key   bytea NOT NULL CHECK (octet_length(message_key) = 32),  -- class of MTI, DE 32, 41, 11, 12, 13
  fingerprint   bytea NOT NULL CHECK (octet_length(fingerprint) = 32),  -- what must not differ in a repeat, DE 55 too
  original_key  bytea NOT NULL CHECK (octet_length(original_key) = 32), -- what a reversal names: DE 90
  mti           text NOT NULL CHECK (mti ~ '^[0-9]{4}$'),
  atc           integer,
  refusal       text,
  de39          text NOT NULL CHECK (length(de39) = 2),
  approval_code text,
  issuer_authentication bytea,
  -- One cryptogram may have been answered under several STANs; the money is released when each has been reversed.
  reversed_at   timestamptz,
  received_at   timestamptz NOT NULL,
  PRIMARY KEY (token_id, message_key)
);
CREATE INDEX messages_by_original ON messages (token_id, original_key);

-- A reversal came before its original: the late original is declined.
CREATE TABLE tombstones (
  token_id     uuid NOT NULL REFERENCES tokens,
  original_key bytea NOT NULL CHECK (octet_length(original_key) = 32),
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (token_id, original_key)
);

-- 0120 and 0220 report facts; they are recorded and acknowledged.
CREATE TABLE advices (
  token_id     uuid NOT NULL REFERENCES tokens,
  message_key  bytea NOT NULL CHECK (octet_length(message_key) = 32),
  mti          text NOT NULL,
  atc          integer,
  amount_minor bigint NOT NULL,
  currency     text NOT NULL,
  reported_de39 text,
  finding      text NOT NULL,        -- 'consistent', or what is wrong with it
  acquirer_id  text NOT NULL,
  terminal_id  text NOT NULL,
  merchant_id  text NOT NULL,
  received_at  timestamptz NOT NULL,
  PRIMARY KEY (token_id, message_key)
);

-- The wallet's transaction log as uploaded (docs/layouts.md §5). Two different records under one sequence number
-- are a fork, the mark of a clone: both are kept.
CREATE TABLE wallet_log (
  token_id      uuid NOT NULL REFERENCES tokens,
  seq           bigint NOT NULL CHECK (seq BETWEEN 1 AND 4294967295),
  record_hash   bytea NOT NULL CHECK (octet_length(record_hash) = 32),
  record        bytea NOT NULL CHECK (octet_length(record) = 160),
  atc           integer NOT NULL,
  status        smallint NOT NULL,
  mac_valid     boolean NOT NULL,
  chain_valid   boolean NOT NULL,
  device_id     bytea NOT NULL,
  received_at   timestamptz NOT NULL,
  PRIMARY KEY (token_id, seq, record_hash)
);
CREATE INDEX wallet_log_by_atc ON wallet_log (token_id, atc);

-- Exceptions for a person to look at. One case per subject: a second reconciliation opens no second one.
CREATE TABLE cases (
  token_id  uuid NOT NULL REFERENCES tokens,
  case_id   uuid NOT NULL DEFAULT gen_random_uuid(),
  kind      text NOT NULL,
  subject   text NOT NULL,
  detail    jsonb NOT NULL DEFAULT '{}',
  state     text NOT NULL DEFAULT 'OPEN' CHECK (state IN ('OPEN', 'CLOSED')),
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  PRIMARY KEY (token_id, case_id),
  UNIQUE (token_id, kind, subject)
);

-- Events on their way out, relayed outside the transaction that wrote them.
CREATE TABLE outbox (
  token_id   uuid NOT NULL,
  event_id   bigint GENERATED ALWAYS AS IDENTITY,
  kind       text NOT NULL,
  payload    jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  relayed_at timestamptz,
  PRIMARY KEY (token_id, event_id)
);
CREATE INDEX outbox_waiting ON outbox (event_id) WHERE relayed_at IS NULL;
