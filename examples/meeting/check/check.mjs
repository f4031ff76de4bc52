// check.mjs ADDRESS [--screenshot FILE]
//
// Drives the page in three browsers, against everything else as it is: LiveKit's
// server, PostgREST, nginx, PostgreSQL.  Prints TAP.
import { execFileSync, spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { chromium } from 'playwright-core';

const [address, option, file] = process.argv.slice(2);
const PATIENCE = 20;  // seconds, on a busy machine
const TOKEN_SOURCE = '**/api/rpc/livekit_token_source';
const people = {};
const tokens = [];
let count = 0, failures = 0;

function check(title, passed, diagnosis) {
  count++;
  if (!passed) failures++;
  console.log(`${passed ? 'ok' : 'not ok'} ${count} - ${title}`);
  if (!passed && diagnosis !== undefined) console.log(`# ${JSON.stringify(diagnosis)}`);
}

const note = (text) => console.log(`# ${text}`);

function same(title, got, due) {
  check(title, JSON.stringify(got) === JSON.stringify(due), { got, due });
}

// Whether it comes true within some seconds, and after how many milliseconds.
async function within(seconds, question) {
  const start = performance.now();
  for (;;) {
    if (await question()) return Math.max(1, Math.round(performance.now() - start));
    if (performance.now() - start > seconds * 1000) return 0;
    await pause(10);
  }
}

// That it comes true.
async function eventually(title, question, diagnosis = () => `not within ${PATIENCE} s`) {
  const passed = await within(PATIENCE, question);
  check(title, passed, passed || await diagnosis());
  return passed;
}

function sql(query) {
  const text = execFileSync('psql', ['-XqAt', '-d', 'meeting', '-v', 'ON_ERROR_STOP=1', '-c', query]);
  return JSON.parse(text.toString().trim() || 'null');
}

// The SQLSTATE of what ought to be refused.
function refusal(statement) {
  const { stderr } = spawnSync('psql', ['-Xq', '-d', 'meeting', '-v', 'VERBOSITY=sqlstate', '-c', statement]);
  return stderr.toString().trim().replace('ERROR:  ', '');
}

const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

// Sign in, in a browser of one's own.
async function signIn(browser, name) {
  const context = await browser.newContext({ viewport: { width: 1180, height: 470 } });
  context.setDefaultTimeout(PATIENCE * 1000);
  const page = people[name] = await context.newPage();
  page.on('response', async (response) => {
    if (!response.url().endsWith('livekit_token_source') || !response.ok()) return;
    const { participant_token: token } = await response.json();
    if (!tokens.includes(token)) tokens.push(token);
  });
  await page.goto(address);
  await page.selectOption('[name=person]', name);
  await page.click('#sign-in button');
  await page.waitForSelector('body[data-state=signed-in]');
  return page;
}

const state = (page) => page.evaluate(() => document.body.dataset.state);
const notice = (page) => page.textContent('#notice');
const roleIn = (page, name) => page.textContent(`#tile-${name} figcaption i`, { timeout: 1000 }).catch(() => '');
const mayPublish = (page) => page.isEnabled('#camera');
const tokenOf = (name) => tokens.findLast((token) => claims(token).sub === name);

// From the click on a room to being in it, in milliseconds.
async function join(page, room = 'standup') {
  const start = performance.now();
  await page.click(`#mine button:has-text("${room}")`);
  await page.waitForSelector('body[data-state=connected]');
  return Math.round(performance.now() - start);
}

// How many frames of somebody's camera a page has shown.
const frames = (page, name) => page.evaluate((id) =>
  document.getElementById(id)?.querySelector('video').getVideoPlaybackQuality().totalVideoFrames ?? 0, `tile-${name}`);
const seen = (page, name) => page.evaluate((id) =>
  !!document.getElementById(id)?.classList.contains('seen'), `tile-${name}`);
const watches = async (page, name) => await seen(page, name) && await frames(page, name) > 5;
const hears = (page, name) => page.evaluate((id) =>
  !!document.getElementById(id)?.querySelector('audio').srcObject?.getAudioTracks().length, `tile-${name}`);

// A call of PostgREST, as the one who is signed in there.
const call = (page, path, body, headers = {}) => page.evaluate(async ([path, body, headers]) => {
  const response = await fetch(path,
    { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } });
  return { status: response.status, code: (await response.json().catch(() => null))?.code };
}, [path, typeof body === 'string' ? body : JSON.stringify(body), headers]);
const asPerson = async (name) => ({ Authorization: `Bearer ${sql(`SELECT to_json(api.sign_in('${name}', 'demo'))`)}` });

