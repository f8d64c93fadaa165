-- What the wallet has been told about each of its taps. A tap that the bank had not seen when the wallet asked
-- (NOT_SEEN) is told again when its authorisation arrives. `bundle_number` is the bundle that carried the news.
CREATE TABLE outcomes_sent (
  token_id      uuid NOT NULL REFERENCES tokens,
  atc           integer NOT NULL CHECK (atc BETWEEN 1 AND 65535),
  outcome       text NOT NULL CHECK (outcome IN ('APPROVED', 'DECLINED', 'NOT_SEEN')),
  device_id     bytea NOT NULL,
  bundle_number bigint NOT NULL,
  PRIMARY KEY (token_id, atc)
);
