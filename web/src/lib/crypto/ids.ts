// Ids a device makes: UUIDv7 that sort by time (RFC 9562), and random UUIDv4.
import { randomBytes } from './keys';

export function makeUuid4(): string {
  return uuid4Of(randomBytes(16));
}

/** Of 16 bytes that are as good as random. */
export function uuid4Of(bytes: Uint8Array): string {
  return asText(bytes, 4);
}

/** Milliseconds, then randomness; it sorts after another id, however slow this device's clock. */
export function makeUuid7(nowMs: number, after?: string): string {
  let milliseconds = Math.trunc(nowMs);
  if (after !== undefined) milliseconds = Math.max(milliseconds, timeOf(after) + 1);
  const bytes = randomBytes(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.trunc(milliseconds / 2 ** 32));
  view.setUint32(2, milliseconds % 2 ** 32);
  return asText(bytes, 7);
}

function timeOf(id: string): number {
  return Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
}

function asText(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
