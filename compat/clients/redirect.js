// Stands for the client's package: each folder or memory URI that a test opens becomes a database of the server at LANCELOT_URL.
const crypto = require("crypto");
const real = require(process.env.LANCEDB_PACKAGE + "/dist/index.js");

async function connect(uri, options, ...rest) {
  const text = typeof uri === "string" ? uri : uri.uri;
  if (text.startsWith("db://")) return real.connect(uri, options, ...rest);
  const seed = text.startsWith("memory") ? crypto.randomUUID() : text;
  const name = "n" + crypto.createHash("sha1").update(seed).digest("hex").slice(0, 20);
  return real.connect("db://" + name, { apiKey: "sk_test", hostOverride: process.env.LANCELOT_URL });
}

module.exports = { ...real, connect };
