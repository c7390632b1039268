/** Real Chromium, and what must never happen in it. */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import type { Locale } from "./words.ts";

const CHROMIUM = process.env.E2E_CHROMIUM ?? "/usr/bin/chromium";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How a window is looked at. */
export interface Look {
  readonly locale: Locale;
  readonly theme?: "light" | "dark";
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** The browsers of one server's people; each person's device is a context, as a profile is. */
export class Browsers {
  static readonly #open = new Set<Browsers>();
  readonly #browser: Browser;
  readonly #base: string;
  /** Errors in a console, policy violations, requests to anybody else, failures of the server. */
  readonly problems: string[] = [];

  private constructor(browser: Browser, base: string) {
    this.#browser = browser;
    this.#base = base;
  }

  static async open(base: string): Promise<Browsers> {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    const browsers = new Browsers(browser, base);
    Browsers.#open.add(browsers);
    return browsers;
  }

  /** Every page that is open now. */
  static pages(): readonly Page[] {
    return [...Browsers.#open].flatMap((browsers) =>
      browsers.#browser.contexts().flatMap((context) => context.pages()),
    );
  }

  /** A device: a browser profile that nobody used before. */
  async device({ locale, theme = "light", viewport }: Look): Promise<BrowserContext> {
    const context = await this.#browser.newContext({
      baseURL: this.#base,
      locale: locale === "fr" ? "fr-FR" : "en-GB",
      timezoneId: "Europe/Paris",
      colorScheme: theme,
      reducedMotion: "reduce",
      viewport: viewport ?? { width: 1280, height: 800 },
    });
    context.setDefaultTimeout(15_000);
    context.on("page", (page) => this.#watch(page));
    return context;
  }

  async close(): Promise<void> {
    Browsers.#open.delete(this);
    await this.#browser.close();
  }

  #watch(page: Page): void {
    const problem = (what: string): void => void this.problems.push(what);
    page.on("pageerror", (error) => problem(`uncaught: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      const text = message.text();
      // What the network answered is judged below, by what it answered.
      if (message.type() !== "error" || text.startsWith("Failed to load resource")) return;
      problem(`console: ${text}`);
    });
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      const ours = origin === this.#base || protocol === "blob:" || protocol === "data:";
      if (!ours) problem(`foreign origin: ${request.url()}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 500) problem(`${response.status()}: ${response.url()}`);
    });
  }
}
