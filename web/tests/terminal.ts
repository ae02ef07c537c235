// The terminal client as a process of its own, for tests in which both clients meet: what it asks for is answered when it asks.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
type Line = { type: string } & Record<string, unknown>;

export class Terminal {
  /** The last line of each type. */
  readonly told = new Map<string, Line>();

  constructor(
    private readonly server: string,
    private readonly home: string,
  ) {}

  /** `answers`: by the name of what is asked for, in the order of asking. Rejects with what it says if it fails. */
  async run(words: string[], answers: Record<string, ((prompt: string) => string)[]>): Promise<void> {
    const before = ['-m', 'sealmate_cli.main', '--server', this.server, '--home', this.home, '--json'];
    const process = spawn(`${root}.venv/bin/python`, [...before, ...words], {
      env: { ...globalThis.process.env, PYTHONPATH: `${root}cli` },
    });
    let failed = '';
    process.stderr.on('data', (data) => (failed += String(data)));
    const ended = new Promise<number | null>((resolve) => process.on('close', resolve));
    for await (const text of createInterface({ input: process.stdout })) {
      const line = JSON.parse(text) as Line;
      this.told.set(line.type, line);
      if (line.type !== 'input_needed') continue;
      const answer = answers[String(line.name)]?.shift()?.(String(line.prompt));
      if (answer === undefined) process.stdin.end();
      else process.stdin.write(`${answer}\n`);
    }
    if ((await ended) !== 0) throw new Error(failed);
  }

  /** As in: type group 3 of 14. */
  readonly partOfRecoveryKey = (prompt: string): string => {
    const number = Number(/group (\d+) of/.exec(prompt)?.[1]);
    return String(this.told.get('recovery_key')?.recovery_key).split('-')[number - 1] ?? '';
  };
}
