import type { AuthConfig } from "convex/server";
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from "../domain/roles.ts";

/** No keys, so no token is good: a backend that was told none starts all the same, and its admin key can call it. */
const NO_KEYS = "data:application/json,%7B%22keys%22%3A%5B%5D%7D";

/** Tokens are JWTs (ES256) that Drover's own key signed; see SPEC.md §8. */
export default {
  providers: [
    {
      type: "customJwt",
      issuer: TOKEN_ISSUER,
      applicationID: TOKEN_AUDIENCE,
      // eslint-disable-next-line @convex-dev/no-process-env -- typed `env` needs convex.config.ts, which older self-hosted backends lack
      jwks: process.env.DROVER_JWKS ?? NO_KEYS,
      algorithm: "ES256",
    },
  ],
} satisfies AuthConfig;
