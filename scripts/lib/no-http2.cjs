// What @hono/node-server asks of node:http2, where nobody speaks HTTP/2.
exports.Http2ServerRequest = class Http2ServerRequest {};
exports.constants = {};
