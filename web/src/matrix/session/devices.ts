/** The devices of one's own. */
import type { MatrixClient } from "matrix-js-sdk";
import { userFacing } from "../errors.ts";
import { type Device, UserFacingError } from "../model.ts";
import { interactiveSession, passwordProof } from "./recovery.ts";

/** All of them: this one first, then by when they were last seen. */
export async function devicesOf(client: MatrixClient): Promise<readonly Device[]> {
  const me = client.getSafeUserId();
  const here = client.getDeviceId();
  const { devices } = await client.getDevices();
  const described = devices.map(async ({ device_id, display_name, last_seen_ts }) => {
    const trust = await client.getCrypto()?.getDeviceVerificationStatus(me, device_id);
    return {
      deviceId: device_id,
      name: display_name ?? device_id,
      current: device_id === here,
      verified: trust?.crossSigningVerified === true,
      lastSeen: last_seen_ts,
    };
  });
  return (await Promise.all(described)).sort(
    (a, b) => Number(b.current) - Number(a.current) || (b.lastSeen ?? 0) - (a.lastSeen ?? 0),
  );
}

/** Ends another session; the server asks who wants that, and the password answers. */
export async function endDevice(
  client: MatrixClient,
  deviceId: string,
  password: string,
): Promise<void> {
  try {
    await client.deleteDevice(deviceId);
  } catch (refused) {
    const session = interactiveSession(refused);
    if (session === undefined) throw userFacing(refused);
    try {
      await client.deleteDevice(deviceId, passwordProof(client.getSafeUserId(), password, session));
    } catch (error) {
      // Asked again means: that was not the password.
      if (interactiveSession(error) === undefined) throw userFacing(error);
      throw new UserFacingError("wrong-password", { cause: error });
    }
  }
}
