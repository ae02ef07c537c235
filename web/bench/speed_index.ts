// How soon a page looks finished: the time that each part of the picture was still missing, from frames of the screen.
import type { Browser, CDPSession } from '@playwright/test';

interface Frame {
  /** Milliseconds since 1970. */
  at: number;
  jpeg: string;
}

export interface Film {
  /** From `origin`, milliseconds since 1970, in milliseconds; null if nothing was painted. */
  speedIndex(browser: Browser, origin: number): Promise<number | null>;
}

export async function film(session: CDPSession): Promise<Film> {
  const frames: Frame[] = [];
  session.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
    frames.push({ at: (metadata.timestamp ?? 0) * 1000, jpeg: data });
    void session.send('Page.screencastFrameAck', { sessionId }).catch(() => undefined);
  });
  await session.send('Page.startScreencast', { format: 'jpeg', quality: 60, maxWidth: 480, maxHeight: 480 });
  return {
    speedIndex: async (browser, origin) => {
      await session.send('Page.stopScreencast');
      const own = frames.filter(({ at }) => at >= origin);
      if (own.length === 0) return null;
      const shares = await finished(
        browser,
        own.map(({ jpeg }) => jpeg),
      );
      let index = 0;
      let [before, missing] = [origin, 1];
      for (const [number, { at }] of own.entries()) {
        index += (at - before) * missing;
        [before, missing] = [at, 1 - shares[number]!];
      }
      return index;
    },
  };
}

/** For each frame the share of its colours that is already as in the last one, white being where all begins. */
async function finished(browser: Browser, jpegs: string[]): Promise<number[]> {
  const page = await browser.newPage();
  try {
    return await page.evaluate(async (all) => {
      const histogram = async (jpeg: string) => {
        const bytes = Uint8Array.from(atob(jpeg), (letter) => letter.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        const context = canvas.getContext('2d')!;
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        const counts = new Array<number>(3 * 256).fill(0);
        for (let at = 0; at < data.length; at += 1) {
          if (at % 4 !== 3) counts[(at % 4) * 256 + data[at]!]! += 1;
        }
        return counts;
      };
      const frames: number[][] = [];
      for (const jpeg of all) frames.push(await histogram(jpeg));
      const last = frames.at(-1)!;
      const white = last.map((_, at) => (at % 256 === 255 ? last.reduce((sum, n) => sum + n, 0) / 3 : 0));
      const distance = (a: number[], b: number[]) => a.reduce((sum, n, at) => sum + Math.abs(n - b[at]!), 0);
      const whole = distance(white, last);
      return frames.map((frame) => (whole === 0 ? 1 : Math.max(0, 1 - distance(frame, last) / whole)));
    }, jpegs);
  } finally {
    await page.close();
  }
}
