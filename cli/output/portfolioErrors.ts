import { PortfolioError } from "../../portfolio/problem.ts";
import { CliError } from "./errors.ts";

/**
 * Runs one portfolio command; its errors become CLI errors with the exit code of their kind (usage 2, failed 1). A file or
 * folder that the system refuses is no bug either: it is named, without a stack.
 */
export async function orCliError<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PortfolioError) throw new CliError(error.message, error.kind === "usage" ? 2 : 1);
    const { code, path, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || path === undefined) throw error;
    throw new CliError(
      `cannot use ${path} (${syscall ?? "access"}: ${code}): see to its rights and its place`,
      1,
    );
  }
}
