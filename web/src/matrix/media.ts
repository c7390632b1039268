/** Bytes kept by the server: sent and fetched with the person's token, shown as object URLs. */
import { type MatrixClient, Method } from "matrix-js-sdk";
import { decryptAttachment } from "./attachments.ts";
import type { FileSource } from "./body.ts";

const MEDIA = "/_matrix/client/v1/media";

/** The sizes of avatars that are fetched, in device pixels: few, so that they are shared. */
const AVATAR_SIDES = [64, 128, 256, 512] as const;

/**
 * Media types that may be shown from an object URL. Such a URL has our own origin: a page or a
 * drawing with a script in it would run as us, so anything else is but bytes to save.
 */
const SHOWN = /^(?:image\/(?:png|jpeg|webp|gif|avif|bmp)|(?:audio|video)\/[\w.+-]+|text\/plain)$/;

/** Uploads bytes under no name; `mxc` address of what the server keeps. */
export async function upload(
  client: MatrixClient,
  bytes: Blob,
  { onProgress, signal }: { onProgress?: (fraction: number) => void; signal?: AbortSignal } = {},
): Promise<string> {
  const abortController = new AbortController();
  const abort = (): void => abortController.abort();
  signal?.throwIfAborted();
  signal?.addEventListener("abort", abort);
  try {
    const { content_uri } = await client.uploadContent(bytes, {
      includeFilename: false,
      type: bytes.type || "application/octet-stream",
      abortController,
      progressHandler: ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0),
    });
    return content_uri;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Fetches an attachment and decrypts it; the caller revokes the object URL. */
export async function openAttachment(
  client: MatrixClient,
  source: FileSource,
  mime: string,
): Promise<string> {
  const stored = await fetchMedia(client, downloadPath(source.url));
  const bytes = await stored.arrayBuffer();
  const plain = "key" in source ? await decryptAttachment(bytes, source) : bytes;
  return URL.createObjectURL(new Blob([plain], { type: safeMime(mime) }));
}

/** A claimed media type, or that of plain bytes where showing it would be dangerous. */
export function safeMime(claimed: string): string {
  const mime = claimed.toLowerCase().split(";")[0]?.trim() ?? "";
  return SHOWN.test(mime) ? mime : "application/octet-stream";
}

/** Avatars as object URLs, each fetched once. */
export class Avatars {
  readonly #client: MatrixClient;
  readonly #urls = new Map<string, Promise<string | undefined>>();

  public constructor(client: MatrixClient) {
    this.#client = client;
  }

  /** The picture at least `size` CSS pixels wide; `undefined` when it cannot be had. */
  public url(mxc: string, size: number): Promise<string | undefined> {
    const pixels = size * globalThis.devicePixelRatio;
    const side = AVATAR_SIDES.find((candidate) => candidate >= pixels) ?? 512;
    const path = `thumbnail/${pathOf(mxc)}?width=${side}&height=${side}&method=crop`;
    const known = this.#urls.get(path);
    if (known !== undefined) return known;
    const url = this.#fetch(path);
    this.#urls.set(path, url);
    return url;
  }

  /** Lets go of every picture. */
  public clear(): void {
    for (const url of this.#urls.values()) {
      void url.then((object) => object === undefined || URL.revokeObjectURL(object));
    }
    this.#urls.clear();
  }

  async #fetch(path: string): Promise<string | undefined> {
    try {
      const picture = await fetchMedia(this.#client, path);
      return URL.createObjectURL(new Blob([picture], { type: safeMime(picture.type) }));
    } catch {
      // Asked again when it is next needed.
      this.#urls.delete(path);
      return undefined;
    }
  }
}

function downloadPath(mxc: string): string {
  return `download/${pathOf(mxc)}`;
}

function pathOf(mxc: string): string {
  const [server = "", id = ""] = mxc.replace(/^mxc:\/\//, "").split("/");
  return `${encodeURIComponent(server)}/${encodeURIComponent(id)}`;
}

function fetchMedia(client: MatrixClient, path: string): Promise<Blob> {
  const [pathname = "", query] = path.split("?");
  return client.http.authedRequest<Blob>(
    Method.Get,
    `/${pathname}`,
    Object.fromEntries(new URLSearchParams(query)),
    undefined,
    { prefix: MEDIA, rawResponseBody: true },
  );
}
