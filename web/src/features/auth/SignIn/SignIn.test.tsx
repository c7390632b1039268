import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { type SignedOut, UserFacingError } from "../../../matrix/model.ts";
import { renderInFrench } from "../../../ui/Language/testing.tsx";
import { SignIn } from "./SignIn.tsx";

function door(signIn: SignedOut["signIn"], more: Partial<SignedOut> = {}): SignedOut {
  return { kind: "signed-out", reason: undefined, serverName: undefined, signIn, ...more };
}

const accept = (): Promise<void> => Promise.resolve();
const identifier = (): HTMLElement => screen.getByLabelText("Identifiant");
const password = (): HTMLElement => screen.getByLabelText("Mot de passe");
const submit = (): HTMLElement => screen.getByRole("button", { name: "Se connecter" });

it("signs in with the identifier, trimmed, and the password as it is", async () => {
  const asked: string[][] = [];
  const signIn = (...who: string[]): Promise<void> => {
    asked.push(who);
    return Promise.resolve();
  };
  const { user } = renderInFrench(<SignIn gate={door(signIn)} preferences={null} />);
  await user.type(identifier(), " alice ");
  await user.type(password(), " secret {Enter}");
  expect(asked).toEqual([["alice", " secret "]]);
});

it("says what is missing and puts the caret there", async () => {
  const { user } = renderInFrench(<SignIn gate={door(accept)} preferences={null} />);
  await user.click(submit());
  expect(screen.getByText("Saisissez votre identifiant.")).toBeDefined();
  expect(document.activeElement).toBe(identifier());
  await user.type(identifier(), "alice{Enter}");
  expect(screen.getByText("Saisissez votre mot de passe.")).toBeDefined();
  expect(document.activeElement).toBe(password());
});

it("says in words why it was refused, to those who listen too", async () => {
  const refuse = (): Promise<void> => Promise.reject(new UserFacingError("wrong-password"));
  const { user } = renderInFrench(<SignIn gate={door(refuse)} preferences={null} />);
  await user.type(identifier(), "alice");
  await user.type(password(), "wrong{Enter}");
  const alert = await screen.findByText("Identifiant ou mot de passe incorrect.");
  expect(alert.closest("[role=alert]")).not.toBeNull();
});

it("shows and hides the password", async () => {
  const { user } = renderInFrench(<SignIn gate={door(accept)} preferences={null} />);
  expect(password().getAttribute("type")).toBe("password");
  await user.click(screen.getByRole("button", { name: "Afficher le mot de passe" }));
  expect(password().getAttribute("type")).toBe("text");
});

it("warns of Caps Lock while it is on", async () => {
  const { user } = renderInFrench(<SignIn gate={door(accept)} preferences={null} />);
  await user.click(password());
  await user.keyboard("{CapsLock}a");
  expect(screen.getByText("La touche Verr. Maj. est active")).toBeDefined();
  await user.keyboard("{CapsLock}b");
  expect(screen.queryByText("La touche Verr. Maj. est active")).toBeNull();
});

it("says why one is signed out, when it was not one's own doing", () => {
  renderInFrench(<SignIn gate={door(accept, { reason: "storage-lost" })} preferences={null} />);
  expect(screen.getByText(/a effacé les données/u)).toBeDefined();
});
