// How a terminal is called that is to be added: in the folder of Sealmate, for the server that this page is from.

/** What a terminal turns to unless it is told otherwise. */
const LOCAL = new Set(['http://localhost:8410', 'http://127.0.0.1:8410']);

export function joiningCommand(origin: string): string {
  const server = LOCAL.has(origin) ? '' : ` --server ${origin}`;
  return `.venv/bin/sealmate${server} login --pair`;
}
