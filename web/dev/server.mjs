// Serves dist/ while the pages are developed and passes every other call on to the hub of a running `idun demo`.
// Usage: IDUN_HUB=http://127.0.0.1:8080 PORT=8090 node dev/server.mjs. Never part of what ships.
import { createServer, request as ask } from 'node:http';
import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');
const hub = new URL(process.env.IDUN_HUB ?? 'http://127.0.0.1:8080');
const port = Number(process.env.PORT ?? 8090);

// As the hub sets it, so that what breaks the policy breaks here too.
const security = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

function file(response, path) {
  try {
    const bytes = readFileSync(join(dist, path));
    response.writeHead(200, { 'Content-Type': types[extname(path)], 'Cache-Control': 'no-cache', ...security });
    response.end(bytes);
  } catch {
    response.writeHead(404, security);
    response.end();
  }
}

// Bytes both ways as they come: a gathering streams. Further pages of a list are not followed here, since the hub's links
// name the hub and the pages go nowhere else.
function forward(incoming, response) {
  const headers = { ...incoming.headers, host: hub.host };
  const outgoing = ask(new URL(incoming.url, hub), { method: incoming.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => {
    response.writeHead(502, security);
    response.end();
  });
  incoming.pipe(outgoing);
}

createServer((incoming, response) => {
  const { pathname } = new URL(incoming.url, 'http://localhost');
  if (pathname === '/') file(response, 'index.html');
  else if (/^\/assets\/[\w.-]+$/.test(pathname)) file(response, pathname.slice(1));
  else forward(incoming, response);
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port} with the hub at ${hub.origin}`));
