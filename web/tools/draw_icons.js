// Draws the app's icons in their sizes from static/icon.svg with a real browser: `node tools/draw_icons.js`.
import { readFile, writeFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const folder = new URL('../static/', import.meta.url);
const svg = await readFile(new URL('icon.svg', folder), 'utf8');

/** `part` is how much of the square the mark takes: a maskable icon may lose all beyond the inner 80 %. */
const pictures = [
  { name: 'icon-192.png', size: 192, part: 0.96, ground: 'transparent' },
  { name: 'icon-512.png', size: 512, part: 0.96, ground: 'transparent' },
  { name: 'icon-maskable.png', size: 512, part: 0.68, ground: '#faf7f0' },
  { name: 'icon-apple.png', size: 180, part: 0.8, ground: '#faf7f0' },
];

const browser = await chromium.launch({
  executablePath: process.env.SEALMATE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
});
const page = await browser.newPage();
for (const { name, size, part, ground } of pictures) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>body{margin:0;display:grid;place-items:center;height:100vh;background:${ground}}
     svg{width:${part * 100}%;height:auto}</style>${svg}`,
  );
  await writeFile(new URL(name, folder), await page.screenshot({ omitBackground: true }));
}
await browser.close();
