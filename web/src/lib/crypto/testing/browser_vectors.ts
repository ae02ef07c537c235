// The vector files for tests in the browser, which reads them through a command of Vitest.
import { commands } from 'vitest/browser';

declare module 'vitest/browser' {
  interface BrowserCommands {
    readVectors(file: string): Promise<string | null>;
  }
}

export function readVectors(file: string): Promise<string | null> {
  return commands.readVectors(file);
}
