/** Syscalls of the convex package that this host answers with an error, and what that error says. */
const SEARCH = "This host has no vector search.";
const COMPONENTS = "This host has no components.";
const CLOUD = "This is a service of Convex Cloud.";
const FILES = "File storage is not part of this host yet.";

export const REFUSED: Record<string, string> = {
  "1.0/actions/vectorSearch": SEARCH,
  "1.0/componentArgument": COMPONENTS,
  "1.0/signJwt": CLOUD,
  "1.0/createServiceToken": CLOUD,
  "1.0/getServiceUrl": CLOUD,
  "1.0/storageGetUrl": FILES,
  "1.0/storageGetMetadata": FILES,
  "1.0/storageDelete": FILES,
  "1.0/storageGenerateUploadUrl": FILES,
  "1.0/storageStore": FILES,
  "1.0/storageGet": FILES,
  "storage/storeBlob": FILES,
  "storage/getBlob": FILES,
  // HTTP actions are called with real Requests, so their conversion never happens inside the functions.
  requestFromConvexJson: "HTTP actions get their Request directly.",
  convexJsonFromResponse: "HTTP actions give their Response directly.",
};
