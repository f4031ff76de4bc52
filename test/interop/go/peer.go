// Reads JSON lines, each {"verify": token} or {"make": claims}, and answers in kind.
package main

import (
	"encoding/json"
	"errors"
	"io"
	"log"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/livekit/protocol/auth"
)

type claims struct {
	jwt.RegisteredClaims
	auth.ClaimGrants
}

type request struct {
	Key, Secret string
	Verify      string
	Make        *claims
	TTL         int
}

type answer struct {
	Token  string  `json:"token,omitempty"`
	Claims *claims `json:"claims,omitempty"`
	Error  string  `json:"error,omitempty"`
}

func mint(r request) (a answer, err error) {
	c := r.Make
	token := auth.NewAccessToken(r.Key, r.Secret).
		SetValidFor(time.Duration(r.TTL) * time.Second).
		SetIdentity(c.Subject).
		SetName(c.Name).
		SetMetadata(c.Metadata).
		SetAttributes(c.Attributes).
		SetSha256(c.Sha256).
		SetRoomPreset(c.RoomPreset).
		SetRoomConfig(c.GetRoomConfiguration()).
		SetVideoGrant(c.Video).
		SetSIPGrant(c.SIP).
		SetAgentGrant(c.Agent).
		SetInferenceGrant(c.Inference).
		SetObservabilityGrant(c.Observability).
		SetAgentEndpointGrant(c.AgentEndpoint).
		SetAgentThreadGrant(c.AgentThread)
	if c.Kind != "" {
		token.SetKind(c.GetParticipantKind())
	}
	a.Token, err = token.ToJWT()
	return a, err
}

func verify(r request) (answer, error) {
	verifier, err := auth.ParseAPIToken(r.Verify)
	if err != nil {
		return answer{}, err
	}
	// Which secret belongs to the issuer is the caller's business in Go.
	if verifier.APIKey() != r.Key {
		return answer{}, errors.New("no such key")
	}
	registered, grants, err := verifier.Verify(r.Secret)
	if err != nil {
		return answer{}, err
	}
	return answer{Claims: &claims{*registered, *grants}}, nil
}

func main() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var r request
		if err := in.Decode(&r); err == io.EOF {
			return
		} else if err != nil {
			log.Fatal(err)
		}
		do := verify
		if r.Make != nil {
			do = mint
		}
		a, err := do(r)
		if err != nil {
			a = answer{Error: err.Error()}
		}
		if err := out.Encode(a); err != nil {
			log.Fatal(err)
		}
	}
}
