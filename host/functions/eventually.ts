/** What is there at once, for nearly every call, or comes later: for a function that awaits `crypto.subtle`. */
export type Eventually<T> = T | Promise<T>;

/** Goes on at once when the value is there: a promise in between would end the batch that the call is part of. */
export function after<T, U>(value: Eventually<T>, next: (value: T) => U): Eventually<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
