//! Reads JSON lines, each {"verify": token} or {"make": claims}, and answers in kind.

use livekit_api::access_token::{AccessToken, Claims, TokenVerifier};
use serde_json::{json, Value};
use std::{error::Error, io, time::Duration};

fn make(request: &Value, key: &str, secret: &str) -> Result<Value, Box<dyn Error>> {
    let claims: Claims = serde_json::from_value(request["make"].clone())?;
    let ttl = request["ttl"].as_u64().ok_or("no ttl")?;
    let mut token = AccessToken::with_api_key(key, secret)
        .with_ttl(Duration::from_secs(ttl))
        .with_identity(&claims.sub)
        .with_name(&claims.name)
        .with_kind(&claims.kind)
        .with_metadata(&claims.metadata)
        .with_attributes(claims.attributes)
        .with_sha256(&claims.sha256)
        .with_grants(claims.video)
        .with_sip_grants(claims.sip)
        .with_agent_grants(claims.agent)
        .with_inference_grants(claims.inference)
        .with_observability_grants(claims.observability)
        .with_agent_endpoint_grants(claims.agent_endpoint)
        .with_agent_thread_grants(claims.agent_thread);
    if let Some(config) = claims.room_config {
        token = token.with_room_config(config);
    }
    Ok(json!({ "token": token.to_jwt()? }))
}

fn answer(line: &str) -> Result<Value, Box<dyn Error>> {
    let request: Value = serde_json::from_str(line)?;
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    let (key, secret) = (text("key"), text("secret"));
    if request.get("make").is_some() {
        return make(&request, key, secret);
    }
    let claims = TokenVerifier::with_api_key(key, secret).verify(text("verify"))?;
    Ok(json!({ "claims": claims }))
}

fn main() -> io::Result<()> {
    for line in io::stdin().lines() {
        let answer = answer(&line?).unwrap_or_else(|error| json!({ "error": error.to_string() }));
        println!("{answer}");
    }
    Ok(())
}
