/** A message in one line: for the list of conversations, quotes and announcements. */
import type { Translate } from "./translate.ts";

/** The part of a message's body that one line needs. */
export type Previewed =
  | { readonly kind: "text"; readonly text: string; readonly emote?: boolean }
  | { readonly kind: "image" | "file"; readonly file: { readonly name: string } }
  | { readonly kind: "deleted" | "undecryptable" | "unsupported" };

/** The line. */
export function previewText(body: Previewed, t: Translate): string {
  switch (body.kind) {
    case "text":
      return body.text.replace(/\s+/gu, " ").trim();
    case "image":
      return t("preview.image");
    case "file":
      return body.file.name;
    case "deleted":
      return t("message.deleted");
    case "undecryptable":
      return t("preview.undecryptable");
    case "unsupported":
      return t("message.unsupported");
  }
}
