import { expect, it } from "vitest";
import { formatRoute, parseRoute, type Route } from "./route.ts";

it.each<[Route, string]>([
  [{ kind: "home" }, "#/"],
  [{ kind: "room", roomId: "!a:b.example", details: false }, "#/room/!a%3Ab.example"],
  [{ kind: "room", roomId: "!a/ü", details: true }, "#/room/!a%2F%C3%BC/details"],
  [{ kind: "settings" }, "#/settings"],
  [{ kind: "new-recovery-code" }, "#/settings/recovery-code"],
])("a place and its address: %j", (route, hash) => {
  expect(formatRoute(route)).toBe(hash);
  expect(parseRoute(hash)).toEqual(route);
});

it.each(["", "#", "#/nowhere", "#/room", "#/room/", "#%"])("%j is home", (hash) => {
  expect(parseRoute(hash)).toEqual({ kind: "home" });
});

it("a room is found by its plain identifier too", () => {
  expect(parseRoute("#/room/!a:b.example")).toMatchObject({ roomId: "!a:b.example" });
  expect(parseRoute("#/room/%E0%A4%A")).toMatchObject({ roomId: "%E0%A4%A" });
});
