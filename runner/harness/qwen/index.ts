/** Qwen Code (`qwen --output-format stream-json`). */
import type { Harness } from "../port.ts";
import { launchQwen } from "./launch.ts";
import { readQwen } from "./read.ts";

export const qwen: Harness = {
  kind: "qwen",
  program: "qwen",
  versionArgs: ["--version"],
  keepsSecret: /^(OPENAI_\w+|QWEN_\w+|DASHSCOPE_\w+|BAILIAN_\w+)$/,
  launch: launchQwen,
  read: readQwen,
};
