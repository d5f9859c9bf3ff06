import { HostError } from "../../host/values/errors.ts";
import { CliError, EXIT } from "../output/errors.ts";

/** Does something with the host's data file. @throws CliError with what the host says is wrong */
export async function hostWork<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const text = error.message.replace(/\.$/, "");
    throw new CliError(text.charAt(0).toLowerCase() + text.slice(1), EXIT.failed);
  }
}
