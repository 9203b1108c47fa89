/** The mock could not be found or started, or refused a control call; the message says which and why. */
export class MockError extends Error {}

/** The path of the binary: that of `DEFENTRY_MOCK_BINARY`, of the package of this platform, or on `PATH`. */
export function findBinary(): string;

/** The server that `DEFENTRY_BASE_URL` names, or else one that is started now. It ends with this process. */
export function start(): Promise<Server>;

/** A sandbox on one server for the whole process, which is started with the first. */
export function sandbox(options?: SandboxOptions): Promise<Sandbox>;

/** What a sandbox differs in from its server. */
export interface SandboxOptions {
  /** What it starts from: `"default"`, `"empty"` or a whole seed. */
  seed?: "default" | "empty" | object;
  /** Assumptions to set, as in `{ "id.form": "uuid" }`. */
  assume?: Record<string, unknown>;
}

/** A server of the mock. */
export class Server {
  private constructor();
  /** Its URL, without a slash at the end. */
  readonly baseUrl: string;
  /** Whether a server that was started here has ended. */
  readonly hasEnded: boolean;
  /** The end of the log of a server that was started here. */
  log(): string;
  /** Makes a world of its own. */
  sandbox(options?: SandboxOptions): Promise<Sandbox>;
  /** Stops the server if it was started here. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A world of its own on a server. */
export class Sandbox {
  private constructor();
  /** Its id, which is part of its base URL. */
  readonly id: string;
  /** What the client under test takes as base URL. */
  readonly baseUrl: string;
  /** The CRM credentials of the first partner. */
  readonly crm: { username: string; password: string; token: string };
  /** The SSO client of the first partner. */
  readonly sso: { client_id: string; client_secret: string };
  /** The accounts of the seed. */
  readonly accounts: Account[];
  /** Calls a control route of this sandbox, as in `control("POST", "faults", {…})`, and returns its JSON. */
  control(method: string, route: string, body?: unknown): Promise<any>;
  /** The messages that users were sent, oldest first; waits at most `wait` seconds for the first one. */
  outbox(options?: { to?: string; wait?: number }): Promise<Message[]>;
  /** Puts a value into a breach: every account that watches it, now or later, gets an alarm. */
  leak(kind: string, value: string, fields?: object): Promise<void>;
  /** Moves the clock of this sandbox; tokens, codes and links expire by it. */
  advance(seconds: number): Promise<void>;
  /** What the client under test has sent, oldest first. */
  requests(): Promise<SeenRequest[]>;
  /** The last requests and their hints as text, or the end of the log of a server that has ended. */
  report(): Promise<string>;
  /** Ends it. What it held is gone. */
  end(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** An account of the seed. */
export interface Account {
  id: number | string;
  partner: number;
  email: string;
  app_token: string | null;
}

/** A message that a user was sent. */
export interface Message {
  id: number;
  channel: "email" | "sms";
  to: string;
  kind: string;
  subject: string | null;
  text: string;
  link: string | null;
  code: string | null;
  sent_at: string;
  [field: string]: unknown;
}

/** A request as the journal has it. Secrets and personal numbers are masked. */
export interface SeenRequest {
  id: number;
  at: string;
  method: string;
  path: string;
  token: string;
  status?: number;
  facts: string[];
  assumptions: string[];
  hint?: string;
  [field: string]: unknown;
}
