/** A session made of story data, for pictures. */
import { cell } from "../../lib/observable.ts";
import type {
  Connection,
  Conversation,
  ConversationSnapshot,
  Person,
  RoomId,
  RoomSummary,
  Session,
  TimelineItem,
} from "../../matrix/model.ts";
import { BUDGET, DAY, EVERYBODY, ME, MEMBERS, MINUTE, NOW, ROOMS, text } from "./people.ts";
import { message, WORKDAY } from "./timelines.ts";

interface StoryData {
  readonly rooms?: readonly RoomSummary[];
  readonly connection?: Connection["kind"];
  readonly policy?: Session["encryptionPolicy"];
  readonly items?: readonly TimelineItem[];
  /** What comes before `items`, page by page. */
  readonly older?: readonly TimelineItem[];
  readonly snapshot?: Partial<ConversationSnapshot>;
}

export const CODE = "EsTC 8K2M QX7R 4V9D ZH3N 6PWY T5JB L2GF 7QKC X9RM 3DVH 8ZNW".split(" ");

const nothing = (): Promise<void> => Promise.resolve();

export function storySession(data: StoryData = {}): Session {
  const rooms = data.rooms ?? ROOMS;
  return {
    me: cell<Person>(ME),
    connection: cell<Connection>({ kind: data.connection ?? "online" }),
    rooms: cell(rooms),
    encryptionPolicy: data.policy ?? "required",
    open: (roomId) =>
      storyConversation(rooms.find((room) => room.roomId === roomId) ?? BUDGET, data),
    createDirect: () => Promise.resolve(BUDGET.roomId),
    createPrivate: () => Promise.resolve(BUDGET.roomId),
    accept: nothing,
    decline: nothing,
    searchPeople: (query) =>
      Promise.resolve(
        EVERYBODY.filter((person) => person.name.toLowerCase().includes(query.toLowerCase())),
      ),
    setName: nothing,
    setAvatar: nothing,
    avatarUrl: () => Promise.resolve(undefined),
    devices: () =>
      Promise.resolve([
        {
          deviceId: "A",
          name: "Chappe · Firefox · Linux",
          current: true,
          verified: true,
          lastSeen: NOW,
        },
        {
          deviceId: "B",
          name: "Chappe · Safari · iPhone",
          current: false,
          verified: true,
          lastSeen: NOW - 90 * MINUTE,
        },
        {
          deviceId: "C",
          name: "Element X · Android",
          current: false,
          verified: false,
          lastSeen: NOW - 40 * DAY,
        },
      ]),
    endDevice: nothing,
    storagePersisted: cell<boolean | undefined>(true),
    newRecoveryCode: () => Promise.resolve({ code: CODE, asked: [2, 7], confirm: nothing }),
    signOut: nothing,
  };
}

export function storyConversation(room: RoomSummary, data: StoryData): Conversation {
  const snapshot = cell<ConversationSnapshot>({
    room,
    topic: room.kind === "private" ? "Préparation du projet de loi de finances" : undefined,
    items: data.items ?? WORKDAY,
    firstItemIndex: 1000,
    hasOlder: false,
    loadingOlder: false,
    typing: [],
    members: MEMBERS,
    readUpTo: undefined,
    can: { send: true, invite: true, rename: true },
    ...data.snapshot,
  });
  const loadOlder = async (): Promise<void> => {
    const { items, firstItemIndex, hasOlder, loadingOlder } = snapshot.snapshot();
    const older = data.older ?? [];
    const page = older.slice(
      Math.max(0, older.length - (1000 - firstItemIndex) - 30),
      older.length - (1000 - firstItemIndex),
    );
    if (!hasOlder || loadingOlder || page.length === 0) return;
    snapshot.set({ ...snapshot.snapshot(), loadingOlder: true });
    await new Promise((resolve) => setTimeout(resolve, 300));
    snapshot.set({
      ...snapshot.snapshot(),
      items: [...page, ...items],
      firstItemIndex: firstItemIndex - page.length,
      loadingOlder: false,
      hasOlder: firstItemIndex - page.length > 1000 - older.length,
    });
  };
  const sendText = async (said: string): Promise<void> => {
    const now = snapshot.snapshot();
    const sent = message(ME, 0, { body: text(said), timestamp: Date.now(), state: "sending" });
    snapshot.set({ ...now, items: [...now.items, sent] });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const then = snapshot.snapshot();
    const arrived = { ...sent, state: "sent" } as const;
    snapshot.set({
      ...then,
      items: then.items.map((item) => (item.key === sent.key ? arrived : item)),
    });
  };
  return {
    ...snapshot,
    sendText,
    sendFile: () => new Promise(() => undefined),
    edit: nothing,
    delete: nothing,
    react: nothing,
    unreact: nothing,
    retry: nothing,
    discard: () => undefined,
    openFile: picture,
    loadOlder,
    markRead: nothing,
    setTyping: () => undefined,
    invite: nothing,
    remove: nothing,
    rename: nothing,
    leave: nothing,
  };
}

/** A picture drawn here, so that the gallery needs no file. */
async function picture(): Promise<string> {
  const canvas = new OffscreenCanvas(640, 430);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  const sky = context.createLinearGradient(0, 0, 0, 430);
  sky.addColorStop(0, "#f3c89b");
  sky.addColorStop(1, "#8d6aa8");
  context.fillStyle = sky;
  context.fillRect(0, 0, 640, 430);
  context.fillStyle = "#3a3566";
  context.beginPath();
  context.moveTo(0, 430);
  for (let x = 0; x <= 640; x += 8) context.lineTo(x, 300 - 60 * Math.sin(x / 110) - x / 9);
  context.lineTo(640, 430);
  context.fill();
  return URL.createObjectURL(await canvas.convertToBlob());
}

export function roomHash(roomId: RoomId): string {
  return `#/room/${encodeURIComponent(roomId)}`;
}
