/** Seam: auth configurations and admin keys as text; tokens over real sockets are in sync/session.test.ts. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, it, onTestFinished } from "vitest";
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
  [{ domain: "issuer.example" }, 'needs "applicationID"'],
  [
    { ...jwt("https://me.example/keys"), algorithm: "HS256" },
    '"algorithm" may be RS256 or ES256, got "HS256"',
  ],
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

it("an OpenID provider is asked where its keys are, and signs as its domain with or without a slash", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const isKeys = request.url === "/own/keys";
    const answer = async () =>
      isKeys ? { keys: [await exportJWK(publicKey)] } : { jwks_uri: `${issuer}/own/keys` };
    void answer().then((body) => response.end(JSON.stringify(body)));
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const authenticator = configured({ domain: issuer, applicationID: "app" });
  for (const iss of [issuer, `${issuer}/`]) {
    const jwt = new SignJWT({}).setProtectedHeader({ alg: "ES256" }).setIssuer(iss).setSubject("me");
    const token = await jwt.setAudience("app").setExpirationTime("1h").sign(privateKey);
    expect(await authenticator.user(token)).toMatchObject({ attributes: { issuer: iss, subject: "me" } });
  }
  expect(asked).toEqual(["/.well-known/openid-configuration", "/own/keys"]);
});

it.each([["null"], ["[]"], ["{"], ['"text"']])("an admin key cannot act as %s", (identity) => {
  const key = `key:${Buffer.from(identity).toString("base64")}`;
  expect(() => configured().admin(key)).toThrow(AuthenticationError);
});
