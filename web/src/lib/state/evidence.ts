// What can't be trusted is kept: the server's last answers, in memory until the person saves them for whoever looks into it.

const LAST = 16;
/** What lets somebody in, and who it is, is no evidence of anything. */
const LEFT_OUT = new Set([
  'session',
  'totp',
  'backup_codes',
  'ticket',
  'signup_token',
  'login_id',
  'challenge_id',
  'email',
]);

export class Evidence {
  #answers: { request: string; answer: unknown }[] = [];

  note(request: string, answer: unknown): void {
    this.#answers = [...this.#answers, { request, answer }].slice(-LAST);
  }

  /** As a file's text. */
  report(code: string, at: Date): string {
    const replacer = (name: string, value: unknown) => (LEFT_OUT.has(name) ? undefined : value);
    return JSON.stringify({ code, at: at.toISOString(), answers: this.#answers }, replacer, 1);
  }
}
