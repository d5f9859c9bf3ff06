// The arrows of ARCHITECTURE.md as rules. What each folder may import besides itself and npm packages:
const ARROWS = {
  domain: [],
  host: [],
  convex: ["domain"],
  portfolio: ["domain"],
  runner: ["domain", "convex/_generated"],
  cli: ["runner", "host", "portfolio", "domain", "convex/_generated"],
};
// Outermost first: each layer of the host may import only those after it.
const HOST_LAYERS = [
  "thread",
  "testing",
  "http",
  "sync",
  "transfer",
  "deploy",
  "scheduler",
  "subscriptions",
  "functions",
  "files",
  "database",
  "storage",
];

const folders = Object.keys(ARROWS);
const error = (name, from, to) => ({ name, severity: "error", from, to });

module.exports = {
  forbidden: [
    error("no-circular", {}, { circular: true }),
    ...folders.map((folder) =>
      error(
        `arrows-${folder}`,
        { path: `^${folder}/` },
        {
          path: `^(${folders.join("|")})/`,
          pathNot: `^(${[folder, ...ARROWS[folder]].join("|")})/`,
        },
      ),
    ),
    ...HOST_LAYERS.slice(1).map((layer, i) =>
      error(
        `host-${layer}-looks-down`,
        { path: `^host/${layer}/` },
        { path: `^host/(${HOST_LAYERS.slice(0, i + 1).join("|")})/` },
      ),
    ),
    error(
      "model-not-functions",
      { path: "^convex/model/" },
      { path: "^convex/(?!model/|_generated/|schema)" },
    ),
    error(
      "harnesses-are-islands",
      { path: "^runner/harness/([^/]+)/" },
      { path: "^runner/harness/([^/]+)/", pathNot: "^runner/harness/$1/" },
    ),
    error("domain-is-pure", { path: "^domain/", pathNot: "\\.test\\.ts$" }, { dependencyTypes: ["core"] }),
    error(
      "no-test-code-in-product",
      { pathNot: "\\.test\\.tsx?$|^test/" },
      { path: "\\.test\\.tsx?$|^test/" },
    ),
    error("resolvable", {}, { couldNotResolve: true }),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "/fixtures/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "node"] },
  },
};
