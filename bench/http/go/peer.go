// peer PLAN
//
// Clients of a token endpoint. Each holds a connection and asks for one token after
// the other, for rooms that it may join and for some that it may not; every answer is
// checked. PLAN is a JSON object, see type plan; prints a JSON object, see type report.
package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

type plan struct {
	Address   string // of the endpoint
	Path      string // of the request
	RoomKey   string // under which the body names the room
	Clients   int
	Seconds   float64
	Users     int // user-0 and on, see mayJoin
	Rooms     int // room-0 and on
	Key       string
	Secret    string // signs tokens
	JwtSecret string // signs what users log in with
	Role      string // of users
	URL       string // of the LiveKit server
	TTL       int64
}

type report struct {
	Joined   int
	Refused  int
	Wrong    int      // answers that are not what they should be
	Examples []string // the first of them
	Seconds  float64
	Busy     float64   // seconds of processor time that all this took
	Latency  []float64 // milliseconds: median, 99 %, longest
}

// As the rows of the table say; see endpoint.py.
func mayJoin(user, room int) bool { return (user+room)%10 != 0 }
func mayPublish(user int) bool    { return user%2 == 0 }

type client struct {
	*plan
	random    *rand.Rand
	logins    []string
	wire      net.Conn
	answers   *bufio.Reader
	latencies []time.Duration
	ids       []string
	report
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func sign(secret, signed string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return encode(mac.Sum(nil))
}

func login(p *plan, user int) string {
	claims := fmt.Sprintf(`{"sub":"user-%d","role":%q,"aud":"app","exp":%d,"email":"user-%d@example.com"}`,
		user, p.Role, time.Now().Unix()+3600, user)
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims))
	return signed + "." + sign(p.JwtSecret, signed)
}

func (c *client) connect() (err error) {
	if c.wire, err = net.Dial("tcp", c.Address); err == nil {
		c.answers = bufio.NewReader(c.wire)
	}
	return err
}

// One request; an error is trouble with the connection.
func (c *client) ask(user, room int) (status int, body []byte, err error) {
	said := fmt.Sprintf(`{%q:"room-%d"}`, c.RoomKey, room)
	request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		c.Path, c.Address, c.logins[user], len(said), said)
	if _, err = io.WriteString(c.wire, request); err != nil {
		return
	}
	response, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return
	}
	defer response.Body.Close()
	body, err = io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

type connection struct {
	ServerURL        string `json:"server_url"`
	ParticipantToken string `json:"participant_token"`
	Room             *string
	Identity         *string
}

type grants struct {
	RoomJoin       bool
	Room           string
	CanPublish     *bool
	CanSubscribe   *bool
	CanPublishData *bool
}

type payload struct {
	Iss, Sub, Jti, Name, Metadata string
	Nbf, Exp                      int64
	Video                         grants
}

// What is wrong with a token for this user and room, if anything.
func (c *client) wrongToken(token string, user, room int, now int64) string {
	at := strings.LastIndexByte(token, '.')
	if at < 0 || token[at+1:] != sign(c.Secret, token[:at]) {
		return "signature"
	}
	_, middle, _ := strings.Cut(token[:at], ".")
	text, err := base64.RawURLEncoding.DecodeString(middle)
	if err != nil {
		return err.Error()
	}
	var seen payload
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&seen); err != nil {
		return err.Error()
	}
	video := seen.Video
	is := func(value *bool, due bool) bool { return value != nil && *value == due }
	switch {
	case seen.Iss != c.Key:
		return "iss"
	case seen.Sub != fmt.Sprintf("user-%d", user):
		return "sub"
	case seen.Name != fmt.Sprintf("User %d", user):
		return "name"
	case seen.Metadata != fmt.Sprintf(`{"user":%d}`, user):
		return "metadata"
	case !video.RoomJoin || video.Room != fmt.Sprintf("room-%d", room):
		return "room"
	case !is(video.CanPublish, mayPublish(user)) || !is(video.CanSubscribe, true) ||
		!is(video.CanPublishData, mayPublish(user)):
		return "grants"
	case seen.Nbf > now+1 || seen.Exp < now+c.TTL-60 || seen.Exp > now+c.TTL+1:
		return "times"
	}
	if seen.Jti != "" {
		c.ids = append(c.ids, seen.Jti)
	}
	return ""
}

