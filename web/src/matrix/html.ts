/**
 * Formatted text: what strangers send is sanitised, what we send is rendered from Markdown.
 *
 * The attacker is anybody who can write in a room. Only the tags and attributes of the Matrix
 * specification's allow-list pass (client-server API, "m.room.message msgtypes"); the result is a
 * `TrustedHTML` made by DOMPurify's own policy, the one that the server's
 * `Content-Security-Policy` admits. Nothing remote is ever loaded: pictures are dropped.
 */
import DOMPurify from "dompurify";
import type { SafeHtml } from "./model.ts";

const TAGS = [
  ..."del h1 h2 h3 h4 h5 h6 blockquote p a ul ol sup sub li b i u strong em s code".split(" "),
  ..."hr br div table thead tbody tr th td caption pre span details summary".split(" "),
];

const ATTRIBUTES = ["href", "start", "class", "data-mx-spoiler"];

/** Deeper than this, a browser's layout suffers; no person writes so. */
const MAX_DEPTH = 100;

/** Longer than this is not a message: it is shown as its plain text. */
const MAX_LENGTH = 100_000;

const purifier = DOMPurify();

purifier.addHook("afterSanitizeAttributes", (element) => {
  if (element.hasAttribute("class")) keepLanguage(element);
  if (element.tagName === "A") sealLink(element);
});

/** The part of `html` that may be shown; `undefined` if it is best shown as its plain text. */
export function sanitise(html: string): SafeHtml | undefined {
  if (html.length > MAX_LENGTH) return undefined;
  const fragment = purifier.sanitize(html, { ...OPTIONS, RETURN_DOM_FRAGMENT: true });
  if (deeperThan(fragment, MAX_DEPTH)) return undefined;
  return purifier.sanitize(html, { ...OPTIONS, RETURN_TRUSTED_TYPE: true });
}

/** What a person typed, as `formatted_body`; `undefined` when it is nothing but plain text. */
export async function renderMarkdown(text: string): Promise<string | undefined> {
  if (!MARKED.test(text)) return undefined;
  const { default: MarkdownIt } = await import("markdown-it");
  const markdown = new MarkdownIt({ html: false, linkify: false, breaks: true });
  markdown.disable("image");
  const html = markdown.render(text).trim();
  const paragraph = /^<p>([^]*)<\/p>$/.exec(html)?.[1];
  if (paragraph !== undefined && !paragraph.includes("<p>")) {
    return isPlain(paragraph) ? undefined : paragraph;
  }
  return html;
}

const OPTIONS = {
  ALLOWED_TAGS: TAGS,
  ALLOWED_ATTR: ATTRIBUTES,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  ALLOWED_URI_REGEXP: /^(?:https?|ftp|mailto|magnet):/i,
  // A reply's copy of what it answers: the quote is drawn from the event itself.
  FORBID_TAGS: ["mx-reply"],
  FORBID_CONTENTS: ["mx-reply", "script", "style", "title", "noscript", "template", "textarea"],
};

/** Anything that Markdown could mean something by. */
const MARKED = /[*_`~#>|\\[\]]|^\s*(?:[-+]|\d+[.)])\s|^ {4}|(?:^|\n)(?:---|===)/m;

/** Whether nothing but text and line breaks came out. */
function isPlain(html: string): boolean {
  return !/<(?!br>)/.test(html);
}

/** Of classes, only the language of a block of code is meant for us. */
function keepLanguage(element: Element): void {
  const language = [...element.classList].find((name) => /^language-[\w+-]{1,40}$/.test(name));
  if (element.tagName === "CODE" && language !== undefined) element.className = language;
  else element.removeAttribute("class");
}

function sealLink(link: Element): void {
  if (!link.hasAttribute("href")) return;
  link.setAttribute("target", "_blank");
  link.setAttribute("rel", "noopener noreferrer nofollow");
}

function deeperThan(root: Node, limit: number): boolean {
  let level: Node[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limit) return true;
    level = level.flatMap((node) => [...node.childNodes]);
  }
  return false;
}
