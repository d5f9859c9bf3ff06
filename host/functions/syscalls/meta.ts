import { floatJson, int64Json } from "../../values/json.ts";
import type { Frame, RequestScope } from "../frame.ts";
import { userIdentity } from "../identity.ts";

const DEPLOYMENT = { name: "embedded", region: null, class: "embedded" };

export const getUserIdentity = ({ scope }: { scope: RequestScope }): string =>
  JSON.stringify(userIdentity(scope.identity));

export const getTransactionMetrics = (frame: Frame): string => {
  const rows = Object.entries(frame.tx.usage.report()).map(([meter, { used, remaining }]) => [
    meter,
    { used: floatJson(used), remaining: floatJson(remaining) },
  ]);
  return JSON.stringify(Object.fromEntries(rows));
};

export const getFunctionMetadata = (path: string): string =>
  JSON.stringify({ name: path, componentPath: "" });

export const getDeploymentMetadata = (): string => JSON.stringify(DEPLOYMENT);

export const getRequestMetadata = ({ scope }: { scope: RequestScope }): string => {
  const { identity, metadata, requestId } = scope;
  const authToken = identity.kind === "user" ? identity.token : null;
  return JSON.stringify({ ...metadata, requestId, authToken });
};

export const getSnapshotTs = (frame: Frame): string => JSON.stringify(int64Json(frame.tx.store.clock.latest));
