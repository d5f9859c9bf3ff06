import type { Identity } from "../functions/identity.ts";
import { type ConvexObject, textOf } from "../values/json.ts";

/** Claims of a JWT by the attribute of `UserIdentity` that is read from them (server/authentication.ts of convex). */
const CLAIMS: Record<string, string> = {
  subject: "sub",
  issuer: "iss",
  givenName: "given_name",
  familyName: "family_name",
  preferredUsername: "preferred_username",
  profileUrl: "profile",
  pictureUrl: "picture",
  emailVerified: "email_verified",
  birthday: "birthdate",
  timezone: "zoneinfo",
  language: "locale",
  phoneNumber: "phone_number",
  phoneNumberVerified: "phone_number_verified",
  updatedAt: "updated_at",
};
const ISSUER = "https://convex.test";
const HASH_FACTOR = 31;

/** Whom `t.withIdentity` calls as; what is not given is made up, the same each time. */
export function testIdentity(given: ConvexObject): Identity {
  const subject = given["subject"] ?? hash(JSON.stringify(given));
  const issuer = given["issuer"] ?? ISSUER;
  const tokenIdentifier = given["tokenIdentifier"] ?? `${textOf(issuer)}|${textOf(subject)}`;
  const attributes = { ...given, subject, issuer, tokenIdentifier };
  return { kind: "user", attributes, expiresAtMs: Number.MAX_SAFE_INTEGER, token: tokenOf(attributes) };
}

/** An unsigned JWT: nobody checks it, but functions may read it. */
function tokenOf({ tokenIdentifier: _derived, ...attributes }: ConvexObject): string {
  const own = Object.entries(attributes).filter(([name]) => name !== "iss" && name !== "sub");
  const claims = own.map(([name, value]) => [Object.hasOwn(CLAIMS, name) ? CLAIMS[name] : name, value]);
  const parts = [{ alg: "none", typ: "JWT" }, Object.fromEntries(claims) as object];
  return `${parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}.`;
}

/** The polynomial hash of Java's strings, in decimal. */
function hash(text: string): string {
  const codes = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  return String(codes.reduce((sum, code) => (Math.imul(sum, HASH_FACTOR) + code) | 0, 0));
}
