/** Seam: what a backend is told about tokens when its environment names no keys. */
import { expect, it } from "vitest";
import config from "./auth.config.ts";

it("names an empty key set where the environment names none, so that the host starts alone", async () => {
  const [provider] = config.providers;
  const answer = await fetch(provider?.jwks ?? "");
  expect(await answer.json()).toEqual({ keys: [] });
});
