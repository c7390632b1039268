/**
 * What the screens know of Matrix: plain snapshots, and the actions that a person can take.
 *
 * `matrix/` builds these from matrix-js-sdk; `features/` draws them and knows nothing else.
 */

export type UserId = string & { readonly brand: "UserId" };
export type RoomId = string & { readonly brand: "RoomId" };
export type EventId = string & { readonly brand: "EventId" };

/** Something whose snapshot changes: read it with `useSyncExternalStore`. */
export interface Observable<T> {
  readonly subscribe: (onChange: () => void) => () => void;
  readonly snapshot: () => T;
}

/** A person, as shown. */
export interface Person {
  readonly userId: UserId;
  readonly name: string;
  readonly avatarMxc: string | undefined;
}

/** Whether the server is reached. */
export interface Connection {
  readonly kind: "connecting" | "online" | "offline";
}

/** One row of the conversation list. */
export interface RoomSummary {
  readonly roomId: RoomId;
  readonly name: string;
  readonly kind: "direct" | "private";
  readonly membership: "join" | "invite";
  readonly inviter: Person | undefined;
  readonly avatarMxc: string | undefined;
  readonly encrypted: boolean;
  readonly memberCount: number;
  readonly unread: number;
  readonly highlights: number;
  readonly preview: Preview | undefined;
  readonly lastActivity: number;
  readonly typing: readonly Person[];
}

/** The last thing said in a conversation. */
export interface Preview {
  readonly author: Person;
  readonly own: boolean;
  readonly body: MessageBody;
}

/** Why a message cannot be read: a closed set, each with one action on screen. */
export type UndecryptableCause =
  "on-its-way" | "backup-lacks-it" | "before-you-joined" | "sender-device-unverified" | "lost";

/** An encrypted attachment: fetched and decrypted on demand through `Conversation.openFile`. */
export interface FileBody {
  readonly name: string;
  readonly mime: string;
  readonly size: number;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly blurhash: string | undefined;
  readonly hasThumbnail: boolean;
}

/**
 * Formatted text, already sanitised: give it to `dangerouslySetInnerHTML` as it is. Where the
 * browser enforces Trusted Types it is an object that no other code can make.
 */
export type SafeHtml = string | TrustedHTML;

/** What a message holds. */
export type MessageBody =
  | {
      readonly kind: "text";
      readonly text: string;
      readonly html: SafeHtml | undefined;
      readonly emote: boolean;
      readonly notice: boolean;
    }
  | { readonly kind: "image"; readonly file: FileBody }
  | { readonly kind: "file"; readonly file: FileBody }
  | { readonly kind: "deleted" }
  | { readonly kind: "undecryptable"; readonly cause: UndecryptableCause }
  | { readonly kind: "unsupported" };

/** One reaction, counted. */
export interface Reaction {
  readonly key: string;
  readonly people: readonly Person[];
  readonly ownEventId: EventId | undefined;
}

/** What a message answers. */
export interface Quote {
  readonly eventId: EventId;
  readonly author: Person | undefined;
  readonly body: MessageBody | undefined;
}

/** One entry of a timeline, oldest first. */
export type TimelineItem = MessageItem | NoticeItem;

/** A message. `key` is stable from the moment of sending to its arrival. */
export interface MessageItem {
  readonly kind: "message";
  readonly key: string;
  readonly eventId: EventId | undefined;
  readonly author: Person;
  readonly own: boolean;
  readonly timestamp: number;
  readonly body: MessageBody;
  readonly edited: boolean;
  readonly quote: Quote | undefined;
  readonly reactions: readonly Reaction[];
  readonly readBy: readonly Person[];
  readonly state: "sending" | "sent" | "failed";
  readonly can: { readonly edit: boolean; readonly delete: boolean };
}

