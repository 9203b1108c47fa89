// The client under test, for the second account of the sandbox.
"use strict";

class Client {
  token = "";

  constructor(sandbox) {
    this.baseUrl = sandbox.baseUrl;
    this.user = { ...sandbox.sso, email: sandbox.accounts[1].email };
  }

  async logIn() {
    this.token = "";
    this.token = (await this.call("POST", "/api/v1/sso/token", this.user)).token;
  }

  send(method, path, body) {
    const headers = { "Content-Type": "application/json", "X-API-Version": "2026-06-12" };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    return fetch(this.baseUrl + path, { method, headers, body: body && JSON.stringify(body) });
  }

  async call(method, path, body) {
    const response = await this.send(method, path, body);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }
}

module.exports = { Client };
