/** A recovery code, shown and read back before it is in force. */
import { done } from "../errors.ts";
import { type NewRecoveryCode, UserFacingError } from "../model.ts";
import { groupsToAsk, makeRecoveryCode, sameGroup } from "./recoveryCode.ts";

/** Makes a code; `use` puts everything under it once the person has shown that they kept it. */
export function offerCode(use: (key: Uint8Array<ArrayBuffer>) => Promise<void>): NewRecoveryCode {
  const { groups, key } = makeRecoveryCode();
  const asked = groupsToAsk(groups.length);
  return {
    code: groups,
    asked,
    confirm: (typed) =>
      done(async () => {
        const kept = asked.every((index, place) => sameGroup(groups[index], typed[place] ?? ""));
        if (!kept) throw new UserFacingError("recovery-groups-differ");
        await use(key);
      }),
  };
}
