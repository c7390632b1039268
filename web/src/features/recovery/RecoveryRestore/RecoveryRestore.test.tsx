import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { UserFacingError, type RecoveryRestore as Gate } from "../../../matrix/model.ts";
import { renderInFrench } from "../../../ui/Language/testing.tsx";
import { RecoveryRestore } from "./RecoveryRestore.tsx";

const signOut = (): Promise<void> => Promise.resolve();
const gate = (restore: Gate["restore"]): Gate => ({ kind: "recovery-restore", restore, signOut });
const field = (): HTMLElement => screen.getByLabelText("Code de récupération");

it("takes a code however it was written down", async () => {
  const codes: string[] = [];
  const restore = (code: string): Promise<void> => Promise.resolve(void codes.push(code));
  const { user } = renderInFrench(<RecoveryRestore gate={gate(restore)} />);
  await user.click(field());
  await user.paste("EsTC-8K2M\tQX7R 4V9D\n");
  await user.keyboard("{Enter}");
  expect(codes).toEqual(["EsTC 8K2M QX7R 4V9D"]);
});

it("asks for the code when there is none", async () => {
  const { user } = renderInFrench(<RecoveryRestore gate={gate(() => Promise.resolve())} />);
  await user.click(screen.getByRole("button", { name: "Ouvrir mes conversations" }));
  expect(screen.getByText("Saisissez votre code de récupération.")).toBeDefined();
  expect(document.activeElement).toBe(field());
});

it("says that a code is another person’s", async () => {
  const refuse = (): Promise<void> => Promise.reject(new UserFacingError("recovery-code-wrong"));
  const { user } = renderInFrench(<RecoveryRestore gate={gate(refuse)} />);
  await user.type(field(), "EsTC{Enter}");
  expect(await screen.findByText(/n’est pas celui de votre compte/u)).toBeDefined();
});

it("says plainly what remains when the code is lost", () => {
  renderInFrench(<RecoveryRestore gate={gate(() => Promise.resolve())} />);
  expect(screen.getByText(/Sans lui, cet appareil ne peut pas lire vos messages/u)).toBeDefined();
  expect(screen.getByRole("button", { name: "Se déconnecter", hidden: true })).toBeDefined();
});
