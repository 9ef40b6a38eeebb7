// The second factors of one's own login: which there are, another passkey, one less. Each change shows a factor anew.

import { $, Unshown, ask, moment } from "./people.js";
import { button, fill, run } from "./parts.js";
import { makePasskey, noPasskeys, showPasskey } from "./passkeys.js";
import { say } from "./words.js";

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

async function showFactors() {
  const { totp, passkeys } = await ask("/v1/factors");
  const act = (factor, name) => button(say("移除", "Remove"), $("factors-answer"), () => remove(factor), { ariaLabel: say(`移除 ${name}`, `Remove ${name}`), className: "danger" });
  const digits = say("动态码(身份验证器)", "Six digits of an authenticator");
  fill($("factors"), [
    ...totp ? [[digits, "—", "—", "—", act("totp", digits)]] : [],
    ...passkeys.map((row) => [
      { text: `${row.name || row.passkey_id}`, className: "wrap" }, row.is_synced ? say("可同步", "synced") : say("仅此设备", "one device"),
      moment(row.made_at), moment(row.used_at), act(row.passkey_id, row.name || row.passkey_id),
    ]),
  ]);
}
