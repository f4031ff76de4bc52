// Reads JSON lines, each {"verify": token} or {"make": claims}, and answers in kind.
import { createInterface } from 'node:readline';
import {
  AccessToken,
  RoomConfiguration,
  TokenVerifier,
  TrackSource,
} from 'livekit-server-sdk';

async function make({ key, secret, ttl, make: claims }) {
  const { sub: identity, name, metadata, attributes } = claims;
  const token = new AccessToken(key, secret, { identity, name, metadata, attributes, ttl });
  if (claims.video) {
    const { canPublishSources: sources, ...video } = claims.video;
    if (sources) {
      video.canPublishSources = sources.map((source) => TrackSource[source.toUpperCase()]);
    }
    token.addGrant(video);
  }
  if (claims.sip) token.addSIPGrant(claims.sip);
  if (claims.inference) token.addInferenceGrant(claims.inference);
  if (claims.observability) token.addObservabilityGrant(claims.observability);
  if (claims.kind) token.kind = claims.kind;
  if (claims.sha256) token.sha256 = claims.sha256;
  if (claims.roomPreset) token.roomPreset = claims.roomPreset;
  if (claims.roomConfig) token.roomConfig = RoomConfiguration.fromJson(claims.roomConfig);
  return { token: await token.toJwt() };
}

async function verify({ key, secret, verify: token }) {
  return { claims: await new TokenVerifier(key, secret).verify(token) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const answer = await ('make' in request ? make : verify)(request).catch((error) => ({
    error: String(error),
  }));
  console.log(JSON.stringify(answer));
}
