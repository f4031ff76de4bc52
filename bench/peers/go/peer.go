// peer KEY SECRET IDENTITY NAME ROOM
//
// Reads lines, "version", "mint N METADATA" or "verify N TOKEN", and answers each
// with one: after N times the token, or its identity, or "refused".
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/livekit/protocol/auth"
)

var key, secret, identity, name, room string

func version() string {
	sdk := "?"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/livekit/protocol" {
				sdk = module.Version
			}
		}
	}
	return fmt.Sprintf("protocol %s, Go %s", strings.TrimPrefix(sdk, "v"), strings.TrimPrefix(runtime.Version(), "go"))
}

func mint(metadata string) (string, error) {
	grant := &auth.VideoGrant{RoomJoin: true, Room: room}
	grant.SetCanPublish(true)
	grant.SetCanSubscribe(true)
	return auth.NewAccessToken(key, secret).
		SetIdentity(identity).
		SetName(name).
		SetMetadata(metadata).
		SetValidFor(6 * time.Hour).
		SetVideoGrant(grant).
		ToJWT()
}

func verify(token string) (string, error) {
	verifier, err := auth.ParseAPIToken(token)
	if err != nil {
		return "", err
	}
	_, grants, err := verifier.Verify(secret)
	if err != nil {
		return "", err
	}
	return grants.Identity, nil
}

func loop(work func(string) (string, error), count int, text string) (result string) {
	var err error
	for i := 0; i < count; i++ {
		if result, err = work(text); err != nil {
			return "refused"
		}
	}
	return result
}

func main() {
	key, secret, identity, name, room = os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	work := map[string]func(string) (string, error){"mint": mint, "verify": verify}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		part := strings.SplitN(lines.Text(), " ", 3)
		if part[0] == "version" {
			fmt.Println(version())
			continue
		}
		count, err := strconv.Atoi(part[1])
		if err != nil {
			panic(err)
		}
		fmt.Println(loop(work[part[0]], count, part[2]))
	}
}
