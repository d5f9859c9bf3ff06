/**
 * Which environment variables hold secrets. One rule for both of its uses: what a child does not inherit is what is
 * taken out of texts; with two lists a name that only one of them knows would leak by the other way.
 */
const NAME =
  /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|COOKIE)S?\d*(_|$)|_(PASS|PWD|PAT|AUTH)\d*$|^(PASS|PAT)$/i;
/** `scheme://user:password@host`, as in a database URL. */
const VALUE = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i;

/** True for a variable whose name says that it holds a secret. */
export function isSecretName(name: string): boolean {
  return NAME.test(name);
}

/** True for a value that holds a password, whatever its name. */
export function holdsPassword(value: string): boolean {
  return VALUE.test(value);
}
