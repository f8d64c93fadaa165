// The count that ends `npm test`: one plain line that a machine can read, and above it the name of every test
// that failed or was skipped. What could not even begin counts as failed.
import type { Reporter, TestModule, TestSuite } from 'vitest/node';

type Named = { readonly name: string; readonly why: string };

export class Tally {
  passed = 0;
  readonly failed: Named[] = [];
  readonly skipped: Named[] = [];

  pass(): void {
    this.passed++;
  }

  fail(name: string, why: string): void {
    this.failed.push({ name, why: firstLine(why) });
  }

  skip(name: string, why: string | undefined): void {
    this.skipped.push({ name, why: firstLine(why ?? 'no reason given') });
  }

  /** Collects what Vitest ran. */
  reporter(): Reporter {
    return {
      onTestRunEnd: (modules, unhandledErrors) => {
        for (const module of modules) this.#addModule(module);
        for (const error of unhandledErrors) this.fail('error outside of any test', error.message);
      },
    };
  }

  #addModule(module: TestModule): void {
    const file = module.relativeModuleId;
    for (const error of module.errors()) this.fail(file, error.message);
    for (const suite of module.children.allSuites()) this.#addSuiteErrors(file, suite);
    for (const test of module.children.allTests()) {
      const name = `${file} > ${test.fullName}`;
      const result = test.result();
      if (result.state === 'passed') this.pass();
      else if (result.state === 'skipped') this.skip(name, result.note);
      else this.fail(name, result.errors?.[0]?.message ?? 'did not finish');
    }
  }

  // A hook that fails takes its tests with it: they would otherwise show as skipped.
  #addSuiteErrors(file: string, suite: TestSuite): void {
    for (const error of suite.errors()) this.fail(`${file} > ${suite.fullName}`, error.message);
  }

  lines(): string[] {
    return [
      ...this.skipped.map(({ name, why }) => `skipped: ${name} (${why})`),
      ...this.failed.map(({ name, why }) => `failed: ${name} (${why})`),
      `${this.passed} passed, ${this.failed.length} failed, ${this.skipped.length} skipped`,
    ];
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!;
}