/** What happened in the room: somebody joined, the name changed… */
export interface NoticeItem {
  readonly kind: "notice";
  readonly key: string;
  readonly eventId: EventId;
  readonly timestamp: number;
  readonly author: Person;
  readonly change:
    | {
        readonly kind: "joined" | "left" | "invited" | "removed" | "banned" | "renamed-self";
        readonly target: Person;
      }
    | { readonly kind: "created" | "encrypted" | "avatar" | "permissions" }
    | { readonly kind: "named" | "topic"; readonly value: string };
}

/** A member of a room. */
export interface Member extends Person {
  readonly role: "admin" | "moderator" | "member";
  readonly membership: "join" | "invite";
}

/** A room, opened. */
export interface ConversationSnapshot {
  readonly room: RoomSummary;
  readonly topic: string | undefined;
  readonly items: readonly TimelineItem[];
  /** Index of the first item in the whole history, counting down as older pages arrive. */
  readonly firstItemIndex: number;
  readonly hasOlder: boolean;
  readonly loadingOlder: boolean;
  readonly typing: readonly Person[];
  readonly members: readonly Member[];
  /** Event id of the last item read before the room was opened: the "new" mark stands after it. */
  readonly readUpTo: EventId | undefined;
  readonly can: { readonly send: boolean; readonly invite: boolean; readonly rename: boolean };
}

