// How to begin: the base URL, the credentials, and a first request, all to copy. It lies below the stream, which grows above.

import { button, complain, copy, copyable, el, show } from "./dom.js";

/** The guide of the world. `api` is a client of it. */
export function connect({ api, refresh }) {
  let credentials = null;

  /** The guide as elements; `level` is that of its headings. */
  function guide(level) {
    if (!credentials) return [];
    const { base_url: base, accounts } = credentials;
    const [partner] = credentials.partners;
    const [user] = partner?.crm_users ?? [];
    const [sso] = partner?.sso_clients ?? [];
    const known = accounts.find(({ app_token: token }) => token);
    const heading = (text) => el(level, {}, text);
    const row = (name, about, ...values) => values[0]
      ? [el("dt", {}, name, about ? el("span", { class: "quiet small" }, about) : null), el("dd", {}, values.filter(Boolean))]
      : [];
    return [
      heading("1. Point your client here"),
      el("dl", { class: "connect" }, row("Base URL", null, copyable(base, "the base URL"))),
      heading("2. Sign in with these"),
      el("dl", { class: "connect" },
        row("CRM token", "your partner server", partner?.token && copyable(partner.token, "the CRM token")),
        row("App token", known ? known.email ?? `account ${known.id}` : null, known && copyable(known.app_token, "the app token")),
        row("CRM login", "to get a CRM token", user && copyable(user.username, "the CRM user name"), user && copyable(user.password, "the CRM password")),
        row("SSO client", "to get app tokens", sso && copyable(sso.client_id, "the SSO client id"), sso && copyable(sso.client_secret, "the SSO client secret"))),
      ...(known || partner?.token ? [heading("3. Send a first request"), first(base, known?.app_token, partner?.token)] : []),
    ];
  }

  function first(base, appToken, crmToken) {
    const error = el("p", { class: "error", role: "alert", hidden: true });
    const [path, token] = appToken ? ["/api/v1/email-watchlist", appToken] : ["/api/v1/alarms/statistic", crmToken];
    const command = `curl ${base}${path} \\\n  -H 'Authorization: Bearer ${token}'`;
    return el("div", { class: "first" },
      el("pre", { tabindex: "0", "aria-label": "A first request as a curl command" }, command),
      el("p", { class: "buttons" },
        button("Copy", { "aria-label": "Copy the first request" }, () => copy(command, "the first request")),
        button("Send it from here", {}, async () => {
          try {
            await api.send("GET", path, { token });
            complain(error);
          } catch (refused) {
            complain(error, refused);
          }
          await refresh();
        })),
      error,
      el("p", { class: "quiet" }, "It appears in the activity, with its response and the reasons for it. So does every email and SMS that the mock sends."));
  }

  return {
    /** Reads the credentials, and writes the guide in its place below the stream. */
    async refresh(place) {
      credentials = await api.credentials();
      show(place, [el("h3", { class: "begin" }, "Connect your client"), ...guide("h4")]);
    },
    /** The guide for the details. */
    view: () => credentials && { title: ["Connect your client"], children: [el("div", { class: "guide" }, guide("h3"))] },
  };
}
