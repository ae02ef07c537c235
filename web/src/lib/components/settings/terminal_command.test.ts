// The command that somebody copies from the page: it must run as it stands, and reach this server.
import { expect, it } from 'vitest';
import { joiningCommand } from './terminal_command';

it.each([
  ['http://localhost:8410', '.venv/bin/sealmate login --pair'],
  ['http://localhost:9000', '.venv/bin/sealmate --server http://localhost:9000 login --pair'],
  ['https://chat.example.org', '.venv/bin/sealmate --server https://chat.example.org login --pair'],
])('from %s', (origin, command) => {
  expect(joiningCommand(origin)).toBe(command);
});
