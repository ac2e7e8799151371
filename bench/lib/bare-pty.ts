// The least that a terminal in a browser could be: node-pty on one socket, without anything that protects or resumes.
import { spawn } from "@lydell/node-pty";
import { WebSocketServer } from "ws";
import { ports } from "./places.ts";

const server = new WebSocketServer({ port: ports.peer, host: "127.0.0.1", perMessageDeflate: false }, () =>
  console.log("Bare terminals answer"),
);
server.on("connection", (socket) => {
  const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/" };
  const pty = spawn("/bin/sh", [], { name: "xterm-256color", cols: 80, rows: 24, env, encoding: null });
  pty.onData((data) => socket.send(data));
  socket.on("message", (data: Buffer) => pty.write(data.toString()));
  pty.onExit(() => socket.close());
  socket.on("close", () => pty.kill("SIGKILL"));
});
