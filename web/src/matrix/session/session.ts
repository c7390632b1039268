/** Everything that a person can do once signed in with recovery in place. */
import {
  ClientEvent,
  EventType,
  type ICreateRoomOpts,
  type MatrixClient,
  Preset,
  type Room,
} from "matrix-js-sdk";
import { cell } from "../../lib/observable.ts";
import { Changes } from "../changes.ts";
import { openConversation } from "../conversation.ts";
import { done, told } from "../errors.ts";
import { Avatars, upload } from "../media.ts";
import {
  type Conversation,
  type Person,
  type RoomId,
  type Session,
  UserFacingError,
  type UserId,
} from "../model.ts";
import { mxcOf, profileOf, stranger } from "../people.ts";
import { portrait } from "../picture.ts";
import { directRooms, followRooms, summaryOf } from "../rooms.ts";
import type { Account } from "./account.ts";
import { followConnection } from "./connection.ts";
import { devicesOf, endDevice } from "./devices.ts";
import { offerCode } from "./newCode.ts";
import type { Recovery } from "./recovery.ts";

/** How many people a search shows. */
const FOUND = 20;

/** Opens the session of an account whose recovery is in place. */
export async function openSession(
  { client, recovery }: Account,
  signOut: () => Promise<void>,
): Promise<Session> {
  const changes = new Changes(client);
  const avatars = new Avatars(client);
  const restoring = readBackup(recovery, changes);
  const rooms = followRooms(client, changes, restoring);
  const summary = (room: Room) => summaryOf(client, room, restoring());
  const conversations = new Map<RoomId, Conversation>();
  return {
    connection: followConnection(client),
    rooms,
    encryptionPolicy: await encryptionPolicy(client),
    storagePersisted: askToPersist(),
    open: (roomId) => {
      const known = conversations.get(roomId);
      if (known !== undefined) return known;
      const room = client.getRoom(roomId);
      if (room === null) throw new UserFacingError("not-found");
      const opened = openConversation(room, { client, changes, restoring, summary });
      conversations.set(roomId, opened);
      return opened;
    },
    ...gathering(client),
    ...profile(client),
    searchPeople: (text) => told(() => searchPeople(client, text)),
    avatarUrl: (mxc, size) => avatars.url(mxc, size),
    devices: () => told(() => devicesOf(client)),
    endDevice: (deviceId, password) => endDevice(client, deviceId, password),
    newRecoveryCode: () => Promise.resolve(offerCode((key) => recovery.renew(key))),
    signOut: async () => {
      avatars.clear();
      await signOut();
    },
  };
}

/** Reads the backup in the background; whether that is still going on. */
function readBackup(recovery: Recovery, changes: Changes): () => boolean {
  let reading = true;
  void recovery
    .resumeBackup()
    .then(() => recovery.readBackup())
    // Each key is still fetched when it is needed; a message without one says why.
    .catch(() => undefined)
    .finally(() => {
      reading = false;
      changes.touchAll();
    });
  return () => reading;
}

/** Whether the server refuses what is not encrypted; a server that does not say so does not. */
async function encryptionPolicy(client: MatrixClient): Promise<Session["encryptionPolicy"]> {
  try {
    const capabilities: Readonly<Record<string, unknown>> = await client.getCapabilities();
    const found = capabilities["org.chappe.encryption"] as { policy?: unknown } | undefined;
    return found?.policy === "required" ? "required" : "optional";
  } catch {
    // Unreachable: what was said of it when it was reached holds.
    return "required";
  }
}

function askToPersist(): Session["storagePersisted"] {
  const persisted = cell<boolean | undefined>(undefined);
  void navigator.storage.persist().then(persisted.set, () => persisted.set(false));
  return persisted;
}

