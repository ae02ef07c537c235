// Prints the figures and nothing around them, or what kept them from being taken.
import type { Reporter, TestCase, TestError, TestResult } from '@playwright/test/reporter';

export default class FiguresReporter implements Reporter {
  onStdOut(chunk: string | Buffer): void {
    process.stdout.write(chunk);
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    for (const error of result.errors) this.#tell(test.title, error);
  }

  onError(error: TestError): void {
    this.#tell('before any measurement', error);
  }

  printsToStdio(): boolean {
    return true;
  }

  #tell(when: string, error: TestError): void {
    process.stderr.write(`${when}: ${error.stack ?? error.message ?? error.value ?? 'unknown'}\n`);
  }
}
