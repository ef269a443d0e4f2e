// oidc-provider with its defaults and its in-memory store: `node oidc_provider.js PORT`.

import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
let disabled = false;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "conformance",
      token_endpoint_auth_method: "none",
      redirect_uris: ["https://app.example.test/callback"],
      grant_types: ["authorization_code", "refresh_token"],
    },
  ],
  cookies: { keys: ["a secret of the comparison and of nothing else"] },
  features: { revocation: { enabled: true } },
  findAccount: (context, id) =>
    disabled ? undefined : { accountId: id, claims: () => ({ sub: id }) },
});
const serve = provider.callback();

createServer(async (request, response) => {
  if (request.url !== "/operator/account") return serve(request, response);
  const chunks = await request.toArray();
  disabled = JSON.parse(Buffer.concat(chunks)).disabled;
  response.writeHead(204).end();
}).listen(port, "127.0.0.1");
