// The keys that open one's accounts: until when, from where, with which certificate, and whether they are good today.

import { $, make } from "./people.js";
import { fill } from "./parts.js";
import { say } from "./words.js";

/** Show them; asked again when what changes rarely is. */
export async function showAccess(link) {
  const rows = await link.request("key.list");
  fill($("access"), rows.map((row) => [
    row.key_id, row.user || "—", row.scopes.join(" "), row.expires_day || say("长期", "no end"),
    row.networks.join(" ") || say("不限", "anywhere"),
    row.certificate ? { node: make("span", { title: row.certificate.issuer }, row.certificate.serial), className: "wrap" } : "—",
    { text: row.status === "good" ? say("有效", "good") : row.status, className: row.status === "good" ? "" : "down" },
  ]), say("没有密钥", "No keys"));
}
