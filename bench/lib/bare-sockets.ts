// The least that could keep agents connected: one `ws` server that answers heartbeats.
import { PING, PONG } from "@appos/shared/agent-link";
import { WebSocketServer } from "ws";
import { ports } from "./places.ts";

const server = new WebSocketServer({ port: ports.peer, host: "127.0.0.1", perMessageDeflate: false, backlog: 4_096 }, () =>
  console.log("Bare sockets answer"),
);
server.on("connection", (socket) =>
  socket.on("message", (data: Buffer) => {
    if (data.toString() === PING) socket.send(PONG);
  }),
);