const membersSeen = async (page, name) => page.evaluate(async (headers) => {
  const response = await fetch('/api/member?room=eq.standup&order=person', { headers });
  return (await response.json()).map(({ person }) => person);
}, await asPerson(name));

async function story(browser) {
  // Signing in.
  const ada = await signIn(browser, 'ada'), ben = await signIn(browser, 'ben');
  const cleo = await signIn(browser, 'cleo'), dave = await signIn(browser, 'dave');
  same('a wrong password signs nobody in',
    await call(dave, '/api/rpc/sign_in', { person: 'ada', password: 'guess' }), { status: 401, code: '42501' });

  // Host and speaker.
  note(`click to connected: ${await join(ada)} ms, the first in the room`);
  note(`click to connected: ${await join(ben)} ms, the second`);
  await eventually('the host sees the speaker', () => watches(ada, 'ben'));
  await eventually('the speaker sees the host', () => watches(ben, 'ada'));
  await eventually('and they hear each other', async () => await hears(ada, 'ben') && hears(ben, 'ada'));

  // Viewer.
  note(`click to connected: ${await join(cleo)} ms, the third`);
  await eventually('the viewer sees both', async () => await watches(cleo, 'ada') && watches(cleo, 'ben'));
  await eventually('the others see the viewer come in, and her role', async () =>
    await roleIn(ada, 'cleo') === 'viewer');
  same('the viewer\'s token does not let her publish', sorted(claims(tokenOf('cleo')).video),
    { canPublish: false, canPublishData: false, canSubscribe: true, room: 'standup', roomJoin: true });
  check('the viewer has no button to publish', !await mayPublish(cleo));
  // Her browser may be made to believe otherwise; the server is not.
  await cleo.evaluate(() => {
    const { localParticipant } = window.room;
    const { permissions } = localParticipant;
    localParticipant.permissions = Object.assign(permissions.clone(), { canPublish: true });
    localParticipant.setCameraEnabled(true).catch(() => {});
  });
  check('and cannot, whatever her browser believes', !await within(2, () => seen(ada, 'cleo')));
  await cleo.click('#leave');
  await cleo.waitForSelector('body[data-state=signed-in]');
  await join(cleo);
  same('a viewer changes no roles', await call(cleo, '/api/rpc/change_role',
    { room: 'standup', person: 'cleo', role: 'host' }, await asPerson('cleo')), { status: 403, code: '42501' });
  same('nor does she remove anybody', await call(cleo, '/api/rpc/remove_member',
    { room: 'standup', person: 'ben' }, await asPerson('cleo')), { status: 403, code: '42501' });

  // Stranger.
  await dave.fill('[name=room]', 'standup');
  const [refusal] = await Promise.all([dave.waitForResponse(TOKEN_SOURCE), dave.click('#rooms > button')]);
  same('a stranger gets 403 from PostgREST', [refusal.status(), (await refusal.json()).code], [403, '42501']);
  await eventually('and is told so', async () => await notice(dave) === 'permission denied for this room');
  same('somebody who is not signed in gets 401',
    await call(dave, '/api/rpc/livekit_token_source', { room_name: 'standup' }), { status: 401, code: '42501' });
  same('nobody gets a token as somebody else', await call(dave, '/api/rpc/livekit_token_source',
    { room_name: 'standup', participant_identity: 'ben' }, await asPerson('ada')), { status: 403, code: '42501' });

  same('nor with a name of their own choice', await call(cleo, '/api/rpc/livekit_token_source',
    { room_name: 'standup', participant_name: 'Ada' }, await asPerson('cleo')), { status: 403, code: '42501' });
  same('members of a room see its members', await membersSeen(cleo, 'cleo'), ['ada', 'ben', 'cleo', 'scribe']);
  same('a stranger sees none', await membersSeen(dave, 'dave'), []);

  // The host makes the viewer a speaker, during the call.
  await ada.selectOption('#member-cleo select', 'speaker');
  const changed = await eventually('a changed role lets the viewer publish during the call', () => mayPublish(cleo));
  note(`choice of the role to permission: ${changed} ms`);
  await cleo.click('#camera');
  await eventually('and the others see her', async () => await watches(ada, 'cleo') && watches(ben, 'cleo'));
  await eventually('with her new role', async () => await roleIn(ben, 'cleo') === 'speaker');
  if (option === '--screenshot') await screenshot(ada);

  // A host, by a token that says so; and a viewer again.
  await ada.selectOption('#member-cleo select', 'host');
  await eventually('who is made a host stays', async () => await roleIn(ada, 'cleo') === 'host');
  await cleo.click('#leave');
  await cleo.waitForSelector('body[data-state=signed-in]');
  await join(cleo);
  const hosts = tokenOf('cleo');
  check('and is one with her next token', claims(hosts).video.roomAdmin);
  await cleo.waitForSelector('#member-ben select');
  await ada.selectOption('#member-cleo select', 'viewer');
  await eventually('a host made a viewer is removed, and gets another token', async () =>
    tokenOf('cleo') !== hosts);
  same('which says no more than a viewer\'s', sorted(claims(tokenOf('cleo')).video),
    { canPublish: false, canPublishData: false, canSubscribe: true, room: 'standup', roomJoin: true });
  await eventually('she is back with it', async () => await state(cleo) === 'connected' && !await mayPublish(cleo)
    && await roleIn(ada, 'cleo') === 'viewer');
  same('LiveKit was told to remove her whatever the policies say', sql(`
    SELECT json_agg(json_build_array(body ->> 'identity', response)) FROM livekit_outbox
     WHERE rpc = 'RemoveParticipant' AND NOT unless_allowed`), [['cleo', '{}']]);
  check('the others stayed', await state(ada) === 'connected' && await state(ben) === 'connected');

  // And a viewer, who was a speaker when his token was signed.
  await ada.selectOption('#member-ben select', 'viewer');
  await eventually('a speaker made a viewer is no longer seen', async () => !await seen(ada, 'ben'));
  const bens = tokenOf('ben');
  check('his token would still let him publish', claims(bens).video.canPublish);
  await comeBack(ben, bens);
  await eventually('but with it he comes back as a viewer', async () =>
    await state(ben) === 'connected' && !await mayPublish(ben));

  // The host removes him.
  const removal = performance.now();
  await ada.click('#member-ben button');
  await eventually('a removed member is disconnected', async () => await state(ben) === 'signed-in');
  note(`click on Remove to disconnected: ${Math.round(performance.now() - removal)} ms`);
  same('and told why', await notice(ben), 'You were removed from standup.');
  await eventually('the others see him go', async () => !await ada.$('#tile-ben'));
  await ben.unroute(TOKEN_SOURCE);
  await ben.fill('[name=room]', 'standup');
  const [again] = await Promise.all([ben.waitForResponse(TOKEN_SOURCE), ben.click('#rooms > button')]);
  same('he gets no new token', [again.status(), (await again.json()).code], [403, '42501']);
  await ben.route(TOKEN_SOURCE, (route) => route.fulfill({ json: answerOf(bens) }));
  const gone = sql('SELECT to_json(clock_timestamp())');
  await ben.click('#rooms > button');
  await eventually('with the old one he comes in, and is removed again', () =>
    ben.evaluate(() => /removed/.test(document.getElementById('notice').textContent)));
  let stays;
  await eventually('each time that he tries', () => (stays = staysOf('ben', gone)) && !stays.includes(null),
    () => stays);
  check('within a second', stays?.every((stay) => stay < 1000), stays);
  note(`he stayed for ${stays?.map(Math.round).join(', ')} ms`);
  check('and nobody but him was disturbed', await state(ada) === 'connected' && await state(cleo) === 'connected');

  // Not by the page: another row instead of hers, and other grants for her role.
  const muted = '{"canPublish": false, "canPublishData": false}';
  for (const [title, statement, may] of [
    ['another row instead of hers', `BEGIN; DELETE FROM member WHERE room = 'standup' AND person = 'cleo';
      INSERT INTO member VALUES ('standup', 'cleo', 'speaker'); COMMIT`, true],
    ['a role that has less', `UPDATE role SET grants = '${muted}' WHERE name = 'speaker'`, false],
    ['a role that has more', `UPDATE role SET grants = '{}' WHERE name = 'speaker'`, true],
  ]) {
    sql(statement);
    await eventually(`${title} changes what the viewer may`, async () => await mayPublish(cleo) === may);
    check('and she stays', await state(cleo) === 'connected');
  }

  await records(dave, stays);
}

