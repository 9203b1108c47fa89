// New accounts and items, by the documented API. The forms are made from the world's own OpenAPI document, so they have
// its fields even where it answers as another API does.

import { read } from "./api.js";
import { byId, complain, el } from "./dom.js";
import { label } from "./text.js";

/** The paths under which items of each kind are added, without what the token adds before them. */
const ADDED_AT = {
  email: ["Email", "/email-watchlist"],
  phone: ["Phone", "/phone-watchlist"],
  iban: ["IBAN", "/iban-watchlist"],
  passport: ["Passport", "/passport-watchlist"],
  drivers_license: ["Driver's license", "/drivers-license-watchlist"],
  credit_card: ["Credit card", "/credit-card"],
};

/** Fields that the form of an account leaves out: few need them, and the API has more. */
const LESS = ["company_id"];

/** The dialog that adds accounts and items. `selectAccount` shows one. */
export function enrolling({ dialogs, api, selectAccount }) {
  const dialog = byId("enrol-dialog");
  const form = dialog.querySelector("form");
  const fields = byId("enrol-fields");
  const main = form.querySelector(".main");
  const example = byId("enrol-example");
  /** Sends the body of the form. */
  let add = null;

  dialogs.onSubmit(dialog, () => add(bodyOf()));
  example.addEventListener("click", () => {
    for (const input of fields.querySelectorAll("input")) input.value ||= input.dataset.example ?? "";
    main.focus();
  });

  /** The schema of the body of a documented route, in the world as it is now. */
  async function schemaOf(path) {
    const document = await read("openapi.json");
    const at = (ref) => ref.slice(2).split("/").reduce((part, name) => part[name], document);
    const { schema } = document.paths[path].post.requestBody.content["application/json"];
    return schema.$ref ? at(schema.$ref) : schema;
  }

  /** Writes a field for each property. */
  function write(schema) {
    const [values = {}] = schema.examples ?? [];
    fields.replaceChildren(...Object.entries(schema.properties).filter(([name]) => !LESS.includes(name)).map(([name, property]) => {
      const isRequired = schema.required?.includes(name) ?? false;
      const input = el("input", {
        name,
        type: property.type === "integer" ? "number" : property.format === "email" ? "email" : property.format === "date" ? "date" : "text",
        placeholder: values[name],
        required: isRequired, title: property.description, autocomplete: "off", spellcheck: "false", "data-type": property.type,
        "data-example": values[name],
      });
      return el("label", {}, el("span", {}, label(name), isRequired ? null : el("span", { class: "quiet" }, " optional")), input);
    }));
    main.disabled = example.disabled = false;
  }

  function bodyOf() {
    const given = [...fields.querySelectorAll("input")].filter(({ value }) => value.trim() !== "");
    return Object.fromEntries(given.map(({ name, value, dataset }) => [name, dataset.type === "integer" ? Number(value) : value.trim()]));
  }

  function open(title, verb, about, choices) {
    byId("enrol-title").textContent = title;
    byId("enrol-about").textContent = about;
    byId("enrol-choices").replaceChildren(...choices);
    byId("enrol-told").textContent = "";
    main.textContent = verb;
    dialogs.open(dialog);
  }

  const select = (text, options, onchange) => el("label", {}, text,
    el("select", { onchange }, options.map(([value, name]) => el("option", { value }, name))));

  /** Waits for a step, and shows what went wrong with it. */
  const careful = (step) => step().catch((error) => {
    const isOpen = dialog.open;
    complain(isOpen ? dialog.querySelector(".error") : byId("accounts-refusal"), error);
  });

  return {
    newAccount: () => careful(async () => {
      const [{ partners }, schema] = await Promise.all([api.credentials(), schemaOf("/api/v1/account")]);
      const by = select("By the CRM of", partners.map(({ id, name }) => [id, name]));
      open("New account", "Add the account", "", partners.length > 1 ? [by] : []);
      byId("enrol-call").textContent = "POST /api/v1/account";
      add = async (body) => {
        const answer = await api.asPartner(by.querySelector("select").value || partners[0]?.id, "POST", "/api/v1/account", body);
        const id = (answer?.data ?? answer)?.id;
        if (id !== undefined) await selectAccount(id);
        return `${body.first_name ?? "The"} ${body.last_name ?? "account"} was added`;
      };
      write(schema);
      fields.querySelector("input").focus();
    }),
    addItem: (account) => careful(async () => {
      const kind = select("Kind", Object.entries(ADDED_AT).map(([kind, [title]]) => [kind, title]), () => careful(fit));
      const by = select("Added by", [["user", "the user (app token)"], ["partner", "the partner (CRM token)"]], told);
      const chosen = () => ({ path: ADDED_AT[kind.querySelector("select").value][1], isUser: by.querySelector("select").value === "user" });
      function told() {
        const { path, isUser } = chosen();
        byId("enrol-told").textContent = isUser ? "Emails, phones and cards of the user wait for confirmation." : "What the partner adds is confirmed at once.";
        byId("enrol-call").textContent = `POST /api/v1${isUser ? "" : `/account/${String(account.id).slice(0, 8)}`}${path}`;
      }
      /** Writes the fields of the kind that is chosen. Until they are there, nothing can be sent. */
      async function fit() {
        told();
        main.disabled = example.disabled = true;
        write(await schemaOf(`/api/v1${chosen().path}`));
      }
      const schema = await schemaOf(`/api/v1${chosen().path}`);
      open("Add item", "Add the item", `For ${account.first_name} ${account.last_name}.`, [kind, by]);
      add = async (body) => {
        const { path, isUser } = chosen();
        if (isUser) await api.asUser(account, "POST", `/api/v1${path}`, body);
        else await api.asPartner(account.partner, "POST", `/api/v1/account/${encodeURIComponent(account.id)}${path}`, body);
        return "The item was added";
      };
      told();
      write(schema);
      fields.querySelector("input").focus();
    }),
  };
}
