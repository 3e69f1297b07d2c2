import { officialsAmong } from '@minewarden/cloud/core/orders/officials.ts'
import type { LiveEvent, OrderView, User } from '@minewarden/cloud/core/ports.ts'
import { createOrdersService, type OrdersDeps } from '@minewarden/cloud/orders-service.ts'
import { silentLogger } from '@minewarden/cloud/shell/logger.ts'
import { createProofDesk } from '@minewarden/cloud/shell/proof-desk.ts'
import { openRecords } from '@minewarden/cloud/shell/records/database.ts'
import { createStandingDesk } from '@minewarden/cloud/shell/standing-desk.ts'
import type { ProofKind } from '@minewarden/protocol/approval-proof.ts'
import { SupplierId } from '@minewarden/protocol/ids.ts'
import { generatePrivateKey, type KeySet } from '@minewarden/protocol/jws.ts'
import type { Site } from '@minewarden/protocol/site.ts'
import { type Clock, instant } from '@minewarden/protocol/time.ts'
import { createAuthenticator } from '../authenticator.ts'
import { createFakeSupplier } from './fake-supplier.ts'
import { HEAD, ISSUER, makeFinding, makeSite, OFFICER, POINT, SUPPLIER } from './fixtures.ts'
import { recordLawfully } from './lawful.ts'
import { DUTY } from './standing.ts'

const DAY = 86_400_000

/** A county with people who hold passkeys: real desks, real records in memory, a supplier without network. */
export async function createAuthorityCounty(
  clock: Clock,
  options: { readonly origin?: string; readonly accepted?: readonly ProofKind[]; readonly site?: Site } = {},
) {
  const origin = { value: options.origin ?? 'https://minewarden.example.gov.cn' }
  const relyingParty = () => ({ rpId: new URL(origin.value).hostname, origins: [origin.value] })
  const records = await openRecords(':memory:')
  const register = { site: options.site ?? makeSite() }
  const users: User[] = [OFFICER, HEAD, DUTY]
  const isOfficial = officialsAmong(users)
  const proofs = createProofDesk({
    ...{ records, clock, relyingParty, sealingKey: new Uint8Array(32).fill(9) },
    accepted: options.accepted ?? ['passkey', 'totp'],
  })
  const siteOf = () => register.site
  const standings = createStandingDesk({ records, clock, issuer: ISSUER, siteOf, isOfficial, proofs })
  const signingKey = await generatePrivateKey()
  const supplier = await createFakeSupplier(() => service.jwks() as KeySet)
  const live: LiveEvent[] = []
  let published = (event: LiveEvent): void => void live.push(event)
  const make = (change: Partial<OrdersDeps>) =>
    createOrdersService({
      ...{ records, clock, logger: silentLogger, signingKey, proofs, standings, users, siteOf },
      live: { publish: (event) => published(event) },
      adapter: supplier,
      supplierKeys: supplier,
      suppliers: [SupplierId.parse(SUPPLIER)],
      issuer: ISSUER,
      random: () => 0.5,
      ...change,
    })
  let service = make({})
  const devices = new Map<string, ReturnType<typeof createAuthenticator>>()

  const county = {
    ...{ records, register, proofs, standings, supplier, users, origin, relyingParty, live },
    /** The service of now: a restart makes another. */
    orders: () => service,
    publishTo(to: (event: LiveEvent) => void) {
      published = to
    },
    async start(change: Partial<OrdersDeps> = {}) {
      await service[Symbol.asyncDispose]()
      service = make(change)
      await standings.load()
      await service.start()
    },
    async passkeyOf(user: User) {
      const known = devices.get(user.id)
      if (known) return known
      const device = createAuthenticator(origin.value)
      const { options: asked } = await proofs.beginPasskey(user)
      await proofs.addPasskey(user, 'key', device.create(asked), null)
      devices.set(user.id, device)
      return device
    },
    /** A draft to which nothing but people's word is wanting. */
    async draft(): Promise<OrderView> {
      await service.onState(makeFinding(clock.now()), register.site)
      return await recordLawfully(service, service.list()[0] as OrderView, clock.now())
    },
    async approve(by: User, order: OrderView): Promise<OrderView> {
      const device = await county.passkeyOf(by)
      const { passkey } = await service.question(order.id, by)
      const given = { kind: 'passkey', assertion: device.get(passkey ?? {}) } as const
      return await service.approve(order.id, by, order.documentSha256, given)
    },
    async authorise() {
      const [from, to] = [instant(clock.now() - 1), instant(clock.now() + 30 * DAY)]
      const proposal = { site: register.site.id, supplyPoints: [POINT], from, to, reason: '历年死灰复燃' }
      const { id, documentSha256 } = await standings.propose(OFFICER, proposal)
      for (const by of [OFFICER, HEAD]) {
        const device = await county.passkeyOf(by)
        const { passkey } = await standings.question(id, by)
        await standings.approve(id, by, documentSha256, { kind: 'passkey', assertion: device.get(passkey ?? {}) })
      }
      return id
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]()
      await records.destroy()
    },
  }
  return county
}
