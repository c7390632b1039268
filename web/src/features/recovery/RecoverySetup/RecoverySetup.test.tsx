import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { RecoverySetup as Gate } from "../../../matrix/model.ts";
import { renderInFrench } from "../../../ui/Language/testing.tsx";
import { RecoverySetup } from "./RecoverySetup.tsx";

const code = ["EsTC", "8K2M", "QX7R", "4V9D"];

function setup(confirm: Gate["confirm"]): Gate {
  const signOut = (): Promise<void> => Promise.resolve();
  return { kind: "recovery-setup", code, asked: [1, 3], confirm, signOut };
}

function recording(): { readonly typed: (readonly string[])[]; readonly confirm: Gate["confirm"] } {
  const typed: (readonly string[])[] = [];
  return { typed, confirm: (groups) => Promise.resolve(void typed.push(groups)) };
}

it("shows the whole code and explains why", () => {
  renderInFrench(<RecoverySetup gate={setup(recording().confirm)} />);
  for (const group of code) expect(screen.getByText(group)).toBeDefined();
  expect(screen.getByText(/seul ce code rouvrira vos conversations/u)).toBeDefined();
});

it("goes on only when both groups are typed back", async () => {
  const { typed, confirm } = recording();
  const { user } = renderInFrench(<RecoverySetup gate={setup(confirm)} />);
  await user.click(screen.getByRole("button", { name: "J’ai conservé mon code" }));
  expect(screen.queryByText("QX7R")).toBeNull();

  const finish = screen.getByRole("button", { name: "Ouvrir mes conversations" });
  await user.click(finish);
  expect(screen.getByText(/ne correspondent pas/u)).toBeDefined();
  await user.type(screen.getByLabelText("Groupe 2"), "8k2m");
  await user.type(screen.getByLabelText("Groupe 4"), "4V9");
  await user.click(finish);
  expect(typed).toEqual([]);

  await user.type(screen.getByLabelText("Groupe 4"), "D ");
  await user.click(finish);
  expect(typed).toEqual([["8k2m", "4V9D"]]);
});

it("lets one look at the code again", async () => {
  const { user } = renderInFrench(<RecoverySetup gate={setup(recording().confirm)} />);
  await user.click(screen.getByRole("button", { name: "J’ai conservé mon code" }));
  await user.click(screen.getByRole("button", { name: "Revoir le code" }));
  expect(screen.getByText("QX7R")).toBeDefined();
});

it("copies the code with a space between groups", async () => {
  const { user } = renderInFrench(<RecoverySetup gate={setup(recording().confirm)} />);
  await user.click(screen.getByRole("button", { name: "Copier" }));
  await expect(navigator.clipboard.readText()).resolves.toBe("EsTC 8K2M QX7R 4V9D");
});
