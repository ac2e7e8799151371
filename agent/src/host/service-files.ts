import { AGENT_ENVIRONMENT, AGENT_NODE_FLAGS } from "@appos/shared/agent-runtime";
import type { Settings } from "../settings.ts";
import type { Installation } from "./installation.ts";

/** A word that a shell takes as it is. */
export const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The command in the PATH. An agent whose folders were moved is told so. */
export function commandScript({ home }: Installation, env: NodeJS.ProcessEnv) {
  const moved = ["APPOS_AGENT_DIR", "APPOS_PREFIX"].flatMap((name) => (env[name] ? [[name, env[name]]] : []));
  const exported = [...Object.entries(AGENT_ENVIRONMENT), ...moved].map(([name, value]) => `export ${name}=${quoted(value!)}\n`);
  return `#!/bin/sh
${exported.join("")}exec ${quoted(`${home}/current/bin/node`)} ${AGENT_NODE_FLAGS.join(" ")} ${quoted(`${home}/current/agent.mjs`)} "$@"
`;
}

/** Only the agent itself is told to stop; it ends what it started, and containers are not its children. */
export const systemdUnit = ({ command }: Installation, { files }: Pick<Settings, "files">) => `[Unit]
Description=AppOS agent
Wants=network-online.target
After=network-online.target docker.service

[Service]
ExecStart=${command} run
EnvironmentFile=-${files.environment}
Restart=always
RestartSec=2
KillMode=mixed
TimeoutStopSec=10
OOMScoreAdjust=-500
UMask=0077

[Install]
WantedBy=multi-user.target
`;

/** Starts the agent again whenever it ends, and keeps its log below 10 MB. */
export const superviseScript = ({ command, log }: Installation) => `#!/bin/sh
# Keeps the AppOS agent running, until told to stop.
umask 077
agent= capper= stopped=
log=${quoted(log)}
trap 'stopped=1; [ -z "$agent" ] || kill -TERM "$agent" 2> /dev/null' TERM INT HUP
cap() { [ "$(wc -c < "$log")" -lt 10000000 ] || { cp "$log" "$log.1" && : > "$log"; }; }
while :; do cap; sleep 60; done 2> /dev/null &
capper=$!
while [ -z "$stopped" ]; do
  ${quoted(command)} run >> "$log" 2>&1 < /dev/null &
  agent=$!
  while kill -0 "$agent" 2> /dev/null; do wait "$agent"; done
  [ -n "$stopped" ] || { sleep 2 & wait $!; }
done
kill "$capper" 2> /dev/null
`;

export const initScript = ({ supervise, pid, log }: Installation) => `#!/bin/sh
### BEGIN INIT INFO
# Provides:          appos-agent
# Required-Start:    $network $remote_fs
# Required-Stop:     $network $remote_fs
# Should-Start:      docker
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: AppOS agent
### END INIT INFO
supervise=${quoted(supervise)} pidfile=${quoted(pid)} log=${quoted(log)}

running() {
  pid=$(cat "$pidfile" 2> /dev/null) && [ -n "$pid" ] && { tr '\\0' ' ' < "/proc/$pid/cmdline" | grep -qF "$supervise"; } 2> /dev/null
}
start() {
  running && return 0
  umask 077
  setsid /bin/sh "$supervise" >> "$log" 2>&1 < /dev/null &
  echo $! > "$pidfile"
}
stop() {
  running || return 0
  kill -TERM "$pid"
  tries=0
  while running && [ "$tries" -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  ! running || kill -KILL "$pid"
  rm -f "$pidfile"
}
case "\${1:-}" in
  start) start ;;
  stop) stop ;;
  restart | force-reload) stop; start ;;
  status) if running; then echo "appos-agent runs (process $pid)"; else echo "appos-agent is stopped"; exit 3; fi ;;
  *) echo "Usage: $0 start|stop|restart|status" >&2; exit 2 ;;
esac
`;
