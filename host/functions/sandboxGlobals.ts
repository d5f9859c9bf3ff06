import { webcrypto } from "node:crypto";

/** Node has these as globals alone, and its types have them not at all. */
const { Crypto, CryptoKey, SubtleCrypto } = globalThis as unknown as Record<string, unknown>;

/**
 * What Convex's default runtime has beside the language. The binary types are the host's own, so that a buffer made
 * by TextEncoder, crypto or fetch is an ArrayBuffer to the functions too (`instanceof` decides what is bytes).
 */
const SHARED = {
  ArrayBuffer,
  DataView,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  TextEncoder,
  TextDecoder,
  URL,
  URLSearchParams,
  Headers,
  Request,
  Response,
  FormData,
  Blob,
  File,
  AbortController,
  AbortSignal,
  Event,
  EventTarget,
  DOMException,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamDefaultReader,
  WritableStream,
  WritableStreamDefaultWriter,
  TransformStream,
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  TextDecoderStream,
  TextEncoderStream,
  Crypto,
  CryptoKey,
  SubtleCrypto,
  structuredClone,
  atob,
  btoa,
};

/** Classes that each context has for itself, while what Node makes for functions is of the host's. */
export const HOST_CLASSES = {
  Object,
  Array,
  Map,
  Set,
  Date,
  RegExp,
  Promise,
  Error,
  AggregateError,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/** Globals whose promises come back in a turn of the event loop that the host knows nothing of. */
export const WAITING = [
  "Blob",
  "File",
  "Request",
  "Response",
  "ReadableStream",
  "WritableStream",
  "TransformStream",
  "TextDecoderStream",
  "TextEncoderStream",
  "WebAssembly",
] as const;

export const SUBTLE_METHODS = [
  "decrypt",
  "deriveBits",
  "deriveKey",
  "digest",
  "encrypt",
  "exportKey",
  "generateKey",
  "importKey",
  "sign",
  "unwrapKey",
  "verify",
  "wrapKey",
] as const;
export type SubtleMethod = (typeof SUBTLE_METHODS)[number];

/** The globals of a context; `process` has nothing but the deployment's environment. */
export function sandboxGlobals(env: Record<string, string>): Record<string, unknown> {
  return { ...SHARED, process: Object.freeze({ env: Object.freeze({ ...env }) }) };
}

/** Runs one method of `crypto.subtle`. */
export async function subtle(method: SubtleMethod, args: unknown[]): Promise<unknown> {
  const operations = webcrypto.subtle as unknown as Record<
    SubtleMethod,
    (...args: unknown[]) => Promise<unknown>
  >;
  return await operations[method](...args);
}
