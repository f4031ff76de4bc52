"""A participant of LiveKit's own client library.  Reads JSON lines:
{"join": token, "url": …, "as": name} joins a room under a name;
{"until": event, "as": name} waits for one of its events and answers with what
happened since it was last asked; {"publish": name} publishes a track;
{"leave": name} hangs up."""

import asyncio
import json
import sys

from livekit import rtc

SECONDS = 10
FLAGS = ("can_publish", "can_subscribe", "can_publish_data", "can_update_metadata", "hidden")


class Participant:
    def __init__(self):
        self.room, self.events, self.news = rtc.Room(), [], asyncio.Event()
        self.room.on("disconnected", lambda reason: self.note(
            "disconnected", reason=rtc.DisconnectReason.Name(reason)))
        self.room.on("participant_permissions_changed", self.permitted)
        self.room.on("data_received", lambda packet: self.note(
            "data_received", text=packet.data.decode()))
        self.room.on("room_metadata_changed", lambda _, new: self.note(
            "room_metadata_changed", text=new))

    def note(self, event, **what):
        self.events.append({"event": event, **what})
        self.news.set()

    def permitted(self, participant, permission):
        if participant.identity == self.room.local_participant.identity:
            flags = {flag: getattr(permission, flag) for flag in FLAGS}
            self.note("participant_permissions_changed", **flags,
                      sources=len(permission.can_publish_sources))

    async def until(self, event):
        while not any(seen["event"] == event for seen in self.events):
            self.news.clear()
            await asyncio.wait_for(self.news.wait(), SECONDS)
        events, self.events = self.events, []
        return {"events": events}

    async def publish(self):
        """Publish a silent microphone; who may not is told nothing, and waits."""
        source = rtc.AudioSource(48000, 1)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        done = await asyncio.wait_for(
            self.room.local_participant.publish_track(track, options), 2)
        return {"track": done.sid}


async def answer(request, participants):
    if "join" in request:
        joining = Participant()
        await asyncio.wait_for(joining.room.connect(request["url"], request["join"]), SECONDS)
        participants[request["as"]] = joining
        return {"identity": joining.room.local_participant.identity,
                "sid": joining.room.local_participant.sid}
    if "leave" in request:
        await participants.pop(request["leave"]).room.disconnect()
        return {}
    if "publish" in request:
        return await participants[request["publish"]].publish()
    return await participants[request["as"]].until(request["until"])


async def main():
    participants = {}
    while line := await asyncio.to_thread(sys.stdin.readline):
        try:
            said = await answer(json.loads(line), participants)
        except Exception as error:
            said = {"error": repr(error)}
        print(json.dumps(said), flush=True)
    for participant in participants.values():
        await participant.room.disconnect()


asyncio.run(main())
