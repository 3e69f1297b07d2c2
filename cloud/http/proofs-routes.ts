import { UserId } from '@minewarden/protocol/ids.ts'
import { z } from 'zod'
import type { GivenProof } from '../core/proof-question.ts'
import type { PasskeyView, ProofsService } from '../core/proofs-port.ts'
import type { Gatekeeper } from './gatekeeper.ts'
import { read } from './request-check.ts'
import type { Routes } from './web.ts'

/** How a person proves to be present, as it comes with a request. */
export const Given = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('passkey'), assertion: z.looseObject({}) }),
  z.strictObject({
    kind: z.literal('totp'),
    code: z
      .string()
      .trim()
      .regex(/^\d{6}$/, 'six digits'),
  }),
  z.strictObject({ kind: z.literal('link') }),
])
const FURTHER = Given.optional().transform((given): GivenProof | null => given ?? null)

export const NewPasskey = z.strictObject({
  name: z.string().trim().min(1, 'a name is needed').max(60),
  response: z.looseObject({}),
  proof: FURTHER,
})
export const Confirmation = z.strictObject({
  code: z
    .string()
    .trim()
    .regex(/^\d{6}$/, 'six digits'),
  proof: FURTHER,
})
export const Revocation = z.strictObject({ reason: z.string().trim().min(1, 'a reason is needed').max(500) })
const PasskeyPath = z.strictObject({ user: UserId, passkey: z.string().min(1).max(1400) })
const TotpPath = z.strictObject({ user: UserId })
const Nothing = z.strictObject({})

/** Times as ISO text. */
export interface PasskeyDocument {
  readonly id: string
  readonly name: string
  readonly createdAt: string
  readonly lastUsedAt: string | null
}
export interface ProofsDocument {
  /** What the county takes for approvals. */
  readonly accepted: readonly string[]
  readonly passkeys: readonly PasskeyDocument[]
  readonly totp: { readonly since: string } | null
}

const iso = (at: number) => new Date(at).toISOString()
const passkeyDocument = ({ id, name, createdAt, lastUsedAt }: PasskeyView): PasskeyDocument => ({
  ...{ id, name },
  createdAt: iso(createdAt),
  lastUsedAt: lastUsedAt === null ? null : iso(lastUsedAt),
})

/**
 * A person's own proofs: `GET /api/v1/me/proofs`, `POST /me/passkeys/options`, `/me/passkeys`, `/me/totp`,
 * `/me/totp/confirm`; and what is taken back, one's own or by a head: `POST /people/:user/passkeys/:passkey/revoke`,
 * `/people/:user/totp/revoke`.
 */
export function proofsRoutes(deps: { readonly proofs: ProofsService }, gatekeeper: Gatekeeper): Routes {
  const { proofs } = deps
  return async (app) => {
    app.get('/api/v1/me/proofs', async (request): Promise<ProofsDocument> => {
      const user = await gatekeeper.person(request)
      const { accepted, passkeys, totp } = await proofs.ofPerson(user.id)
      return { accepted, passkeys: passkeys.map(passkeyDocument), totp: totp && { since: iso(totp.since) } }
    })
    app.post('/api/v1/me/passkeys/options', async (request) => {
      const user = await gatekeeper.officer(request)
      read(Nothing, 'body', request.body ?? {})
      return await proofs.beginPasskey(user)
    })
    app.post('/api/v1/me/passkeys', async (request) => {
      const user = await gatekeeper.officer(request)
      const { name, response, proof } = read(NewPasskey, 'body', request.body)
      return passkeyDocument(await proofs.addPasskey(user, name, response, proof))
    })
    app.post('/api/v1/people/:user/passkeys/:passkey/revoke', async (request, reply) => {
      const by = await gatekeeper.officer(request)
      const { user, passkey } = read(PasskeyPath, 'path', request.params)
      await proofs.revokePasskey(by, user, passkey, read(Revocation, 'body', request.body).reason)
      return reply.code(204).send()
    })
    app.post('/api/v1/me/totp', async (request) => {
      const user = await gatekeeper.officer(request)
      read(Nothing, 'body', request.body ?? {})
      return await proofs.beginTotp(user)
    })
    app.post('/api/v1/me/totp/confirm', async (request, reply) => {
      const user = await gatekeeper.officer(request)
      const { code, proof } = read(Confirmation, 'body', request.body)
      await proofs.confirmTotp(user, code, proof)
      return reply.code(204).send()
    })
    app.post('/api/v1/people/:user/totp/revoke', async (request, reply) => {
      const by = await gatekeeper.officer(request)
      const { user } = read(TotpPath, 'path', request.params)
      await proofs.revokeTotp(by, user, read(Revocation, 'body', request.body).reason)
      return reply.code(204).send()
    })
  }
}
