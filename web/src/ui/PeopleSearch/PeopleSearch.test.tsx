import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import { renderInFrench } from "../Language/testing.tsx";
import { PeopleSearch } from "./PeopleSearch.tsx";
import type { Found } from "./usePeopleSearch.ts";

const people: readonly Found[] = ["Camille Roche", "Carole Petit"].map((name) => ({
  userId: `@${name.slice(0, 3).toLowerCase()}:a.example`,
  name,
  avatarMxc: undefined,
}));

const search = (text: string): Promise<readonly Found[]> =>
  Promise.resolve(people.filter((person) => person.name.startsWith(text)));

it("finds people and chooses one with the keyboard", async () => {
  const chosen: string[] = [];
  const { user } = renderInFrench(
    <PeopleSearch search={search} onChoose={(person) => chosen.push(person.name)} />,
  );
  await user.type(screen.getByRole("combobox"), "Ca");
  expect(await screen.findAllByRole("option")).toHaveLength(2);
  await user.keyboard("{ArrowDown}{Enter}");
  expect(chosen).toEqual(["Carole Petit"]);
  expect(screen.getByRole<HTMLInputElement>("combobox").value).toBe("");
});

it("says that nobody matches", async () => {
  const { user } = renderInFrench(<PeopleSearch search={search} onChoose={() => undefined} />);
  await user.type(screen.getByRole("combobox"), "Zoé");
  expect(await screen.findByText("Personne ne correspond à « Zoé »")).toBeDefined();
});

it("leaves out those who are in already", async () => {
  const { user } = renderInFrench(
    <PeopleSearch search={search} exclude={people.slice(0, 1)} onChoose={() => undefined} />,
  );
  await user.type(screen.getByRole("combobox"), "Ca");
  expect(await screen.findAllByRole("option")).toHaveLength(1);
});
