import { HostError } from "../values/errors.ts";

interface Esbuild {
  build(options: object): Promise<{ outputFiles: { path: string; text: string }[] }>;
}

/**
 * esbuild of the place that Drover is installed in (it comes with `convex`). Only what was not bundled before needs it:
 * sources of functions, and what `convex deploy` pushes. A host that runs a shipped bundle never does.
 * @throws HostError when it is not installed
 */
export async function loadEsbuild(): Promise<Esbuild> {
  const name = "esbuild";
  try {
    return (await import(name)) as Esbuild;
  } catch {
    throw new HostError(
      `This host has no bundler to put pushed functions together: esbuild is not installed where Drover is. ` +
        `Run "npm install esbuild" there (with -g when Drover is installed globally), then deploy again.`,
    );
  }
}
