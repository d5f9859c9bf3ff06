import type { Authenticator } from "../functions/authenticate.ts";
import { AuthenticationError } from "../functions/authenticate.ts";
import type { Engine } from "../functions/engine.ts";
import type { RequestMetadata } from "../functions/frame.ts";
import { type Identity, NOBODY } from "../functions/identity.ts";
import type { Subscriber, Subscriptions } from "../subscriptions/subscriptions.ts";
import { messageOf } from "../values/errors.ts";
import type { LogSink } from "../values/log.ts";
import { BadMessage, type ClientMessage, decodeTs, type MessageOf, parseClientMessage } from "./protocol.ts";
import { Intake } from "./intake.ts";
import { QuerySet } from "./querySet.ts";
import {
  actionResponse,
  authError,
  fatalError,
  mutationResponse,
  transition,
  type Version,
} from "./serverMessages.ts";

/** Transitions that may be on their way; later changes wait and go out as one. */
const UNSENT_TRANSITIONS = 2;
/** setTimeout cannot wait longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** What a session needs of its socket. */
export interface SessionSocket {
  send(text: string, sent?: () => void): void;
  close(code: number, reason: string): void;
  pause(): void;
  resume(): void;
  readonly metadata: RequestMetadata;
}
export interface SessionWiring {
  readonly engine: Engine;
  readonly subscriptions: Subscriptions;
  readonly authenticator: Authenticator;
  readonly log: LogSink;
}

/** One client connection: from its Connect to its close, versions starting at 0/0/0. */
export class SyncSession implements Subscriber {
  readonly #wiring: SessionWiring;
  readonly #socket: SessionSocket;
  readonly #queries: QuerySet;
  #sessionId: string | null = null;
  #identity: Identity = NOBODY;
  /** What the client has asked for, and what it has been told. */
  #wanted = { querySet: 0, identity: 0 };
  #told: Version = { querySet: 0, identity: 0, ts: 0n };
  /** Messages are handled in order, also when one has to wait for a signature check. */
  #handled: Promise<void> = Promise.resolve();
  readonly #intake: Intake;
  #unsent = 0;
  #owesTransition = false;
  #isClosed = false;
  #expiry: NodeJS.Timeout | undefined;

  constructor(wiring: SessionWiring, socket: SessionSocket) {
    this.#wiring = wiring;
    this.#socket = socket;
    this.#queries = new QuerySet(wiring.subscriptions, this);
    this.#intake = new Intake(socket);
  }

  get hasConnected(): boolean {
    return this.#sessionId !== null;
  }

  /** True while its client has sent so much that the host does not listen to it. */
  get isHeldBack(): boolean {
    return this.#intake.isPaused;
  }

  /** Takes one text frame. */
  receive(text: string): void {
    const done = this.#intake.take(text.length);
    this.#handled = this.#handled.then(() => this.#handle(text, done));
  }

  /** Lets go of everything; what runs goes on, its answers are dropped. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#expiry);
    this.#queries.close();
  }

  refreshed(ts: bigint): void {
    if (this.#isClosed) return;
    if (!this.#queries.isReady) return this.#wiring.subscriptions.request(this);
    if (this.#unsent >= UNSENT_TRANSITIONS) {
      this.#owesTransition = true;
      return;
    }
    const modifications = this.#queries.takeModifications();
    const next = { ...this.#wanted, ts: ts > this.#told.ts ? ts : this.#told.ts };
    const frames = transition(this.#told, next, modifications);
    this.#told = next;
    this.#unsent++;
    for (const frame of frames.slice(0, -1)) this.#socket.send(frame);
    this.#socket.send(frames.at(-1) as string, () => this.#transitionSent());
  }

  #transitionSent(): void {
    this.#unsent--;
    if (!this.#owesTransition || this.#isClosed) return;
    this.#owesTransition = false;
    this.#wiring.subscriptions.request(this);
  }

  /** @param done to be called when the message, and the call that it may have started, has been dealt with */
  async #handle(text: string, done: () => void): Promise<void> {
    let call: Promise<void> | null = null;
    try {
      if (this.#isClosed) return;
      const message = parseClientMessage(text);
      if ((message.type === "Connect") === this.hasConnected) {
        throw new BadMessage(this.hasConnected ? "Received Connect twice" : "Expected Connect first");
      }
      if (message.type === "Mutation") call = this.#mutate(message);
      else if (message.type === "Action") call = this.#act(message);
      else await this.#dispatch(message);
    } catch (error) {
      if (error instanceof BadMessage) this.#end(fatalError(error.message), 1008);
      else this.#fail(error);
    } finally {
      if (call === null) done();
      else void call.finally(done);
    }
  }

