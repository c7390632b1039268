/** Whether the server is reached, and what waits for it. */
import {
  ClientEvent,
  ConnectionError,
  EventStatus,
  type MatrixClient,
  SyncState,
} from "matrix-js-sdk";
import { cell } from "../../lib/observable.ts";
import type { Connection, Observable } from "../model.ts";

/** Follows the connection; what could not be sent goes out by itself when it is back. */
export function followConnection(client: MatrixClient): Observable<Connection> {
  const connection = cell<Connection>(of(client.getSyncState()));
  const set = (next: Connection): void => {
    if (next.kind === connection.snapshot().kind) return;
    connection.set(next);
    if (next.kind === "online") void resendAll(client);
  };
  const stopped = new AbortController();
  const { signal } = stopped;
  client.on(ClientEvent.Sync, (state) => {
    set(of(state));
    if (state === SyncState.Stopped) stopped.abort();
  });
  // The browser knows at once what the next request would find out late.
  globalThis.addEventListener("offline", () => set({ kind: "offline" }), { signal });
  const back = async (): Promise<void> => {
    if (connection.snapshot().kind === "offline") set({ kind: "connecting" });
    client.retryImmediately();
    // A request that was waiting for news may have outlived the gap: then nothing else would tell.
    if (await answers()) set(of(client.getSyncState()));
  };
  globalThis.addEventListener("online", () => void back(), { signal });
  return connection;
}

function of(state: SyncState | null): Connection {
  switch (state) {
    case SyncState.Prepared:
    case SyncState.Syncing:
      return { kind: navigator.onLine ? "online" : "offline" };
    case SyncState.Reconnecting:
    case SyncState.Error:
      return { kind: "offline" };
    case SyncState.Catchup:
    case SyncState.Stopped:
    case null:
      return { kind: "connecting" };
  }
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch("/_matrix/client/versions", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

async function resendAll(client: MatrixClient): Promise<void> {
  for (const room of client.getRooms()) {
    const waiting = room.getPendingEvents().filter(({ status }) => status === EventStatus.NOT_SENT);
    for (const event of waiting) {
      // What the server itself refused waits for the person's word.
      if (event.error !== null && !(event.error instanceof ConnectionError)) break;
      try {
        await client.resendEvent(event, room);
      } catch {
        break;
      }
    }
  }
}
