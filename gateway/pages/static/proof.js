// SHA-256 and Ed25519 in the reader's own browser. Browsers have them on encrypted connections and on this machine's own address only.

const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** The bytes of hexadecimal digits. */
export const unhex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));

/** SHA-256 of bytes, in hexadecimal digits. */
export const fingerprint = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));

/** Whether the key (hexadecimal digits) signed these bytes. */
export async function isSigned(bytes, signature, key) {
  const known = await crypto.subtle.importKey("raw", unhex(key), { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, known, signature, bytes);
}
