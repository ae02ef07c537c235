// Takes one file out of a ZIP that may be hostile: through its directory, in slices, and never more than was allowed.
// The directory and not the local headers decides, as in every unpacker; ZIP64, encryption and split archives are refused.
import { TransferError } from './errors';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const END_BYTES = 22;
/** A comment of 64 KB may follow the end record. */
const LARGEST_TAIL = END_BYTES + 0xffff;
const LARGEST_DIRECTORY = 16 * 1024 * 1024;
/** One slice of packed bytes: deflate makes at most a thousandfold of it, so memory stays bounded in between checks. */
const SLICE_BYTES = 16 * 1024;

interface Entry {
  name: string;
  method: number;
  crc: number;
  packedBytes: number;
  bytes: number;
  offset: number;
}

export interface ReadOptions {
  mostBytes: number;
  signal?: AbortSignal;
  /** From 0 to 1. */
  onProgress?: (done: number) => void;
}

/** The text of the file of that name, at the top or in a folder of the ZIP. */
export async function readTextFile(zip: Blob, name: string, options: ReadOptions): Promise<string> {
  const entry = (await entriesOf(zip)).find((one) => one.name === name || one.name.endsWith(`/${name}`));
  if (entry === undefined) throw new TransferError('no_chats_file');
  if (entry.bytes > options.mostBytes) throw new TransferError('content_too_large');
  return await unpack(zip, entry, options);
}

async function entriesOf(zip: Blob): Promise<Entry[]> {
  const tailStart = Math.max(0, zip.size - LARGEST_TAIL);
  const tail = await view(zip, tailStart, zip.size);
  const end = endOfDirectory(tail);
  if (end === null) throw new TransferError('not_a_zip');
  const [disk, count, size, offset] = [
    tail.getUint16(end + 4, true),
    tail.getUint16(end + 10, true),
    tail.getUint32(end + 12, true),
    tail.getUint32(end + 16, true),
  ];
  if (size > LARGEST_DIRECTORY) throw new TransferError('file_too_large');
  if (disk !== 0 || offset + size > tailStart + end) throw new TransferError('zip_damaged');
  return readDirectory(await view(zip, offset, offset + size), count);
}

function endOfDirectory(tail: DataView): number | null {
  for (let at = tail.byteLength - END_BYTES; at >= 0; at--) {
    if (tail.getUint32(at, true) === END_OF_DIRECTORY) return at;
  }
  return null;
}

function readDirectory(directory: DataView<ArrayBuffer>, count: number): Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > directory.byteLength || directory.getUint32(at, true) !== DIRECTORY_ENTRY) {
      throw new TransferError('zip_damaged');
    }
    const nameBytes = directory.getUint16(at + 28, true);
    const next =
      at + 46 + nameBytes + directory.getUint16(at + 30, true) + directory.getUint16(at + 32, true);
    if (next > directory.byteLength) throw new TransferError('zip_damaged');
    if (directory.getUint16(at + 8, true) & 1) throw new TransferError('zip_encrypted');
    entries.push({
      name: new TextDecoder().decode(
        new Uint8Array(directory.buffer, directory.byteOffset + at + 46, nameBytes),
      ),
      method: directory.getUint16(at + 10, true),
      crc: directory.getUint32(at + 16, true),
      packedBytes: directory.getUint32(at + 20, true),
      bytes: directory.getUint32(at + 24, true),
      offset: directory.getUint32(at + 42, true),
    });
    at = next;
  }
  return entries;
}

async function unpack(zip: Blob, entry: Entry, options: ReadOptions): Promise<string> {
  const start = await contentStart(zip, entry);
  const text = new TextCollector(Math.min(entry.bytes, options.mostBytes));
  const push = await decoder(entry.method, (chunk) => text.add(chunk));
  for (let done = 0; done < entry.packedBytes; done += SLICE_BYTES) {
    options.signal?.throwIfAborted();
    const to = Math.min(done + SLICE_BYTES, entry.packedBytes);
    const slice = new Uint8Array(await zip.slice(start + done, start + to).arrayBuffer());
    try {
      push(slice, to === entry.packedBytes);
    } catch (error) {
      throw error instanceof TransferError ? error : new TransferError('zip_damaged');
    }
    options.onProgress?.(to / entry.packedBytes);
  }
  return text.finish(entry.bytes, entry.crc);
}

async function contentStart(zip: Blob, entry: Entry): Promise<number> {
  const header = await view(zip, entry.offset, entry.offset + 30);
  if (header.byteLength < 30 || header.getUint32(0, true) !== LOCAL_HEADER)
    throw new TransferError('zip_damaged');
  const start = entry.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + entry.packedBytes > zip.size) throw new TransferError('zip_damaged');
  return start;
}

type Push = (chunk: Uint8Array, final: boolean) => void;

async function decoder(method: number, out: (chunk: Uint8Array) => void): Promise<Push> {
  if (method === 0) return (chunk) => out(chunk);
  if (method !== 8) throw new TransferError('zip_damaged');
  const { Inflate } = await import('fflate');
  const inflate = new Inflate(out);
  return (chunk, final) => inflate.push(chunk, final);
}

/** Counts, checks and decodes what comes out; what the directory says is a promise that must hold. */
class TextCollector {
  #decoder = new TextDecoder('utf-8', { fatal: true });
  #parts: string[] = [];
  #bytes = 0;
  #crc = -1;

  constructor(readonly most: number) {}

  add(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    if (this.#bytes > this.most) throw new TransferError('content_too_large');
    this.#crc = updateCrc(this.#crc, chunk);
    this.#parts.push(this.#decoder.decode(chunk, { stream: true }));
  }

  finish(bytes: number, crc: number): string {
    if (this.#bytes !== bytes || (this.#crc ^ -1) >>> 0 !== crc) throw new TransferError('zip_damaged');
    try {
      this.#parts.push(this.#decoder.decode());
    } catch {
      throw new TransferError('broken_json');
    }
    return this.#parts.join('');
  }
}

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function updateCrc(crc: number, bytes: Uint8Array): number {
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  return crc;
}

async function view(blob: Blob, from: number, to: number): Promise<DataView<ArrayBuffer>> {
  return new DataView(await blob.slice(from, to).arrayBuffer());
}
