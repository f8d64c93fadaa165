// The server's settings, given on its command line so that they hold for every start of every cluster, however
// old. (PostgreSQL 18 documentation, chapter 19.)

export type Settings = Readonly<Record<string, string>>;

export const SETTINGS: Settings = {
  // Loopback only, and no socket file.
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  // What was answered must survive a crash: these are the defaults, and nobody gets to change them in a file.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  password_encryption: 'scram-sha-256',
  // No customer data in the log: no statement, no parameter, and `terse` leaves out DETAIL, where a violated
  // unique key prints its values.
  log_min_messages: 'warning',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_destination: 'stderr',
  logging_collector: 'off',
  lc_messages: 'C',
  timezone: 'UTC',
  log_timezone: 'UTC',
  jit: 'off',
};

/** For a server whose data is thrown away with it. A killed server process still recovers, a power cut does not. */
export const TEMPORARY_SETTINGS: Settings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '32MB',
  max_wal_size: '256MB',
};

/** As command-line arguments of `postgres`. */
export function asArguments(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
