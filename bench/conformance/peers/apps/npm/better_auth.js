// better-auth with its OAuth provider and its in-memory store:
// `node better_auth.js PORT REUSE_INTERVAL`.

import { oauthProvider } from "@better-auth/oauth-provider";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { admin, jwt } from "better-auth/plugins";
import { createServer } from "node:http";

const [port, refreshTokenReuseInterval] = process.argv.slice(2).map(Number);
const origin = `http://127.0.0.1:${port}`;
const tables = [
  "user", "session", "account", "verification", "jwks", "oauthClient", "oauthRefreshToken",
  "oauthAccessToken", "oauthConsent", "oauthResource", "oauthClientResource",
  "oauthClientAssertion",
];

const auth = betterAuth({
  baseURL: origin,
  secret: "a secret of the comparison and of nothing else",
  database: memoryAdapter(Object.fromEntries(tables.map((name) => [name, []]))),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  disabledPaths: ["/token"],
  plugins: [
    jwt(),
    admin(),
    oauthProvider({
      loginPage: "/sign-in",
      consentPage: "/consent",
      refreshTokenReuseInterval,
      silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
    }),
  ],
});

const { EMAIL: email, PASSWORD: password } = process.env;
const { user } = await auth.api.createUser({ body: { email, password, name: "Ada" } });
const operator = { email: "operator@example.com", password };
await auth.api.createUser({ body: { ...operator, name: "Operator", role: "admin" } });

async function operatorHeaders() {
  const { headers } = await auth.api.signInEmail({ body: operator, returnHeaders: true });
  const cookie = headers.getSetCookie().map((line) => line.split(";")[0]).join("; ");
  return new Headers({ cookie });
}

const { client_id } = await auth.api.adminCreateOAuthClient({
  headers: await operatorHeaders(),
  body: {
    client_name: "conformance",
    redirect_uris: ["https://app.example.test/callback"],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "none",
    scope: "openid offline_access",
    skip_consent: true,
  },
});

// The admin plugin's own means: to ban ends the sessions, too.
async function change({ disabled }) {
  const change = disabled ? auth.api.banUser : auth.api.unbanUser;
  await change({ body: { userId: user.id }, headers: await operatorHeaders() });
}

const serve = toNodeHandler(auth);

createServer(async (request, response) => {
  if (request.url === "/operator/client") return response.end(client_id);
  if (request.url !== "/operator/account") return serve(request, response);
  const chunks = await request.toArray();
  await change(JSON.parse(Buffer.concat(chunks)));
  response.writeHead(204).end();
}).listen(port, "127.0.0.1");
