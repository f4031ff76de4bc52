// peer.mjs CONFIG
//
// The token endpoint that one would write otherwise: who may join is what a table
// says. CONFIG is a JSON object; see endpoint.py. Prints its version when it listens.
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import express from 'express';
import jwt from 'jsonwebtoken';
import { AccessToken } from 'livekit-server-sdk';
import pg from 'pg';

const config = JSON.parse(process.argv[2]);

const member = {
  name: 'member',
  text: `SELECT grants, extract(epoch FROM ttl)::int AS ttl, name, metadata
    FROM member WHERE room = $1 AND identity = $2`,
};

function version(name) {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return `${name} ${JSON.parse(readFileSync(file)).version}`;
}

function identityOf(request) {
  const [scheme, token] = (request.get('authorization') ?? '').split(' ');
  if (scheme !== 'Bearer') return undefined;
  try {
    return jwt.verify(token, config.jwtSecret, { algorithms: ['HS256'] }).sub;
  } catch {
    return undefined;
  }
}

function serve() {
  const pool = new pg.Pool({ ...config.database, max: config.pool });
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(express.json());

  app.post('/token', async (request, response) => {
    const identity = identityOf(request);
    if (!identity) return response.status(401).json({ message: 'log in' });
    const room = request.body.room_name;
    const { rows } = await pool.query({ ...member, values: [room, identity] });
    if (rows.length !== 1) return response.status(403).json({ message: 'not allowed' });

    const { grants, ttl, name, metadata } = rows[0];
    const token = new AccessToken(config.key, config.secret, { identity, ttl, name, metadata });
    token.addGrant({ ...grants, roomJoin: true, room });
    response
      .status(201)
      .set('Cache-Control', 'no-store')
      .json({ server_url: config.url, participant_token: await token.toJwt() });
  });

  app.listen(config.port, '127.0.0.1', () => process.send?.('listening'));
}

if (cluster.isPrimary) {
  let waiting = config.processes;
  for (let i = 0; i < config.processes; i++) {
    cluster.fork().on('message', () => {
      if (--waiting === 0) {
        const names = ['express', 'pg', 'jsonwebtoken', 'livekit-server-sdk'];
        console.log([...names.map(version), `Node ${process.versions.node}`].join(', '));
      }
    });
  }
} else {
  serve();
}
