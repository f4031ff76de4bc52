// What the application would be with a back end of its own: express, pg and
// LiveKit's server SDK, with the same checks as ../schema.sql.
//
//     PGHOST=… PGDATABASE=… JWT_SECRET=… LIVEKIT_URL=ws://… \
//     LIVEKIT_API_KEY=… LIVEKIT_API_SECRET=… PORT=3001 node server.js
//
// The same tables, without policies: the pool's role reads and writes them all,
// and what keeps people apart is the WHERE of each query.
import { timingSafeEqual } from 'node:crypto';
import express from 'express';
import { jwtVerify, SignJWT } from 'jose';
import { AccessToken, RoomServiceClient, WebhookReceiver } from 'livekit-server-sdk';
import pg from 'pg';

const { JWT_SECRET, LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET, PORT = 3001 } = process.env;
for (const [name, value] of Object.entries({ JWT_SECRET, LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET })) {
  if (!value) throw new Error(`${name} is not set`);
}
const TOKEN_TTL = 120, RETRY = 1000, ATTEMPTS = 60;
const pool = new pg.Pool();
const rooms = new RoomServiceClient(LIVEKIT_URL.replace(/^ws/, 'http'), LIVEKIT_API_KEY, LIVEKIT_API_SECRET);
const receiver = new WebhookReceiver(LIVEKIT_API_KEY, LIVEKIT_API_SECRET);
const loginKey = new TextEncoder().encode(JWT_SECRET);
const app = express();

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// Who is asking -----------------------------------------------------------------

async function signedIn(request, response, next) {
  const bearer = /^Bearer (.+)$/.exec(request.get('Authorization') ?? '');
  if (!bearer) throw new Refused(401, 'not signed in');
  const { payload } = await jwtVerify(bearer[1], loginKey, { algorithms: ['HS256'] })
    .catch(() => { throw new Refused(401, 'the login is not valid'); });
  if (typeof payload.sub !== 'string' || payload.role !== 'web_user') throw new Refused(401, 'the login is not valid');
  request.person = payload.sub;
  next();
}

app.post('/rpc/sign_in', express.json(), async ({ body }, response) => {
  const { rows: [row] } = await pool.query(
    `SELECT hash, private.crypt($2, coalesce(hash, '$2a$08$' || repeat('.', 22))) AS given
       FROM (SELECT $1::text AS person) q LEFT JOIN private.password USING (person)`,
    [text(body, 'person'), text(body, 'password')]);
  if (!row.hash || !timingSafeEqual(Buffer.from(row.hash), Buffer.from(row.given))) {
    throw new Refused(401, 'no such person, or another password');
  }
  response.json(await new SignJWT({ role: 'web_user' }).setProtectedHeader({ alg: 'HS256' })
    .setSubject(body.person).setExpirationTime('1h').sign(loginKey));
});

// A field of a request that must be a string; PostgreSQL's text has no NUL.
function text(body, name) {
  const value = body?.[name];
  if (typeof value !== 'string' || value === '' || value.includes('\0')) throw new Refused(400, `${name} must be text`);
  return value;
}

// Who may join ------------------------------------------------------------------

const MEMBER = `
  SELECT p.name, m.role, r.grants FROM member m JOIN person p ON p.id = m.person JOIN role r ON r.name = m.role
   WHERE m.room = $1 AND m.person = $2`;

async function member(room, person, client = pool) {
  return (await client.query(MEMBER, [room, person])).rows[0];
}

// The SDK writes whatever a grant is called; LiveKit ignores what it does not know.
const GRANTS = new Set(['roomAdmin', 'roomJoin', 'canPublish', 'canSubscribe', 'canPublishData',
  'canUpdateOwnMetadata', 'hidden']);

function effective(grants) {
  for (const name of Object.keys(grants)) if (!GRANTS.has(name)) throw new Error(`no grant "${name}"`);
  const { canPublish = true, canSubscribe = true, canPublishData = canPublish } = grants;
  return { ...grants, canPublish, canSubscribe, canPublishData };
}

const TOKEN_FIELDS = new Set(['room_name', 'participant_identity']);

