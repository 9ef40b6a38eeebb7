// Whether a bulletin is the exchange's, worked out by the reader's own browser (docs/verification.md): fingerprint, signature, the
// issue before, and that its totals are the sums of its rows.

import { fingerprint, isSigned } from "./proof.js";
import { say } from "./words.js";

const $ = (id) => document.getElementById(id);
const FIRST = /^0*$/; // what the first of a chain names
const KEY_FORM = /^[0-9a-f]{64}$/;

async function bytesOf(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.arrayBuffer();
}

/** Fen of a decimal text, exactly. */
function fen(text) {
  const [whole, fraction = ""] = String(text).split(".");
  return BigInt(whole) * 100n + BigInt(fraction.padEnd(2, "0"));
}

/** Whether volume, turnover and number of trades are what the rows add up to. */
function totalsAgree(document) {
  const parts = document.instruments.flatMap((row) => [row.listed, row.auction, row.block].filter(Boolean));
  const sum = (name, read) => parts.reduce((total, part) => total + read(part[name]), 0n);
  const { total } = document;
  return sum("tonnes", BigInt) === BigInt(total.tonnes) && sum("turnover", fen) === fen(total.turnover) &&
    sum("trades", BigInt) === BigInt(total.trades);
}

/** The checks of a bulletin's bytes, in order: [words, how to find out whether it holds; null: not to be known]. key: null where nothing is signed. */
function checksOf(bytes, issues, key) {
  const read = () => JSON.parse(new TextDecoder().decode(bytes));
  const listed = fingerprint(bytes).then((sha256) => issues.find((issue) => issue.sha256 === sha256));
  return [
    [say("内容与本所公布的指纹一致", "Its fingerprint is that of a bulletin which the exchange published"), () => listed.then(Boolean)],
    ...(key === null ? [] : [[say("签名出自此公钥", "The signature was made with this key"), async () => {
      const issue = await listed;
      return KEY_FORM.test(key) && Boolean(issue) && isSigned(bytes, await bytesOf(issue.sig), key);
    }]]),
    [say("所引上一期内容未变", "The issue before, which it names, has not changed"), async () => {
      const { previous_sha256: named } = read();
      if (FIRST.test(named)) return true;
      const before = issues.find((issue) => issue.sha256 === named);
      return before ? (await fingerprint(await bytesOf(before.json))) === named : null;
    }],
    [say("合计等于各行之和", "Its totals are the sums of its rows"), async () => totalsAgree(read())],
  ];
}

async function judge(bytes, issues, key) {
  const list = $("checks");
  list.replaceChildren();
  let isGenuine = true;
  for (const [words, holds] of checksOf(bytes, issues, key)) {
    const line = Object.assign(document.createElement("li"), { textContent: words });
    list.append(line);
    let isRight = false;
    try {
      isRight = await holds();
    } catch (error) {
      line.textContent = `${words} (${error.message})`;
    }
    line.dataset.state = isRight === null ? "told" : isRight ? "right" : "wrong";
    if (isRight === null) line.textContent += say("(上一期未公布)", " (it is not public)");
    isGenuine &&= isRight !== false;
  }
  const sha256 = await fingerprint(bytes);
  const issue = issues.find((found) => found.sha256 === sha256);
  const last = Object.assign(document.createElement("li"), { className: "hash", textContent: `SHA-256 ${sha256}` });
  last.dataset.state = "told";
  list.append(last);
  $("verdict").hidden = false;
  $("verdict").textContent = isGenuine ? say(`真实:${issue.period} 第 ${issue.version} 版`, `Genuine: ${issue.period}, version ${issue.version}`)
    : say("不能确认其真实性", "This cannot be confirmed as genuine");
  if (isGenuine && !issue.is_newest) $("verdict").textContent += say("(已被更正)", " (since corrected)");
}

async function start() {
  const { bulletins: issues } = await (await fetch("/api/v1/bulletins?kind=all")).json();
  for (const issue of issues) {
    $("issue").append(Object.assign(document.createElement("option"), { value: issue.json, textContent: `${issue.period} v${issue.version}` }));
  }
  const check = async () => {
    const key = $("key") ? $("key").value.trim().toLowerCase() : null;
    const [file] = $("file").files;
    const address = $("issue").value;
    if (file || address) await judge(file ? await file.arrayBuffer() : await bytesOf(address), issues, key);
  };
  $("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  $("issue").addEventListener("change", () => ($("file").value = ""));
  $("file").addEventListener("change", () => ($("issue").value = ""));
  const asked = decodeURIComponent(location.hash.slice(1));
  const found = issues.find((issue) => issue.page === `/bulletins/${asked}`);
  if (found) {
    $("issue").value = found.json;
    await check();
  }
}

if (crypto.subtle) start();
else {
  $("verdict").hidden = false; // browsers have it on encrypted connections and on this machine's own address only
  $("verdict").textContent = say("请通过 https 打开本页", "Open this page over https");
}
