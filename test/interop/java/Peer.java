// Reads JSON lines, each {"verify": token} or {"make": claims}, and answers in kind.

import com.auth0.jwt.JWT;
import com.auth0.jwt.algorithms.Algorithm;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.util.JsonFormat;
import io.livekit.server.AccessToken;
import io.livekit.server.SIPGrant;
import io.livekit.server.VideoGrant;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import livekit.LivekitRoom.RoomConfiguration;

public class Peer {
    private static final ObjectMapper JSON = new ObjectMapper();

    // Each grant is a class of its own, named as the grant with a few exceptions.
    private static final Map<String, String> GRANT_CLASSES = Map.of(
        "room", "RoomName", "destinationRoom", "DestinationRoomName",
        "sip.admin", "SIPAdmin", "sip.call", "SIPCall");

    private static Object grant(String name, JsonNode value) throws Exception {
        String simple = GRANT_CLASSES.getOrDefault(name,
            Character.toUpperCase(name.charAt(0)) + name.substring(1));
        Class<?> type = value.isBoolean() ? boolean.class
            : value.isArray() ? List.class : String.class;
        return Class.forName("io.livekit.server." + simple).getConstructor(type)
            .newInstance(JSON.convertValue(value, Object.class));
    }

    private static Map<String, Object> make(JsonNode request) throws Exception {
        JsonNode claims = request.get("make");
        AccessToken token = new AccessToken(
            request.get("key").asText(), request.get("secret").asText());
        token.setTtl(request.get("ttl").asLong() * 1000);
        for (var claim : claims.properties()) {
            JsonNode value = claim.getValue();
            switch (claim.getKey()) {
                case "sub" -> token.setIdentity(value.asText());
                case "name" -> token.setName(value.asText());
                case "metadata" -> token.setMetadata(value.asText());
                case "sha256" -> token.setSha256(value.asText());
                case "roomPreset" -> token.setRoomPreset(value.asText());
                case "attributes" -> value.properties().forEach(
                    a -> token.getAttributes().put(a.getKey(), a.getValue().asText()));
                case "video" -> {
                    for (var g : value.properties()) {
                        token.addGrants((VideoGrant) grant(g.getKey(), g.getValue()));
                    }
                }
                case "sip" -> {
                    for (var g : value.properties()) {
                        token.addSIPGrants((SIPGrant) grant("sip." + g.getKey(), g.getValue()));
                    }
                }
                case "roomConfig" -> {
                    var config = RoomConfiguration.newBuilder();
                    JsonFormat.parser().ignoringUnknownFields().merge(value.toString(), config);
                    token.setRoomConfiguration(config.build());
                }
                default -> throw new IllegalArgumentException(claim.getKey());
            }
        }
        return Map.of("token", token.toJwt());
    }

    // The SDK has no verifier of tokens; its webhook receiver does this.
    private static Map<String, Object> verify(JsonNode request) {
        var verified = JWT.require(Algorithm.HMAC256(request.get("secret").asText()))
            .withIssuer(request.get("key").asText()).build()
            .verify(request.get("verify").asText());
        Map<String, Object> claims = new TreeMap<>();
        verified.getClaims().forEach((name, claim) -> claims.put(name, claim.as(Object.class)));
        return Map.of("claims", claims);
    }

    public static void main(String[] arguments) throws Exception {
        var in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        var out = new PrintStream(System.out, true, "UTF-8");
        for (String line; (line = in.readLine()) != null; ) {
            JsonNode request = JSON.readTree(line);
            Map<String, Object> answer;
            try {
                answer = request.has("make") ? make(request) : verify(request);
            } catch (Exception error) {
                answer = Map.of("error", error.toString());
            }
            out.println(JSON.writeValueAsString(answer));
        }
    }
}