/** Making rooms, and answering invitations. */
function gathering(client: MatrixClient) {
  return {
    createDirect: (userId) =>
      told(async () => {
        const known = directRooms(client)[userId]?.find(
          (roomId) => client.getRoom(roomId)?.getMyMembership() === "join",
        );
        if (known !== undefined) return known as RoomId;
        const roomId = await createRoom(client, {
          preset: Preset.TrustedPrivateChat,
          is_direct: true,
          invite: [userId],
        });
        await rememberDirect(client, userId, roomId);
        return roomId;
      }),
    createPrivate: (name, invite) =>
      told(() => createRoom(client, { preset: Preset.PrivateChat, name, invite: [...invite] })),
    accept: (roomId) =>
      told(async () => {
        const partner = client.getRoom(roomId)?.getDMInviter();
        await client.joinRoom(roomId);
        if (partner !== undefined) await rememberDirect(client, partner as UserId, roomId);
      }),
    decline: (roomId) => done(() => client.leave(roomId)),
  } satisfies Partial<Session>;
}

/** Makes a room that is encrypted from its first event on, and waits until it is known here. */
async function createRoom(client: MatrixClient, options: ICreateRoomOpts): Promise<RoomId> {
  const { room_id } = await client.createRoom({
    ...options,
    initial_state: [
      {
        type: EventType.RoomEncryption,
        state_key: "",
        content: { algorithm: "m.megolm.v1.aes-sha2" },
      },
      // Who comes later holds no keys of what was said before: nobody is shown sealed letters.
      {
        type: EventType.RoomHistoryVisibility,
        state_key: "",
        content: { history_visibility: "invited" },
      },
    ],
  });
  await known(client, room_id);
  return room_id as RoomId;
}

function known(client: MatrixClient, roomId: string): Promise<void> {
  if (client.getRoom(roomId)?.getMyMembership() === "join") return Promise.resolve();
  return new Promise((resolve) => {
    const onRoom = (room: Room): void => {
      if (room.roomId !== roomId) return;
      client.off(ClientEvent.Room, onRoom);
      resolve();
    };
    client.on(ClientEvent.Room, onRoom);
  });
}

async function rememberDirect(client: MatrixClient, partner: UserId, roomId: RoomId) {
  const direct = directRooms(client);
  const rooms = new Set([...(direct[partner] ?? []), roomId]);
  const next = { ...direct, [partner]: [...rooms] } as Record<string, string[]>;
  await client.setAccountData(EventType.Direct, next);
}

/** One's own name and picture. */
function profile(client: MatrixClient) {
  const userId = client.getSafeUserId();
  const me = cell<Person>(stranger(userId));
  const refresh = async (): Promise<void> => me.set(await profileOf(client, userId));
  void refresh().catch(() => undefined);
  return {
    me,
    setName: (name) =>
      told(async () => {
        await client.setDisplayName(name);
        await refresh();
      }),
    setAvatar: (file) =>
      told(async () => {
        const mxc = file === undefined ? "" : await upload(client, await portrait(file));
        await client.setAvatarUrl(mxc);
        await refresh();
      }),
  } satisfies Partial<Session>;
}

async function searchPeople(client: MatrixClient, text: string): Promise<readonly Person[]> {
  const term = text.trim();
  if (term === "") return [];
  const { results } = await client.searchUserDirectory({ term, limit: FOUND });
  const found = results.map((entry) => ({
    userId: entry.user_id as UserId,
    name: entry.display_name ?? stranger(entry.user_id).name,
    avatarMxc: mxcOf(entry.avatar_url),
  }));
  const named = await byIdentifier(client, term);
  const all = named === undefined ? found : [named, ...found];
  const others = all.filter(({ userId }) => userId !== client.getSafeUserId());
  return [...new Map(others.map((person) => [person.userId, person])).values()];
}

/** Somebody whose whole identifier was typed. */
async function byIdentifier(client: MatrixClient, typed: string): Promise<Person | undefined> {
  if (!/^@[^:\s]+:\S+$/.test(typed)) return undefined;
  try {
    return await profileOf(client, typed);
  } catch {
    return undefined;
  }
}
