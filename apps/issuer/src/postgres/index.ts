// PostgreSQL as a child process: what the supervisor, the torture tests and the bench use.
export { PostgresError, type PostgresFailure } from './error.ts';
export { isLiving } from './process-state.ts';
export { type Postgres, type PostgresEnd, type PostgresOptions, startPostgres } from './start.ts';
export { startTemporaryPostgres, type TemporaryOptions } from './temporary.ts';
