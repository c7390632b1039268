/**
 * Which rooms changed: one place that listens to the SDK, so that nothing else has to know what
 * it emits and when.
 *
 * Changes are told together, after the SDK has finished what it was doing: a burst of events
 * gives one new snapshot.
 */
import {
  ClientEvent,
  EventType,
  type MatrixClient,
  type MatrixEvent,
  MatrixEventEvent,
  type Room,
  RoomEvent,
  RoomMemberEvent,
  RoomStateEvent,
} from "matrix-js-sdk";

/** Told of the rooms that changed since it was last told. */
export type Listener = (roomIds: ReadonlySet<string>) => void;

/** What changes in rooms. */
export class Changes {
  readonly #client: MatrixClient;
  readonly #listeners = new Set<Listener>();
  #changed = new Set<string>();
  #scheduled: ReturnType<typeof setTimeout> | undefined;

  public constructor(client: MatrixClient) {
    this.#client = client;
    const ofRoom = (room: Room | undefined): void => this.touch(room?.roomId);
    const ofEvent = (event: MatrixEvent): void => this.touch(event.getRoomId());
    client.on(ClientEvent.Room, (room) => this.#follow(room));
    client.on(ClientEvent.DeleteRoom, (roomId) => this.touch(roomId));
    client.on(RoomEvent.Name, ofRoom);
    client.on(RoomEvent.MyMembership, ofRoom);
    client.on(RoomEvent.Receipt, (_, room) => ofRoom(room));
    client.on(RoomEvent.AccountData, (_, room) => ofRoom(room));
    client.on(RoomEvent.Timeline, (_, room) => ofRoom(room));
    client.on(RoomEvent.TimelineReset, ofRoom);
    client.on(RoomEvent.Redaction, (_, room) => ofRoom(room));
    client.on(RoomEvent.RedactionCancelled, (_, room) => ofRoom(room));
    client.on(RoomEvent.LocalEchoUpdated, (_, room) => ofRoom(room));
    client.on(RoomStateEvent.Events, ofEvent);
    client.on(RoomMemberEvent.Name, (_, member) => this.touch(member.roomId));
    client.on(RoomMemberEvent.Typing, (_, member) => this.touch(member.roomId));
    client.on(MatrixEventEvent.Decrypted, ofEvent);
    client.on(MatrixEventEvent.Replaced, ofEvent);
    client.on(ClientEvent.AccountData, (event) => {
      if (event.getType() === (EventType.Direct as string)) this.touchAll();
    });
    for (const room of client.getRooms()) this.#follow(room);
  }

  /** Calls `listener` after every burst of changes; returns how to stop. */
  public listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Says that a room changed. */
  public touch(roomId: string | undefined): void {
    if (roomId === undefined) return;
    this.#changed.add(roomId);
    this.#scheduled ??= setTimeout(() => this.#tell());
  }

  /** Says that any room may have changed. */
  public touchAll(): void {
    for (const room of this.#client.getRooms()) this.touch(room.roomId);
  }

  #follow(room: Room): void {
    room.on(RoomEvent.UnreadNotifications, () => this.touch(room.roomId));
    this.touch(room.roomId);
  }

  #tell(): void {
    const changed = this.#changed;
    this.#changed = new Set();
    this.#scheduled = undefined;
    for (const listener of [...this.#listeners]) listener(changed);
  }
}
