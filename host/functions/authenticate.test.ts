/** Seam: auth configurations and admin keys as text; tokens over real sockets are in sync/session.test.ts. */
import { expect, it } from "vitest";
import { HostError } from "../values/errors.ts";
import { AuthenticationError, Authenticator } from "./authenticate.ts";

const configured = (...providers: object[]) => new Authenticator(JSON.stringify({ providers }), "key");
const jwt = (jwks: unknown) => ({ type: "customJwt", issuer: "https://me.example", jwks });

it.each([
  [jwt("keys.json"), 'expected the http(s) or data: URL of a JSON Web Key Set, got "keys.json"'],
  [jwt(""), 'got ""'],
  [jwt("file:///etc/passwd"), 'got "file:///etc/passwd"'],
  [jwt("https://"), 'got "https://"'],
  [jwt("data:application/json,{"), "no data: URI of a JSON Web Key Set"],
  [jwt("data:application/json,%E0%A4%A"), "no data: URI of a JSON Web Key Set"],
  [jwt("data:application/json;base64,bm8="), "no data: URI of a JSON Web Key Set"],
  [jwt(7), 'needs "issuer" and "jwks"'],
  [{ domain: "not a host" }, 'got "https://not a host/.well-known/jwks.json"'],
  [{}, 'a provider needs "domain"'],
])("a provider %j is refused when it is loaded, with the reason", (provider, reason) => {
  expect(() => configured(provider)).toThrow(HostError);
  expect(() => configured(provider)).toThrow(reason);
});

it("a token whose keys cannot be fetched is refused, and nothing else happens", async () => {
  const token = [
    "eyJhbGciOiJSUzI1NiJ9",
    Buffer.from('{"iss":"https://me.example"}').toString("base64url"),
    "x",
  ];
  const refused = configured(jwt("http://127.0.0.1:9/keys")).user(token.join("."));
  await expect(refused).rejects.toThrow(AuthenticationError);
  await expect(configured().user("no token")).rejects.toThrow("Could not parse token");
});

it.each([["null"], ["[]"], ["{"], ['"text"']])("an admin key cannot act as %s", (identity) => {
  const key = `key:${Buffer.from(identity).toString("base64")}`;
  expect(() => configured().admin(key)).toThrow(AuthenticationError);
});
