// Passkeys: letting the browser's authenticator make one, or sign with one. What it gives back is what the exchange reads.

import { Unshown } from "./people.js";
import { say } from "./words.js";

/** Why this browser, or this page's address, has no passkeys; "" where it has. */
export function noPasskeys() {
  if (!globalThis.isSecureContext || !globalThis.PublicKeyCredential || !navigator.credentials) {
    return say("此浏览器或未加密的连接不支持通行密钥,请使用动态码。", "This browser, or a connection without TLS, has no passkeys: use the six digits.");
  }
  if (/^[\d.]+$|^\[/.test(location.hostname)) {
    return say("通行密钥须以域名打开本页,请使用动态码。", "Passkeys need this page opened by its domain name: use the six digits.");
  }
  return "";
}

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const letters = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function answered(asking, ...names) {
  let credential;
  try {
    credential = await asking;
  } catch (error) {
    if (error.name === "InvalidStateError") throw new Unshown(say("此设备已有本登录的通行密钥。", "This device has a passkey of this login already."));
    throw new Unshown(say(`未完成通行密钥操作(${error.name})。`, `No passkey was shown (${error.name}).`));
  }
  const held = names.filter((name) => credential.response[name]).map((name) => [name, letters(credential.response[name])]);
  const id = letters(credential.rawId);
  return { id, rawId: id, type: credential.type, response: Object.fromEntries(held) };
}

/** Make one; throws Unshown where the person or the device would not. */
export function makePasskey(options) {
  const publicKey = {
    ...options,
    challenge: bytes(options.challenge),
    user: { ...options.user, id: bytes(options.user.id) },
    excludeCredentials: options.excludeCredentials.map((held) => ({ ...held, id: bytes(held.id) })),
  };
  return answered(navigator.credentials.create({ publicKey }), "clientDataJSON", "attestationObject");
}

/** Let one sign; throws Unshown where the person or the device would not. */
export function showPasskey(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge) };
  return answered(navigator.credentials.get({ publicKey }), "clientDataJSON", "authenticatorData", "signature", "userHandle");
}
