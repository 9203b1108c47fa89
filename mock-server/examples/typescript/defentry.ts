/** An email that a user has watched. */
export interface Email {
  id: number | string;
  email: string;
  is_confirmed: boolean;
}

/** A leak of what a user has watched, to be looked at and closed. */
export interface Alarm {
  id: number | string;
  title: string;
  status: "OPEN" | "CLOSED";
}

/** A small client of the API for one user, as an integration has one. */
export class Defentry {
  #token = "";

  constructor(
    readonly email: string,
    readonly baseUrl: string,
  ) {}

  /** Returns the data of the answer to a POST with a body or a GET without. */
  async call<Data>(path: string, body?: object): Promise<Data> {
    let answer = await this.#send(path, body);
    if (answer.status === 401) {
      const sso = { client_id: "mock-client", client_secret: "mock-secret" };
      const user = { ...sso, email: this.email };
      const login = await this.#send("/api/v1/sso/token", user);
      this.#token = (await login.json()).token;
      answer = await this.#send(path, body);
    }
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return (await answer.json()).data;
  }

  #send(path: string, body?: object): Promise<Response> {
    const headers = {
      Authorization: `Bearer ${this.#token}`,
      "Content-Type": "application/json",
      "X-API-Version": "2026-06-12",
    };
    const method = body ? "POST" : "GET";
    const init = { method, headers, body: JSON.stringify(body) };
    return fetch(this.baseUrl + path, init);
  }
}