/** An opened room and all that one can do there. Rejections carry a `UserFacingError`. */
export interface Conversation extends Observable<ConversationSnapshot> {
  readonly sendText: (text: string, options?: { readonly replyTo?: EventId }) => Promise<void>;
  readonly sendFile: (
    file: File,
    onProgress: (fraction: number) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly edit: (eventId: EventId, text: string) => Promise<void>;
  readonly delete: (eventId: EventId) => Promise<void>;
  readonly react: (eventId: EventId, key: string) => Promise<void>;
  readonly unreact: (reactionEventId: EventId) => Promise<void>;
  readonly retry: (key: string) => Promise<void>;
  readonly discard: (key: string) => void;
  /** Decrypts an attachment; the caller revokes the object URL. */
  readonly openFile: (eventId: EventId, part: "file" | "thumbnail") => Promise<string>;
  readonly loadOlder: () => Promise<void>;
  readonly markRead: () => Promise<void>;
  readonly setTyping: (typing: boolean) => void;
  readonly invite: (userId: UserId) => Promise<void>;
  readonly remove: (userId: UserId) => Promise<void>;
  readonly rename: (name: string) => Promise<void>;
  readonly leave: () => Promise<void>;
}

/** A device of one's own. */
export interface Device {
  readonly deviceId: string;
  readonly name: string;
  readonly current: boolean;
  readonly verified: boolean;
  readonly lastSeen: number | undefined;
}

/** Everything once signed in with recovery in place. */
export interface Session {
  readonly me: Observable<Person>;
  readonly connection: Observable<Connection>;
  readonly rooms: Observable<readonly RoomSummary[]>;
  /** `required` is silent; anything else is said on screen. */
  readonly encryptionPolicy: "required" | "optional";
  readonly open: (roomId: RoomId) => Conversation;
  readonly createDirect: (userId: UserId) => Promise<RoomId>;
  readonly createPrivate: (name: string, invite: readonly UserId[]) => Promise<RoomId>;
  readonly accept: (roomId: RoomId) => Promise<void>;
  readonly decline: (roomId: RoomId) => Promise<void>;
  readonly searchPeople: (text: string) => Promise<readonly Person[]>;
  readonly setName: (name: string) => Promise<void>;
  readonly setAvatar: (file: File | undefined) => Promise<void>;
  /** Authenticated thumbnail of an avatar as an object URL, cached. */
  readonly avatarUrl: (mxc: string, size: number) => Promise<string | undefined>;
  readonly devices: () => Promise<readonly Device[]>;
  /** Ends another session of one's own; the password proves who asks. */
  readonly endDevice: (deviceId: string, password: string) => Promise<void>;
  /** Whether the browser promised to keep this device's storage. */
  readonly storagePersisted: Observable<boolean | undefined>;
  /** Makes a new recovery code; the backup and the keys stay. */
  readonly newRecoveryCode: () => Promise<NewRecoveryCode>;
  readonly signOut: () => Promise<void>;
}

/** A new recovery code, not in force until it was read back. */
export interface NewRecoveryCode {
  readonly code: readonly string[];
  readonly asked: readonly [number, number];
  readonly confirm: (typed: readonly [string, string]) => Promise<void>;
}

/** What can go wrong in a way that a person can understand: the keys under `errors.`. */
export type ErrorCode =
  /** The server cannot be reached. */
  | "offline"
  /** Sign-in refused: the identifier or the password is wrong. */
  | "wrong-password"
  /** The account exists and is closed. */
  | "account-closed"
  /** Asked too often; wait a little. */
  | "too-many-attempts"
  /** The token is no longer good. */
  | "session-ended"
  /** Not a recovery code: too short, too long, or mistyped. */
  | "recovery-code-malformed"
  /** A recovery code, but not this person's. */
  | "recovery-code-wrong"
  /** The two groups typed back are not those shown. */
  | "recovery-groups-differ"
  /** Keys are out of step with the server; trying again helps. */
  | "recovery-failed"
  /** The server or the room does not let this person do this. */
  | "not-allowed"
  /** The person, room or message does not exist. */
  | "not-found"
  /** The file is larger than the server takes. */
  | "file-too-large"
  /** The file arrived altered: its hash is wrong. It is not shown. */
  | "file-damaged"
  /** The picture cannot be read. */
  | "picture-unreadable"
  /** The server failed. */
  | "server"
  /** Anything else. */
  | "unknown";

/** An error with a sentence for people: `code` is a key under `errors.` in the catalogues. */
export class UserFacingError extends Error {
  public override readonly name = "UserFacingError";
  public readonly code: ErrorCode;
  public constructor(code: ErrorCode, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

/** What stands between a person and their conversations. The screens follow it, nothing else. */
export type Gate =
  | { readonly kind: "starting" }
  | SignedOut
  | RecoverySetup
  | RecoveryRestore
  | Elsewhere
  | { readonly kind: "ready"; readonly session: Session };

/** Nobody is signed in on this browser. */
export interface SignedOut {
  readonly kind: "signed-out";
  /** Why, when it was not the person's own doing. */
  readonly reason: "session-ended" | "storage-lost" | undefined;
  /** The server's name, once known, for the sign-in page. */
  readonly serverName: string | undefined;
  readonly signIn: (identifier: string, password: string) => Promise<void>;
}

/** First device: the recovery code is shown, saved and read back before anything else opens. */
export interface RecoverySetup {
  readonly kind: "recovery-setup";
  /**
   * The code, in groups of four, made on this device and not yet used. It has only capitals and
   * digits, but for its fixed beginning, and `confirm` and `restore` take it in any case.
   */
  readonly code: readonly string[];
  /** Indexes of the two groups that the person types back. */
  readonly asked: readonly [number, number];
  /** Sets up cross-signing, secret storage and backup under the code; ends in `ready`. */
  readonly confirm: (typed: readonly [string, string]) => Promise<void>;
  readonly signOut: () => Promise<void>;
}

/** A further device: the code opens what was said before. */
export interface RecoveryRestore {
  readonly kind: "recovery-restore";
  /** Verifies this device and connects the backup; ends in `ready` once that is observed. */
  readonly restore: (code: string) => Promise<void>;
  readonly signOut: () => Promise<void>;
}

/**
 * Chappe is open in another tab of this browser. One tab at a time owns the keys: two would
 * corrupt them. When the other tab closes, this one goes on by itself.
 */
export interface Elsewhere {
  readonly kind: "elsewhere";
  /** Asks the other tab to let go, and goes on here. */
  readonly takeOver: () => Promise<void>;
}

/** The client's front door: one for the page. */
export type Chappe = Observable<Gate>;
