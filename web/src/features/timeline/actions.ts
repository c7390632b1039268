import type { FileCache } from "../../lib/fileCache.ts";
import type { EventId, MessageItem } from "../../matrix/model.ts";

/** What can be done with a message from its row. */
export interface MessageHandlers {
  readonly reply: (item: MessageItem) => void;
  readonly edit: (item: MessageItem) => void;
  /** Opens the menu of a message beside `anchor`. */
  readonly openMenu: (item: MessageItem, anchor: Element) => void;
  /** Opens the choice of a reaction beside `anchor`. */
  readonly chooseReaction: (item: MessageItem, anchor: Element) => void;
  readonly toggleReaction: (item: MessageItem, key: string) => void;
  readonly goTo: (eventId: EventId) => void;
  readonly showImage: (item: MessageItem) => void;
  readonly download: (item: MessageItem) => Promise<void>;
  readonly retry: (item: MessageItem) => void;
  readonly discard: (item: MessageItem) => void;
  readonly files: FileCache<EventId>;
}
