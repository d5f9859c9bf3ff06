// What the bench started goes away with it: at the end, after a failure and on Ctrl+C.
const steps = new Set();
let ending;

/** True once everything is being undone: what fails then is no finding. */
export const isEnding = () => ending !== undefined;

/**
 * Registers what must be undone; gives a function that undoes it now (once).
 * @throws Error when the end has begun: nothing new may be started then
 */
export function onEnd(undo) {
  if (isEnding()) throw new Error("the bench is ending");
  const step = () => {
    if (!steps.delete(step)) return Promise.resolve();
    return Promise.resolve(undo()).catch((error) => console.error(`clean-up: ${error.message}`));
  };
  steps.add(step);
  return step;
}

/** Undoes everything, the latest first. */
export function cleanUp() {
  ending ??= (async () => {
    for (const step of [...steps].reverse()) await step();
  })();
  return ending;
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
]) {
  process.on(signal, () => {
    console.error(`${signal}: stopping the servers`);
    void cleanUp().then(() => process.exit(code));
  });
}

process.on("uncaughtException", (error) => {
  console.error(error);
  void cleanUp().then(() => process.exit(1));
});
