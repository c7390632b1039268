/** What an event says, as the screens draw it. Everything in it was written by a stranger. */
import type { IContent, MatrixEvent } from "matrix-js-sdk";
import { type EncryptedFile, readEncryptedFile } from "./attachments.ts";
import { sanitise } from "./html.ts";
import type { FileBody, MessageBody, SafeHtml } from "./model.ts";
import { undecryptableCause } from "./undecryptable.ts";

/** Where the bytes of an attachment are: encrypted, or plain where a room is. */
export type FileSource = EncryptedFile | { readonly url: string };

/** Whether an event is a message: something that stands in a timeline as a bubble. */
export function isMessage(event: MatrixEvent): boolean {
  if (event.isRelation("m.replace")) return false;
  const type = event.getType();
  return type === "m.room.message" || type === "m.sticker" || type === "m.room.encrypted";
}

/** What a message holds. */
export function bodyOf(event: MatrixEvent, restoring: boolean): MessageBody {
  if (event.isRedacted()) return { kind: "deleted" };
  const reason = event.decryptionFailureReason;
  if (reason !== null) {
    const age = Date.now() - event.getTs();
    return { kind: "undecryptable", cause: undecryptableCause(reason, { age, restoring }) };
  }
  return event.getType() === "m.room.message"
    ? bodyOfContent(event.getContent())
    : { kind: "unsupported" };
}

/** What the content of an `m.room.message` holds. */
export function bodyOfContent(content: IContent): MessageBody {
  switch (content.msgtype) {
    case "m.text":
    case "m.emote":
    case "m.notice":
      return textBody(content);
    case "m.image":
      return withFile("image", content);
    case "m.file":
    case "m.video":
    case "m.audio":
      return withFile("file", content);
    default:
      return typeof content.body === "string" ? textBody(content) : { kind: "unsupported" };
  }
}

/** Where an attachment, or its thumbnail, is to be fetched. */
export function fileSource(content: IContent, part: "file" | "thumbnail"): FileSource | undefined {
  const info = record(content.info);
  const encrypted: unknown = part === "file" ? content.file : info.thumbnail_file;
  const plain: unknown = part === "file" ? content.url : info.thumbnail_url;
  if (encrypted !== undefined) return readEncryptedFile(encrypted);
  return typeof plain === "string" && plain.startsWith("mxc://") ? { url: plain } : undefined;
}

/** The media type that an attachment claims; harmless when it claims nothing. */
export function claimedMime(content: IContent, part: "file" | "thumbnail"): string {
  const info = record(content.info);
  const mime = part === "file" ? info.mimetype : record(info.thumbnail_info).mimetype;
  return typeof mime === "string" ? mime : "application/octet-stream";
}

function textBody(content: IContent): MessageBody {
  return {
    kind: "text",
    text: withoutFallback(text(content.body), content),
    html: formatted(content),
    emote: content.msgtype === "m.emote",
    notice: content.msgtype === "m.notice",
  };
}

/** One sanitising per content: contents are immutable and drawn many times. */
const sanitised = new WeakMap<IContent, SafeHtml>();

function formatted(content: IContent): SafeHtml | undefined {
  const html: unknown = content.formatted_body;
  if (content.format !== "org.matrix.custom.html" || typeof html !== "string") return undefined;
  const known = sanitised.get(content);
  if (known !== undefined) return known;
  const safe = sanitise(html);
  if (safe !== undefined) sanitised.set(content, safe);
  return safe;
}

/** Older clients copy what they answer above the answer, each line after `> `. */
function withoutFallback(body: string, content: IContent): string {
  const answers = record(content["m.relates_to"])["m.in_reply_to"] !== undefined;
  return answers && body.startsWith("> <") ? body.replace(/^(?:> .*\n)+\n?/, "") : body;
}

function withFile(kind: "image" | "file", content: IContent): MessageBody {
  if (fileSource(content, "file") === undefined) return { kind: "unsupported" };
  return { kind, file: fileBody(content) };
}

function fileBody(content: IContent): FileBody {
  const info = record(content.info);
  return {
    name: text(content.filename) || text(content.body) || "file",
    mime: claimedMime(content, "file"),
    size: positive(info.size) ?? 0,
    width: positive(info.w),
    height: positive(info.h),
    blurhash: text(info["xyz.amorgan.blurhash"]) || undefined,
    hasThumbnail: fileSource(content, "thumbnail") !== undefined,
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : undefined;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
