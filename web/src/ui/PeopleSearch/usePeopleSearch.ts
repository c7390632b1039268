import { useEffect, useId, useState, type KeyboardEvent } from "react";

/** What is shown of somebody found. */
export interface Found {
  readonly userId: string;
  readonly name: string;
  readonly avatarMxc: string | undefined;
}

type Answer<P> =
  | { readonly kind: "none" }
  | { readonly kind: "found"; readonly query: string; readonly people: readonly P[] }
  | { readonly kind: "failed"; readonly query: string };

export interface PeopleList<P> {
  readonly query: string;
  readonly setQuery: (query: string) => void;
  readonly people: readonly P[];
  readonly status: "idle" | "typing" | "nobody" | "failed" | "found";
  readonly active: number;
  readonly setActive: (index: number) => void;
  readonly choose: (person: P) => void;
  readonly listId: string;
  readonly optionId: (index: number) => string;
  readonly activeId: string | undefined;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

interface Options<P> {
  readonly search: (text: string) => Promise<readonly P[]>;
  readonly onChoose: (person: P) => void;
  readonly exclude?: readonly Found[];
}

const PAUSE = 200;

/** Asks a short pause after the last key; an answer to an older question is not shown. */
export function usePeopleSearch<P extends Found>({
  search,
  onChoose,
  exclude = [],
}: Options<P>): PeopleList<P> {
  const [query, setQuery] = useState("");
  const [answer, setAnswer] = useState<Answer<P>>({ kind: "none" });
  const [active, setActive] = useState(0);
  const listId = useId();
  const wanted = query.trim();

  useEffect(() => {
    if (wanted === "") return;
    let current = true;
    const show = (next: Answer<P>): void => {
      if (!current) return;
      setAnswer(next);
      setActive(0);
    };
    const timer = setTimeout(() => {
      search(wanted).then(
        (people) => show({ kind: "found", query: wanted, people }),
        () => show({ kind: "failed", query: wanted }),
      );
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [wanted, search]);

  const fresh = answer.kind !== "none" && answer.query === wanted ? answer : undefined;
  const excluded = new Set(exclude.map((person) => person.userId));
  const found = answer.kind === "found" && wanted !== "" ? answer.people : [];
  const people = found.filter((person) => !excluded.has(person.userId));
  const optionId = (index: number): string => `${listId}-${index}`;
  const choose = (person: P): void => {
    setQuery("");
    setAnswer({ kind: "none" });
    onChoose(person);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const person = people[active];
    if (event.nativeEvent.isComposing || person === undefined) return;
    if (event.key === "ArrowDown") setActive(Math.min(active + 1, people.length - 1));
    else if (event.key === "ArrowUp") setActive(Math.max(active - 1, 0));
    else if (event.key === "Enter") choose(person);
    else return;
    event.preventDefault();
  };

  return {
    query,
    setQuery,
    people,
    status: statusOf(wanted, fresh, people.length),
    active,
    setActive,
    choose,
    listId,
    optionId,
    activeId: people.length > 0 ? optionId(active) : undefined,
    onKeyDown,
  };
}

function statusOf<P>(
  wanted: string,
  fresh: Answer<P> | undefined,
  count: number,
): PeopleList<P>["status"] {
  if (wanted === "") return "idle";
  if (fresh === undefined) return "typing";
  if (fresh.kind === "failed") return "failed";
  return count === 0 ? "nobody" : "found";
}
