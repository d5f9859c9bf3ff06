import type { LoadedFunctions } from "./inspectBundle.ts";
import type { StartedPush } from "./deployment.ts";

/** The shapes that the official CLI expects of a deployment (cli/lib/deployApi/*.ts of the convex package). */

interface IndexConfig {
  type: "database";
  name: string;
  fields: string[];
  staged: false;
}
interface FunctionJson {
  path: string;
  kind: string;
  visibility: string;
  args: string;
  returns: string;
}

const UDF_TYPES: Record<string, string> = { query: "Query", mutation: "Mutation", action: "Action" };

/** Answer to `start_push`; its `schemaChange` comes back with the later steps and carries the push's id. */
export function startPushAnswer(push: StartedPush): object {
  const { functions } = push;
  return {
    environmentVariables: functions.env,
    externalDepsId: null,
    componentDefinitionPackages: {},
    appAuth: authInfo(functions),
    analysis: { "": definition(push) },
    app: {
      definitionPath: "",
      componentPath: "",
      args: {},
      childComponents: {},
      httpRoutes: { httpModuleRoutes: routes(functions), mounts: [] },
      exports: {},
    },
    schemaChange: schemaChange(push),
  };
}

export function schemaChange({ id, functions, before }: StartedPush): object {
  return {
    allocatedComponentIds: {},
    schemaIds: { "": id },
    indexDiffs: { "": indexDiff(before, functions) },
  };
}

/** Answer to `finish_push`. */
export function finishPushAnswer({ functions, before, stored }: StartedPush): object {
  const [auth, authBefore] = [functions.authJson, before.authJson];
  const changed = functions.schemaJson !== before.schemaJson;
  return {
    authDiff: auth === authBefore ? { added: [], removed: [] } : { added: [auth], removed: [authBefore] },
    definitionDiffs: {},
    componentDiffs: {
      "": {
        diffType: { type: "modify" },
        moduleDiff: difference(before.bundle.modules, functions.bundle.modules),
        udfConfigDiff: null,
        cronDiff: cronDiff(before.cronsJson, functions.cronsJson),
        indexDiff: indexDiff(before, functions),
        schemaDiff: changed
          ? { previous_schema: before.schemaJson, next_schema: functions.schemaJson }
          : null,
        udfServerVersion: stored.udfServerVersion,
      },
    },
  };
}

/** Answer to `evaluate_schema`: which indexes come and go, with the number of documents in their tables. */
export function evaluateSchemaAnswer(
  { functions, before }: StartedPush,
  countOf: (table: string) => number,
): object {
  const { added_indexes, removed_indexes } = indexDiff(before, functions);
  const row = (change: "added" | "dropped") => (index: IndexConfig) => {
    const numDocs = countOf(index.name.split(".")[0] ?? "");
    return { ...index, change, needsBackfill: change === "added", numDocs };
  };
  const prediction = {
    definitionPath: "",
    schemaValidation: functions.schema.tables.some(({ documentType }) => documentType !== null),
    tables: [],
    indexes: [...added_indexes.map(row("added")), ...removed_indexes.map(row("dropped"))],
    discardedStagedValidators: [],
  };
  return { componentSchemaEvaluations: { "": prediction }, newComponentDefinitions: [] };
}

function definition({ functions, stored, app }: StartedPush): object {
  return {
    definition: {
      path: "",
      definitionType: { type: "app", ...(app.httpPrefix !== undefined && { httpPrefix: app.httpPrefix }) },
      childComponents: [],
      httpMounts: {},
      exports: { type: "branch", branch: [] },
      envVars: app.envVars,
    },
    schema: functions.schemaJson === null ? null : (JSON.parse(functions.schemaJson) as object),
    functions: analyzedModules(functions),
    udfConfig: {
      serverVersion: stored.udfServerVersion,
      importPhaseRngSeed: { $bytes: "" },
      importPhaseUnixTimestamp: { $integer: "AAAAAAAAAAA=" },
    },
  };
}

function analyzedModules(functions: LoadedFunctions): object {
  const all = JSON.parse(functions.functionsJson) as FunctionJson[];
  const rows = functions.bundle.modules.map((module) => {
    const own = all.filter(({ path }) => path.slice(0, path.lastIndexOf(":")) === module);
    const analyzed = own.map(({ path, kind, visibility, args, returns }) => ({
      name: path.slice(path.lastIndexOf(":") + 1),
      pos: null,
      udfType: UDF_TYPES[kind],
      visibility: { kind: visibility },
      args,
      returns: returns === "null" ? null : returns,
    }));
    const httpRoutes = module === "http" ? routes(functions) : null;
    return [`${module}.js`, { functions: analyzed, httpRoutes, cronSpecs: null, sourceMapped: null }];
  });
  return Object.fromEntries(rows) as object;
}

function routes({ routes: found }: LoadedFunctions): object[] | null {
  return found.length === 0 ? null : found.map(([path, method]) => ({ path, method }));
}

function authInfo({ authJson }: LoadedFunctions): object[] {
  const config = JSON.parse(authJson) as { providers?: Record<string, unknown>[] } | null;
  return (config?.providers ?? []).map((provider) =>
    provider["type"] === "customJwt" ? { applicationID: null, algorithm: "RS256", ...provider } : provider,
  );
}

function indexDiff(
  before: LoadedFunctions,
  after: LoadedFunctions,
): { added_indexes: IndexConfig[]; removed_indexes: IndexConfig[] } {
  const [old, now] = [indexesOf(before), indexesOf(after)];
  const without = (list: IndexConfig[], other: IndexConfig[]) => {
    const known = new Set(other.map((index) => JSON.stringify(index)));
    return list.filter((index) => !known.has(JSON.stringify(index)));
  };
  return { added_indexes: without(now, old), removed_indexes: without(old, now) };
}

function indexesOf({ schema }: LoadedFunctions): IndexConfig[] {
  return schema.tables.flatMap((table) =>
    table.indexes.map(({ name, fields }) => ({
      type: "database" as const,
      name: `${table.name}.${name}`,
      fields: fields.slice(0, -2),
      staged: false as const,
    })),
  );
}

function cronDiff(before: string | null, after: string | null): object {
  const [old, now] = [before, after].map((text) => JSON.parse(text ?? "{}") as Record<string, unknown>);
  const { added, removed } = difference(Object.keys(old ?? {}), Object.keys(now ?? {}));
  const updated = Object.keys(now ?? {}).filter(
    (name) => old?.[name] !== undefined && JSON.stringify(old[name]) !== JSON.stringify(now?.[name]),
  );
  return { added, updated, deleted: removed };
}

function difference(
  before: readonly string[],
  after: readonly string[],
): { added: string[]; removed: string[] } {
  return {
    added: after.filter((name) => !before.includes(name)),
    removed: before.filter((name) => !after.includes(name)),
  };
}
