// Bytes travel as exactly one text, and no other text is read.
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromBase64url, toBase64url } from './base64url';

test('any bytes come back, and the text is the usual one', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
      const text = toBase64url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString('base64url'));
      expect([...fromBase64url(text)]).toEqual([...bytes]);
    }),
  );
});

test('long bytes too', () => {
  const bytes = new Uint8Array(200_000).map((_, at) => at % 251);
  const text = toBase64url(bytes);
  expect(text).toBe(Buffer.from(bytes).toString('base64url'));
  expect(Buffer.compare(fromBase64url(text), bytes)).toBe(0);
});

test.each(['A', 'AAAAA', 'AA==', 'AA=', 'A+==', 'AA/A', 'AAA\n', ' AAAA', 'AAAä', 'AB', 'AAB', '----\u0000'])(
  '%j is refused',
  (text) => {
    expect(() => fromBase64url(text)).toThrow(SyntaxError);
  },
);

test('any text is either the one text of its bytes or refused', () => {
  const letters = fc.string({ unit: fc.constantFrom(...'AQgw_-+/=9z'), maxLength: 9 });
  fc.assert(
    fc.property(letters, (text) => {
      let bytes: Uint8Array;
      try {
        bytes = fromBase64url(text);
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
        return;
      }
      expect(toBase64url(bytes)).toBe(text);
    }),
  );
});
