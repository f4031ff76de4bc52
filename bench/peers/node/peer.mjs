// peer.mjs KEY SECRET IDENTITY NAME ROOM
//
// Reads lines, "version", "mint N METADATA" or "verify N TOKEN", and answers each
// with one: after N times the token, or its identity, or "refused".
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { AccessToken, TokenVerifier } from 'livekit-server-sdk';

const [key, secret, identity, name, room] = process.argv.slice(2);
const verifier = new TokenVerifier(key, secret);

function version() {
  const sdk = new URL('node_modules/livekit-server-sdk/package.json', import.meta.url);
  return `livekit-server-sdk ${JSON.parse(readFileSync(sdk)).version}, Node ${process.versions.node}`;
}

async function mint(metadata) {
  const token = new AccessToken(key, secret, { identity, name, metadata, ttl: '6h' });
  token.addGrant({ roomJoin: true, room, canPublish: true, canSubscribe: true });
  return token.toJwt();
}

async function verify(token) {
  return (await verifier.verify(token)).sub;
}

async function loop(work, count, text) {
  let result;
  for (let i = 0; i < count; i++) result = await work(text);
  return result;
}

for await (const line of createInterface({ input: process.stdin })) {
  const [, what, count, text] = line.match(/^(\w+)(?: (\d+) (.*))?$/);
  const answer =
    what === 'version'
      ? version()
      : await loop(what === 'mint' ? mint : verify, Number(count), text).catch(() => 'refused');
  console.log(answer);
}
