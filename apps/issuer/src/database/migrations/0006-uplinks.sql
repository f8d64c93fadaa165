-- Every uplink that was accepted, by number. The secure element never uses a number twice: the same number with other
-- bytes comes from a second state of one device.
CREATE TABLE uplinks (
  device_id     bytea NOT NULL REFERENCES devices,
  uplink_number bigint NOT NULL CHECK (uplink_number >= 1),
  uplink_hash   bytea NOT NULL CHECK (octet_length(uplink_hash) = 32),
  generation    bigint NOT NULL CHECK (generation >= 0),
  received_at   timestamptz NOT NULL,
  PRIMARY KEY (device_id, uplink_number)
);
