// A relying party made with openid-client, driven by lines of JSON: {"do": ..., ...} in, {"ok": ...} or {"error": ...} out.
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'
import * as jose from 'jose'
import * as oidc from 'openid-client'

const [issuer, clientId, secret, redirectUri] = process.argv.slice(2)
const insecure = { execute: [oidc.allowInsecureRequests] } // the tests' service is on this machine, without TLS
const heard = []
let config, asked

const actions = {
  async discover({ auth }) {
    const how = { post: oidc.ClientSecretPost, basic: oidc.ClientSecretBasic, none: () => oidc.None() }[auth ?? 'basic']
    config = await oidc.discovery(new URL(issuer), clientId, secret ? { client_secret: secret } : undefined, how(secret), insecure)
    return config.serverMetadata()
  },
  async start({ parameters = {} }) {
    const verifier = oidc.randomPKCECodeVerifier()
    asked = { verifier, state: oidc.randomState(), nonce: oidc.randomNonce(), maxAge: parameters.max_age }
    return oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: 'openid profile email groups',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: asked.state,
      nonce: asked.nonce,
      ...parameters,
    }).href
  },
  async finish({ url, verifier }) {
    const tokens = await oidc.authorizationCodeGrant(config, new URL(url), {
      pkceCodeVerifier: verifier ?? asked.verifier,
      expectedState: asked.state,
      expectedNonce: asked.nonce,
      idTokenExpected: true,
      ...(asked.maxAge === undefined ? {} : { maxAge: Number(asked.maxAge) }),
    })
    return { ...tokens, claims: tokens.claims() }
  },
  async refresh({ token }) {
    const tokens = await oidc.refreshTokenGrant(config, token)
    return { ...tokens, claims: tokens.claims() }
  },
  userinfo: ({ token, subject }) => oidc.fetchUserInfo(config, token, subject),
  introspect: ({ token }) => oidc.tokenIntrospection(config, token),
  async revoke({ token }) { await oidc.tokenRevocation(config, token); return true },
  leave: async ({ parameters }) => oidc.buildEndSessionUrl(config, parameters).href,
  async heard() { return heard },
}

// Back-channel logout. Source: OpenID Connect Back-Channel Logout 1.0, 2.6.
const keys = () => jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri))
const server = createServer((request, response) => {
  let body = ''
  request.on('data', (part) => { body += part })
  request.on('end', async () => {
    try {
      const token = new URLSearchParams(body).get('logout_token')
      const { payload } = await jose.jwtVerify(token, keys(), { issuer, audience: clientId, typ: 'logout+jwt', maxTokenAge: 120 })
      if (payload.nonce !== undefined || !payload.events['http://schemas.openid.net/event/backchannel-logout']) throw new Error('odd')
      heard.push({ ...payload, heardAt: Date.now() / 1000 })
      response.writeHead(200).end()
    } catch (error) {
      heard.push({ error: String(error) })
      response.writeHead(400).end()
    }
  })
})
await new Promise((done) => server.listen(0, '127.0.0.1', done))
console.log(JSON.stringify({ ok: { port: server.address().port } }))

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...rest } = JSON.parse(line)
  try {
    console.log(JSON.stringify({ ok: await actions[name](rest) }))
  } catch (error) {
    console.log(JSON.stringify({ error: error.error ?? error.code ?? error.name, cause: String(error.cause ?? error.message) }))
  }
}
process.exit(0)
