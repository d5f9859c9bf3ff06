/** What `new Worker` takes to run a file of the host: the file itself, or a text that loads it. */
export interface WorkerFile {
  readonly file: string | URL;
  readonly eval: boolean;
}

/**
 * The built package has each worker as a file of its own; the sources of a checkout go through tsx, because a worker
 * of Node 20 does not get the loaders of its parent, nor those of its own `--import`.
 * @param source the worker's URL beside the one who asks, as `new URL("./worker.ts", import.meta.url)`
 * @param built its name in the package
 */
export function workerFile(source: URL, built: string): WorkerFile {
  if (!import.meta.url.endsWith(".ts"))
    return { file: new URL(`../host/${built}`, import.meta.url), eval: false };
  const api = JSON.stringify(import.meta.resolve("tsx/esm/api"));
  const file = `import(${api}).then(({ register }) => { register(); return import(${JSON.stringify(source.href)}); })`;
  return { file, eval: true };
}
