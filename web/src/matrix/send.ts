/** What a person's words and files become on their way out. */
import type { MatrixClient, MatrixEvent, Room } from "matrix-js-sdk";
import { MsgType, RelationType } from "matrix-js-sdk";
import type { RoomMessageEventContent } from "matrix-js-sdk/lib/@types/events.js";
import { encryptAttachment, type Sealed } from "./attachments.ts";
import { renderMarkdown } from "./html.ts";
import { upload } from "./media.ts";
import { type PictureFacts, pictureFacts, type SmallPicture } from "./picture.ts";

/** What goes with an upload. */
export interface Progress {
  readonly onProgress: (fraction: number) => void;
  readonly signal: AbortSignal;
}

/** The content of a text message; an answer names what it answers and tells its author. */
export async function textContent(
  text: string,
  answered: MatrixEvent | undefined,
): Promise<RoomMessageEventContent> {
  const content = await wordsOf(text);
  const author = answered?.getSender();
  return {
    ...content,
    "m.mentions": author === undefined ? {} : { user_ids: [author] },
    ...(answered === undefined
      ? {}
      : { "m.relates_to": { "m.in_reply_to": { event_id: answered.getId() ?? "" } } }),
  };
}

/** The content that replaces a message; for clients that know no edits, a line with a star. */
export async function editContent(text: string, eventId: string): Promise<RoomMessageEventContent> {
  const content = await wordsOf(text);
  return {
    ...content,
    body: `* ${content.body}`,
    ...("formatted_body" in content ? { formatted_body: `* ${content.formatted_body}` } : {}),
    "m.mentions": {},
    "m.new_content": { ...content, "m.mentions": {} },
    "m.relates_to": { rel_type: RelationType.Replace, event_id: eventId },
  };
}

/** Uploads a file, encrypted where the room is, and gives the content of its message. */
export async function fileContent(
  client: MatrixClient,
  room: Room,
  file: File,
  { onProgress, signal }: Progress,
): Promise<RoomMessageEventContent> {
  const facts = await pictureFacts(file);
  const encrypted = room.hasEncryptionStateEvent();
  const store = (bytes: Blob, told: Partial<Progress>): Promise<Stored> =>
    encrypted ? uploadSealed(client, bytes, told) : uploadPlain(client, bytes, told);
  const small = facts?.thumbnail;
  const thumbnail = small && thumbnailInfo(small, await store(small.blob, { signal }));
  const stored = await store(file, { onProgress, signal });
  signal.throwIfAborted();
  const info = { mimetype: file.type || "application/octet-stream", size: file.size };
  return {
    msgtype: facts === undefined ? MsgType.File : MsgType.Image,
    body: file.name,
    filename: file.name,
    "m.mentions": {},
    ...stored,
    info: facts === undefined ? info : { ...info, ...pictureInfo(facts), ...thumbnail },
  } as RoomMessageEventContent;
}

function pictureInfo({ width, height, blurhash }: PictureFacts) {
  return { w: width, h: height, "xyz.amorgan.blurhash": blurhash };
}

function thumbnailInfo({ blob, width, height }: SmallPicture, stored: Stored) {
  return {
    ...("file" in stored ? { thumbnail_file: stored.file } : { thumbnail_url: stored.url }),
    thumbnail_info: { mimetype: blob.type, size: blob.size, w: width, h: height },
  };
}

type Stored = { readonly url: string } | { readonly file: Sealed["file"] & { url: string } };

async function uploadSealed(
  client: MatrixClient,
  bytes: Blob,
  told: Partial<Progress>,
): Promise<Stored> {
  const { ciphertext, file } = await encryptAttachment(await bytes.arrayBuffer());
  const url = await upload(client, new Blob([ciphertext]), told);
  return { file: { ...file, url } };
}

async function uploadPlain(
  client: MatrixClient,
  bytes: Blob,
  told: Partial<Progress>,
): Promise<Stored> {
  return { url: await upload(client, bytes, told) };
}

/** The words themselves: `/me` makes an emote, Markdown makes formatting. */
async function wordsOf(text: string) {
  const emote = /^\/me\s+/.exec(text);
  const body = emote === null ? text : text.slice(emote[0].length);
  const html = await renderMarkdown(body);
  const msgtype = emote === null ? MsgType.Text : MsgType.Emote;
  return html === undefined
    ? ({ msgtype, body } as const)
    : ({ msgtype, body, format: "org.matrix.custom.html", formatted_body: html } as const);
}
