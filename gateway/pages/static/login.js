// Logging in, and making a login with a one-time code.

import { $, ask, refusalText } from "./people.js";
import { say } from "./words.js";

const HOMES = { trade: "/member", ops: "/operator" };
let enrolment = "";

function fields(form) {
  return Object.fromEntries(new FormData(form));
}

function on(id, send) {
  const form = $(id);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
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
  });
}

on("login", async (asked) => {
  const told = await ask("/v1/login", asked);
  location.assign(HOMES[told.door]);
});

on("enrol", async (asked) => {
  const told = await ask("/v1/enrol", asked);
  enrolment = told.enrolment;
  $("confirm-secret").textContent = told.secret.replace(/(.{4})/g, "$1 ").trim();
  $("confirm-uri").href = told.uri;
  $("enrol").hidden = true;
  $("confirm").hidden = false;
  $("confirm-totp").focus();
});

on("confirm", async (asked) => {
  const told = await ask("/v1/enrol/confirm", { enrolment, totp: asked.totp });
  $("confirm").hidden = true;
  $("enrol-title").textContent = say("已设置,请用密码和下一个动态码登录", "Done: log in with your password and the next six digits");
  $("login-name").value = told.name;
  $("login").querySelector(`[name=door][value=${told.door}]`).checked = true;
  $("login-password").focus();
});
