/** The real program, on a free port and a data directory of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Browsers } from "./browser.ts";
import { Databases, environment } from "./databases.ts";
import { Person } from "./person.ts";
import type { Locale } from "./words.ts";

/** How the server is set up, where a test needs it otherwise than people have it. */
export interface Setup {
  readonly encryption?: "required" | "optional";
  readonly sealing?: "on" | "off";
}

/** Password of everybody in tests. */
export const PASSWORD = "le télégraphe optique";

const PROGRAM =
  process.env.E2E_PROGRAM ?? new URL("../../target/debug/chappe", import.meta.url).pathname;

const CONFIGURATION = ["--config", "chappe.toml"];

/** A running server, and the people on it. */
export class Server {
  readonly base: string;
  readonly directory: string;
  readonly #databases: Databases | undefined;
  readonly #process: ChildProcess;
  readonly #browsers: Browsers;
  readonly #people: Person[] = [];

  private constructor(
    base: string,
    [directory, databases]: readonly [string, Databases | undefined],
    process: ChildProcess,
    browsers: Browsers,
  ) {
    this.base = base;
    this.directory = directory;
    this.#databases = databases;
    this.#process = process;
    this.#browsers = browsers;
  }

  /** Starts the program on a fresh data directory. */
  static async start(setup: Setup = {}): Promise<Server> {
    if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: build it first`);
    const directory = await mkdtemp(join(tmpdir(), "chappe-e2e-"));
    await writeFile(join(directory, "chappe.toml"), configuration(setup));
    const databases = Databases.fresh();
    const options = { cwd: directory, env: environment(databases) };
    if (databases !== undefined) execFileSync(PROGRAM, ["migrate", ...CONFIGURATION], options);
    const log = createWriteStream(join(directory, "server.log"));
    const child = spawn(PROGRAM, ["serve", ...CONFIGURATION], {
      ...options,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stderr.pipe(log);
    const base = await readiness(child, directory);
    return new Server(base, [directory, databases], child, await Browsers.open(base));
  }

  /** An account, not yet signed in anywhere. */
  async person(name: string, locale: Locale = "fr"): Promise<Person> {
    const localpart = localpartOf(name);
    await this.#register(localpart, name);
    const person = new Person(this, { name, localpart, locale, password: PASSWORD });
    this.#people.push(person);
    return person;
  }

  /** A browser of its own for somebody. */
  get browsers(): Browsers {
    return this.#browsers;
  }

  /** Calls the client-server API. */
  async call(
    method: string,
    path: string,
    options: { readonly token?: string; readonly body?: unknown } = {},
  ): Promise<Record<string, unknown>> {
    const { token, body } = options;
    const raw = body instanceof Blob;
    const response = await fetch(`${this.base}${path}`, {
      method,
      headers: {
        "Content-Type": raw ? body.type : "application/json",
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    }
    return answer;
  }

  /** Opens a session without a browser; its token. */
  async token(localpart: string): Promise<string> {
    const { access_token } = await this.call("POST", "/_matrix/client/v3/login", {
      body: {
        type: "m.login.password",
        identifier: { type: "m.id.user", user: localpart },
        password: PASSWORD,
      },
    });
    return access_token as string;
  }

  /** Ends the program as an operator does, and closes every browser. */
  async stop(): Promise<void> {
    const problems = this.#browsers.problems;
    await this.#browsers.close();
    if (this.#process.exitCode === null) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
    if (problems.length > 0) throw new Error(`the browsers complained:\n${problems.join("\n")}`);
  }

  /** Files and directories of its databases, when it has any. */
  get databasePlaces(): string[] {
    return this.#databases?.places ?? [];
  }

  /** Removes what the server kept. */
  async forget(): Promise<void> {
    this.#databases?.drop();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #register(localpart: string, name: string): Promise<void> {
    const { access_token, user_id } = await this.call("POST", "/_matrix/client/v3/register", {
      body: { username: localpart, password: PASSWORD, auth: { type: "m.login.dummy" } },
    });
    const token = access_token as string;
    const profile = `/_matrix/client/v3/profile/${encodeURIComponent(user_id as string)}`;
    await this.call("PUT", `${profile}/displayname`, { token, body: { displayname: name } });
    await this.call("POST", "/_matrix/client/v3/logout", { token });
  }
}

/** "Chloé Petit" is `chloe.petit`. */
function localpartOf(name: string): string {
  const letters = name.normalize("NFD").replace(/\p{Mark}/gu, "");
  return letters.replace(/[^a-zA-Z]+/g, ".").toLowerCase();
}

/** Waits until the program says where it answers. */
async function readiness(child: ChildProcess, directory: string): Promise<string> {
  if (child.stdout === null) throw new Error("the server's output is not read");
  const ended = once(child, "exit").then(() => {
    throw new Error(`the server ended: ${readFileSync(join(directory, "server.log"), "utf8")}`);
  });
  const ready = once(createInterface(child.stdout), "line") as Promise<[string]>;
  const [line] = await Promise.race([ready, ended]);
  ended.catch(() => undefined);
  const base = /^chappe is ready on (\S+)/.exec(line)?.[1];
  if (base === undefined) throw new Error(`the server said "${line}"`);
  return base;
}

function configuration({ encryption = "required", sealing = "on" }: Setup): string {
  return `
[server]
name = "chappe.example"
data_directory = "data"
[listen]
addresses = ["127.0.0.1:0"]
[registration]
mode = "open"
[passwords]
memory_kib = 8
iterations = 1
[limits]
rates = false
[rooms]
encryption = "${encryption}"
[store]
sealing = "${sealing}"
`;
}
