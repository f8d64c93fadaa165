// Loaded into every child process before its own code (`node --import`): a child never outlives its supervisor.
// When the supervisor is killed outright, the channel to it closes; the child then gets the same SIGTERM that an
// orderly stop sends, and a few seconds to finish.
const PATIENCE_MS = 5_000;

process.once('disconnect', () => {
  setTimeout(() => process.exit(1), PATIENCE_MS).unref();
  process.kill(process.pid, 'SIGTERM');
});
