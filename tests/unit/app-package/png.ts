import { inflateSync } from 'node:zlib';

const CHANNELS: Record<number, number> = { 2: 3, 6: 4 };

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue and alpha of each pixel, row by row. */
  readonly pixels: readonly (readonly [number, number, number, number])[];
}

/** Reads an 8-bit truecolour PNG without interlacing (PNG third edition, sections 5 and 9). */
export function readPng(file: Uint8Array): Picture {
  const bytes = Buffer.from(file);
  if (bytes.toString('latin1', 1, 4) !== 'PNG') throw new Error('no PNG');
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const channels = CHANNELS[bytes[25] ?? -1];
  if (bytes[24] !== 8 || channels === undefined || bytes[28] !== 0) throw new Error('unread form');
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length;) {
    const size = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') {
      parts.push(bytes.subarray(at + 8, at + 8 + size));
    }
    at += size + 12;
  }
  const rows = unfilter(inflateSync(Buffer.concat(parts)), { width, height, channels });
  const pixels = Array.from({ length: width * height }, (_, at) => {
    const from = at * channels;
    const sample = (channel: number) => rows[from + channel] ?? 0;
    return [sample(0), sample(1), sample(2), channels === 4 ? sample(3) : 255] as const;
  });
  return { width, height, pixels };
}

function unfilter(
  data: Buffer,
  { width, height, channels }: { width: number; height: number; channels: number },
): Uint8Array {
  const stride = width * channels;
  const out = new Uint8Array(stride * height);
  for (let row = 0; row < height; row += 1) {
    const filter = data[row * (stride + 1)] ?? 0;
    for (let at = 0; at < stride; at += 1) {
      const here = row * stride + at;
      const left = at < channels ? 0 : (out[here - channels] ?? 0);
      const up = row === 0 ? 0 : (out[here - stride] ?? 0);
      const corner = row === 0 || at < channels ? 0 : (out[here - stride - channels] ?? 0);
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      out[here] = (data[row * (stride + 1) + 1 + at] ?? 0) + guess;
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [byLeft, byUp, byCorner] = [
    Math.abs(guess - left),
    Math.abs(guess - up),
    Math.abs(guess - corner),
  ];
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}
