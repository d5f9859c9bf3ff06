/** Syscalls of the convex package that this host answers with an error, and what that error says. */
const SEARCH = "This host has no vector search.";
const COMPONENTS = "This host has no components.";
const CLOUD = "This is a service of Convex Cloud.";

export const REFUSED: Record<string, string> = {
  "1.0/actions/vectorSearch": SEARCH,
  "1.0/componentArgument": COMPONENTS,
  "1.0/signJwt": CLOUD,
  "1.0/createServiceToken": CLOUD,
  "1.0/getServiceUrl": CLOUD,
  // The sandbox turns these into `1.0/storageStore` and `1.0/storageGet`.
  "storage/storeBlob": "Blobs go through the sandbox.",
  "storage/getBlob": "Blobs go through the sandbox.",
  // HTTP actions are called with real Requests, so their conversion never happens inside the functions.
  requestFromConvexJson: "HTTP actions get their Request directly.",
  convexJsonFromResponse: "HTTP actions give their Response directly.",
};
