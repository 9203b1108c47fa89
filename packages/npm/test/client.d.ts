import type { Sandbox } from "../index.js";

export class Client {
  constructor(sandbox: Sandbox);
  readonly user: { email: string };
  logIn(): Promise<void>;
  send(method: string, path: string, body?: object): Promise<Response>;
  call(method: string, path: string, body?: object): Promise<any>;
}
