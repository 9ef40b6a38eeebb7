// Logging in, and making a login with a one-time code.

import { makePasskey, noPasskeys, showPasskey } from "./passkeys.js";
import { $, ask, refusalText } from "./people.js";
import { say } from "./words.js";

const HOMES = { trade: "/member", ops: "/operator" };
let begun = {};

function fields(form) {
  return Object.fromEntries(new FormData(form));
}

/** Send what the form says with its button off, and say what was wrong. */
async function tell(id, button, send) {
  const form = $(id);
  button.disabled = true;
  $(`${id}-answer`).textContent = "";
  try {
    await send(fields(form));
  } catch (error) {
    $(`${id}-answer`).textContent = refusalText(error);
    const wrong = form.querySelector("[type=password], [name=totp]");
    wrong.select();
    wrong.focus();
  } finally {
    button.disabled = false;
  }
}

function on(id, send) {
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    tell(id, $(id).querySelector("button[type=submit]"), send);
  });
}

$("login-none").textContent = noPasskeys();
$("login-passkey").hidden = Boolean(noPasskeys());
$("login-passkey").addEventListener("click", () => {
  if (!$("login-name").reportValidity() || !$("login-password").reportValidity()) return;
  tell("login", $("login-passkey"), async ({ door, name, password }) => {
    const passkey = await showPasskey(await ask("/v1/login/passkey", { door, name }));
    const told = await ask("/v1/login", { door, name, password, passkey });
    location.assign(HOMES[told.door]);
  });
});

on("login", async (asked) => {
  const told = await ask("/v1/login", asked);
  location.assign(HOMES[told.door]);
});

on("enrol", async (asked) => {
  const told = await ask("/v1/enrol", asked);
  begun = told;
  $("confirm-secret").textContent = told.secret.replace(/(.{4})/g, "$1 ").trim();
  $("confirm-uri").href = told.uri;
  $("enrol").hidden = true;
  $("confirm").hidden = false;
  $("confirm-other").hidden = Boolean(noPasskeys()) || !told.passkey;
  $("confirm-totp").focus();
});

async function confirm(shown) {
  const told = await ask("/v1/enrol/confirm", { enrolment: begun.enrolment, ...shown });
  $("confirm").hidden = true;
  $("login-name").value = told.name;
  $("login").querySelector(`[name=door][value=${told.door}]`).checked = true;
  $("login-password").focus();
}

on("confirm", async ({ totp }) => {
  await confirm({ totp });
  $("enrol-title").textContent = say("已设置,请用密码和下一个动态码登录", "Done: log in with your password and the next six digits");
});

$("confirm-passkey").addEventListener("click", () => tell("confirm", $("confirm-passkey"), async () => {
  await confirm({ passkey: await makePasskey(begun.passkey), passkey_name: say("首个通行密钥", "First passkey") });
  $("enrol-title").textContent = say("已设置,请用密码和通行密钥登录", "Done: log in with your password and the passkey");
}));
