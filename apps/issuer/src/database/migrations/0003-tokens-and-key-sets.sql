-- Payment tokens, their single-use key sets, and what authorisation remembers about each. From here on every table
-- that grows carries token_id in every key, so that it can be hash-partitioned by it.

CREATE TABLE tokens (
  token_id         uuid PRIMARY KEY,
  token            text NOT NULL UNIQUE CHECK (token ~ '^[0-9]{12,19}$'),
  psn              smallint NOT NULL CHECK (psn BETWEEN 0 AND 99),
  card_id          uuid NOT NULL REFERENCES cards,
  customer_id      uuid NOT NULL REFERENCES customers,
  device_id        bytea NOT NULL REFERENCES devices,
  account_id       uuid NOT NULL REFERENCES accounts,
  profile          text NOT NULL CHECK (profile IN ('open', 'tdes')),
  dki              smallint NOT NULL CHECK (dki BETWEEN 0 AND 255),
  expires_on       date NOT NULL,
  par              text NOT NULL CHECK (length(par) = 29),
  state            text NOT NULL DEFAULT 'INACTIVE'
                   CHECK (state IN ('INACTIVE', 'ACTIVE', 'SUSPENDED', 'DEACTIVATED')),
  state_reason     text NOT NULL,
  state_actor      text NOT NULL,
  state_changed_at timestamptz NOT NULL DEFAULT now(),
  -- An ISO 9564 format 4 block under the HSM's PIN key, bound to the token.
  pin_block        bytea,
  next_atc         integer NOT NULL DEFAULT 1 CHECK (next_atc BETWEEN 1 AND 65536),
  log_acknowledged_seq bigint NOT NULL DEFAULT 0,
  -- Domain controls and limits (docs/profiles.md §6), in minor units of the home currency.
  home_currency          text NOT NULL CHECK (home_currency ~ '^[0-9]{3}$'),
  issuer_country         text NOT NULL DEFAULT '702' CHECK (issuer_country ~ '^[0-9]{3}$'),
  allowed_countries      text[],          -- null: any terminal country (9F1A)
  low_value_tap_minor    bigint NOT NULL DEFAULT 10000 CHECK (low_value_tap_minor >= 0),
  low_value_count_max    integer NOT NULL DEFAULT 5 CHECK (low_value_count_max >= 0),
  low_value_sum_minor    bigint NOT NULL DEFAULT 30000 CHECK (low_value_sum_minor >= 0),
  tap_limit_minor        bigint NOT NULL DEFAULT 50000 CHECK (tap_limit_minor >= 0),
  day_limit_minor        bigint NOT NULL DEFAULT 200000 CHECK (day_limit_minor >= 0),
  pin_tries_max          smallint NOT NULL DEFAULT 3 CHECK (pin_tries_max BETWEEN 1 AND 15),
  created_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX tokens_of_device ON tokens (device_id);
CREATE INDEX tokens_of_card ON tokens (card_id);

-- Issued ATCs are a set, not a rising line: deferred taps arrive out of order. The keys themselves are derived when
-- they are needed and stored nowhere.
CREATE TABLE key_sets (
  token_id    uuid NOT NULL REFERENCES tokens,
  atc         integer NOT NULL CHECK (atc BETWEEN 1 AND 65535),
  key_set_id  bytea NOT NULL CHECK (octet_length(key_set_id) = 7),
  idn         bytea NOT NULL CHECK (octet_length(idn) = 2),
  expires_on  date NOT NULL,
  issued_at   timestamptz NOT NULL,
  revoked_at  timestamptz,          -- a PIN change ends the sets that are left
  PRIMARY KEY (token_id, atc),
  UNIQUE (token_id, key_set_id)
);

-- What the next authorisation needs to know about the last ones. `version` rises with every change: an authorisation
-- is written only if the version is still the one that it was decided on.
CREATE TABLE token_states (
  token_id            uuid PRIMARY KEY REFERENCES tokens,
  version             bigint NOT NULL DEFAULT 0,
  pin_tries_left      smallint NOT NULL CHECK (pin_tries_left >= 0),
  low_value_count     integer NOT NULL DEFAULT 0 CHECK (low_value_count >= 0),
  low_value_sum_minor bigint NOT NULL DEFAULT 0 CHECK (low_value_sum_minor >= 0),
  day                 date,
  day_sum_minor       bigint NOT NULL DEFAULT 0 CHECK (day_sum_minor >= 0),
  recent_since        timestamptz,
  recent_count        integer NOT NULL DEFAULT 0 CHECK (recent_count >= 0)
) WITH (fillfactor = 50);

-- A token without a state could be authorised against nothing: the row comes with the token.
CREATE FUNCTION token_state_comes_with_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO token_states (token_id, pin_tries_left) VALUES (NEW.token_id, NEW.pin_tries_max);
  RETURN NULL;
END $$;
CREATE TRIGGER state_comes_with_token AFTER INSERT ON tokens
  FOR EACH ROW EXECUTE FUNCTION token_state_comes_with_token();

-- An authorisation that is under way when a token is suspended or its key sets are revoked was decided on what is no
-- longer so: the version tells it to read again.
CREATE FUNCTION token_state_is_outdated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE token_states SET version = version + 1 WHERE token_id = NEW.token_id;
  RETURN NULL;
END $$;
CREATE TRIGGER token_changed AFTER UPDATE ON tokens FOR EACH ROW
  WHEN ((OLD.state, OLD.expires_on, OLD.account_id) IS DISTINCT FROM (NEW.state, NEW.expires_on, NEW.account_id))
  EXECUTE FUNCTION token_state_is_outdated();
CREATE TRIGGER key_set_revoked AFTER UPDATE ON key_sets FOR EACH ROW
  WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at)
  EXECUTE FUNCTION token_state_is_outdated();
