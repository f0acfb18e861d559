import { constants, crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE_BYTES = 8;
/** Length, type and checksum around each chunk's data. */
const CHUNK_HEAD_BYTES = 8;
const CHUNK_FRAME_BYTES = 12;
const CHANNELS: Readonly<Record<number, number>> = { 2: 3, 6: 4 };
const FILTERS = [0, 1, 2, 3, 4] as const;

type Chunk = { readonly type: string; readonly data: Buffer };

/**
 * The same picture in fewer bytes: a browser encodes for speed. With `isRough` each channel loses its lowest bit, which
 * nobody sees and which is mostly the noise of gradients. Takes 8-bit RGB and RGBA without interlacing, and gives others
 * back as they are.
 */
export function smallerPng(png: Buffer, { isRough = false }: { readonly isRough?: boolean } = {}): Buffer {
  const chunks = readChunks(png);
  const head = chunks.find(({ type }) => type === 'IHDR')?.data;
  const channels = head && CHANNELS[head.readUInt8(9)];
  if (!head || !channels || head.readUInt8(8) !== 8 || head.readUInt8(12) !== 0) return png;
  const rowBytes = head.readUInt32BE(0) * channels;
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  const rows = unfilter(inflateSync(packed), rowBytes, channels);
  if (isRough) for (const row of rows) for (let x = 0; x < row.length; x++) row[x] = (row[x] ?? 0) | 1;
  const strategies = [constants.Z_DEFAULT_STRATEGY, constants.Z_FILTERED];
  const candidates = [filterBest(rows, channels), filterNone(rows)].flatMap((raw) =>
    strategies.map((strategy) => deflateSync(raw, { level: 9, memLevel: 9, strategy })),
  );
  const [data] = candidates.sort((a, b) => a.length - b.length);
  if (!data || data.length >= packed.length) return png;
  const others = chunks.filter(({ type }) => type === 'IHDR' || type === 'sRGB');
  const written = [...others, { type: 'IDAT', data }, { type: 'IEND', data: Buffer.alloc(0) }];
  return Buffer.concat([png.subarray(0, SIGNATURE_BYTES), ...written.map(writeChunk)]);
}

function readChunks(png: Buffer): readonly Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE_BYTES; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const start = at + CHUNK_HEAD_BYTES;
    chunks.push({ type: png.toString('latin1', at + 4, start), data: png.subarray(start, start + length) });
    at += length + CHUNK_FRAME_BYTES;
  }
  return chunks;
}

function writeChunk({ type, data }: Chunk): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const chunk = Buffer.alloc(data.length + CHUNK_FRAME_BYTES);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), chunk.length - 4);
  return chunk;
}

function unfilter(raw: Buffer, rowBytes: number, channels: number): readonly Buffer[] {
  const rows: Buffer[] = [];
  let above = Buffer.alloc(rowBytes);
  for (let at = 0; at < raw.length; at += rowBytes + 1) {
    const kind = raw[at] ?? 0;
    const row = Buffer.from(raw.subarray(at + 1, at + 1 + rowBytes));
    for (let x = 0; x < rowBytes; x++) row[x] = ((row[x] ?? 0) + predict(kind, row, above, x, channels)) & 0xff;
    rows.push(row);
    above = row;
  }
  return rows;
}

const filterNone = (rows: readonly Buffer[]): Buffer => Buffer.concat(rows.flatMap((row) => [Buffer.from([0]), row]));

/** For each row the filter whose result is nearest to nothing. */
function filterBest(rows: readonly Buffer[], channels: number): Buffer {
  let above = Buffer.alloc(rows[0]?.length ?? 0);
  const filtered = rows.map((row) => {
    const tried = FILTERS.map((kind) => {
      const out = Buffer.alloc(row.length + 1);
      out[0] = kind;
      let sum = 0;
      for (let x = 0; x < row.length; x++) {
        const value = ((row[x] ?? 0) - predict(kind, row, above, x, channels)) & 0xff;
        out[x + 1] = value;
        sum += value < 128 ? value : 256 - value;
      }
      return { out, sum };
    });
    above = row as Buffer<ArrayBuffer>; // a row is never a view of shared memory
    return tried.reduce((best, one) => (one.sum < best.sum ? one : best)).out;
  });
  return Buffer.concat(filtered);
}

/** What PNG's filter `kind` expects at `x`. */
function predict(kind: number, row: Buffer, above: Buffer, x: number, channels: number): number {
  const left = x >= channels ? (row[x - channels] ?? 0) : 0;
  const up = above[x] ?? 0;
  const corner = x >= channels ? (above[x - channels] ?? 0) : 0;
  if (kind === 1) return left;
  if (kind === 2) return up;
  if (kind === 3) return (left + up) >> 1;
  return kind === 4 ? paeth(left, up, corner) : 0;
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
