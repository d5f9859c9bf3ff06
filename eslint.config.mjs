import convexPlugin from "@convex-dev/eslint-plugin";
import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";

const SIZE_RULES = {
  "max-lines": ["error", { max: 300 }],
  "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
  "max-params": ["error", 3],
  complexity: ["error", 12],
  "max-depth": ["error", 3],
};

export default tseslint.config(
  {
    ignores: ["dist", "coverage", "convex/_generated", "**/fixtures/**", "**/*.cjs", "**/*.mjs"],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { project: ["./tsconfig.json", "./convex/tsconfig.json"] },
    },
    rules: {
      ...SIZE_RULES,
      "no-console": ["error"],
      eqeqeq: ["error", "always"],
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true, allowDefaultCaseForExhaustiveSwitch: true },
      ],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  ...convexPlugin.configs.recommended.map((config) => ({ ...config, files: ["convex/**/*.ts"] })),
  {
    // Tests may be long and flat; the words of a spec read better in one place.
    files: ["**/*.test.ts", "test/**/*.ts", "bench/**/*.ts"],
    rules: {
      "max-lines": "off",
      "max-lines-per-function": "off",
      complexity: "off",
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/require-await": "off",
    },
  },
  { files: ["cli/output/**", "test/**/*.ts", "bench/**/*.ts"], rules: { "no-console": "off" } },
  prettier,
);