  #dispatch(message: Exclude<ClientMessage, { type: "Mutation" | "Action" }>): void | Promise<void> {
    switch (message.type) {
      case "Connect":
        return this.#connect(message);
      case "Authenticate":
        return this.#authenticate(message);
      case "ModifyQuerySet":
        return this.#modify(message);
      case "Event":
        return;
      default:
        return message satisfies never;
    }
  }

  #connect(message: MessageOf<"Connect">): void {
    const { maxObservedTimestamp: seen } = message;
    if (seen && decodeTs(seen) > this.#wiring.engine.latestTs) {
      // The data file is older than what the client has seen: no answer could be consistent with that.
      return this.#fail(new Error("the client has seen a later state of the data than this host has"));
    }
    this.#sessionId = message.sessionId;
  }

  async #authenticate(message: MessageOf<"Authenticate">): Promise<void> {
    const { baseVersion } = message;
    if (baseVersion !== this.#wanted.identity)
      throw versionMismatch("identity", this.#wanted.identity, baseVersion);
    try {
      this.#identity = await this.#verify(message);
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      return this.#end(authError(error.message, baseVersion, true), 1008);
    }
    if (this.#isClosed) return;
    this.#wanted.identity = baseVersion + 1;
    this.#queries.changeIdentity(this.#identity);
    this.#watchExpiry();
    this.#wiring.subscriptions.request(this);
  }

  async #verify({ tokenType, value = "", impersonating }: MessageOf<"Authenticate">): Promise<Identity> {
    switch (tokenType) {
      case "None":
        return NOBODY;
      case "Admin":
        return this.#wiring.authenticator.admin(value, impersonating ?? null);
      case "User":
        return await this.#wiring.authenticator.user(value);
      default:
        return tokenType satisfies never;
    }
  }

  #watchExpiry(): void {
    clearTimeout(this.#expiry);
    if (this.#identity.kind !== "user") return;
    const left = this.#identity.expiresAtMs - Date.now();
    this.#expiry = setTimeout(
      () => (left > MAX_TIMER_MS ? this.#watchExpiry() : this.#tokenExpired()),
      Math.min(Math.max(0, left), MAX_TIMER_MS),
    );
  }

  #tokenExpired(): void {
    this.#end(authError("Token expired", this.#wanted.identity, false), 1008);
  }

  #modify(message: MessageOf<"ModifyQuerySet">): void {
    const { querySet } = this.#wanted;
    if (message.baseVersion !== querySet) throw versionMismatch("query set", querySet, message.baseVersion);
    for (const modification of message.modifications) {
      if (modification.type === "Add") this.#queries.add(modification, this.#identity);
      else this.#queries.remove(modification.queryId);
    }
    this.#wanted.querySet = message.newVersion;
    this.#wiring.subscriptions.request(this);
  }

  /** Queued at once: the executor keeps the order, and mutations of one socket share a commit. */
  #mutate({ requestId, udfPath, args, componentPath }: MessageOf<"Mutation">): Promise<void> {
    if (componentPath) throw new BadMessage("This host has no components");
    const dedupe = { session: this.#sessionId as string, request: requestId };
    const { metadata } = this.#socket;
    return this.#wiring.engine
      .mutate({ path: udfPath, args, identity: this.#identity, metadata, dedupe })
      .then((answer) => {
        this.#send(mutationResponse(requestId, answer));
        // The client holds its promise back until a Transition reaches the timestamp of the commit.
        if (answer.outcome.kind === "success" && !this.#isClosed) this.#wiring.subscriptions.request(this);
      })
      .catch((error: unknown) => this.#fail(error));
  }

  #act({ requestId, udfPath, args, componentPath }: MessageOf<"Action">): Promise<void> {
    if (componentPath) throw new BadMessage("This host has no components");
    const { metadata } = this.#socket;
    return this.#wiring.engine
      .action({ path: udfPath, args, identity: this.#identity, metadata })
      .then((outcome) => this.#send(actionResponse(requestId, outcome)))
      .catch((error: unknown) => this.#fail(error));
  }

  #send(text: string): void {
    if (!this.#isClosed) this.#socket.send(text);
  }

  #end(text: string, code: number): void {
    this.#send(text);
    this.close();
    this.#socket.close(code, "");
  }

  /** Nothing is wrong with the client: it shall come back and send again what is unanswered. */
  #fail(error: unknown): void {
    if (this.#isClosed) return;
    this.#wiring.log({ kind: "host", level: "error", text: `sync: ${messageOf(error)}` });
    this.close();
    this.#socket.close(1011, "InternalServerError");
  }
}

function versionMismatch(what: string, expected: number, got: number): BadMessage {
  return new BadMessage(`BaseVersionMismatch: expected base version ${expected} of the ${what}, got ${got}`);
}