// What is wrong with an answer, if anything.
func (c *client) wrong(status int, body []byte, user, room int, now int64) string {
	if !mayJoin(user, room) {
		if status != 403 || bytes.Contains(body, []byte("eyJ")) || bytes.Contains(body, []byte("room-")) {
			return "refusal"
		}
		c.Refused++
		return ""
	}
	if status != 201 {
		return "status"
	}
	// Of livekit_join, it is a list of one.
	if bytes.HasPrefix(body, []byte("[")) && bytes.HasSuffix(body, []byte("]")) {
		body = body[1 : len(body)-1]
	}
	var seen connection
	if err := json.Unmarshal(body, &seen); err != nil {
		return err.Error()
	}
	if seen.ServerURL != c.URL {
		return "server_url"
	}
	if seen.Room != nil && *seen.Room != fmt.Sprintf("room-%d", room) ||
		seen.Identity != nil && *seen.Identity != fmt.Sprintf("user-%d", user) {
		return "room or identity beside the token"
	}
	if trouble := c.wrongToken(seen.ParticipantToken, user, room, now); trouble != "" {
		return "token: " + trouble
	}
	c.Joined++
	return ""
}

func (c *client) mistake(format string, arguments ...any) {
	c.Wrong++
	if len(c.Examples) < 3 {
		c.Examples = append(c.Examples, fmt.Sprintf(format, arguments...))
	}
}

func (c *client) run(until time.Time) {
	for time.Now().Before(until) {
		if c.wire == nil {
			if err := c.connect(); err != nil {
				c.mistake("connect: %v", err)
				return
			}
		}
		user, room := c.random.IntN(c.Users), c.random.IntN(c.Rooms)
		start := time.Now()
		status, body, err := c.ask(user, room)
		if err != nil {
			c.mistake("user-%d, room-%d: %v", user, room, err)
			c.wire.Close()
			c.wire = nil
			continue
		}
		c.latencies = append(c.latencies, time.Since(start))
		if trouble := c.wrong(status, body, user, room, time.Now().Unix()); trouble != "" {
			c.mistake("user-%d, room-%d: %s: %d %.500s", user, room, trouble, status, body)
		}
	}
}

func busy() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func main() {
	var p plan
	if err := json.Unmarshal([]byte(os.Args[1]), &p); err != nil {
		panic(err)
	}
	logins := make([]string, p.Users)
	for user := range logins {
		logins[user] = login(&p, user)
	}
	clients := make([]*client, p.Clients)
	for i := range clients {
		clients[i] = &client{plan: &p, logins: logins, random: rand.New(rand.NewPCG(uint64(i), 1))}
	}

	var all sync.WaitGroup
	start, used := time.Now(), busy()
	for _, c := range clients {
		all.Go(func() { c.run(start.Add(time.Duration(p.Seconds * float64(time.Second)))) })
	}
	all.Wait()
	sum := report{Seconds: time.Since(start).Seconds(), Busy: busy() - used}

	var latencies []time.Duration
	ids := map[string]bool{}
	for _, c := range clients {
		sum.Joined += c.Joined
		sum.Refused += c.Refused
		sum.Wrong += c.Wrong
		sum.Examples = append(sum.Examples, c.Examples...)
		latencies = append(latencies, c.latencies...)
		for _, id := range c.ids {
			if ids[id] {
				sum.Wrong++
				sum.Examples = append(sum.Examples, "twice: jti "+id)
			}
			ids[id] = true
		}
	}
	sum.Examples = sum.Examples[:min(len(sum.Examples), 5)]
	slices.Sort(latencies)
	for _, part := range []int{50, 99, 100} {
		if n := len(latencies); n > 0 {
			sum.Latency = append(sum.Latency, latencies[(n-1)*part/100].Seconds()*1000)
		}
	}
	json.NewEncoder(os.Stdout).Encode(sum)
}
