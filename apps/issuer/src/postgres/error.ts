// Why an embedded server could not be had. The reasons are named so that a supervisor can tell a second start
// (leave it alone) from a broken one (say what to do).

export type PostgresFailure =
  /** No server binaries for this platform: set DATABASE_URL. */
  | 'no_binaries'
  /** This account may not read, write or own what it has to. */
  | 'no_permission'
  /** Another living process runs a server on the same folder. */
  | 'folder_in_use'
  /** The folder was made by another major version of PostgreSQL. */
  | 'other_version'
  | 'port_in_use'
  | 'initdb_failed'
  | 'did_not_start';

export class PostgresError extends Error {
  readonly reason: PostgresFailure;

  constructor(reason: PostgresFailure, message: string) {
    super(message);
    this.name = 'PostgresError';
    this.reason = reason;
  }
}
