/** A call's answer, or undefined when the runner closes first: a backend that is away must not hold its end up. */
export function untilClosed<T>(call: Promise<T>, closing: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(undefined);
    if (closing.aborted) return onAbort();
    closing.addEventListener("abort", onAbort, { once: true });
    call.then(resolve, reject).finally(() => closing.removeEventListener("abort", onAbort));
  });
}