// How long each of somebody's stays lasted that began later than that, in
// milliseconds; null: it has not ended.  LiveKit's client, removed before it has
// learnt that it is in, comes again by itself: there may be more than one.
const staysOf = (name, since) => sql(`
  SELECT json_agg(extract(epoch FROM o.received_at - i.received_at) * 1000 ORDER BY i.received_at)
    FROM livekit_inbox i LEFT JOIN livekit_inbox o ON o.event = 'participant_left'
         AND o.body #>> '{participant,sid}' = i.body #>> '{participant,sid}'
   WHERE i.event = 'participant_joined' AND i.identity = '${name}' AND i.received_at > '${since}'`);

const answerOf = (token) => ({
  server_url: sql(`SELECT to_json(setting) FROM pg_settings WHERE name = 'livekit_token.url'`),
  participant_token: token,
});

// Leave, and come back with a token that was kept.
async function comeBack(page, token) {
  await page.click('#leave');
  await page.waitForSelector('body[data-state=signed-in]');
  await page.route(TOKEN_SOURCE, (route) => route.fulfill({ json: answerOf(token) }));
  await join(page);
}

// What the database knows afterwards; of the comings in, the last are the stays
// of the one who was removed.
async function records(page, stays) {
  same('livekit_issued has exactly the tokens that the browsers got',
    (sql(`SELECT json_agg(json_build_array(jti, identity, room, grants) ORDER BY jti COLLATE "C")
            FROM livekit.livekit_issued WHERE via = 'livekit_token_source'`) ?? [])
      .map(([jti, identity, room, grants]) => [jti, identity, room, sorted(grants)]),
    tokens.map(claims).map(({ jti, sub, video }) => [jti, sub, video.room, sorted({ video })])
      .sort(([a], [b]) => a < b ? -1 : 1));
  same('and beside them those of the requests to LiveKit\'s server, a row each',
    sql(`SELECT json_agg(DISTINCT via) FROM livekit.livekit_issued WHERE via <> 'livekit_token_source'`),
    ['livekit_api_request']);

  const cameIn = ['ada', 'ben', 'cleo', 'cleo', 'cleo', 'cleo', 'ben', ...stays.map(() => 'ben')];
  const inbox = () => sql(`
    SELECT json_agg(identity ORDER BY received_at) FROM livekit_inbox WHERE event = 'participant_joined'`);
  await eventually('the inbox has every coming in', () => String(inbox()) === String(cameIn), inbox);
  const events = sql(`SELECT json_object_agg(event, n) FROM (
    SELECT event, count(*) AS n FROM livekit_inbox GROUP BY event) q`);
  check('and room_started once, tracks and leavings', events.room_started === 1 && events.track_published >= 5
    && events.participant_left >= 3, events);
  const forged = JSON.stringify({ event: 'participant_joined', id: 'EV_forged', room: { name: 'standup' },
    participant: { identity: 'ada' } });
  same('a forged webhook is refused', (await call(page, '/hook', forged, { Authorization: tokens[0] })).status, 403);
  same('and an unsigned one', (await call(page, '/hook', forged)).status, 403);
  same('and neither is in the inbox', sql(`SELECT to_json(count(*)) FROM livekit_inbox WHERE id = 'EV_forged'`), 0);
  same('GET is no webhook', await page.evaluate(async () => (await fetch('/hook')).status), 403);
  same('nor is more than a megabyte', (await call(page, '/hook', ' '.repeat(2 ** 20 + 1))).status, 413);
  sql(`DELETE FROM member WHERE person = 'scribe'`);
  same('a member of whom no webhook told is removed all the same', sql(`
    SELECT json_agg(rpc) FROM livekit_outbox WHERE body ->> 'identity' = 'scribe'`), ['RemoveParticipant']);
  same('a member whose role has no grants can be changed and deleted', refusal(`
    INSERT INTO role VALUES ('guest', 'null'), ('recorder', '{"roomRecord": true}');
    INSERT INTO member VALUES ('standup', 'scribe', 'guest'), ('workshop', 'scribe', 'guest');
    UPDATE member SET role = 'recorder' WHERE role = 'guest'; UPDATE role SET grants = 'null' WHERE name = 'recorder';
    DELETE FROM member WHERE role = 'recorder'`), '');
  same('and who had what no permission takes back was removed whatever the policies say', sql(`
    SELECT json_agg(body ->> 'room' ORDER BY id) FROM livekit_outbox
     WHERE rpc = 'RemoveParticipant' AND body ->> 'identity' = 'scribe' AND NOT unless_allowed`),
    ['standup', 'workshop']);
  same('a misspelt grant is refused', refusal(`UPDATE role SET grants = '{"canPublsh": true}'`), '22023');
  same('so is a change by an old snapshot', refusal(
    'BEGIN ISOLATION LEVEL REPEATABLE READ; DELETE FROM member'), '25000');
  same('and a worker that would write other requests', refusal(
    `SET ROLE livekit_worker; UPDATE livekit_outbox SET body = '{}'`), '42501');
  await eventually('all of the outbox is sent', () =>
    sql('SELECT to_json(count(*)) FROM livekit_outbox WHERE sent_at IS NULL') === 0);
  same('at the first attempt', sql('SELECT to_json(max(attempts)) FROM livekit_outbox'), 1);
}

