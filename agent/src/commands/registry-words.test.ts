import { expect, test } from "vitest";
import { againIn, type RegistryTrouble, troubleIn } from "./registry-words.ts";

test.each<[RegistryTrouble | undefined, string]>([
  ["unauthorized", 'Head "http://127.0.0.1:9700/v2/x/manifests/1": no basic auth credentials'],
  ["unauthorized", "unauthorized: authentication required"],
  ["unauthorized", 'Get "https://registry-1.docker.io/v2/": unauthorized: incorrect username or password'],
  ["unauthorized", "login attempt to http://127.0.0.1:9700/v2/ failed with status: 401 Unauthorized"],
  ["unauthorized", 'Head "https://ghcr.io/v2/team/x/manifests/1": denied: denied'],
  ["unauthorized", "error from registry: denied: requested access to the resource is denied"],
  [
    "rate-limit",
    "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading: https://www.docker.com/increase-rate-limit",
  ],
  ["rate-limit", "received unexpected HTTP status: 429 Too Many Requests"],
  ["unknown-host", 'Get "https://nosuch.invalid/v2/": dial tcp: lookup nosuch.invalid on 10.0.0.1:53: no such host'],
  ["tls", 'Get "https://r.example.org/v2/": x509: certificate signed by unknown authority'],
  ["tls", 'Get "https://r.example.org:5000/v2/": http: server gave HTTP response to HTTPS client'],
  ["down", 'Get "http://127.0.0.1:9799/v2/": dial tcp 127.0.0.1:9799: connect: connection refused'],
  [
    "down",
    'Get "https://r.example.org/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
  ],
  ["down", 'Get "https://r.example.org/v2/": net/http: TLS handshake timeout'],
  ["down", "received unexpected HTTP status: 503 Service Unavailable"],
  [undefined, "failed to register layer: archive/tar: invalid tar header"],
])("%s: %s", (trouble, words) => expect(troubleIn(words)).toBe(trouble));

test.each([
  ["toomanyrequests: retry-after: 754.8ms, allowed: 44000/minute", "in a second"],
  ["too many requests, Retry-After: 90", "in 90 seconds"],
  ["429 Too Many Requests (retry after 1800)", "in 30 minutes"],
  ["rate limit reached, try again in 5 hours", "in 5 hours"],
  ["toomanyrequests: You have reached your pull rate limit.", undefined],
])("%s: %s", (words, again) => expect(againIn(words)).toBe(again));
