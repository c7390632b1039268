/** Files that people send, with contents that can be told from anything else. */
import { deflateSync } from "node:zlib";
import type { Chosen } from "./person.ts";

/** A text that no other file holds. */
export const report: Chosen = {
  name: "rapport-trimestriel.txt",
  mimeType: "text/plain",
  buffer: Buffer.from("recettes secrètes du trimestre : quarante-deux mille signaux\n".repeat(40)),
};

/** A picture large enough to get a thumbnail. */
export const picture: Chosen = {
  name: "carte-du-télégraphe.png",
  mimeType: "image/png",
  buffer: drawn(1200, 900),
};

/** A part of a file's content that stands nowhere else. */
export function marker({ buffer }: Chosen): Buffer {
  const middle = Math.floor(buffer.length / 2);
  return buffer.subarray(middle, middle + 40);
}

/** A PNG with noise in it, so that it does not compress away. */
function drawn(width: number, height: number): Buffer {
  let seed = 1793;
  const noise = (): number => (seed = (seed * 48_271) % 2_147_483_647) & 63;
  const rows = Array.from({ length: height }, (_, y) => {
    const row = Buffer.alloc(1 + width * 3);
    for (let x = 0; x < width; x++) {
      row[1 + x * 3] = (x * 180) / width + noise();
      row[2 + x * 3] = (y * 180) / height + noise();
      row[3 + x * 3] = 96 + noise();
    }
    return row;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(rows), { level: 6 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (crc ^ 0xffffffff) >>> 0;
}
