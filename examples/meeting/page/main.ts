import { DisconnectReason, Participant, Room, RoomEvent, TokenSource, Track } from 'livekit-client';

const ROLES = ['host', 'speaker', 'viewer', 'agent'];
type Member = { person: string; name: string; role: string; room: string };

const byId = <E extends HTMLElement = HTMLElement>(id: string) => document.getElementById(id) as E;
let jwt = '', me = '', room: Room | undefined;

function show(state: string, notice = '') {
  document.body.dataset.state = state;
  byId('notice').textContent = notice;
}

function element(tag: string, text = '', properties: object = {}) {
  return Object.assign(document.createElement(tag), { textContent: text }, properties);
}

function log(text: string) {
  byId('log').prepend(element('li', `${new Date().toLocaleTimeString()}  ${text}`));
}

// PostgREST ------------------------------------------------------------------

async function api(path: string, body?: object) {
  const response = await fetch(`/api/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { 'Content-Type': 'application/json', ...(jwt && { Authorization: `Bearer ${jwt}` }) },
    body: body && JSON.stringify(body),
  });
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

async function signIn(person: string, password: string) {
  jwt = await api('rpc/sign_in', { person, password });
  me = person;
  byId('who').textContent = person;
  await showRooms();
}

// Her rooms: whether she is in that one.
async function showRooms(notice = '', name = '') {
  const mine: Member[] = await api(`member?person=eq.${me}&order=room`);
  byId('mine').replaceChildren(...mine.map(({ room, role }) =>
    element('button', `${room} (${role})`, { type: 'button', onclick: () => attempt(() => join(room)) })));
  show('signed-in', notice);
  return mine.some(({ room }) => room === name);
}

// The host's panel: the rows of the room, which policies let a host change.
async function showMembers() {
  if (!room) return;
  const members: Member[] = await api(`member?room=eq.${encodeURIComponent(room.name)}&order=name`);
  const host = members.some(({ person, role }) => person === me && role === 'host');
  byId('members').replaceChildren(...members.map(({ person, name, role, room }) => {
    const line = element('li', name, { id: `member-${person}` });
    if (host && person !== me) {
      const choice = element('select', '', {
        onchange: () => attempt(() => api('rpc/change_role', { room, person, role: choice.value }), showMembers),
      }) as HTMLSelectElement;
      choice.append(...ROLES.map((each) => new Option(each, each, each === role, each === role)));
      line.append(choice, element('button', 'Remove', {
        onclick: () => attempt(() => api('rpc/remove_member', { room, person }), showMembers),
      }));
    } else line.append(element('i', role));
    return line;
  }));
}

// LiveKit --------------------------------------------------------------------

async function join(name: string) {
  show('joining');
  const source = TokenSource.endpoint(new URL('api/rpc/livekit_token_source', location.href).href,
    { headers: { Authorization: `Bearer ${jwt}` } });
  const { serverUrl, participantToken } = await source.fetch({ roomName: name });

  const joined = new Room({ adaptiveStream: true, dynacast: true });
  for (const event of [RoomEvent.TrackSubscribed, RoomEvent.TrackUnsubscribed, RoomEvent.TrackUnpublished,
    RoomEvent.TrackMuted, RoomEvent.TrackUnmuted, RoomEvent.LocalTrackPublished, RoomEvent.LocalTrackUnpublished,
    RoomEvent.ActiveSpeakersChanged, RoomEvent.ParticipantPermissionsChanged]) joined.on(event, draw);
  joined.on(RoomEvent.ParticipantConnected, (who) => changed(`${who.name} came in`));
  joined.on(RoomEvent.ParticipantDisconnected, (who) => changed(`${who.name} left`));
  joined.on(RoomEvent.ParticipantAttributesChanged, (_, who) => changed(`${who.name} is ${who.attributes.role} now`));
  joined.on(RoomEvent.Disconnected, (reason) => {
    room = undefined;
    draw();
    // Who is still a member has lost what her token said, and gets another.
    const removed = reason === DisconnectReason.PARTICIPANT_REMOVED;
    attempt(async () => {
      if (await showRooms(removed ? `You were removed from ${name}.` : '', name) && removed) await join(name);
    });
  });
  await joined.connect(serverUrl, participantToken);
  room = joined;
  Object.assign(window, { room });  // to play with in the console

  byId('where').textContent = name;
  show('connected');
  changed('You came in');
  if (joined.localParticipant.permissions?.canPublish) {
    joined.localParticipant.enableCameraAndMicrophone().catch((error) => log(error.message));
  }
}

function changed(what: string) {
  log(what);
  draw();
  attempt(showMembers);
}

// One tile a participant, in the order of their coming.
function draw() {
  const everybody = room ? [room.localParticipant, ...room.remoteParticipants.values()] : [];
  for (const tile of [...byId('tiles').children]) {
    if (!everybody.some(({ identity }) => tile.id === `tile-${identity}`)) tile.remove();
  }
  for (const participant of everybody) drawTile(participant);
  if (!room) return;
  const { permissions, isCameraEnabled, isMicrophoneEnabled } = room.localParticipant;
  for (const [id, on] of [['camera', isCameraEnabled], ['microphone', isMicrophoneEnabled]] as const) {
    byId<HTMLButtonElement>(id).disabled = !permissions?.canPublish;
    byId(id).classList.toggle('on', on);
  }
}

function drawTile(who: Participant) {
  let tile = document.getElementById(`tile-${who.identity}`);
  if (!tile) {
    tile = element('figure', '', { id: `tile-${who.identity}` });
    tile.append(element('b', who.name?.[0] ?? '?'), element('video', '', { muted: true, playsInline: true }),
      element('audio', '', { autoplay: true }), element('figcaption'));
    byId('tiles').append(tile);
  }
  const video = tile.querySelector('video')!, camera = who.getTrackPublication(Track.Source.Camera);
  if (camera?.track && !camera.isMuted) camera.track.attach(video);
  else video.srcObject = null;
  tile.classList.toggle('seen', !!video.srcObject);
  tile.classList.toggle('speaking', who.isSpeaking);
  if (!who.isLocal) who.getTrackPublication(Track.Source.Microphone)?.track?.attach(tile.querySelector('audio')!);
  tile.querySelector('figcaption')!.replaceChildren(who.isLocal ? `${who.name} (you)` : who.name ?? who.identity,
    element('i', who.attributes.role));
}

// The buttons ----------------------------------------------------------------

async function attempt(action: () => Promise<unknown>, afterwards?: () => Promise<unknown>) {
  try {
    await action();
  } catch (error) {
    // TokenSource quotes PostgREST's whole answer.
    const text = error instanceof Error ? error.message : String(error);
    show(room ? 'connected' : jwt ? 'signed-in' : 'signed-out', /"message":"([^"]*)"/.exec(text)?.[1] ?? text);
  }
  await afterwards?.();
}

function onSubmit(id: string, action: (fields: Record<string, string>) => Promise<unknown>) {
  byId<HTMLFormElement>(id).onsubmit = (event) => {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    attempt(() => action(Object.fromEntries(fields) as Record<string, string>));
  };
}

onSubmit('sign-in', ({ person, password }) => signIn(person, password));
onSubmit('rooms', ({ room }) => join(room));
byId('camera').onclick = () => attempt(async () =>
  room?.localParticipant.setCameraEnabled(!room.localParticipant.isCameraEnabled));
byId('microphone').onclick = () => attempt(async () =>
  room?.localParticipant.setMicrophoneEnabled(!room.localParticipant.isMicrophoneEnabled));
byId('leave').onclick = () => attempt(async () => room?.disconnect());
