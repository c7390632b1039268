/** Pictures, made smaller in the browser before anything is encrypted or sent. */
import { encode } from "blurhash";
import { UserFacingError } from "./model.ts";

/** A picture in a smaller size. */
export interface SmallPicture {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
}

/** What is known of a picture once it was decoded. */
export interface PictureFacts {
  readonly width: number;
  readonly height: number;
  readonly blurhash: string;
  /** Absent when the picture is small enough to be its own thumbnail. */
  readonly thumbnail: SmallPicture | undefined;
}

/** The longest side of a thumbnail: twice the widest bubble, for dense screens. */
const THUMBNAIL_SIDE = 800;
/** A picture lighter than this needs no thumbnail. */
const LIGHT = 100_000;
const AVATAR_SIDE = 512;
const BLURHASH_SIDE = 32;

/** What browsers decode; an SVG is a document, not a picture, and goes as a file. */
const DECODABLE = /^image\/(?:png|jpeg|webp|gif|avif|bmp)$/;

/** The facts of a picture; `undefined` when the file is not one that browsers show. */
export async function pictureFacts(file: Blob): Promise<PictureFacts | undefined> {
  if (!DECODABLE.test(file.type)) return undefined;
  const bitmap = await decode(file);
  if (bitmap === undefined) return undefined;
  try {
    const { width, height } = bitmap;
    const needed = file.size > LIGHT && Math.max(width, height) > THUMBNAIL_SIDE;
    return {
      width,
      height,
      blurhash: blurhashOf(bitmap),
      thumbnail: needed ? await scaled(bitmap, fit(bitmap, THUMBNAIL_SIDE)) : undefined,
    };
  } finally {
    bitmap.close();
  }
}

/** A square portrait, cut from the middle. */
export async function portrait(file: Blob): Promise<Blob> {
  const bitmap = await decode(file);
  if (bitmap === undefined) throw new UserFacingError("picture-unreadable");
  const side = Math.min(bitmap.width, bitmap.height);
  const cut = await createImageBitmap(
    bitmap,
    (bitmap.width - side) / 2,
    (bitmap.height - side) / 2,
    side,
    side,
  );
  bitmap.close();
  const target = Math.min(side, AVATAR_SIDE);
  const { blob } = await scaled(cut, { width: target, height: target });
  cut.close();
  return blob;
}

async function decode(file: Blob): Promise<ImageBitmap | undefined> {
  try {
    return await createImageBitmap(file);
  } catch {
    return undefined;
  }
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function fit({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height));
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

async function scaled(bitmap: ImageBitmap, size: Size): Promise<SmallPicture> {
  const { canvas } = drawn(bitmap, size);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.8 });
  return { blob, ...size };
}

function blurhashOf(bitmap: ImageBitmap): string {
  const size = fit(bitmap, BLURHASH_SIDE);
  const { context } = drawn(bitmap, size);
  const { data } = context.getImageData(0, 0, size.width, size.height);
  const [across, down] = size.width >= size.height ? ([4, 3] as const) : ([3, 4] as const);
  return encode(data, size.width, size.height, across, down);
}

function drawn(bitmap: ImageBitmap, { width, height }: Size) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (context === null) throw new UserFacingError("picture-unreadable");
  context.drawImage(bitmap, 0, 0, width, height);
  return { canvas, context };
}
