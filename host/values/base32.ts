/** Crockford's base32 in lower case, the alphabet of Convex ids; order-preserving, no padding. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const FOREIGN = 255;
/** By character code: ids are decoded several times for every call. */
const VALUES = new Uint8Array(128).fill(FOREIGN);
for (const [value, char] of [...ALPHABET].entries()) VALUES[char.charCodeAt(0)] = value;

/** Encodes bytes, most significant bit first; the last character is filled up with zero bits. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(pending >> bits) & 31];
    }
    pending &= 0xff;
  }
  return bits > 0 ? text + ALPHABET[(pending << (5 - bits)) & 31] : text;
}

/** Decodes what `encodeBase32` wrote; null when a character is foreign or the filling bits are not zero. */
export function decodeBase32(text: string): Uint8Array | null {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let pending = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? FOREIGN;
    if (value === FOREIGN) return null;
    pending = ((pending << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (pending >> bits) & 0xff;
    }
  }
  return (pending & ((1 << bits) - 1)) === 0 ? bytes : null;
}
