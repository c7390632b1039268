/** How the client is built, served while developing, and tested. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const LOCALES = ["en", "fr"] as const;
const EMOJI_FILES = ["data.json", "messages.json"] as const;

/** What the first page loads and every other page shares. */
const BASE =
  /preload-helper|node_modules\/(?:react|react-dom|scheduler)\/|src\/lib\/(?:classes|observable|preferences|translate)\.|src\/ui\/(?:Button|EmptyState|FirstIcons|Language|PasswordField|Preferences|Problem|Segmented|Sign|Spinner|TextField)\/|src\/ui\/hooks\/(?:useObservable|useTask)\./;

/** Where a development server finds the homeserver; in production the page's own origin is it. */
const homeserver = process.env.HOMESERVER ?? "http://127.0.0.1:8008";

export default defineConfig({
  plugins: [react(), emojiData()],
  build: {
    target: ["chrome120", "firefox121", "safari17"],
    assetsInlineLimit: 0,
    manifest: true,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      // What the sign-in page needs is one file: many small ones compress worse.
      output: { codeSplitting: { groups: [{ name: "base", test: BASE }] } },
    },
  },
  server: { proxy: { "/_matrix": homeserver, "/.well-known": homeserver } },
  preview: { proxy: { "/_matrix": homeserver, "/.well-known": homeserver } },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});

/** Serves the emoji names from our own origin: the picker would ask a foreign one by default. */
function emojiData(): Plugin {
  const require = createRequire(import.meta.url);
  const files = LOCALES.flatMap((locale) =>
    EMOJI_FILES.map((file) => ({
      fileName: `emoji/${locale}/${file}`,
      source: readFileSync(require.resolve(`emojibase-data/${locale}/${file}`), "utf8"),
    })),
  );
  return {
    name: "chappe-emoji-data",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const file = files.find(({ fileName }) => request.url?.split("?")[0] === `/${fileName}`);
        if (file === undefined) {
          next();
          return;
        }
        response.setHeader("Content-Type", "application/json").end(file.source);
      });
    },
    generateBundle() {
      for (const file of files) this.emitFile({ type: "asset", ...file });
    },
  };
}
