// `npm run check`: the static checks alone, for the minute before a commit.
import { repositoryRoot } from './build.ts';
import { checks, passes } from './checks.ts';

for (const check of checks) {
  const passed = await passes(repositoryRoot(), check);
  console.log(`${passed ? 'passed' : 'FAILED'}: ${check.name}`);
  if (!passed) process.exitCode = 1;
}
