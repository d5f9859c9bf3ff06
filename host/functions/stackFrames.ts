import { SourceMap } from "node:module";

/** A place in the script that a bundle is: what V8 writes in a stack. */
const PLACE = /functions\.js:(\d+):(\d+)/g;

/** Every stack of a function begins in the host's own script. */
const FRAME_OF_HOST = "convexRuntime.js:";
const FOREIGN_LINE = /\n\s+at (?!.*functions\.js:\d).*/g;

/** Says where in the sources of its author a function failed. */
export class StackFrames {
  readonly #sourceMap: string | undefined;
  #parsed: SourceMap | null = null;

  /** @param sourceMap JSON of the bundle's source map; without one frames stay as they are */
  constructor(sourceMap: string | undefined) {
    this.#sourceMap = sourceMap;
  }

  /** What a function printed, with the stacks of errors in it as their author knows them: without the host's frames. */
  printed(text: string): string {
    if (!text.includes(FRAME_OF_HOST)) return text;
    return this.original(text.replaceAll(FOREIGN_LINE, ""));
  }

  /** Stack lines with the places of the sources (`../convex/tasks.ts:3:5`) for those in the script. */
  original(frames: string): string {
    if (this.#sourceMap === undefined) return frames;
    // Parsed when something first fails, which may be never.
    const map = (this.#parsed ??= new SourceMap(JSON.parse(this.#sourceMap) as never));
    return frames.replaceAll(PLACE, (place, line: string, column: string) => {
      const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
      if (!("originalSource" in entry)) return place;
      const { originalSource, originalLine, originalColumn } = entry;
      return `${originalSource.replace(/^pushed:/, "")}:${originalLine + 1}:${originalColumn + 1}`;
    });
  }
}
