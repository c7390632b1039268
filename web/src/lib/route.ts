/** Places in the client, each with an address after `#`. */

export type Route =
  | { readonly kind: "home" }
  | { readonly kind: "room"; readonly roomId: string; readonly details: boolean }
  | { readonly kind: "settings" }
  | { readonly kind: "new-recovery-code" };

/** The place that a hash names; anything unknown is home. */
export function parseRoute(hash: string): Route {
  const [area, first, second] = hash
    .replace(/^#?\/?/u, "")
    .split("/")
    .map(decode);
  switch (area) {
    case "room":
      if (!first) return { kind: "home" };
      return { kind: "room", roomId: first, details: second === "details" };
    case "settings":
      return { kind: first === "recovery-code" ? "new-recovery-code" : "settings" };
    default:
      return { kind: "home" };
  }
}

/** The hash of a place. */
export function formatRoute(route: Route): string {
  switch (route.kind) {
    case "home":
      return "#/";
    case "room":
      return `#/room/${encodeURIComponent(route.roomId)}${route.details ? "/details" : ""}`;
    case "settings":
      return "#/settings";
    case "new-recovery-code":
      return "#/settings/recovery-code";
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
