/** Databases of one server, when the tests run on PostgreSQL; they run on files otherwise. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** `postgres://user@127.0.0.1:port` of a server on which databases may be made. */
const POSTGRES = process.env.CHAPPE_TEST_POSTGRES?.replace(/\/$/, "");

/** Two fresh databases, for data and keys. */
export class Databases {
  readonly #data: string;
  readonly #keyring: string;
  /** The part of the write-ahead log in which they were made. */
  readonly #firstLog: string;

  private constructor(data: string, keyring: string, firstLog: string) {
    this.#data = data;
    this.#keyring = keyring;
    this.#firstLog = firstLog;
  }

  /** Makes them, empty; none when the tests run on files. */
  static fresh(): Databases | undefined {
    if (POSTGRES === undefined) return undefined;
    const suffix = randomBytes(8).toString("hex");
    const firstLog = sql("select pg_walfile_name(pg_current_wal_lsn())");
    const databases = new Databases(`data-${suffix}`, `keyring-${suffix}`, firstLog);
    for (const name of databases.#names) sql(`create database "${name}"`);
    return databases;
  }

  /** What the program is told of them: the environment goes over its configuration. */
  get environment(): Record<string, string> {
    return {
      CHAPPE_STORE_ENGINE: "postgres",
      CHAPPE_STORE_URL: `${POSTGRES}/${this.#data}`,
      CHAPPE_KEYRING_URL: `${POSTGRES}/${this.#keyring}`,
    };
  }

  /** Files and directories with everything that PostgreSQL has written for them, as of now. */
  get places(): string[] {
    // What is only in PostgreSQL's memory yet goes to its files.
    sql("checkpoint");
    const directory = sql("show data_directory");
    const names = this.#names.map((name) => `'${name}'`).join(", ");
    const numbers = sql(`select oid from pg_database where datname in (${names})`).split("\n");
    const logs = readdirSync(join(directory, "pg_wal")).filter(
      (name) => /^[0-9A-F]{24}$/.test(name) && name >= this.#firstLog,
    );
    return [
      ...numbers.map((number) => join(directory, "base", number)),
      ...logs.map((name) => join(directory, "pg_wal", name)),
    ];
  }

  /** Removes them. */
  drop(): void {
    for (const name of this.#names) sql(`drop database "${name}" with (force)`);
  }

  get #names(): string[] {
    return [this.#data, this.#keyring];
  }
}

/** The program's environment: with these databases, if any, and without what tests alone are told. */
export function environment(databases: Databases | undefined): NodeJS.ProcessEnv {
  const environment = { ...process.env, ...databases?.environment };
  delete environment.CHAPPE_TEST_POSTGRES;
  return environment;
}

function sql(statement: string): string {
  const quiet = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"];
  const database = ["--dbname", `${POSTGRES}/postgres`, "--command", statement];
  return execFileSync("psql", [...quiet, ...database], { encoding: "utf8" }).trim();
}