const sorted = (value) => Array.isArray(value) || typeof value !== 'object' ? value
  : Object.fromEntries(Object.keys(value).sort().map((name) => [name, sorted(value[name])]));

// The median of joins and leavings of one who is alone.
async function timing(browser) {
  const page = await signIn(browser, 'dave'), times = [];
  for (let round = 0; round < 9; round++) {
    times.push(await join(page, 'workshop'));
    await page.click('#leave');
    await page.waitForSelector('body[data-state=signed-in]');
  }
  const asked = await page.evaluate(() => performance.getEntriesByType('resource')
    .filter(({ name }) => name.endsWith('livekit_token_source')).map(({ duration }) => duration));
  note(`click to connected: ${spread(times)} ms; of which the token: ${spread(asked)} ms`);
}

function spread(times) {
  const [first, ...others] = times.map(Math.round).sort((a, b) => a - b);
  return `median of ${times.length} ${others[(times.length >> 1) - 1]}, from ${first} to ${others.at(-1)}`;
}

async function screenshot(page) {
  await pause(1500);  // for a picture without the first, blurred frames
  await page.screenshot({ path: file, type: 'png' });
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection',
    ...(process.getuid() === 0 ? ['--no-sandbox'] : [])],
});
try {
  await story(browser);
  await timing(browser);
} catch (error) {
  check('the story can be told to its end', false, String(error.stack ?? error));
  for (const [name, page] of Object.entries(people)) {
    note(`${name}: ${await state(page)}, "${await notice(page)}"`);
  }
} finally {
  await browser.close();
}
console.log(`1..${count}`);
process.exitCode = failures ? 1 : 0;
