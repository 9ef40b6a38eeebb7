// The second factors of one's own login: which there are, another passkey, another name, one less. Each change shows a factor anew.

import { $, Unshown, ask, make, moment } from "./people.js";
import { button, fill, run } from "./parts.js";
import { makePasskey, noPasskeys, showPasskey } from "./passkeys.js";
import { say } from "./words.js";

const NAME_MAX = Number($("factor-name").maxLength);

/** Show them, and listen to the form. */
export async function watchFactors() {
  $("factor-none").textContent = noPasskeys();
  $("factor-form").addEventListener("submit", (event) => {
    event.preventDefault();
    run($("factor-add"), $("factors-answer"), addPasskey);
  });
  await showFactors();
}

/** The six digits where they were typed, else a passkey. */
async function shownAnew() {
  const totp = $("factor-totp").value;
  $("factor-totp").value = "";
  if (totp) return { totp };
  if (noPasskeys()) {
    $("factor-totp").focus();
    throw new Unshown(say("请先输入当前动态码。", "Type the present six digits first."));
  }
  return { passkey: await showPasskey(await ask("/v1/factors/ask", {})) };
}

async function addPasskey() {
  if (noPasskeys()) throw new Unshown(noPasskeys());
  const made = await makePasskey(await ask("/v1/factors/begin", await shownAnew()));
  const { name } = await ask("/v1/factors/add", { passkey: made, passkey_name: $("factor-name").value.trim() });
  $("factor-name").value = "";
  await showFactors();
  return say(`已添加通行密钥 ${name}`, `Passkey ${name} added`);
}

async function remove(factor) {
  await ask("/v1/factors/remove", { factor, ...await shownAnew() });
  await showFactors();
  return say("已移除", "Removed");
}

async function rename(row, typed, done) {
  if (!typed.value.trim()) {
    typed.focus();
    throw new Unshown(say("请输入名称。", "Type a name."));
  }
  const { name } = await ask("/v1/factors/rename", { passkey_id: row.passkey_id, passkey_name: typed.value.trim(), ...await shownAnew() });
  done();
  await showFactors();
  $("factors").querySelector(`[data-rename=${row.passkey_id}]`)?.focus(); // where the person was before the field
  return say(`已更名为 ${name}`, `Renamed to ${name}`);
}

/** The name with a button beside it, which puts a field in their place; Escape puts them back. */
function nameCell(row) {
  const name = row.name || row.passkey_id;
  const answer = $("factors-answer");
  const begin = make("button", { type: "button", ariaLabel: say(`更名 ${name}`, `Rename ${name}`), "data-rename": row.passkey_id }, say("更名", "Rename"));
  const typed = make("input", { value: row.name, maxLength: NAME_MAX, required: true, ariaLabel: say(`${name} 的新名称`, `New name of ${name}`) });
  const keep = make("button", { type: "submit" }, say("保存", "Save"));
  const stop = make("button", { type: "button" }, say("取消", "Cancel"));
  const form = make("form", { className: "rename", hidden: true, autocomplete: "off" }, typed, keep, stop);
  const shown = make("span", {}, `${name} `, begin);
  const show = (isTyping) => {
    [form.hidden, shown.hidden] = [!isTyping, isTyping];
    (isTyping ? typed : begin).focus();
  };
  begin.addEventListener("click", () => show(true));
  stop.addEventListener("click", () => show(false));
  form.addEventListener("keydown", (event) => event.key === "Escape" && show(false));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(keep, answer, () => rename(row, typed, () => show(false)));
  });
  return { node: make("span", {}, shown, form), className: "wrap" };
}

async function showFactors() {
  const { totp, passkeys } = await ask("/v1/factors");
  const act = (factor, name) => button(say("移除", "Remove"), $("factors-answer"), () => remove(factor), { ariaLabel: say(`移除 ${name}`, `Remove ${name}`), className: "danger" });
  const digits = say("动态码(身份验证器)", "Six digits of an authenticator");
  fill($("factors"), [
    ...totp ? [[digits, "—", "—", "—", act("totp", digits)]] : [],
    ...passkeys.map((row) => [
      nameCell(row), row.is_synced ? say("可同步", "synced") : say("仅此设备", "one device"),
      moment(row.made_at), moment(row.used_at), act(row.passkey_id, row.name || row.passkey_id),
    ]),
  ]);
}
