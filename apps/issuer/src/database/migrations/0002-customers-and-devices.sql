-- Who the bank's customers are, what they hold, and which devices are bound to them.

CREATE TABLE customers (
  customer_id uuid PRIMARY KEY,
  name        text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now()
);

-- A code is for one customer, one use, with an expiry; only its hash is kept.
CREATE TABLE activation_codes (
  code_hash   bytea PRIMARY KEY CHECK (octet_length(code_hash) = 32),
  customer_id uuid NOT NULL REFERENCES customers,
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz,
  tries       integer NOT NULL DEFAULT 0 CHECK (tries >= 0),
  created_at  timestamptz NOT NULL DEFAULT now()
);

-- docs/layouts.md §1: the device's private keys never leave it; these are the public ones.
CREATE TABLE devices (
  device_id                bytea PRIMARY KEY CHECK (octet_length(device_id) = 16),
  customer_id              uuid NOT NULL REFERENCES customers,
  ed25519_public_key       bytea NOT NULL UNIQUE CHECK (octet_length(ed25519_public_key) = 32),
  next_one_time_public_key bytea NOT NULL CHECK (octet_length(next_one_time_public_key) = 32),
  next_bundle_number       bigint NOT NULL DEFAULT 1 CHECK (next_bundle_number >= 1),
  highest_uplink_number    bigint NOT NULL DEFAULT 0 CHECK (highest_uplink_number >= 0),
  highest_generation       bigint NOT NULL DEFAULT 0 CHECK (highest_generation >= 0),
  kernel_version           bigint NOT NULL DEFAULT 0,
  credential_hash          bytea NOT NULL UNIQUE CHECK (octet_length(credential_hash) = 32),
  -- ROLLED_BACK: a generation below the highest seen arrived; CLONED: the log forked.
  state                    text NOT NULL DEFAULT 'ACTIVE'
                           CHECK (state IN ('ACTIVE', 'SUSPENDED', 'ROLLED_BACK', 'CLONED', 'REVOKED')),
  state_reason             text,
  minimum_policy_version   integer NOT NULL DEFAULT 0 CHECK (minimum_policy_version BETWEEN 0 AND 65535),
  created_at               timestamptz NOT NULL DEFAULT now(),
  last_seen_at             timestamptz
);

CREATE TABLE enrolments (
  enrolment_id   uuid PRIMARY KEY,
  customer_id    uuid NOT NULL REFERENCES customers,
  code_hash      bytea NOT NULL REFERENCES activation_codes,
  nonce          bytea NOT NULL UNIQUE CHECK (octet_length(nonce) = 32),
  expires_at     timestamptz NOT NULL,
  statement_hash bytea CHECK (octet_length(statement_hash) = 32),
  device_id      bytea REFERENCES devices,
  created_at     timestamptz NOT NULL DEFAULT now()
);

-- The account behind the card. `held_minor` is authorised and not yet cleared; what can be spent is the difference.
CREATE TABLE accounts (
  account_id    uuid PRIMARY KEY,
  customer_id   uuid NOT NULL REFERENCES customers,
  currency      text NOT NULL CHECK (currency ~ '^[0-9]{3}$'),   -- ISO 4217, numeric
  balance_minor bigint NOT NULL,
  held_minor    bigint NOT NULL DEFAULT 0 CHECK (held_minor >= 0),
  created_at    timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);

CREATE TABLE cards (
  card_id     uuid PRIMARY KEY,
  customer_id uuid NOT NULL REFERENCES customers,
  account_id  uuid NOT NULL REFERENCES accounts,
  label       text NOT NULL,
  last_four   text NOT NULL CHECK (last_four ~ '^[0-9]{4}$'),
  currency    text NOT NULL CHECK (currency ~ '^[0-9]{3}$'),
  expiry      text NOT NULL CHECK (expiry ~ '^[0-9]{2}(0[1-9]|1[0-2])$'),   -- YYMM
  state       text NOT NULL DEFAULT 'ACTIVE' CHECK (state IN ('ACTIVE', 'BLOCKED', 'CLOSED')),
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cards_of_customer ON cards (customer_id);

-- The only place where a PAN is kept, encrypted; only `tokens` reads it. `pan_lookup` is a keyed hash.
CREATE TABLE pan_vault (
  card_id        uuid PRIMARY KEY REFERENCES cards,
  pan_ciphertext bytea NOT NULL,
  pan_lookup     bytea NOT NULL UNIQUE CHECK (octet_length(pan_lookup) = 32)
);

-- What is to be sent to a device, in order. Key material is not here: it is derived when the bundle is sealed.
CREATE TABLE bundle_intents (
  device_id     bytea NOT NULL REFERENCES devices,
  position      bigint GENERATED ALWAYS AS IDENTITY,
  kind          text NOT NULL,
  token_id      uuid,
  detail        jsonb NOT NULL DEFAULT '{}',
  bundle_number bigint,            -- the sealed bundle that carries it
  created_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (device_id, position)
);

-- Sealed bundles, byte for byte the same until the receipt comes; at most one without a receipt per device.
CREATE TABLE bundles (
  device_id      bytea NOT NULL REFERENCES devices,
  bundle_number  bigint NOT NULL CHECK (bundle_number >= 1),
  bytes          bytea NOT NULL CHECK (octet_length(bytes) <= 32768),
  bundle_hash    bytea NOT NULL CHECK (octet_length(bundle_hash) = 32),
  receipt        bytea CHECK (octet_length(receipt) = 178),
  status         text NOT NULL DEFAULT 'SEALED' CHECK (status IN ('SEALED', 'APPLIED', 'REFUSED')),
  refusal_status bigint,
  created_at     timestamptz NOT NULL DEFAULT now(),
  receipted_at   timestamptz,
  PRIMARY KEY (device_id, bundle_number),
  CHECK ((status = 'SEALED') = (receipt IS NULL))
);
CREATE UNIQUE INDEX one_unreceipted_bundle ON bundles (device_id) WHERE receipt IS NULL;
