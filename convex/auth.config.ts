import type { AuthConfig } from "convex/server";
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from "../domain/roles.ts";

/** Tokens are JWTs (ES256) that Drover's own key signed; see SPEC.md §8. */
export default {
  providers: [
    {
      type: "customJwt",
      issuer: TOKEN_ISSUER,
      applicationID: TOKEN_AUDIENCE,
      // eslint-disable-next-line @convex-dev/no-process-env -- typed `env` needs convex.config.ts, which older self-hosted backends lack
      jwks: process.env.DROVER_JWKS ?? "",
      algorithm: "ES256",
    },
  ],
} satisfies AuthConfig;
