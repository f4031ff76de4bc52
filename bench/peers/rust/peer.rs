//! peer KEY SECRET IDENTITY NAME ROOM
//!
//! Reads lines, "version", "mint N METADATA" or "verify N TOKEN", and answers each
//! with one: after N times the token, or its identity, or "refused".

use livekit_api::access_token::{AccessToken, AccessTokenError, TokenVerifier, VideoGrants};
use std::{env, io, time::Duration};

type Outcome = Result<String, AccessTokenError>;

struct Peer {
    arguments: Vec<String>,
    verifier: TokenVerifier,
}

impl Peer {
    fn mint(&self, metadata: &str) -> Outcome {
        let [key, secret, identity, name, room] = &self.arguments[..] else {
            panic!("five arguments");
        };
        AccessToken::with_api_key(key, secret)
            .with_ttl(Duration::from_secs(6 * 60 * 60))
            .with_identity(identity)
            .with_name(name)
            .with_metadata(metadata)
            .with_grants(VideoGrants {
                room_join: true,
                room: room.clone(),
                can_publish: Some(true),
                can_subscribe: Some(true),
                ..Default::default()
            })
            .to_jwt()
    }

    fn verify(&self, token: &str) -> Outcome {
        Ok(self.verifier.verify(token)?.sub)
    }
}

/// What the lock file has.
fn version() -> String {
    let mut lines = include_str!("Cargo.lock").lines();
    lines.find(|line| *line == "name = \"livekit-api\"");
    let version = lines.next().unwrap_or_default().split('"').nth(1);
    format!("livekit-api {}", version.unwrap_or("?"))
}

fn repeat(count: &str, work: impl Fn() -> Outcome) -> String {
    let mut result = String::new();
    for _ in 0..count.parse().expect("a number") {
        match work() {
            Ok(text) => result = text,
            Err(_) => return "refused".into(),
        }
    }
    result
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let verifier = TokenVerifier::with_api_key(&arguments[0], &arguments[1]);
    let peer = Peer { arguments, verifier };
    for line in io::stdin().lines() {
        let line = line?;
        let part: Vec<&str> = line.splitn(3, ' ').collect();
        match part[..] {
            ["mint", count, text] => println!("{}", repeat(count, || peer.mint(text))),
            ["verify", count, text] => println!("{}", repeat(count, || peer.verify(text))),
            _ => println!("{}", version()),
        }
    }
    Ok(())
}
