/** Lints: types as strict as they go, and each folder imports only what stands below it. */
import { existsSync, readdirSync } from "node:fs";
import js from "@eslint/js";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const src = `${import.meta.dirname}/src`;
const features = existsSync(`${src}/features`)
  ? readdirSync(`${src}/features`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
  : [];

/** `folder` may import from `allowed` and itself, nothing else under `src`. */
const layer = (folder, allowed) => ({
  target: `./src/${folder}`,
  from: "./src",
  except: [folder, ...allowed].map((name) => `./${name}`),
  message: `${folder} may import only ${[...allowed, "itself"].join(", ")}`,
});

const layers = [
  layer("lib", []),
  layer("ui", ["lib"]),
  layer("matrix", ["lib"]),
  layer("workers", ["lib"]),
  ...features.map((name) => layer(`features/${name}`, ["matrix", "ui", "lib"])),
];

export default defineConfig(
  { ignores: ["dist"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    plugins: { "import-x": importX, "react-hooks": reactHooks },
    settings: {
      "import-x/resolver-next": [createNodeResolver({ extensions: [".ts", ".tsx", ".js"] })],
    },
    rules: {
      ...reactHooks.configs.recommended.rules,
      "import-x/no-restricted-paths": ["error", { basePath: import.meta.dirname, zones: layers }],
      "import-x/no-default-export": "error",
      "no-console": "error",
      // tsc knows better: it counts `??=` as a use.
      "no-unused-private-class-members": "off",
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": [
        "error",
        { checksVoidReturn: { attributes: false } },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "TSEnumDeclaration", message: "use a union of literals" },
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML'] Literal",
          message: "only sanitised html",
        },
      ],
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    ignores: ["src/matrix/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["matrix-js-sdk", "matrix-js-sdk/**", "@matrix-org/**"],
              message: "only src/matrix speaks Matrix",
            },
          ],
        },
      ],
    },
  },
  { files: ["vite.config.ts"], rules: { "import-x/no-default-export": "off" } },
  {
    files: ["scripts/**/*.mjs"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly" } },
  },
);
