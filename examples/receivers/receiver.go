// A receiver in Go, with the standard library only. Copy it and put your own work into work.
//
//	PORT=8090 WEBHOOK_SIGNING_SECRET=whsec_... go run examples/receivers/receiver.go
//
//	POST /start    an on_start action; its body may have "items", "item_ms" (for each) and "fail" (a failure reason)
//	POST /cancel   the cancel action that the answer to /start registers
package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	tolerance      = 5 * time.Minute
	resultTries    = 18     // They take about two minutes, longer than a restart of Hookline.
	maxReasonChars = 65_536 // Hookline's limit for a failure reason.
)

var (
	port      = env("PORT", "8090")
	publicURL = env("PUBLIC_URL", "http://127.0.0.1:"+port) // The address at which Hookline reaches this receiver.
	secret    = env("WEBHOOK_SIGNING_SECRET", "")           // If empty, calls are not verified.
	client    = &http.Client{Timeout: 10 * time.Second}

	// The key of a call about a later attempt begins with {task}:attempt-{n}.
	attemptOf = regexp.MustCompile(`^[^:]*(:attempt-\d+)?`)

	lock  sync.Mutex
	taken = map[string]bool{}               // Keys of accepted calls. Real receivers store them with their results.
	jobs  = map[string]context.CancelFunc{} // Functions that cancel running work, by attempt.
)

type plan struct {
	Items  int    `json:"items"`
	ItemMs int    `json:"item_ms"`
	Fail   string `json:"fail"`
}

type report map[string]interface{}

func env(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

// isGenuine reports whether a call is from Hookline: the signature is valid, recent, and for the key of the call.
func isGenuine(header http.Header, body []byte) bool {
	if secret == "" {
		return true
	}
	id, timestamp := header.Get("Webhook-Id"), header.Get("Webhook-Timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	age := time.Since(time.Unix(seconds, 0))
	if err != nil || age > tolerance || age < -tolerance || id != header.Get("Idempotency-Key") {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
	expected := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, given := range strings.Split(header.Get("Webhook-Signature"), " ") {
		if hmac.Equal([]byte(given), []byte(expected)) {
			return true
		}
	}
	return false
}

// work simulates work, and returns its result: any JSON up to 64 KiB. Its progress is also the sign of life of the task.
func work(canceled context.Context, todo plan, progress func()) (report, error) {
	for item := 0; item < todo.Items; item++ {
		select {
		case <-canceled.Done():
			return nil, canceled.Err()
		case <-time.After(time.Duration(todo.ItemMs) * time.Millisecond):
			progress()
		}
	}
	if todo.Fail != "" {
		return nil, errors.New(todo.Fail)
	}
	return report{"items": todo.Items}, nil
}

// run does the work and reports its result.
func run(canceled context.Context, cancel context.CancelFunc, attempt, handle string, todo plan) {
	uncounted := 0
	result, err := work(canceled, todo, func() {
		uncounted++
		switch send("PUT", handle, report{"new_success": uncounted}) {
		case "accepted":
			uncounted = 0 // Progress that was not reported is added to the next report.
		case "refused":
			cancel()
		}
	})
	if canceled.Err() != nil {
		fmt.Println("canceled", attempt)
		return
	}
	end := report{"status": "Success", "result": result, "new_success": uncounted}
	if err != nil {
		end = report{"status": "Failure", "failure_reason": reasonOf(err), "new_success": uncounted}
	}
	fmt.Println(deliver(handle, end), attempt, end["status"])
}

// reasonOf returns a failure reason that Hookline accepts: of limited length, not blank, without U+0000.
func reasonOf(err error) string {
	text := []rune(strings.ReplaceAll(err.Error(), "\x00", "\ufffd"))
	if len(text) > maxReasonChars {
		text = text[:maxReasonChars]
	}
	isVisible := func(char rune) bool { return unicode.IsPrint(char) && char != ' ' }
	if strings.IndexFunc(string(text), isVisible) < 0 {
		return "The work failed without a reason"
	}
	return string(text)
}

// deliver reports a result until Hookline has it. If only an answer was lost, the next report is refused.
func deliver(handle string, result report) string {
	pause := 200 * time.Millisecond
	for tries := 0; tries < resultTries; tries++ {
		if outcome := send("PATCH", handle, result); outcome != "again" {
			return outcome
		}
		time.Sleep(pause/2 + time.Duration(rand.Int63n(int64(pause/2))))
		if pause *= 2; pause > 10*time.Second {
			pause = 10 * time.Second
		}
	}
	return "undelivered"
}

// send sends a report once; it returns accepted, again (worth a retry) or refused (the task or this attempt is over).
func send(method, handle string, what report) string {
	content, _ := json.Marshal(what)
	request, err := http.NewRequest(method, handle, bytes.NewReader(content))
	if err != nil {
		return "refused"
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return "again"
	}
	defer response.Body.Close()
	var answer struct {
		Status string `json:"current_status"`
	}
	_ = json.NewDecoder(response.Body).Decode(&answer)
	// The task is being requeued, after a replica of Hookline was lost.
	waits := answer.Status == "Waiting" || answer.Status == "Pending" || answer.Status == "Paused"
	switch code := response.StatusCode; {
	case code < 300:
		return "accepted"
	case code >= 500, code == 429, code == 404 && waits:
		return "again"
	}
	return "refused"
}

// take answers a call. A repeated start call gets the same answer, because the first one may have been lost.
func take(response http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	key, handle := request.Header.Get("Idempotency-Key"), request.URL.Query().Get("handle")
	todo := plan{Items: 1, ItemMs: 100}
	switch {
	case err == nil && !isGenuine(request.Header, body):
		response.WriteHeader(http.StatusUnauthorized)
		return
	case err != nil, key == "", handle == "", len(body) > 0 && json.Unmarshal(body, &todo) != nil:
		response.WriteHeader(http.StatusBadRequest)
		return
	}
	attempt := attemptOf.FindString(key)
	task := strings.Split(attempt, ":")[0]
	lock.Lock()
	defer lock.Unlock()
	isNew := !taken[key]
	taken[key] = true
	switch request.URL.Path {
	case "/start":
		if isNew {
			// Earlier attempts at the task are over, for instance after a timeout.
			for other, cancel := range jobs {
				if strings.Split(other, ":")[0] == task {
					cancel()
				}
			}
			canceled, cancel := context.WithCancel(context.Background())
			jobs[attempt] = cancel
			go func() {
				defer cancel()
				run(canceled, cancel, attempt, handle, todo)
				lock.Lock()
				defer lock.Unlock()
				delete(jobs, attempt)
			}()
		}
		params := report{"url": publicURL + "/cancel", "verb": "Post"}
		response.Header().Set("Content-Type", "application/json")
		response.WriteHeader(http.StatusAccepted)
		_ = json.NewEncoder(response).Encode(report{"kind": "Webhook", "params": params})
	case "/cancel":
		if cancel, known := jobs[attempt]; known {
			cancel()
		}
	default:
		response.WriteHeader(http.StatusNotFound)
	}
}

func main() {
	fmt.Println("listening on", publicURL)
	log.Fatal(http.ListenAndServe(":"+port, http.HandlerFunc(take)))
}