app.post('/rpc/livekit_token_source', express.json(), signedIn, async ({ body, person }, response) => {
  const room = text(body, 'room_name');
  for (const name of Object.keys(body)) {
    if (!TOKEN_FIELDS.has(name)) throw new Refused(403, `permission denied for "${name}"`);
  }
  const identity = body.participant_identity === undefined ? person : text(body, 'participant_identity');
  if (identity !== person && !(identity.startsWith(`${person}#`) && identity.length > person.length + 1)) {
    throw new Refused(403, "a token is signed for the caller's own identity only");
  }
  if (Buffer.byteLength(identity) > 256 || Buffer.byteLength(room) > 256) throw new Refused(413, 'too long');
  const row = await member(room, person);
  if (!row) throw new Refused(403, 'permission denied for this room');

  const video = { ...effective(row.grants), roomJoin: true, room };
  const token = new AccessToken(LIVEKIT_API_KEY, LIVEKIT_API_SECRET,
    { identity, name: row.name, attributes: { role: row.role }, ttl: TOKEN_TTL });
  token.addGrant(video);
  await pool.query(`
    INSERT INTO issued (person, identity, room, grants, expires_at)
    VALUES ($1, $2, $3, $4, now() + $5 * interval '1 second')`,
    [person, identity, room, JSON.stringify({ video }), TOKEN_TTL]);
  console.log(JSON.stringify({ event: 'issued', person, identity, room, grants: { video } }));
  response.set('Cache-Control', 'no-store').status(201)
    .json({ server_url: LIVEKIT_URL, participant_token: await token.toJwt() });
});

// Members, and the host's changes -----------------------------------------------

app.get('/member', signedIn, async ({ query, person }, response) => {
  const { rows } = await pool.query(`
    SELECT m.room, m.person, p.name, m.role FROM member m JOIN person p ON p.id = m.person
     WHERE m.room IN (SELECT room FROM member WHERE person = $1)
       AND ($2::text IS NULL OR m.room = $2) AND ($3::text IS NULL OR m.person = $3) ORDER BY m.room, p.name`,
    [person, query.room ?? null, query.person ?? null]);
  response.json(rows);
});

// Change a row as a host, and tell LiveKit when that is committed.
async function asHost({ body, person: host }, change) {
  const room = text(body, 'room'), person = text(body, 'person');
  const client = await pool.connect();
  let loses;
  try {
    await client.query('BEGIN');
    if ((await member(room, host, client))?.role !== 'host' || person === host) {
      throw new Refused(403, 'only a host changes others');
    }
    const had = await member(room, person, client);
    const { rowCount } = await change(client, room, person);
    if (!rowCount) throw new Refused(403, 'only a host changes others');
    // No permission takes roomAdmin back: that goes with the token.
    loses = had?.grants.roomAdmin && !(await member(room, person, client))?.grants.roomAdmin;
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
  const { rows } = await pool.query(
    "SELECT DISTINCT identity FROM inbox WHERE room = $1 AND split_part(identity, '#', 1) = $2", [room, person]);
  for (const { identity } of rows) putRight(room, identity, loses);
}

app.post('/rpc/change_role', express.json(), signedIn, async (request, response) => {
  const role = text(request.body, 'role');
  await asHost(request, (client, room, person) =>
    client.query('UPDATE member SET role = $3 WHERE room = $1 AND person = $2', [room, person, role]));
  response.status(204).end();
});

app.post('/rpc/remove_member', express.json(), signedIn, async (request, response) => {
  await asHost(request, (client, room, person) =>
    client.query('DELETE FROM member WHERE room = $1 AND person = $2', [room, person]));
  response.status(204).end();
});

// LiveKit's server ----------------------------------------------------------------

// Make a participant what the rows say now.  What is not done when this process
// ends is not done: for that it would take an outbox and a worker here, too.
async function putRight(room, identity, loses = false, attempt = 1) {
  try {
    const row = await member(room, identity.split('#')[0]);
    if (!row || loses) return await rooms.removeParticipant(room, identity);
    const { canPublish, canSubscribe, canPublishData,
      canUpdateOwnMetadata = false, hidden = false } = effective(row.grants);
    await rooms.updateParticipant(room, identity, {
      permission: { canPublish, canSubscribe, canPublishData, canUpdateMetadata: canUpdateOwnMetadata, hidden },
      attributes: { role: row.role },
    });
  } catch (error) {
    if (error.status === 404) return;
    console.error(`${room}, ${identity}: ${error.message}`);
    if (attempt < ATTEMPTS) setTimeout(putRight, RETRY, room, identity, loses, attempt + 1);
  }
}

app.post('/hook', express.raw({ type: 'application/webhook+json', limit: '8mb' }), async (request, response) => {
  const event = await receiver.receive(request.body.toString(), request.get('Authorization'))
    .catch(() => { throw new Refused(403, 'token refused'); });
  const { rowCount } = await pool.query(
    'INSERT INTO inbox (id, event, room, identity) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    [event.id, event.event, event.room?.name, event.participant?.identity]);
  if (rowCount && event.event === 'participant_joined' && event.participant.kind === 0) {
    putRight(event.room.name, event.participant.identity);
  }
  response.status(204).end();
});

app.use((error, request, response, next) => {
  const status = error.status ?? 500;
  if (status === 500) console.error(error);
  response.status(status).json({ message: status === 500 ? 'internal error' : error.message });
});

app.listen(PORT, '127.0.0.1', () => console.log(`http://127.0.0.1:${PORT}`));
